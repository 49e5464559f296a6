/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "sonar/core/recipe.h"
#include "sonar/dsp/agc.h"
#include "sonar/dsp/frequency_axis.h"
#include "sonar/dsp/normalizer.h"

namespace sonar::dsp {

/** Samples in, power spectra out: what columns are made of. */
class PowerSource {
 public:
  virtual ~PowerSource() = default;
  virtual void push(const float *samples, std::size_t count) = 0;
  virtual void drain() = 0;
  /** Writes fft_size / 2 + 1 powers, DC first; false when none is ready. */
  virtual bool pop(float *power) = 0;
  virtual void reset() = 0;
  /** Samples after a spectrum's last one that must be there. */
  virtual std::int64_t delay_samples() const = 0;
};

/** The source of a recipe: of analysis samples, or with kDemon of those at
 *  the recipe's own rate. */
std::unique_ptr<PowerSource> make_power_source(const Recipe &recipe);

/**
 * Columns of dB, lowest frequency first: transforms, averaged in power,
 * gathered to rows, over their background. An average that the stream's end
 * cuts short is one of fewer transforms.
 */
class Columns {
 public:
  explicit Columns(const Recipe &recipe);

  void push(const float *samples, std::size_t count) {
    source_->push(samples, count);
  }
  void drain();
  bool drained() const { return drained_; }
  void reset();
  /** Columns after the one that pops which must be there. */
  int lookahead() const { return normalizer_ ? normalizer_->lookahead() : 0; }

  std::int64_t delay_samples() const { return source_->delay_samples(); }

  /** The next column; @p background_db is written where the recipe has a
   *  background only. */
  bool pop(float *value_db, float *background_db);

 private:
  bool pop_normalized(float *value_db, float *background_db);
  bool next_powers();
  bool next_transform();

  std::size_t rows_, average_;
  std::unique_ptr<PowerSource> source_;
  AxisMap axis_;
  std::optional<BackgroundNormalizer> normalizer_;
  std::optional<GainControl> gain_;
  bool drained_ = false, normalizer_drained_ = false;
  std::vector<float> power_, column_;
  std::vector<double> sum_;  // of the transforms of a column
  std::size_t summed_ = 0;
};

}  // namespace sonar::dsp
