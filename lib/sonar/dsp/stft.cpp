/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/dsp/stft.h"

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
  if (c.fft_size < 16 || c.fft_size % 2 || c.hop_size < 1 ||
      c.hop_size > c.fft_size)
    throw Error(Errc::kBadArgument,
                "STFT got fft-size=" + std::to_string(c.fft_size) +
                    " hop-size=" + std::to_string(c.hop_size) +
                    ", it needs an even fft-size of at least 16 samples and a "
                    "hop-size of 1 to fft-size samples.");
}

/* The window, scaled so that a tone of amplitude A reads A off DC and Nyquist
 * (where the two halves of the spectrum meet and it reads 2 A). */
std::vector<float> scaled_window(const StftConfig &c) {
  std::vector<float> window = make_window(c.window, c.fft_size);
  const double gain = std::accumulate(window.begin(), window.end(), 0.0);
  for (float &w : window) w = float(w * 2.0 / gain);
  return window;
}

}  // namespace

struct Stft::Impl {
  std::size_t size, hop;
  std::vector<float> window;
  std::vector<float> samples;  // from `begin` on not yet passed over
  std::size_t begin = 0;
  std::uint64_t pushed = 0;
  std::unique_ptr<float[], FftwFree> time;
  std::unique_ptr<fftwf_complex[], FftwFree> frequency;
  std::unique_ptr<fftwf_plan_s, PlanFree> plan;

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
  m.hop = config.hop_size;
  m.window = scaled_window(config);
  m.time.reset(fftwf_alloc_real(m.size));
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
  if (pending() < m.size) return false;
  const std::size_t nyquist = m.size / 2;
  multiply(m.samples.data() + m.begin, m.window.data(), m.size, m.time.get());
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
