/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/dsp/agc.h"

#include <algorithm>
#include <cmath>

#include "sonar/dsp/level.h"

namespace sonar::dsp {

GainControl::GainControl(const Recipe &r)
    : rows_(std::size_t(r.height())),
      by_band_(r.agc == Agc::kBand),
      weight_(1.0 - std::exp(-r.column_seconds() / r.agc_time_s)),
      mean_(rows_),
      gain_(rows_),
      sorted_(rows_) {}

void GainControl::apply(float *value_db, float *background_db) {
  if (std::all_of(value_db, value_db + rows_,
                  [](float v) { return v <= kSilenceDb; })) {
    std::fill_n(background_db, rows_, kSilenceDb);
    std::fill_n(value_db, rows_, 0.0f);
    return;
  }
  if (by_band_)
    take_means(value_db);
  else
    take_median(value_db);
  for (std::size_t i = 0; i < rows_; ++i) {
    value_db[i] -= gain_[i];
    background_db[i] += gain_[i];
  }
}

void GainControl::take_median(const float *value_db) {
  sorted_.assign(value_db, value_db + rows_);
  const auto middle = sorted_.begin() + std::ptrdiff_t(rows_ / 2);
  std::nth_element(sorted_.begin(), middle, sorted_.end());
  std::fill(gain_.begin(), gain_.end(), *middle);
}

void GainControl::take_means(const float *value_db) {
  columns_ += 1;
  const double weight = std::max(1.0 / columns_, weight_);
  db_to_power(value_db, rows_, gain_.data());
  for (std::size_t i = 0; i < rows_; ++i) {
    mean_[i] += weight * (double(gain_[i]) - mean_[i]);
    gain_[i] = float(mean_[i]);
  }
  power_to_db(gain_.data(), rows_, gain_.data());
}

void GainControl::reset() {
  columns_ = 0;
  std::fill(mean_.begin(), mean_.end(), 0.0);
}

}  // namespace sonar::dsp
