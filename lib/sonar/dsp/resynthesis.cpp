/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/dsp/resynthesis.h"

#include <algorithm>
#include <string>

#include "sonar/core/error.h"
#include "sonar/core/recipe_choices.h"
#include "sonar/dsp/real_transform.h"
#include "sonar/dsp/window.h"

namespace sonar::dsp {
namespace {

constexpr double kLeastWindowSum = 1e-3;  // of the largest one

}  // namespace

StftConfig sound_config(const Recipe &recipe) {
  if (recipe.mode == Mode::kDemon || recipe.decimation != 1)
    throw Error(Errc::kBadArgument,
                "A spectrum that becomes sound again got mode " +
                    std::string(nick(recipe.mode)) + " and decimation " +
                    std::to_string(recipe.decimation) +
                    ", it needs mode spectrogram or lofar and decimation 1.");
  return stft_config(recipe);
}

ComplexSpectrum analyse(const std::vector<float> &samples,
                        const StftConfig &config) {
  const Stft checked(config);
  const std::size_t size = config.window_samples();
  ComplexSpectrum out;
  out.config = config;
  out.samples = samples.size();
  if (samples.size() >= size)
    out.columns = 1 + (samples.size() - size) / config.hop_size;
  out.values.resize(out.columns * out.bins());
  const std::vector<float> window =
      make_window(config.window, size, config.kaiser_beta);
  RealTransform transform(config.fft_size, false);
  std::fill_n(transform.time.get(), config.fft_size, 0.0f);
  for (std::size_t t = 0; t < out.columns; ++t) {
    const float *in = samples.data() + t * config.hop_size;
    for (std::size_t i = 0; i < size; ++i)
      transform.time[i] = in[i] * window[i];
    fftwf_execute(transform.plan.get());
    for (std::size_t k = 0; k < out.bins(); ++k)
      out.values[t * out.bins() + k] = {transform.frequency[k][0],
                                        transform.frequency[k][1]};
  }
  return out;
}

std::vector<float> resynthesise(const ComplexSpectrum &spectrum) {
  const std::size_t size = spectrum.config.fft_size, bins = spectrum.bins();
  const std::vector<float> window =
      make_window(spectrum.config.window, spectrum.config.window_samples(),
                  spectrum.config.kaiser_beta);
  std::vector<double> sum(spectrum.samples), weight(spectrum.samples);
  RealTransform transform(size, true);
  for (std::size_t t = 0; t < spectrum.columns; ++t) {
    for (std::size_t k = 0; k < bins; ++k) {
      const std::complex<float> v = spectrum.values[t * bins + k];
      transform.frequency[k][0] = v.real();
      transform.frequency[k][1] = v.imag();
    }
    fftwf_execute(transform.plan.get());
    const std::size_t begin = t * spectrum.config.hop_size;
    for (std::size_t i = 0; i < window.size(); ++i) {
      const double w = double(window[i]);
      sum[begin + i] += w * double(transform.time[i]) / double(size);
      weight[begin + i] += w * w;
    }
  }
  const double most =
      weight.empty() ? 0 : *std::max_element(weight.begin(), weight.end());
  std::vector<float> out(spectrum.samples);
  for (std::size_t i = 0; i < out.size(); ++i)
    if (weight[i] > kLeastWindowSum * most) out[i] = float(sum[i] / weight[i]);
  return out;
}

}  // namespace sonar::dsp
