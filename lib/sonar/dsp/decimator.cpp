/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/dsp/decimator.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

#include "sonar/core/clones.h"
#include "sonar/core/error.h"
#include "sonar/dsp/finite.h"
#include "sonar/dsp/kaiser.h"

namespace sonar::dsp {
namespace {

constexpr double kStopDb = 105.0;     // designed; 100 dB are promised
constexpr std::size_t kPiece = 8192;  // samples taken at once, bounds memory
constexpr std::size_t kLanes = 16;

/* A decimation by `factor`; frequencies in cycles per input sample. */
struct Design {
  std::size_t factor;
  LowPass filter;
};

/* Ahead of the taps come zeros up to a whole number of lanes. */
std::vector<float> make_taps(const LowPass &filter) {
  const std::vector<double> taps = filter.taps();
  std::vector<float> padded((kLanes - taps.size() % kLanes) % kLanes);
  padded.insert(padded.end(), taps.begin(), taps.end());
  return padded;
}

/* The stages that multiply least per input sample. @p band: the output's
 * Nyquist frequency in cycles per input sample of the first stage. */
struct Plan {
  double cost = 0.0;
  std::vector<Design> stages;
};

Plan cheapest(std::size_t factor, double band) {
  Plan best{0.0, {{factor, {kPassBand * band, band, kStopDb}}}};
  best.cost = 2.0 * double(best.stages[0].filter.half()) / double(factor);
  for (std::size_t first = 2; first * 2 <= factor; ++first) {
    if (factor % first) continue;
    // what folds onto 0..band may not pass; the rest falls to later stages
    const Design stage{first,
                       {kPassBand * band, 1.0 / double(first) - band, kStopDb}};
    const double own = 2.0 * double(stage.filter.half()) / double(first);
    if (own >= best.cost) continue;
    Plan rest = cheapest(factor / first, band * double(first));
    const double cost = own + rest.cost / double(first);
    if (cost >= best.cost) continue;
    rest.stages.insert(rest.stages.begin(), stage);
    best = {cost, std::move(rest.stages)};
  }
  return best;
}

/* Fixed lanes, so that every vector unit adds in the same order. */
SONAR_CLONES void filter(const float *x, const float *taps, std::size_t length,
                         std::size_t step, float *out, std::size_t count) {
  for (std::size_t k = 0; k < count; ++k, x += step) {
    float lane[kLanes] = {};
    for (std::size_t i = 0; i < length; i += kLanes)
      for (std::size_t l = 0; l < kLanes; ++l)
        lane[l] += taps[i + l] * x[i + l];
    for (std::size_t width = kLanes / 2; width; width /= 2)
      for (std::size_t l = 0; l < width; ++l) lane[l] += lane[l + width];
    out[k] = lane[0];
  }
}

/* Output k covers inputs [k * step, k * step + taps.size()). */
struct Stage {
  std::size_t step;
  std::vector<float> taps;
  std::vector<float> held;
  std::size_t begin = 0;

  explicit Stage(const Design &design)
      : step(design.factor), taps(make_taps(design.filter)) {}

  void push(const float *samples, std::size_t count, std::vector<float> &out) {
    if (begin >= held.size() - begin) {  // constant cost per sample
      held.erase(held.begin(), held.begin() + std::ptrdiff_t(begin));
      begin = 0;
    }
    held.insert(held.end(), samples, samples + count);
    if (held.size() < begin + taps.size()) return;
    const std::size_t ready = (held.size() - begin - taps.size()) / step + 1;
    const std::size_t before = out.size();
    out.resize(before + ready);
    filter(held.data() + begin, taps.data(), taps.size(), step,
           out.data() + before, ready);
    begin += ready * step;
  }
  void reset() {
    held.clear();
    begin = 0;
  }
};

}  // namespace

struct Decimator::Impl {
  std::size_t factor, delay = 0;
  std::size_t lead = 0;  // what the first outputs cover before sample 0
  std::uint64_t pushed = 0;
  std::vector<Stage> stages;
  std::array<std::vector<float>, 2> between;

  explicit Impl(std::size_t f) : factor(f) {
    if (f == 1) return;
    std::size_t step = 1;
    for (const Design &design : cheapest(f, 0.5 / double(f)).stages) {
      stages.emplace_back(design);
      delay += design.filter.half() * step;
      lead += (stages.back().taps.size() - 1 - design.filter.half()) * step;
      step *= design.factor;
    }
    lead_in();
  }

  /* With so many zeros ahead the last stage's first window, and so output 0,
   * is centred on sample 0. */
  void lead_in() {
    std::vector<float> none;
    const std::vector<float> zeros(lead, 0.0f);
    run(zeros.data(), zeros.size(), none);
  }

  void run(const float *samples, std::size_t count, std::vector<float> &out) {
    for (std::size_t done = 0; done < count;) {
      const std::size_t piece = std::min(kPiece, count - done);
      through(samples + done, piece, out);
      done += piece;
    }
  }

  void through(const float *samples, std::size_t count,
               std::vector<float> &out) {
    for (std::size_t s = 0; s + 1 < stages.size(); ++s) {
      std::vector<float> &to = between[s % 2];
      to.clear();
      stages[s].push(samples, count, to);
      samples = to.data();
      count = to.size();
    }
    stages.back().push(samples, count, out);
  }
};

Decimator::Decimator(std::size_t factor) {
  if (factor < 1 || factor > kLargestDecimation)
    throw Error(Errc::kBadArgument,
                "Decimation got the factor " + std::to_string(factor) +
                    ", it needs 1 to " + std::to_string(kLargestDecimation) +
                    " samples a sample.");
  impl_ = std::make_unique<Impl>(factor);
}

Decimator::~Decimator() = default;
Decimator::Decimator(Decimator &&) noexcept = default;
Decimator &Decimator::operator=(Decimator &&) noexcept = default;

std::size_t Decimator::factor() const noexcept { return impl_->factor; }

std::size_t Decimator::delay_samples() const noexcept { return impl_->delay; }

void Decimator::push(const float *samples, std::size_t count,
                     std::vector<float> &out) {
  require_finite(samples, count, impl_->pushed);
  push_finite(samples, count, out);
}

void Decimator::push_finite(const float *samples, std::size_t count,
                            std::vector<float> &out) {
  impl_->pushed += count;
  if (impl_->stages.empty())
    out.insert(out.end(), samples, samples + count);
  else
    impl_->run(samples, count, out);
}

void Decimator::drain(std::vector<float> &out) {
  if (!impl_->stages.empty()) {
    const std::vector<float> zeros(impl_->delay, 0.0f);
    impl_->run(zeros.data(), zeros.size(), out);
  }
  reset();
}

void Decimator::reset() {
  impl_->pushed = 0;
  for (Stage &stage : impl_->stages) stage.reset();
  if (!impl_->stages.empty()) impl_->lead_in();
}

}  // namespace sonar::dsp
