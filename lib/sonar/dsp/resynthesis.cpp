/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/dsp/resynthesis.h"

#include <algorithm>
#include <memory>
#include <string>

#include "sonar/core/error.h"
#include "sonar/core/recipe_choices.h"
#include "sonar/dsp/fftw_plan.h"
#include "sonar/dsp/window.h"

namespace sonar::dsp {
namespace {

constexpr double kLeastWindowSum = 1e-3;  // of the largest one

/** A plan with the arrays that it works on. */
struct Transform {
  std::unique_ptr<float[], FftwFree> time;
  std::unique_ptr<fftwf_complex[], FftwFree> frequency;
  std::unique_ptr<fftwf_plan_s, PlanFree> plan;

  Transform(std::size_t size, bool inverse)
      : time(fftwf_alloc_real(size)),
        frequency(fftwf_alloc_complex(size / 2 + 1)) {
    std::lock_guard<std::mutex> hold(fftw_planner_lock);
    plan.reset(inverse ? fftwf_plan_dft_c2r_1d(int(size), frequency.get(),
                                               time.get(), FFTW_ESTIMATE)
                       : fftwf_plan_dft_r2c_1d(int(size), time.get(),
                                               frequency.get(), FFTW_ESTIMATE));
  }
};

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
  Transform transform(config.fft_size, false);
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
  Transform transform(size, true);
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
