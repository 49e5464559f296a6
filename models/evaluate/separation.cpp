/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/evaluate/separation.h"

#include <algorithm>
#include <cmath>

#include "sonar/core/error.h"
#include "sonar/dsp/frequency_axis.h"
#include "sonar/metrics/separation.h"

namespace sonar::models {
Separation::Separation(const AnalysedRecording &recording,
                       const std::vector<float> &target, const Recipe &recipe)
    : config_(dsp::sound_config(recipe)),
      row_of_bin_(dsp::rows_of_bins(recipe)),
      height_(std::size_t(recipe.height())) {
  if (target.size() != recording.samples.size())
    throw Error(Errc::kBadArgument,
                "the target alone has " + std::to_string(target.size()) +
                    " samples, its recording " +
                    std::to_string(recording.samples.size()) +
                    " at the model's rate; needed the same");
  std::vector<Image> backgrounds;
  for (const PictureData &p : recording.pictures)
    backgrounds.push_back(p.background_db);
  const Image background = recording.join(backgrounds);
  mixture_ = whitened(recording.samples, background);
  target_ = dsp::resynthesise(whitened(target, background));
  input_db_ = ratio_db(dsp::resynthesise(mixture_));
}

/** Bins that no row shows become 0. Without a normaliser there is no
 *  background, and nothing to whiten by. */
dsp::ComplexSpectrum Separation::whitened(const std::vector<float> &samples,
                                          const Image &background_db) const {
  dsp::ComplexSpectrum spectrum = dsp::analyse(samples, config_);
  for (std::size_t t = 0; t < spectrum.columns; ++t)
    for (std::size_t k = 0; k < spectrum.bins(); ++k) {
      auto &value = spectrum.values[t * spectrum.bins() + k];
      const std::size_t row = row_of_bin_[k];
      if (row == height_)
        value = 0;
      else if (!background_db.empty())
        value *= std::pow(10.0f, -background_db.at(row, t) / 20);
    }
  return spectrum;
}

std::optional<double> Separation::ratio_db(
    const std::vector<float> &estimate) const {
  const std::size_t edge = config_.fft_size;
  if (estimate.size() <= 3 * edge) return std::nullopt;
  return metrics::si_sdr_db(estimate.data() + edge, target_.data() + edge,
                            estimate.size() - 2 * edge);
}

std::optional<double> Separation::gain_db(const mask::Binary &mask) const {
  Image gain(mask.height, mask.width);
  std::copy(mask.values.begin(), mask.values.end(), gain.data());
  return gain_db(gain);
}

std::optional<double> Separation::gain_db(const Image &gain) const {
  dsp::ComplexSpectrum masked = mixture_;
  for (std::size_t t = 0; t < masked.columns; ++t)
    for (std::size_t k = 0; k < masked.bins(); ++k) {
      const std::size_t row = row_of_bin_[k];
      if (row < height_)
        masked.values[t * masked.bins() + k] *= gain.at(row, t);
    }
  const std::optional<double> output_db = ratio_db(dsp::resynthesise(masked));
  if (!output_db || !input_db_) return std::nullopt;
  return *output_db - *input_db_;
}

}  // namespace sonar::models
