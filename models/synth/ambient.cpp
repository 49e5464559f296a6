/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/synth/ambient.h"

#include <algorithm>
#include <complex>

#include "sonar/dsp/window.h"

namespace sonar::models::synth {

static constexpr double kLowestPoleHz = 1.0;
static constexpr double kPoleRatio = 3.0;  // ripple of the slope below 0.1 dB
static constexpr double kRunInSeconds = 2.0;  // 12 time constants of that pole

namespace {

/** A recursive filter of second order in transposed direct form II. */
struct Section {
  double b0, b1, b2, a1, a2;

  void run(std::vector<double> &x) const {
    double s1 = 0, s2 = 0;
    for (double &v : x) {
      const double y = b0 * v + s1;
      s1 = b1 * v - a1 * y + s2;
      s2 = b2 * v - a2 * y;
      v = y;
    }
  }

  double power_gain(double cycles_per_sample) const {
    const std::complex<double> z =
        std::polar(1.0, -2 * M_PI * cycles_per_sample);
    return std::norm((b0 + z * (b1 + z * b2)) / (1.0 + z * (a1 + z * a2)));
  }
};

using Filter = std::vector<Section>;

/** White noise of mean power @p power behind @p filter. */
struct Source {
  Filter filter;
  double power = 1;
  double modulation = 0, modulation_hz = 0;

  double spectrum(double cycles_per_sample) const {
    double s = power * (1 + modulation * modulation / 2);
    for (const Section &f : filter) s *= f.power_gain(cycles_per_sample);
    return s;
  }
};

}  // namespace

/* Poles a constant ratio apart, each with a zero part of the way to the next:
 * between them the power falls by decibels_per_decade on average. */
static Filter falling(double decibels_per_decade, double rate) {
  Filter filter;
  const double part = decibels_per_decade / 20;
  for (double pole = kLowestPoleHz; pole < rate / 2; pole *= kPoleRatio) {
    const double zero = pole * std::pow(kPoleRatio, part);
    filter.push_back({1, -std::exp(-2 * M_PI * zero / rate), 0,
                      -std::exp(-2 * M_PI * pole / rate), 0});
  }
  return filter;
}

/* The bilinear transform's peaking equaliser: gain_db at centre, 0 dB far. */
static Section hump(double centre_hz, double gain_db, double q, double rate) {
  const double w = 2 * M_PI * centre_hz / rate;
  const double a = std::pow(10, gain_db / 40), alpha = std::sin(w) / (2 * q);
  const double a0 = 1 + alpha / a, c = -2 * std::cos(w) / a0;
  return {(1 + alpha * a) / a0, c, (1 - alpha * a) / a0, c,
          (1 - alpha / a) / a0};
}

static Section band_pass(double centre_hz, double q, double rate) {
  const double w = 2 * M_PI * centre_hz / rate, alpha = std::sin(w) / (2 * q);
  const double a0 = 1 + alpha;
  return {alpha / a0, 0, -alpha / a0, -2 * std::cos(w) / a0, (1 - alpha) / a0};
}

static void add_noise(const Source &source, double rate, Random &rng,
                      std::vector<double> &samples) {
  const auto run_in = std::size_t(kRunInSeconds * rate);
  std::vector<double> x(run_in + samples.size());
  const double amplitude = std::sqrt(source.power);
  const double step = 2 * M_PI * source.modulation_hz / rate;
  for (std::size_t i = 0; i < x.size(); ++i)
    x[i] = amplitude * rng.normal() *
           (1 + source.modulation * std::cos(step * double(i)));
  for (const Section &f : source.filter) f.run(x);
  for (std::size_t i = 0; i < samples.size(); ++i) samples[i] += x[run_in + i];
}

static std::vector<double> cosine_table(std::size_t size) {
  std::vector<double> table(size);
  for (std::size_t i = 0; i < size; ++i)
    table[i] = std::cos(2 * M_PI * double(i) / double(size));
  return table;
}

/* The noise's autocorrelation at lags 0 to lags - 1 from its spectrum, sampled
 * finely enough for the slowest pole (@p size a power of two). */
static std::vector<double> autocorrelation(const std::vector<Source> &sources,
                                           std::size_t lags, std::size_t size) {
  std::vector<double> spectrum(size / 2 + 1, 0.0), r(lags, 0.0);
  for (std::size_t j = 0; j < spectrum.size(); ++j) {
    for (const Source &s : sources)
      spectrum[j] += s.spectrum(double(j) / double(size));
    if (j > 0 && j < size / 2) spectrum[j] *= 2;  // and its mirror image
  }
  const std::vector<double> table = cosine_table(size);
  for (std::size_t m = 0; m < lags; ++m) {
    for (std::size_t j = 0; j < spectrum.size(); ++j)
      r[m] += spectrum[j] * table[(j * m) & (size - 1)];
    r[m] /= double(size);
  }
  return r;
}

/* E|X[k]|^2 = sum over lags of window autocorrelation x noise autocorrelation x
 * cos(2 pi k m / N): exact for stationary noise under any window. */
static std::vector<double> expected_power(const Recipe &recipe,
                                          const std::vector<Source> &sources) {
  const auto n = std::size_t(recipe.fft_size);
  std::size_t grid = 1;
  while (grid < 8 * n || grid < std::size_t(2 * recipe.rate_hz)) grid *= 2;

  const std::vector<float> w =
      dsp::make_window(recipe.window, n, recipe.kaiser_beta);
  std::vector<double> r = autocorrelation(sources, n, grid);
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += double(w[i]);
  for (std::size_t m = 0; m < n; ++m) {
    double overlap = 0;
    for (std::size_t i = 0; i + m < n; ++i)
      overlap += double(w[i]) * double(w[i + m]);
    r[m] *= overlap * (m == 0 ? 1 : 2);
  }

  const std::vector<double> table = cosine_table(n);
  std::vector<double> power(n / 2 + 1, 0.0);
  for (std::size_t k = 0; k < power.size(); ++k) {
    for (std::size_t m = 0; m < n; ++m) power[k] += r[m] * table[k * m % n];
    const bool single = k == 0 || k == n / 2;  // no mirror image: A, not A / 2
    power[k] *= (single ? 1 : 4) / (sum * sum);  // A * cos reads A^2
  }
  return power;
}

Ambient make_ambient(const Recipe &recipe, std::size_t count, double blade_hz,
                     Random &rng) {
  const double rate = recipe.rate_hz;
  Source sea;
  sea.filter = falling(rng.normal(17, 2), rate);
  sea.filter.push_back(hump(rng.uniform(40, 90), rng.uniform(3, 9),
                            rng.uniform(0.5, 0.9), rate));

  Source cavitation;
  const double centre_hz = rng.uniform(150, 320);
  cavitation.filter = {band_pass(centre_hz, rng.uniform(0.4, 0.8), rate)};
  cavitation.power =
      sea.spectrum(centre_hz / rate) * std::pow(10, rng.uniform(-8, 0) / 10);
  cavitation.modulation = rng.uniform(0.3, 0.9);
  cavitation.modulation_hz = blade_hz;

  Ambient ambient;
  ambient.samples.assign(count, 0.0);
  add_noise(sea, rate, rng, ambient.samples);
  add_noise(cavitation, rate, rng, ambient.samples);
  ambient.bin_power = expected_power(recipe, {sea, cavitation});
  return ambient;
}

}  // namespace sonar::models::synth
