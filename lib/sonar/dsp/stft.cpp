/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/dsp/stft.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <string>

#include "sonar/core/clones.h"
#include "sonar/core/error.h"
#include "sonar/dsp/fftw_plan.h"
#include "sonar/dsp/finite.h"
#include "sonar/dsp/window.h"

namespace sonar::dsp {
namespace {

SONAR_CLONES void multiply(const float *a, const float *b, std::size_t count,
                           float *out) {
  for (std::size_t i = 0; i < count; ++i) out[i] = a[i] * b[i];
}

/* @p spectrum: real and imaginary parts in turn. */
SONAR_CLONES void to_power(const float *spectrum, std::size_t count,
                           float *power) {
  for (std::size_t k = 0; k < count; ++k) {
    const float re = spectrum[2 * k], im = spectrum[2 * k + 1];
    power[k] = re * re + im * im;
  }
}

void require_valid(const StftConfig &c) {
  const std::size_t window = c.window_samples();
  if (c.fft_size < 16 || c.fft_size % 2 || window > c.fft_size || window < 2 ||
      c.hop_size < 1 || c.hop_size > window)
    throw Error(Errc::kBadArgument,
                "STFT got fft-size=" + std::to_string(c.fft_size) +
                    " window-size=" + std::to_string(window) +
                    " hop-size=" + std::to_string(c.hop_size) +
                    ", it needs an even fft-size of at least 16 samples, a "
                    "window-size of 2 to fft-size and a hop-size of 1 to "
                    "window-size samples.");
}

/* Takes the mean, or the straight line of least squares, from the samples. */
void take_trend(Detrend kind, std::size_t count, float *samples) {
  const double middle = 0.5 * double(count - 1);
  double sum = 0, moment = 0;
  for (std::size_t i = 0; i < count; ++i) {
    sum += double(samples[i]);
    moment += double(samples[i]) * (double(i) - middle);
  }
  const double n = double(count), mean = sum / n;
  const double slope =
      kind == Detrend::kLine ? moment / (n * (n * n - 1) / 12) : 0.0;
  for (std::size_t i = 0; i < count; ++i)
    samples[i] -= float(mean + slope * (double(i) - middle));
}

/* The window, scaled so that a tone of amplitude A reads A off DC and Nyquist
 * (where the two halves of the spectrum meet and it reads 2 A). */
std::vector<float> scaled_window(const StftConfig &c) {
  std::vector<float> window =
      make_window(c.window, c.window_samples(), c.kaiser_beta);
  const double gain = std::accumulate(window.begin(), window.end(), 0.0);
  for (float &w : window) w = float(w * 2.0 / gain);
  return window;
}

}  // namespace

StftConfig stft_config(const Recipe &r) {
  return {std::size_t(r.fft_size),    std::size_t(r.hop_size), r.window,
          std::size_t(r.window_size), r.kaiser_beta,           r.detrend};
}

struct Stft::Impl {
  std::size_t size, hop;
  Detrend detrend;
  std::vector<float> window;
  std::vector<float> samples;  // from `begin` on not yet passed over
  std::size_t begin = 0;
  std::uint64_t pushed = 0;
  std::unique_ptr<float[], FftwFree> time;
  std::unique_ptr<fftwf_complex[], FftwFree> frequency;
  std::unique_ptr<fftwf_plan_s, PlanFree> plan;

  /* The window's samples; behind them stay zeros: a transform of real input
   * leaves it as it was. */
  void fill_time() {
    const float *from = samples.data() + begin;
    float *to = time.get();
    if (detrend != Detrend::kNone) {
      std::copy_n(from, window.size(), to);
      take_trend(detrend, window.size(), to);
      from = to;
    }
    multiply(from, window.data(), window.size(), to);
  }

  /* Moves at most as many samples as were passed over since the last time:
   * constant cost per sample however small the pushes are. */
  void compact() {
    if (begin < samples.size() - begin) return;
    samples.erase(samples.begin(), samples.begin() + std::ptrdiff_t(begin));
    begin = 0;
  }
};

Stft::Stft(const StftConfig &config) : impl_(new Impl) {
  require_valid(config);
  Impl &m = *impl_;
  m.size = config.fft_size;
  m.detrend = config.detrend;
  m.hop = config.hop_size;
  m.window = scaled_window(config);
  m.time.reset(fftwf_alloc_real(m.size));
  std::fill_n(m.time.get(), m.size, 0.0f);
  m.frequency.reset(fftwf_alloc_complex(bins()));
  std::lock_guard<std::mutex> hold(fftw_planner_lock);
  m.plan.reset(fftwf_plan_dft_r2c_1d(int(m.size), m.time.get(),
                                     m.frequency.get(), FFTW_ESTIMATE));
}

Stft::~Stft() = default;
Stft::Stft(Stft &&) noexcept = default;
Stft &Stft::operator=(Stft &&) noexcept = default;

std::size_t Stft::bins() const noexcept { return impl_->size / 2 + 1; }

void Stft::push(const float *samples, std::size_t count) {
  Impl &m = *impl_;
  require_finite(samples, count, m.pushed);
  m.compact();
  m.samples.insert(m.samples.end(), samples, samples + count);
  m.pushed += count;
}

bool Stft::pop(float *power) {
  Impl &m = *impl_;
  const std::size_t length = m.window.size();
  if (pending() < length) return false;
  const std::size_t nyquist = m.size / 2;
  m.fill_time();
  fftwf_execute(m.plan.get());
  to_power(*m.frequency.get(), bins(), power);
  power[0] *= 0.25f;
  power[nyquist] *= 0.25f;
  m.begin += m.hop;
  return true;
}

void Stft::reset() {
  impl_->samples.clear();
  impl_->begin = 0;
  impl_->pushed = 0;
}

std::size_t Stft::pending() const noexcept {
  return impl_->samples.size() - impl_->begin;
}

}  // namespace sonar::dsp
