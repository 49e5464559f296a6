/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sonar/metrics/truth_score.h"

namespace sonar::models {

/** A recording of a set, and what is known of it. */
struct KnownSound {
  std::vector<float> samples;      ///< mono, full scale 1
  metrics::Truth truth;            ///< row 0 = highest frequency
  std::vector<float> target_wave;  ///< the target alone, as long as `samples`
};

/**
 * A folder that `train` and `evaluate` take, grown recording by recording:
 *
 *   audio/NAME.wav     16-bit mono
 *   labels.csv         path,class,group and further columns
 *   truth.safetensors  NAME.labels u8 (1 target, 2 weak, 4 interferer) and
 *                      NAME.target_snr_db i8, [frequency low to high, time];
 *                      NAME.target_wave i16, at the scale of the recording
 *
 * Every file appears under its name only when it is whole; labels.csv comes
 * last, by finish(). All of it throws Error(kResource) when a file cannot be
 * written.
 */
class SetWriter {
 public:
  struct Options {
    int rate_hz = 0;
    bool truth = true;                 ///< write truth.safetensors
    std::vector<std::string> columns;  ///< of labels.csv, after group
  };
  /** @p names: of all recordings in the order in which they will be added. */
  SetWriter(const std::string &folder, std::vector<std::string> names,
            Options options);
  ~SetWriter();

  /** @p sound: of the same length and grid as every other, if there is truth.
   *  @p fields: label, group, then Options::columns. */
  void add(const KnownSound &sound, const std::vector<std::string> &fields);
  /** After the last one. */
  void finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sonar::models
