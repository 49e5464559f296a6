/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gst/gst.h>
#include <gst/video/video.h>

#include <string>
#include <vector>

#include "calibrationproperties.h"
#include "propulsion.h"
#include "sonar/dsp/spectrograph.h"
#include "time/clock.h"

/* Frames of sonarspectrogram: pictures with their times and metas. */
namespace sonar::spectrogram {

/** The stream from one discontinuity to the next; streaming thread only. */
class Stream {
 public:
  /** Throws Error(kBadArgument) where the recipe is not valid. */
  Stream(const Recipe &recipe, const Levels &levels);
  ~Stream();
  Stream(const Stream &) = delete;
  Stream &operator=(const Stream &) = delete;

  const Recipe &recipe() const { return spectrograph.recipe(); }
  void restart();

  /** Samples that came; frames carry them on. */
  void hear(const float *from, std::size_t count);
  /** The next @p count of them, or as many as there are; null for none. */
  GBytes *take_samples(std::size_t count);

  const Levels levels;
  const std::vector<float> level_offsets;  ///< dB, highest row first
  dsp::Spectrograph spectrograph;
  RunClock utc;
  gint64 samples = 0;                       ///< that came
  GstClockTime base = GST_CLOCK_TIME_NONE;  ///< time of sample 0
  bool started = false;                     ///< a sample came
  bool discont = true;                      ///< flag of the next frame
  PropulsionNews news;
  gint64 first_sample = 0;  ///< that no frame carried yet
  const std::string recipe_json;
  GBytes *const row_edges;

 private:
  std::vector<float> heard_;  // from `carried_` on not yet carried
  std::size_t carried_ = 0;
};

/** Nanoseconds on the buffers' clock, before sample 0 too; G_MININT64 where the
 *  stream carries no time. */
gint64 time_of_sample(const Stream &stream, gint64 sample);

/** The frame of a picture, whose pixels and images it takes. Throws
 *  Error(kResource). */
GstBuffer *make_frame(Stream &stream, const GstVideoInfo &video,
                      dsp::Picture &picture);

}  // namespace sonar::spectrogram
