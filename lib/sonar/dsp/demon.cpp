/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/dsp/demon.h"

#include <algorithm>

#include "sonar/core/error.h"
#include "sonar/dsp/decimator.h"

namespace sonar::dsp {
namespace {

/* Columns of the mean that backgrounds and weights come from. */
constexpr std::size_t kMemory = 16;
/* Background: median over this much of the spectrum on either side. */
constexpr double kBackgroundHz = 2.0;
/* No window's lobe around DC, the envelope's mean, is wider. */
constexpr std::size_t kLobeBins = 5;

/* The median of the bins up to @p half off bin @p k, fewer at the ends; DC,
 * which is the envelope's mean, stays out. */
float median_around(const std::vector<float> &from, std::size_t k,
                    std::size_t half, std::vector<float> &window) {
  const std::size_t first = std::max<std::size_t>(1, k > half ? k - half : 0);
  const std::size_t end = std::min(from.size(), std::max(k, first) + half + 1);
  window.assign(from.begin() + std::ptrdiff_t(first),
                from.begin() + std::ptrdiff_t(end));
  const auto middle = window.begin() + std::ptrdiff_t(window.size() / 2);
  std::nth_element(window.begin(), middle, window.end());
  return *middle;
}

/* Medians a sixteenth of their windows apart, straight lines between them: a
 * long transform costs no more than a few values a bin. */
void running_median(const std::vector<float> &from, std::size_t half,
                    std::vector<float> &to) {
  const std::size_t last = from.size() - 1;
  const std::size_t step = std::max<std::size_t>(1, half / 8);
  std::vector<float> window;
  to.resize(from.size());
  to[0] = median_around(from, 0, half, window);
  for (std::size_t k = 0; k < last;) {
    const std::size_t next = std::min(last, k + step);
    to[next] = median_around(from, next, half, window);
    const float slope = (to[next] - to[k]) / float(next - k);
    for (std::size_t i = k + 1; i < next; ++i)
      to[i] = to[k] + slope * float(i - k);
    k = next;
  }
}

/* One sub-band: its spectrum, how it stands over its background. */
struct Band {
  Stft stft;
  std::vector<float> power, mean, background;
  double weight = 0.0;

  explicit Band(const StftConfig &config)
      : stft(config), power(stft.bins()), mean(stft.bins()) {}

  /* @p columns: taken into the mean, this one included. */
  void learn(std::size_t columns, std::size_t half) {
    const float share = 1.0f / float(std::min(columns, kMemory));
    for (std::size_t k = 0; k < mean.size(); ++k)
      mean[k] += share * (power[k] - mean[k]);
    running_median(mean, half, background);
    weight = contrast();
  }

  float over_background(float value, std::size_t k) const {
    return background[k] > 0.0f ? value / background[k] : 0.0f;
  }

  /* Squared coefficient of variation of the spectrum over its background,
   * where neither the envelope's mean nor the decimation's slope reach. */
  double contrast() const {
    double sum = 0.0, square = 0.0;
    const auto end = std::size_t(kPassBand * double(mean.size() - 1));
    std::size_t count = 0;
    for (std::size_t k = kLobeBins; k < end; ++k, ++count) {
      const double x = over_background(mean[k], k);
      sum += x;
      square += x * x;
    }
    if (sum <= 0.0) return 0.0;
    return std::max(0.0, square * double(count) / (sum * sum) - 1.0);
  }
};

}  // namespace

struct Demon::Impl {
  EnvelopeDetector detector;
  EnvelopeDetector::Envelopes envelopes;
  std::vector<Band> bands;
  std::size_t median_half;
  std::size_t columns = 0;
  bool drained = false;

  explicit Impl(const DemonConfig &c) : detector(c.envelope) {
    for (std::size_t b = 0; b < detector.sub_bands(); ++b)
      bands.emplace_back(c.stft);
    const double bin_hz = c.envelope.rate_hz / double(c.envelope.factor) /
                          double(c.stft.fft_size);
    median_half = std::max<std::size_t>(2, std::size_t(kBackgroundHz / bin_hz));
  }

  void transform() {
    for (std::size_t b = 0; b < bands.size(); ++b) {
      bands[b].stft.push(envelopes[b].data(), envelopes[b].size());
      envelopes[b].clear();
    }
  }

  void combine(float *power) {
    ++columns;
    double total = 0.0;
    for (Band &band : bands) {
      band.learn(columns, median_half);
      total += band.weight;
    }
    for (Band &band : bands)  // nothing stands out: all alike
      band.weight = total > 0.0 ? band.weight / total : 1.0 / double(size());
    for (std::size_t k = 0; k < bands[0].power.size(); ++k) {
      double over = 0.0, level = 0.0;
      for (const Band &band : bands) {
        over += band.weight * double(band.over_background(band.power[k], k));
        level += band.weight * double(band.background[k]);
      }
      power[k] = float(over * level);
    }
  }
  std::size_t size() const { return bands.size(); }
};

Demon::Demon(const DemonConfig &config) : impl_(new Impl(config)) {}
Demon::~Demon() = default;
Demon::Demon(Demon &&) noexcept = default;
Demon &Demon::operator=(Demon &&) noexcept = default;

std::size_t Demon::bins() const noexcept { return impl_->bands[0].stft.bins(); }

std::size_t Demon::delay_samples() const noexcept {
  return impl_->detector.delay_samples();
}

void Demon::push(const float *samples, std::size_t count) {
  if (impl_->drained)
    throw Error(
        Errc::kBadArgument,
        "DEMON got samples after its end; reset() starts a new stream.");
  impl_->detector.push(samples, count, impl_->envelopes);
  impl_->transform();
}

bool Demon::pop(float *power) {
  Impl &m = *impl_;
  if (m.bands.size() == 1) return m.bands[0].stft.pop(power);
  bool full = true;  // for all of them or for none
  for (Band &band : m.bands) full = band.stft.pop(band.power.data()) && full;
  if (full) m.combine(power);
  return full;
}

void Demon::drain() {
  if (impl_->drained) return;
  impl_->detector.drain(impl_->envelopes);
  impl_->transform();
  impl_->drained = true;
}

void Demon::reset() {
  impl_->detector.reset();
  for (std::vector<float> &envelope : impl_->envelopes) envelope.clear();
  for (Band &band : impl_->bands) {
    band.stft.reset();
    std::fill(band.mean.begin(), band.mean.end(), 0.0f);
  }
  impl_->columns = 0;
  impl_->drained = false;
}

std::size_t Demon::pending() const noexcept {
  return impl_->bands[0].stft.pending();
}

}  // namespace sonar::dsp
