/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much a spectrograph costs over the FFTs it cannot do without; run in
 * turn, medians.
 *
 * usage: bench_spectrograph [--json FILE] */
#include <fftw3.h>

#include <random>

#include "bench/figures.h"
#include "sonar/core/recipe_choices.h"
#include "sonar/dsp/spectrograph.h"

using sonar::Recipe;

namespace {

constexpr int kRateHz = 32000;
constexpr int kSeconds = 600;
constexpr int kRepeats = 7;
constexpr std::size_t kFftSize = 1024, kHopSize = 512, kBlockSize = 4096;

std::vector<float> noise() {
  std::mt19937 random(1);
  std::normal_distribution<float> normal(0.0f, 0.1f);
  std::vector<float> samples(std::size_t(kRateHz) * kSeconds);
  for (float &s : samples) s = normal(random);
  return samples;
}

void fftw_alone(std::size_t count) {
  float *in = fftwf_alloc_real(kFftSize);
  fftwf_complex *out = fftwf_alloc_complex(kFftSize / 2 + 1);
  fftwf_plan plan =
      fftwf_plan_dft_r2c_1d(int(kFftSize), in, out, FFTW_ESTIMATE);
  for (std::size_t i = 0; i < kFftSize; ++i) in[i] = float(i % 7);
  for (std::size_t i = 0; i < count; ++i) fftwf_execute(plan);
  fftwf_destroy_plan(plan);
  fftwf_free(out);
  fftwf_free(in);
}

Recipe recipe_with(sonar::Normalizer normalizer) {
  Recipe recipe;
  recipe.rate_hz = kRateHz;
  recipe.fft_size = int(kFftSize);
  recipe.hop_size = int(kHopSize);
  recipe.axis = sonar::FrequencyAxis::kLinear;
  recipe.min_frequency_hz = 0.0;
  recipe.max_frequency_hz = kRateHz / 2.0;
  recipe.normalizer = normalizer;
  return recipe;
}

std::size_t spectrograph(const Recipe &recipe,
                         const std::vector<float> &samples) {
  sonar::dsp::Spectrograph spectrograph(recipe);
  sonar::dsp::Picture picture;
  std::size_t columns = 0;
  for (std::size_t i = 0; i < samples.size(); i += kBlockSize) {
    spectrograph.push(samples.data() + i,
                      std::min(kBlockSize, samples.size() - i));
    while (spectrograph.pop(picture)) columns += picture.new_columns;
  }
  spectrograph.drain();
  while (spectrograph.pop(picture)) columns += picture.new_columns;
  return columns;
}

}  // namespace

int main(int argc, char **argv) {
  const std::string file = sonar::bench::json_argument(argc, argv);
  const std::vector<float> samples = noise();
  const std::size_t columns = (samples.size() - kFftSize) / kHopSize + 1;
  std::printf("%d s at %d Hz, %zu columns of FFT %zu\n", kSeconds, kRateHz,
              columns, kFftSize);
  nlohmann::json figures;
  for (const auto normalizer :
       {sonar::Normalizer::kNone, sonar::Normalizer::kTpsw}) {
    const Recipe recipe = recipe_with(normalizer);
    std::vector<double> alone, whole, ratio;
    for (int i = 0; i < kRepeats; ++i) {
      std::size_t got = 0;
      alone.push_back(sonar::bench::seconds([&] { fftw_alone(columns); }));
      whole.push_back(
          sonar::bench::seconds([&] { got = spectrograph(recipe, samples); }));
      ratio.push_back(whole.back() / alone.back());
      if (got == columns) continue;
      std::fprintf(stderr, "%zu columns came, not %zu\n", got, columns);
      return 1;
    }
    const double times = sonar::bench::median(ratio);
    std::printf("spectrograph, %-6s %.3f s, FFTW alone %.3f s, %.2f x\n",
                nick(normalizer), sonar::bench::median(whole),
                sonar::bench::median(alone), times);
    figures[nick(normalizer)] = {{"seconds", sonar::bench::median(whole)},
                                 {"fftw_seconds", sonar::bench::median(alone)},
                                 {"times_fftw", times}};
  }
  sonar::bench::write_json(file, figures);
  return 0;
}
