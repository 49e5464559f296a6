/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/nn/faithfulness.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

#include "sonar/core/error.h"

namespace sonar::nn {
namespace {

void check(const Network &network, std::size_t target, const Image &map,
           const FaithfulnessOptions &options) {
  const Shape in = network.input();
  if (target >= network.classes())
    throw Error(Errc::kBadArgument, "class " + std::to_string(target) +
                                        " is unknown, the network has " +
                                        std::to_string(network.classes()));
  if (map.height() != in.height || map.width() != in.width)
    throw Error(Errc::kBadArgument,
                "the map is " + shape_text(map) + ", the network's input " +
                    shape_text(in.height, in.width) + "; needed the same");
  if (!options.steps || !options.batch_size)
    throw Error(Errc::kBadArgument,
                "faithfulness needs at least one step and a batch of one");
}

std::uint64_t scattered(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

/** Pixels, the most salient first. */
std::vector<std::size_t> salience_order(const Image &map) {
  std::vector<std::size_t> order(map.size());
  std::iota(order.begin(), order.end(), std::size_t(0));
  const float *value = map.data();
  std::sort(order.begin(), order.end(), [value](std::size_t a, std::size_t b) {
    if (value[a] != value[b]) return value[a] > value[b];
    return scattered(a + 1) < scattered(b + 1);
  });
  return order;
}

/** Probability of a class for inputs that come one by one. */
class Scorer {
 public:
  Scorer(const Network &network, std::size_t target, std::size_t batch_size)
      : network_(network),
        target_(target),
        size_(network.input().size()),
        batch_size_(batch_size) {}

  void add(const std::vector<float> &input) {
    batch_.insert(batch_.end(), input.begin(), input.end());
    if (batch_.size() == batch_size_ * size_) run();
  }
  /** One a call of add(), in order. */
  std::vector<double> take() {
    if (!batch_.empty()) run();
    return std::move(scores_);
  }

 private:
  void run() {
    const std::size_t count = batch_.size() / size_;
    const auto logits =
        network_.forward(batch_.data(), count, Network::Want::kLogits).logits;
    for (std::size_t i = 0; i < count; ++i)
      scores_.push_back(double(network_.probabilities(
          logits.data() + i * network_.classes())[target_]));
    batch_.clear();
  }

  const Network &network_;
  std::size_t target_, size_, batch_size_;
  std::vector<float> batch_;
  std::vector<double> scores_;
};

std::vector<float> kept_by(const Image &map, const float *input,
                           const float *blank, const Shape &shape) {
  const float most = *std::max_element(map.data(), map.data() + map.size());
  std::vector<float> out(blank, blank + shape.size());
  if (!(most > 0)) return out;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const float share = std::max(map.data()[i % map.size()], 0.0f) / most;
    out[i] += share * (input[i] - blank[i]);
  }
  return out;
}

/** Inputs from @p from to @p to in steps, pixels in @p order; the first is
 *  @p from itself. */
void add_path(const float *from, const float *to,
              const std::vector<std::size_t> &order, const Shape &shape,
              std::size_t steps, Scorer &scorer) {
  std::vector<float> now(from, from + shape.size());
  std::size_t done = 0;
  scorer.add(now);
  for (std::size_t step = 1; step <= steps; ++step) {
    const std::size_t until = order.size() * step / steps;
    for (; done < until; ++done)
      for (std::size_t c = 0; c < shape.channels; ++c) {
        const std::size_t at = c * order.size() + order[done];
        now[at] = to[at];
      }
    scorer.add(now);
  }
}

/** Trapezoids over 0..1. */
double area(const double *scores, std::size_t steps) {
  double sum = 0;
  for (std::size_t i = 0; i < steps; ++i)
    sum += (scores[i] + scores[i + 1]) / 2;
  return sum / double(steps);
}

}  // namespace

Faithfulness faithfulness(const Network &network, const float *input,
                          const float *blank, std::size_t target,
                          const Image &map,
                          const FaithfulnessOptions &options) {
  check(network, target, map, options);
  const Shape shape = network.input();
  const std::vector<std::size_t> order = salience_order(map);
  Scorer scorer(network, target, options.batch_size);
  scorer.add(kept_by(map, input, blank, shape));
  add_path(blank, input, order, shape, options.steps, scorer);
  add_path(input, blank, order, shape, options.steps, scorer);
  const std::vector<double> scores = scorer.take();
  const double *insertion = scores.data() + 1;
  const double *deletion = insertion + options.steps + 1;
  Faithfulness f;
  f.kept_score = scores[0];
  f.score = deletion[0];
  if (f.score > 0) f.drop = std::max(0.0, f.score - f.kept_score) / f.score;
  f.increase = f.kept_score > f.score;
  f.insertion = area(insertion, options.steps);
  f.deletion = area(deletion, options.steps);
  return f;
}

}  // namespace sonar::nn
