/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/train/logistic.h"

namespace sonar::models {
namespace {

constexpr int kMostSteps = 50, kMostHalvings = 30;
constexpr double kLeastGradient = 1e-6;
constexpr double kStill = 1e-9;  // a deviation that is rounding only

/** Of one class; the last column of @p x is 1, its weight is the bias. */
class Regression {
 public:
  /** @p share: of each example, sums to 1. */
  Regression(const at::Tensor &x, const at::Tensor &y, const at::Tensor &share,
             const at::Tensor &decay)
      : x_(x), y_(y), share_(share), decay_(decay) {}

  at::Tensor solve() const {
    at::Tensor w = at::zeros({x_.size(1)}, at::kDouble);
    for (int i = 0; i < kMostSteps; ++i) {
      const at::Tensor p = at::sigmoid(at::mv(x_, w));
      const at::Tensor gradient =
          at::mv(x_.t(), share_ * (p - y_)) + decay_ * w;
      if (gradient.abs().max().item<double>() < kLeastGradient) break;
      const at::Tensor curvature =
          at::mm(x_.t(), x_ * (share_ * p * (1 - p)).unsqueeze(1)) +
          at::diag(decay_ + kStill);
      const at::Tensor step = at::cholesky_solve(gradient.unsqueeze(1),
                                                 at::linalg_cholesky(curvature))
                                  .squeeze(1);
      w = shortened(w, step);
    }
    return w;
  }

 private:
  double loss(const at::Tensor &w) const {
    return (at::binary_cross_entropy_with_logits(at::mv(x_, w), y_, {}, {},
                                                 at::Reduction::None)
                .dot(share_) +
            0.5 * (decay_ * w * w).sum())
        .item<double>();
  }

  /** Far from the answer a whole step can lead away from it. */
  at::Tensor shortened(const at::Tensor &w, const at::Tensor &step) const {
    const double before = loss(w);
    double size = 1;
    for (int i = 0; i < kMostHalvings && loss(w - size * step) > before; ++i)
      size /= 2;
    return w - size * step;
  }

  const at::Tensor &x_, y_, &share_, &decay_;
};

}  // namespace

LinearHead fit_logistic(const at::Tensor &features, const at::Tensor &labels,
                        const at::Tensor &importance, double penalty) {
  const at::Tensor z = features.to(at::kDouble), y = labels.to(at::kDouble);
  const at::Tensor share = importance.to(at::kDouble) / importance.sum();
  const at::Tensor mean = at::mv(z.t(), share);
  const at::Tensor deviation =
      at::sqrt(at::mv(at::square(z - mean).t(), share));
  const at::Tensor scale =
      at::where(deviation > kStill, 1 / deviation, at::zeros_like(deviation));
  const at::Tensor one = at::ones({z.size(0), 1}, at::kDouble);
  const at::Tensor x = at::cat({(z - mean) * scale, one}, 1);
  at::Tensor decay = at::full({x.size(1)}, penalty, at::kDouble);
  decay[-1] = 0;
  std::vector<at::Tensor> weights, biases;
  for (std::int64_t c = 0; c < y.size(1); ++c) {
    const at::Tensor w = Regression(x, y.select(1, c), share, decay).solve();
    weights.push_back(w.slice(0, 0, -1) * scale);
    biases.push_back(w[-1] - at::dot(weights.back(), mean));
  }
  return {at::stack(weights).to(at::kFloat), at::stack(biases).to(at::kFloat)};
}

}  // namespace sonar::models
