/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/dsp/envelope.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdint>
#include <cstdio>
#include <string>

#include "sonar/core/clones.h"
#include "sonar/core/error.h"
#include "sonar/dsp/decimator.h"
#include "sonar/dsp/fftw_plan.h"
#include "sonar/dsp/finite.h"
#include "sonar/dsp/kaiser.h"

namespace sonar::dsp {
namespace {

using Complex = std::complex<float>;

constexpr double kStopDb = 80.0;
constexpr double kWidestSlopeHz = 50.0;
/* Blocks this many times as long as the filter, rounded up to a power of 2. */
constexpr std::size_t kBlockRatio = 3;
constexpr std::size_t kMaxSubBands = 64;
/* Slopes below this part of the rate need filters of a million taps. */
constexpr double kNarrowestSlope = 1e-5;

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", value);
  return text;
}

/* Where the filters go from pass to stop band, the same for all of them. */
double slope_hz(const EnvelopeConfig &c, double max_hz) {
  const double ratio =
      std::pow(max_hz / c.min_frequency_hz,
               1.0 / double(std::max<std::size_t>(1, c.sub_bands)));
  return std::min(
      {kWidestSlopeHz, c.min_frequency_hz, c.min_frequency_hz * (ratio - 1)});
}

/* Half a slope stays between the band and Nyquist. */
double clipped_max_hz(const EnvelopeConfig &c) {
  const double slope = std::min(kWidestSlopeHz, c.min_frequency_hz);
  return std::min(c.max_frequency_hz, c.rate_hz / 2 - slope / 2);
}

void require_valid(const EnvelopeConfig &c) {
  const double max_hz = clipped_max_hz(c);
  const std::string got =
      "Envelope got the band " + number(c.min_frequency_hz) + " to " +
      number(c.max_frequency_hz) + " Hz in " + std::to_string(c.sub_bands) +
      " sub-bands at " + number(c.rate_hz) + " Hz, ";
  if (!(c.rate_hz > 0 && c.min_frequency_hz > 0 &&
        max_hz > c.min_frequency_hz && std::isfinite(c.rate_hz)))
    throw Error(Errc::kBadArgument,
                got +
                    "it needs a lower edge above 0 Hz and an upper edge above "
                    "it, both below half the rate.");
  if (c.sub_bands < 1 || c.sub_bands > kMaxSubBands)
    throw Error(
        Errc::kBadArgument,
        got + "it needs 1 to " + std::to_string(kMaxSubBands) + " sub-bands.");
  if (slope_hz(c, max_hz) < kNarrowestSlope * c.rate_hz)
    throw Error(Errc::kBadArgument,
                got +
                    "its filters would be longer than a million samples; "
                    "give a higher lower edge or fewer sub-bands.");
}

struct ComplexPlan {
  std::unique_ptr<fftwf_complex[], FftwFree> in, out;
  std::unique_ptr<fftwf_plan_s, PlanFree> plan;

  ComplexPlan(std::size_t size, int direction)
      : in(fftwf_alloc_complex(size)), out(fftwf_alloc_complex(size)) {
    std::lock_guard<std::mutex> hold(fftw_planner_lock);
    plan.reset(fftwf_plan_dft_1d(int(size), in.get(), out.get(), direction,
                                 FFTW_ESTIMATE));
  }
  Complex *input() { return reinterpret_cast<Complex *>(in.get()); }
  const Complex *output() const {
    return reinterpret_cast<const Complex *>(out.get());
  }
};

/* What a band's analytic filter of phase zero multiplies the spectrum of a
 * block with, DFT scaling included: real, for frequencies 0 to Nyquist. */
std::vector<float> response(const std::vector<double> &low_pass, double centre,
                            std::size_t size) {
  ComplexPlan forward(size, FFTW_FORWARD);
  const auto half = std::ptrdiff_t(low_pass.size() / 2);
  std::fill_n(forward.input(), size, Complex());
  for (std::ptrdiff_t i = -half; i <= half; ++i) {
    const double tap = low_pass[std::size_t(i + half)];
    const auto turned =
        std::polar(tap, 0.0) * std::polar(1.0, 2 * M_PI * centre * double(i));
    forward.input()[i < 0 ? i + std::ptrdiff_t(size) : i] = Complex(turned);
  }
  fftwf_execute(forward.plan.get());
  std::vector<float> gain(size / 2 + 1);
  for (std::size_t k = 0; k < gain.size(); ++k)
    gain[k] = 2.0f * forward.output()[k].real() / float(size);
  return gain;
}

/* Real and imaginary parts in turn, times one factor each. */
SONAR_CLONES void weigh(const float *spectrum, const float *gain,
                        std::size_t count, float *out) {
  for (std::size_t k = 0; k < count; ++k) {
    out[2 * k] = spectrum[2 * k] * gain[k];
    out[2 * k + 1] = spectrum[2 * k + 1] * gain[k];
  }
}

SONAR_CLONES void squared_magnitude(const float *x, std::size_t count,
                                    float *out) {
  for (std::size_t i = 0; i < count; ++i)
    out[i] = x[2 * i] * x[2 * i] + x[2 * i + 1] * x[2 * i + 1];
}

SONAR_CLONES void root(float *x, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i)
    x[i] = std::sqrt(x[i] > 0.0f ? x[i] : 0.0f);
}

}  // namespace

std::vector<double> envelope_edges_hz(const EnvelopeConfig &config) {
  require_valid(config);
  const double ratio = clipped_max_hz(config) / config.min_frequency_hz;
  std::vector<double> edges;
  for (std::size_t b = 0; b <= config.sub_bands; ++b)
    edges.push_back(config.min_frequency_hz *
                    std::pow(ratio, double(b) / double(config.sub_bands)));
  return edges;
}

struct EnvelopeDetector::Impl {
  bool square_law;
  std::size_t size, half, step;  // of a block: whole, overlap, new samples
  std::vector<std::vector<float>> gains;
  std::vector<Decimator> decimators;
  std::vector<float> held;  // from `half` samples before the next block on
  std::uint64_t pushed = 0, done = 0;
  std::unique_ptr<float[], FftwFree> time;
  std::unique_ptr<fftwf_complex[], FftwFree> frequency;
  std::unique_ptr<fftwf_plan_s, PlanFree> forward;
  std::unique_ptr<ComplexPlan> inverse;
  std::vector<float> magnitude;

  explicit Impl(const EnvelopeConfig &c) : square_law(c.square_law) {
    const std::vector<double> edges = envelope_edges_hz(c);
    const double slope = slope_hz(c, edges.back()) / c.rate_hz;
    for (std::size_t b = 0; b < c.sub_bands; ++b) {
      const double low = edges[b] / c.rate_hz, high = edges[b + 1] / c.rate_hz;
      const double width = (high - low) / 2;
      const LowPass filter{width - slope / 2, width + slope / 2, kStopDb};
      if (b == 0) layout(filter.half());
      gains.push_back(response(filter.taps(), (low + high) / 2, size));
      decimators.emplace_back(c.factor);
    }
    reset();
  }

  void layout(std::size_t filter_half) {
    half = filter_half;
    for (size = 256; size < kBlockRatio * (2 * half + 1);) size *= 2;
    step = size - 2 * half;
    magnitude.resize(step);
    time.reset(fftwf_alloc_real(size));
    frequency.reset(fftwf_alloc_complex(size / 2 + 1));
    inverse = std::make_unique<ComplexPlan>(size, FFTW_BACKWARD);
    std::lock_guard<std::mutex> hold(fftw_planner_lock);
    forward.reset(fftwf_plan_dft_r2c_1d(int(size), time.get(), frequency.get(),
                                        FFTW_ESTIMATE));
  }

  void reset() {
    held.assign(half, 0.0f);
    pushed = done = 0;
    for (Decimator &d : decimators) d.reset();
  }

  void run(const float *samples, std::size_t count, Envelopes &out) {
    while (count > 0) {
      const std::size_t piece = std::min(count, size - held.size());
      held.insert(held.end(), samples, samples + piece);
      samples += piece;
      count -= piece;
      if (held.size() == size) block(out);
    }
  }

  /* The block's envelopes, as far as the stream goes once it has ended. */
  void block(Envelopes &out, std::uint64_t end = UINT64_MAX) {
    const auto fresh = std::size_t(std::min<std::uint64_t>(step, end - done));
    std::copy(held.begin(), held.end(), time.get());
    fftwf_execute(forward.get());
    for (std::size_t b = 0; b < gains.size(); ++b) {
      std::fill_n(inverse->input(), size, Complex());
      weigh(*frequency.get(), gains[b].data(), size / 2 + 1,
            *inverse->in.get());
      fftwf_execute(inverse->plan.get());
      squared_magnitude(*inverse->out.get() + 2 * half, fresh,
                        magnitude.data());
      if (!square_law) root(magnitude.data(), fresh);
      append(b, out, [&](std::vector<float> &to) {
        decimators[b].push_finite(magnitude.data(), fresh, to);
      });
    }
    held.erase(held.begin(), held.begin() + std::ptrdiff_t(step));
    done += fresh;
  }

  template <typename Fill>
  void append(std::size_t band, Envelopes &out, Fill fill) {
    const std::size_t before = out[band].size();
    fill(out[band]);
    if (square_law) root(out[band].data() + before, out[band].size() - before);
  }
};

EnvelopeDetector::EnvelopeDetector(const EnvelopeConfig &config)
    : impl_(new Impl(config)) {}

EnvelopeDetector::~EnvelopeDetector() = default;
EnvelopeDetector::EnvelopeDetector(EnvelopeDetector &&) noexcept = default;
EnvelopeDetector &EnvelopeDetector::operator=(EnvelopeDetector &&) noexcept =
    default;

std::size_t EnvelopeDetector::sub_bands() const noexcept {
  return impl_->gains.size();
}

std::size_t EnvelopeDetector::delay_samples() const noexcept {
  return impl_->half + impl_->step - 1 + impl_->decimators[0].delay_samples();
}

void EnvelopeDetector::push(const float *samples, std::size_t count,
                            Envelopes &out) {
  require_finite(samples, count, impl_->pushed);
  out.resize(sub_bands());
  impl_->pushed += count;
  impl_->run(samples, count, out);
}

void EnvelopeDetector::drain(Envelopes &out) {
  Impl &m = *impl_;
  out.resize(sub_bands());
  while (m.done < m.pushed) {
    m.held.resize(m.size);
    m.block(out, m.pushed);
  }
  for (std::size_t b = 0; b < m.gains.size(); ++b)
    m.append(b, out,
             [&](std::vector<float> &to) { m.decimators[b].drain(to); });
  reset();
}

void EnvelopeDetector::reset() { impl_->reset(); }

}  // namespace sonar::dsp
