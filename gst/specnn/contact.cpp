/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "contact.h"

#include <algorithm>
#include <cmath>

#include "sonar/core/error.h"
#include "sonar/mask/evidence.h"

namespace sonar::specnn {
namespace {

/* More say nothing new, and take memory. */
constexpr std::size_t kMostColumns = 4096;

double column_ns(const GstSonarSpectrogramMeta &meta) {
  return 1e9 * meta.hop_size / meta.rate;
}

std::string seconds_text(double ns) {
  char text[32];
  g_snprintf(text, sizeof text, "%.2f s", ns / 1e9);
  return text;
}

double marked_end(const ContactStretch &stretch) {
  return GST_CLOCK_TIME_IS_VALID(stretch.end)
             ? double(stretch.end)
             : double(stretch.begin) + 1e9 * stretch.seconds;
}

std::size_t columns_of(double ns, const GstSonarSpectrogramMeta &meta) {
  const double least = double(mask::kLeastContactColumns) * column_ns(meta);
  // half a column: times are whole nanoseconds
  if (ns < least - 0.5 * column_ns(meta))
    throw Error(Errc::kBadArgument,
                "The contact's stretch is " + seconds_text(ns) +
                    " long, needed at least " + seconds_text(least) +
                    " (32 columns); set contact-begin and contact-end, or "
                    "contact-seconds, further apart.");
  return std::size_t(std::clamp(std::round(ns / column_ns(meta)),
                                double(mask::kLeastContactColumns),
                                double(kMostColumns)));
}

/** The first column at or after a stream time, or where the time lies beyond
 *  them, one of the picture's two ends. */
std::size_t column_at(double stream_ns, double column0_ns,
                      const GstSonarSpectrogramMeta &meta) {
  const double column =
      std::ceil((stream_ns - column0_ns) / column_ns(meta) - 1e-6);
  return std::size_t(
      std::clamp(column, double(meta.valid_begin), double(meta.valid_end)));
}

}  // namespace

void Contact::begin(const GstSonarSpectrogramMeta &meta,
                    const ContactStretch &stretch) {
  using Mode = mask::ContactLearner::Mode;
  if (!GST_CLOCK_TIME_IS_VALID(stretch.begin)) {
    if (GST_CLOCK_TIME_IS_VALID(stretch.end))
      throw Error(Errc::kBadArgument,
                  "contact-end is set and contact-begin is not; set both, or "
                  "neither for a stretch that is found.");
    learner_.emplace(Mode::kStrongest, columns_of(1e9 * stretch.seconds, meta));
  } else {
    learner_.emplace(
        Mode::kMarked,
        columns_of(marked_end(stretch) - double(stretch.begin), meta));
  }
  asked_ = stretch;
  recipe_ = meta.recipe;
}

Image Contact::make_mask(const Image &value_db, const Image &background_db,
                         const GstSonarSpectrogramMeta &meta, GstClockTime pts,
                         GstClockTime stream_time,
                         const ContactStretch &stretch) {
  if (!learner_ || !(asked_ == stretch) || recipe_ != meta.recipe)
    begin(meta, stretch);
  const ColumnRange valid{meta.valid_begin, meta.valid_end};
  ColumnRange wanted = valid;
  if (GST_CLOCK_TIME_IS_VALID(stretch.begin)) {
    if (!GST_CLOCK_TIME_IS_VALID(pts) || !GST_CLOCK_TIME_IS_VALID(stream_time))
      throw Error(Errc::kBadArgument,
                  "contact-begin marks a time, and the frames carry none; use "
                  "a source that stamps its buffers, or unset it.");
    const double column0 =
        double(stream_time) + double(frame::column_time(meta, 0) - gint64(pts));
    wanted = {column_at(double(stretch.begin), column0, meta),
              column_at(marked_end(stretch), column0, meta)};
  }
  learner_->put(meta.first_column, value_db, background_db, wanted);
  if (wanted.end < valid.end) learner_->finish();
  if (!learner_->gate()) {
    const bool marked = GST_CLOCK_TIME_IS_VALID(stretch.begin);
    if (!marked || wanted.count() == 0) return {};
    // what is evident in a marked stretch is the contact's, by the mark
    return mask::blind_confidence(value_db, background_db, wanted);
  }
  return mask::contact_confidence(value_db, background_db, valid,
                                  *learner_->gate());
}

}  // namespace sonar::specnn
