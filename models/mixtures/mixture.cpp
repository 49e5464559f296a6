/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/mixtures/mixture.h"

#include <algorithm>
#include <cmath>

#include "sonar/dsp/frequency_axis.h"
#include "sonar/dsp/resynthesis.h"
#include "sonar/dsp/spectrograph.h"

namespace sonar::models {
namespace {

constexpr float kOverBackgroundDb = 3, kOverMedianDb = 6;

float median_of(const float *row, std::size_t count) {
  std::vector<float> v(row, row + count);
  const auto middle = v.begin() + std::ptrdiff_t(count / 2);
  std::nth_element(v.begin(), middle, v.end());
  return *middle;
}

dsp::ComplexSpectrum analyse(const std::vector<float> &samples,
                             const Recipe &recipe) {
  return dsp::analyse(samples, dsp::sound_config(recipe));
}

mask::Binary blank_like(const Image &image) {
  return {image.height(), image.width(),
          std::vector<std::uint8_t>(image.size())};
}

}  // namespace

Spectrum analyse_spectrum(const std::vector<float> &samples,
                          const Recipe &recipe) {
  Recipe side_by_side = recipe;
  side_by_side.advance = recipe.width;
  side_by_side.evidence_fft_size = 0;
  dsp::Spectrograph spectrograph(side_by_side);
  spectrograph.push(samples.data(), samples.size());
  spectrograph.drain();
  std::vector<dsp::Picture> pictures;
  std::size_t columns = 0;
  for (dsp::Picture p; spectrograph.pop(p);) {
    columns += p.valid.count();
    pictures.push_back(std::move(p));
  }
  const auto height = std::size_t(recipe.height());
  Spectrum out{Image(height, columns), Image(height, columns)};
  std::size_t at = 0;
  for (const dsp::Picture &p : pictures) {
    const Image value = dsp::decode(p, side_by_side);
    for (std::size_t y = 0; y < height; ++y)
      for (std::size_t x = p.valid.begin; x < p.valid.end; ++x) {
        float &own = out.value_db.at(y, at + x - p.valid.begin);
        own = value.at(y, x);
        out.level_db.at(y, at + x - p.valid.begin) =
            own + (p.background_db.empty() ? 0 : p.background_db.at(y, x));
      }
    at += p.valid.count();
  }
  return out;
}

mask::Binary own_signature(const Spectrum &own) {
  mask::Binary out = blank_like(own.level_db);
  for (std::size_t y = 0; y < out.height; ++y) {
    const float middle = median_of(own.level_db.row(y), out.width);
    for (std::size_t x = 0; x < out.width; ++x)
      out.values[y * out.width + x] =
          own.value_db.at(y, x) > kOverBackgroundDb ||
          own.level_db.at(y, x) - middle > kOverMedianDb;
  }
  return out;
}

metrics::Truth mixture_truth(const Spectrum &target, const Spectrum &other,
                             float other_gain_db) {
  const mask::Binary own = own_signature(target), others = own_signature(other);
  metrics::Truth truth{blank_like(target.level_db),
                       blank_like(target.level_db),
                       blank_like(target.level_db),
                       {}};
  truth.snr_db.resize(own.values.size());
  for (std::size_t i = 0; i < own.values.size(); ++i) {
    const float snr =
        target.level_db.data()[i] - other.level_db.data()[i] - other_gain_db;
    const bool louder = snr > 0;
    truth.snr_db[i] = std::int8_t(std::clamp(std::floor(snr), -128.0f, 127.0f));
    truth.target.values[i] = louder && own.values[i];
    truth.weak.values[i] =
        louder && (own.values[i] || target.value_db.data()[i] < 0);
    truth.interferer.values[i] = !louder && others.values[i];
  }
  return truth;
}

std::vector<float> masked_signal(const std::vector<float> &samples,
                                 const mask::Binary &mask,
                                 const Recipe &recipe) {
  dsp::ComplexSpectrum spectrum = analyse(samples, recipe);
  const std::vector<std::size_t> rows = dsp::rows_of_bins(recipe);
  for (std::size_t t = 0; t < spectrum.columns; ++t)
    for (std::size_t k = 0; k < spectrum.bins(); ++k)
      if (rows[k] >= mask.height || !mask.at(rows[k], t))
        spectrum.values[t * spectrum.bins() + k] = 0;
  return dsp::resynthesise(spectrum);
}

double power_in_band(const std::vector<float> &samples, const Recipe &recipe) {
  const dsp::ComplexSpectrum spectrum = analyse(samples, recipe);
  const std::vector<std::size_t> rows = dsp::rows_of_bins(recipe);
  const auto height = std::size_t(recipe.height());
  double sum = 0;
  for (std::size_t t = 0; t < spectrum.columns; ++t)
    for (std::size_t k = 0; k < spectrum.bins(); ++k)
      if (rows[k] < height)
        sum += double(std::norm(spectrum.values[t * spectrum.bins() + k]));
  return spectrum.columns ? sum / double(spectrum.columns) : 0;
}

}  // namespace sonar::models
