/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/propulsion/fit.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <numeric>

#include "models/parallel.h"
#include "sonar/core/error.h"
#include "sonar/tonal/propulsion.h"

namespace sonar::models {
namespace {

using tonal::kCombFeatures;
using tonal::kNoneFeatures;
using Point = PropulsionLoss::Point;

constexpr double kRight = 0.03;  // of the shaft rate
constexpr double kNegligible = 1e-9;
constexpr double kStill = 1e-9;  // a deviation that is rounding only
constexpr std::size_t kOne = kCombFeatures;  // "no shaft seen": always 1
constexpr std::size_t kRemembered = 10;
constexpr int kMostSteps = 1000, kMostHalvings = 40;
constexpr double kLeastGradient = 1e-6;

double dot(const Point &a, const Point &b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

Point sum(const Point &a, double factor, const Point &b) {
  Point out = a;
  for (std::size_t i = 0; i < out.size(); ++i) out[i] += factor * b[i];
  return out;
}

template <typename Features>
void add(double factor, const Features &features, double *to) {
  for (std::size_t j = 0; j < features.size(); ++j)
    to[j] += factor * double(features[j]);
}

template <typename Features>
double score(const Features &features, const double *weights) {
  double s = 0.0;
  for (std::size_t j = 0; j < features.size(); ++j)
    s += double(features[j]) * weights[j];
  return s;
}

/* Of one example, by the weights of the features as they are. */
struct Term {
  double loss = 0.0;
  Point gradient{};
};

Term term_of(const PropulsionExample &e, const Point &w) {
  std::vector<double> p;
  for (const auto &pair : e.pairs) p.push_back(score(pair, w.data()));
  const double none = score(e.none, w.data() + kOne);
  const double most = std::max(none, *std::max_element(p.begin(), p.end()));
  // of what is right: its probabilities given that it is right
  std::vector<double> right;
  for (const std::size_t i : e.right) right.push_back(p[i]);
  const double best =
      right.empty() ? none : *std::max_element(right.begin(), right.end());
  double all = std::exp(none - most), good = right.empty() ? 1.0 : 0.0;
  for (double &s : p) all += s = std::exp(s - most);
  for (double &s : right) good += s = std::exp(s - best);

  Term t;
  t.loss = most + std::log(all) - best - std::log(good);
  for (std::size_t i = 0; i < p.size(); ++i)
    if (p[i] > kNegligible * all)
      add(p[i] / all, e.pairs[i], t.gradient.data());
  for (std::size_t i = 0; i < right.size(); ++i)
    add(-right[i] / good, e.pairs[e.right[i]], t.gradient.data());
  add(std::exp(none - most) / all - (right.empty() ? 1.0 : 0.0), e.none,
      t.gradient.data() + kOne);
  return t;
}

/* The latest steps and changes of the gradient tell the curvature. */
class Curvature {
 public:
  void learn(const Point &step, const Point &change) {
    const double along = dot(step, change);
    if (along <= 0.0) return;
    pairs_.push_back({step, change, 1.0 / along});
    if (pairs_.size() > kRemembered) pairs_.pop_front();
  }
  Point newton_step(const Point &gradient) const {
    Point q = sum({}, -1.0, gradient);
    std::vector<double> taken;
    for (auto p = pairs_.rbegin(); p != pairs_.rend(); ++p) {
      taken.push_back(p->inverse * dot(p->step, q));
      q = sum(q, -taken.back(), p->change);
    }
    const double scale =
        pairs_.empty()
            ? 1.0 / std::sqrt(1.0 + dot(gradient, gradient))
            : 1.0 / (pairs_.back().inverse *
                     dot(pairs_.back().change, pairs_.back().change));
    q = sum({}, scale, q);
    for (const Pair &p : pairs_) {
      q = sum(q, taken.back() - p.inverse * dot(p.change, q), p.step);
      taken.pop_back();
    }
    return q;
  }

 private:
  struct Pair {
    Point step, change;
    double inverse;
  };
  std::deque<Pair> pairs_;
};

}  // namespace

PropulsionExample propulsion_example(const DemonSpectrum &spectrum,
                                     double shaft_hz, int blades) {
  const tonal::Whitened whitened(spectrum.power.data(), spectrum.power.size(),
                                 spectrum.bin_hz);
  PropulsionExample e;
  e.none = tonal::none_features(whitened);
  for (const double rate : tonal::shaft_rates()) {
    const tonal::Comb comb(whitened, rate);
    for (int b = tonal::kMinBlades; b <= tonal::kMaxBlades; ++b) {
      if (std::fabs(rate - shaft_hz) < kRight * shaft_hz &&
          (blades == 0 || blades == b))
        e.right.push_back(e.pairs.size());
      const tonal::CombFeatures features = comb.features(b);
      e.pairs.emplace_back();
      std::copy(features.begin(), features.end(), e.pairs.back().begin());
    }
  }
  return e;
}

PropulsionLoss::PropulsionLoss(std::vector<const PropulsionExample *> examples,
                               double penalty, std::size_t threads)
    : examples_(std::move(examples)), penalty_(penalty), threads_(threads) {
  if (examples_.empty())
    throw Error(Errc::kBadArgument,
                "The fit of shaft rates got no spectrum, it needs some with a "
                "shaft rate and some without; check clear and shaft_hz.");
  measure_features();
}

void PropulsionLoss::measure_features() {
  Point square{};
  const auto see = [&](std::size_t j, double x, double count) {
    mean_[j] += x / count;
    square[j] += x * x / count;
  };
  const double count = double(examples_.size());
  for (const PropulsionExample *e : examples_) {
    for (const auto &pair : e->pairs)
      for (std::size_t j = 0; j < kCombFeatures; ++j)
        see(j, double(pair[j]), count * double(e->pairs.size()));
    for (std::size_t j = 0; j < kNoneFeatures; ++j)
      see(kOne + j, e->none[j], count);
  }
  for (std::size_t j = 0; j < mean_.size(); ++j) {
    const double variance = square[j] - mean_[j] * mean_[j];
    deviation_[j] = std::sqrt(std::max(0.0, variance));
    if (deviation_[j] < kStill) deviation_[j] = 1.0;
  }
  mean_[kOne] = 0.0;
  deviation_[kOne] = 1.0;
}

/* What the means add to every pair is taken from the constant instead: only
 * differences of scores count. */
tonal::PropulsionWeights PropulsionLoss::weights(const Point &scaled) const {
  tonal::PropulsionWeights w{};
  for (std::size_t j = 0; j < kCombFeatures; ++j) {
    w.comb[j] = scaled[j] / deviation_[j];
    w.none[0] += w.comb[j] * mean_[j];
  }
  w.none[0] += scaled[kOne];
  for (std::size_t j = 1; j < kNoneFeatures; ++j) {
    w.none[j] = scaled[kOne + j] / deviation_[kOne + j];
    w.none[0] -= w.none[j] * mean_[kOne + j];
  }
  return w;
}

double PropulsionLoss::operator()(const Point &scaled, Point &gradient) const {
  const tonal::PropulsionWeights unscaled = weights(scaled);
  Point w;
  std::copy(unscaled.none.begin(), unscaled.none.end(),
            std::copy(unscaled.comb.begin(), unscaled.comb.end(), w.begin()));
  std::vector<Term> terms(examples_.size());
  for_each_in_parallel(terms.size(), threads_, {}, [&] {
    return [&](std::size_t i) { terms[i] = term_of(*examples_[i], w); };
  });
  double loss = 0.0;
  Point plain{};
  for (const Term &t : terms) {
    loss += t.loss;
    plain = sum(plain, 1.0, t.gradient);
  }
  for (std::size_t j = 0; j < plain.size(); ++j) {
    const double shift = (j < kCombFeatures ? 1.0 : -1.0) * mean_[j];
    gradient[j] =
        (plain[j] + plain[kOne] * shift) / deviation_[j] + penalty_ * scaled[j];
  }
  return loss + penalty_ / 2 * dot(scaled, scaled);
}

tonal::PropulsionWeights fit_propulsion(const PropulsionLoss &loss) {
  const double least = kLeastGradient * double(loss.size());
  Point at{}, gradient;
  double value = loss(at, gradient);
  Curvature curvature;
  for (int i = 0; i < kMostSteps; ++i) {
    if (std::sqrt(dot(gradient, gradient)) < least) break;
    const Point step = curvature.newton_step(gradient);
    const double slope = dot(step, gradient);
    Point next, next_gradient;
    double size = 1.0, next_value = 0.0;
    for (int k = 0; k < kMostHalvings; ++k, size /= 2) {
      next = sum(at, size, step);
      next_value = loss(next, next_gradient);
      if (next_value <= value + 1e-4 * size * slope) break;
    }
    if (!(next_value < value)) break;  // to rounding
    curvature.learn(sum(next, -1.0, at), sum(next_gradient, -1.0, gradient));
    at = next, gradient = next_gradient, value = next_value;
  }
  return loss.weights(at);
}

}  // namespace sonar::models
