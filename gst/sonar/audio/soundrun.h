/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gst/gst.h>

#include <vector>

#include "meta/gstsonarspectrogrammeta.h"
#include "sonar/core/image.h"
#include "sonar/dsp/masked_sound.h"

/* Frames of signatureaudio from one discontinuity to the next. */
namespace sonar::sound {

/** The grid of a frame's pixels. Throws Error(kBadArgument) where their rows
 *  are no frequencies of the sound. */
dsp::SoundGrid grid_of(const GstSonarSpectrogramMeta &meta);

/** Columns behind the newest one that settle later, where what is heard may
 *  be decided for @p wait nanoseconds. */
gint64 columns_to_wait(const GstSonarSpectrogramMeta &meta, guint64 wait);

/** A run of frames, streaming thread only. */
class Run {
 public:
  Run(GstBuffer *frame, const GstSonarSpectrogramMeta &meta,
      const dsp::SoundGrid &grid, bool complement);

  /** Whether the frame is one of this run, be it that frames before it were
   *  lost. */
  bool holds(GstBuffer *frame, const GstSonarSpectrogramMeta &meta,
             const dsp::SoundGrid &grid) const;

  /** How gains are followed from here on. */
  void set(const dsp::SoundGain &gain);
  /** Samples that were lost before @p first_sample. */
  gint64 lost_before(gint64 first_sample) const {
    return first_sample - next_in_;
  }
  /** Goes on at @p first_sample, as at the start of a stream. What was there
   *  has been drained and popped. */
  void resume(gint64 first_sample);

  /** Throws Error(kBadArgument) where the frame has no samples. */
  void put(const GstSonarSpectrogramMeta &meta, const Image &gain, gint64 wait);
  void push(GBytes *samples);
  void drain() { sound_.drain(); }
  /** The samples that are ready. */
  std::vector<float> pop();

  /** Number of the next sample that pop() gives. */
  gint64 next_out() const { return next_out_; }
  /** Moves next_out() on over what pop() did not give. */
  void pass_over(gint64 samples) { next_out_ += samples; }
  /** Time of a sample, GST_CLOCK_TIME_NONE where frames have none. */
  GstClockTime time_of(gint64 sample) const;

 private:
  dsp::SoundGrid grid_;
  bool complement_;
  dsp::MaskedSound sound_;
  gint64 base_;      // time of sample 0, ns; G_MININT64: none
  gint64 next_in_;   // sample that should come next
  gint64 next_out_;  // sample that goes out next
};

}  // namespace sonar::sound
