/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sonar/metrics/truth_score.h"

namespace sonar::models {

constexpr char kTruthFile[] = "truth.safetensors";
/** Bits of NAME.labels. */
constexpr std::uint8_t kTargetBit = 1, kWeakBit = 2, kInterfererBit = 4;

/** Rows of a picture run down from the highest frequency, rows of a truth file
 *  up from the lowest: the rows of @p values, @p width wide, turned over. */
template <class Value>
std::vector<Value> turned_over(const std::vector<Value> &values,
                               std::size_t width) {
  std::vector<Value> turned(values.size());
  for (std::size_t i = 0; i < values.size(); i += width)
    std::copy_n(values.begin() + std::ptrdiff_t(values.size() - width - i),
                width, turned.begin() + std::ptrdiff_t(i));
  return turned;
}

/**
 * The truth.safetensors of a folder that write_scenes() made, or of one of the
 * same form. One instance per thread.
 */
class TruthReader {
 public:
  /** Throws Error(kNotFound) for a missing file, Error(kBadArgument) for a
   *  malformed one. */
  explicit TruthReader(const std::string &folder);
  ~TruthReader();

  /** Recordings that have a truth, sorted. */
  std::vector<std::string> names() const;
  /** Truth of one recording, row 0 = highest frequency. Throws
   *  Error(kNotFound) for a missing name, Error(kBadArgument) for a file that
   *  is malformed. */
  metrics::Truth read(const std::string &name);
  /** The target alone at the scale of the recording, full scale 1. Throws as
   *  read(). */
  std::vector<float> target_wave(const std::string &name);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/** TruthReader(folder).read(name). */
metrics::Truth read_truth(const std::string &folder, const std::string &name);

}  // namespace sonar::models
