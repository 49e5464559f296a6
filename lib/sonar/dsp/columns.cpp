/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/dsp/columns.h"

#include <algorithm>

#include "sonar/dsp/demon.h"
#include "sonar/dsp/level.h"
#include "sonar/dsp/stft.h"

namespace sonar::dsp {
namespace {

class SoundSpectrum : public PowerSource {
 public:
  explicit SoundSpectrum(const Recipe &r) : stft_(stft_config(r)) {}
  void push(const float *samples, std::size_t count) override {
    stft_.push(samples, count);
  }
  void drain() override {}
  bool pop(float *power) override { return stft_.pop(power); }
  void reset() override { stft_.reset(); }
  std::int64_t delay_samples() const override { return 0; }

 private:
  Stft stft_;
};

class EnvelopeSpectrum : public PowerSource {
 public:
  explicit EnvelopeSpectrum(const Recipe &r)
      : demon_({{double(r.rate_hz), r.demon_min_frequency_hz,
                 r.demon_max_frequency_hz, std::size_t(r.demon_sub_bands),
                 std::size_t(r.decimation), r.envelope == Envelope::kSquareLaw},
                stft_config(r)}) {}
  void push(const float *samples, std::size_t count) override {
    demon_.push(samples, count);
  }
  void drain() override { demon_.drain(); }
  bool pop(float *power) override { return demon_.pop(power); }
  void reset() override { demon_.reset(); }
  std::int64_t delay_samples() const override {
    return std::int64_t(demon_.delay_samples());
  }

 private:
  Demon demon_;
};

}  // namespace

std::unique_ptr<PowerSource> make_power_source(const Recipe &recipe) {
  if (recipe.mode == Mode::kDemon)
    return std::make_unique<EnvelopeSpectrum>(recipe);
  return std::make_unique<SoundSpectrum>(recipe);
}

Columns::Columns(const Recipe &r)
    : rows_(std::size_t(r.height())),
      average_(std::size_t(r.average)),
      source_(make_power_source(r)),
      axis_(r),
      power_(std::size_t(r.fft_size) / 2 + 1),
      column_(rows_) {
  if (r.normalizer != Normalizer::kNone) normalizer_.emplace(r);
  if (r.agc != Agc::kNone) gain_.emplace(r);
  if (average_ > 1) sum_.resize(rows_);
}

void Columns::drain() {
  source_->drain();
  drained_ = true;
}

void Columns::reset() {
  source_->reset();
  if (normalizer_) normalizer_->reset();
  if (gain_) gain_->reset();
  drained_ = normalizer_drained_ = false;
  summed_ = 0;
}

bool Columns::pop(float *value_db, float *background_db) {
  if (normalizer_) {
    if (!pop_normalized(value_db, background_db)) return false;
  } else {
    if (!next_powers()) return false;
    power_to_db(column_.data(), rows_, value_db);
    if (gain_) std::fill_n(background_db, rows_, 0.0f);
  }
  if (gain_) gain_->apply(value_db, background_db);
  return true;
}

bool Columns::pop_normalized(float *value_db, float *background_db) {
  while (!normalizer_->pop(value_db, background_db)) {
    if (next_powers()) {
      normalizer_->push(column_.data());
    } else if (drained_ && !normalizer_drained_) {
      normalizer_->drain();
      normalizer_drained_ = true;
    } else {
      return false;
    }
  }
  return true;
}

bool Columns::next_powers() {
  if (average_ == 1) return next_transform();
  while (summed_ < average_ && next_transform()) {
    if (summed_ == 0) std::fill(sum_.begin(), sum_.end(), 0.0);
    for (std::size_t i = 0; i < rows_; ++i) sum_[i] += double(column_[i]);
    ++summed_;
  }
  if (summed_ < average_ && (!drained_ || summed_ == 0)) return false;
  for (std::size_t i = 0; i < rows_; ++i)
    column_[i] = float(sum_[i] / double(summed_));
  summed_ = 0;
  return true;
}

bool Columns::next_transform() {
  if (!source_->pop(power_.data())) return false;
  axis_.apply(power_.data(), column_.data());
  return true;
}

}  // namespace sonar::dsp
