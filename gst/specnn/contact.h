/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gst/gst.h>

#include <optional>
#include <string>

#include "common/frame.h"
#include "sonar/mask/contact.h"

/* Recipe `contact` on a stream of frames. */
namespace sonar::specnn {

/** Where the contact is learnt; stream time in ns. */
struct ContactStretch {
  guint64 begin = GST_CLOCK_TIME_NONE;  ///< none: found automatically
  guint64 end = GST_CLOCK_TIME_NONE;    ///< none: `seconds` after the begin
  double seconds = 10;                  ///< of an automatic stretch

  bool operator==(const ContactStretch &o) const {
    return begin == o.begin && end == o.end && seconds == o.seconds;
  }
};

/**
 * Learns the contact from the frames of a stream and makes their masks. What
 * has been learnt lasts until the stretch that is asked for or the spectrogram
 * changes, or forget().
 */
class Contact {
 public:
  /**
   * The confidence of a frame whose PTS is @p stream_time. Until a stretch has
   * been learnt: blind_confidence() of the columns that are marked, an empty
   * image where there are none. Throws Error(kBadArgument) on a marked stretch
   * that is too short, or that a stream without time cannot find.
   */
  Image make_mask(const Image &value_db, const Image &background_db,
                  const GstSonarSpectrogramMeta &meta, GstClockTime pts,
                  GstClockTime stream_time, const ContactStretch &stretch);
  /** Columns are numbered anew, or time jumps: what was learnt stays. */
  void discontinue() {
    if (learner_) learner_->renumber();
  }
  void forget() { learner_.reset(); }

 private:
  void begin(const GstSonarSpectrogramMeta &meta,
             const ContactStretch &stretch);

  std::optional<mask::ContactLearner> learner_;
  ContactStretch asked_;
  std::string recipe_;  ///< of the spectrogram
};

}  // namespace sonar::specnn
