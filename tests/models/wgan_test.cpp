/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/wgan.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <functional>
#include <string>

#include "models/train/optimizer.h"
#include "sonar/core/error.h"
#include "support/testing.h"

using namespace sonar;
using namespace sonar::models;

static at::Generator seeded(std::uint64_t seed) {
  return at::detail::createCPUGenerator(seed);
}

static at::Tensor noise(std::vector<std::int64_t> shape, std::uint64_t seed) {
  at::Generator random = seeded(seed);
  return at::empty(shape).uniform_(0, 1, random);
}

/* Classes 0, 1, ... in turn. */
static at::Tensor one_hot(std::int64_t count, std::int64_t classes) {
  at::Tensor out = at::zeros({count, classes});
  for (std::int64_t i = 0; i < count; ++i) out[i][i % classes] = 1;
  return out;
}

static double largest_difference(const at::Tensor &a, const at::Tensor &b) {
  return (a - b).abs().max().item<double>();
}

GST_START_TEST(a_tile_has_the_asked_rows_and_columns) {
  const int sizes[][2] = {{16, 8}, {33, 67}, {128, 64}, {20, 1}};
  for (const auto &[height, width] : sizes) {
    at::Generator random = seeded(1);
    const TileDecoder decoder({5, height, width, true}, random);
    const at::Tensor tile = decoder.forward(noise({2, 5}, 1), true, random);
    fail_unless((tile.sizes() == at::IntArrayRef{2, 1, height, width}));
    Critic critic({height, width, 3, false}, random);
    const at::Tensor score =
        critic.forward(to_input_scale(tile), one_hot(2, 3), true);
    fail_unless((score.sizes() == at::IntArrayRef{2}));
    fail_unless(score.isfinite().all().item<bool>());
  }
}
GST_END_TEST

GST_START_TEST(neither_tile_nor_score_depends_on_the_batch) {
  at::NoGradGuard no_grad;
  at::Generator random = seeded(2);
  const TileDecoder decoder({6, 16, 16, false}, random);
  Critic critic({16, 16, 2, true}, random);
  const at::Tensor x = noise({4, 6}, 3), classes = one_hot(4, 2);
  const at::Tensor tiles = decoder.forward(x, false, random);
  const at::Tensor scores = critic.forward(tiles, classes, false);
  for (std::int64_t i = 0; i < 4; ++i) {
    const at::Tensor tile = decoder.forward(x.narrow(0, i, 1), false, random);
    // sums of another order: a few float ulp of values around 1
    fail_unless(largest_difference(tile, tiles.narrow(0, i, 1)) < 1e-5);
    const at::Tensor score =
        critic.forward(tile, classes.narrow(0, i, 1), false);
    fail_unless(largest_difference(score, scores.narrow(0, i, 1)) < 1e-4);
  }
}
GST_END_TEST

GST_START_TEST(a_row_of_the_tile_comes_from_its_row_of_the_dense_layer) {
  // four 3x3 convolutions and one more: five rows on either side, no further
  at::NoGradGuard no_grad;
  at::Generator random = seeded(4);
  TileDecoder decoder({1, 40, 16, false}, random);
  const at::Tensor x = at::ones({1, 1});
  const at::Tensor before = decoder.forward(x, false, random);
  decoder.weights()
      .at("dense.weight")
      .reshape({8, 40, 1})
      .select(1, 20)
      .add_(1);
  const at::Tensor moved =
      (decoder.forward(x, false, random) - before).abs().amax({0, 1, 3});
  for (std::int64_t y = 0; y < 40; ++y)
    if (y < 15 || y > 25) fail_unless(moved[y].item<double>() == 0);
  fail_unless(moved[20].item<double>() > 0);
}
GST_END_TEST

GST_START_TEST(pixel_noise_makes_two_tiles_of_one_latent_differ) {
  for (const bool noisy : {false, true}) {
    at::Generator random = seeded(5);
    const TileDecoder decoder({3, 16, 16, noisy}, random);
    const at::Tensor x = noise({1, 3}, 1);
    const at::Tensor a = decoder.forward(x, false, random);
    const at::Tensor b = decoder.forward(x, false, random);
    fail_unless((largest_difference(a, b) > 0) == noisy);
  }
}
GST_END_TEST

GST_START_TEST(the_penalty_of_a_constant_critic_is_one) {
  at::Generator random = seeded(6);
  Critic critic({16, 16, 2, false}, random);
  for (at::Tensor &w : trained(critic.weights())) {
    at::NoGradGuard no_grad;
    w.zero_();
  }
  const at::Tensor penalty = gradient_penalty(
      critic, noise({3, 1, 16, 16}, 1), noise({3, 1, 16, 16}, 2), one_hot(3, 2),
      noise({3, 1, 1, 1}, 3));
  ASSERT_NEAR_AT(0, penalty.item<double>(), 1, 1e-5);  // the root's 1e-12
  penalty.backward({}, c10::nullopt, false, trained(critic.weights()));
  for (const auto &[name, w] : critic.weights())
    if (w.grad().defined())
      fail_unless(w.grad().isfinite().all().item<bool>(), "%s", name.c_str());
}
GST_END_TEST

/* All weights positive: on tiles of 0 and more every leaky ReLU is the
 * identity, the score is linear, and its slope is what one pixel adds. */
GST_START_TEST(the_penalty_of_a_linear_critic_is_that_of_its_slope) {
  at::Generator random = seeded(7);
  Critic critic({16, 8, 2, false}, random);
  const at::Tensor classes = one_hot(2, 2);
  at::Tensor slopes;
  {
    at::NoGradGuard no_grad;
    for (at::Tensor &w : trained(critic.weights())) w.abs_().mul_(0.15);
    const at::Tensor pixels = at::eye(128).reshape({128, 1, 16, 8});
    for (std::int64_t c = 0; c < 2; ++c) {
      const at::Tensor of_class = classes.narrow(0, c, 1);
      const at::Tensor slope =
          critic.forward(pixels, of_class.expand({128, 2}), false) -
          critic.forward(at::zeros({1, 1, 16, 8}), of_class, false);
      slopes = c == 0 ? slope.norm().reshape({1})
                      : at::cat({slopes, slope.norm().reshape({1})});
    }
  }
  const double want = (slopes - 1).pow(2).mean().item<double>();
  const double got =
      gradient_penalty(critic, noise({2, 1, 16, 8}, 1), noise({2, 1, 16, 8}, 2),
                       classes, noise({2, 1, 1, 1}, 3))
          .item<double>();
  fail_unless(slopes.min().item<double>() > 0.01);
  ASSERT_NEAR_AT(0, got, want, 1e-4 * want);  // float sums of a difference
}
GST_END_TEST

GST_START_TEST(spectral_norm_takes_the_scale_off_the_weights) {
  at::NoGradGuard no_grad;
  at::Generator random = seeded(8);
  Critic critic({16, 16, 2, true}, random);
  const at::Tensor tiles = noise({3, 1, 16, 16}, 1), classes = one_hot(3, 2);
  const at::Tensor before = critic.forward(tiles, classes, false);
  for (at::Tensor &w : trained(critic.weights())) w.mul_(5);  // biases are 0
  const at::Tensor after = critic.forward(tiles, classes, false);
  fail_unless(largest_difference(before, after) < 1e-5);  // float ulp
  fail_unless(before.abs().max().item<double>() > 1e-3);
}
GST_END_TEST

/* After many steps of the power iteration every matrix has norm 1, however
 * large its weights: the score and the class' part move by at most |dh| each,
 * so both by at most 2 |dh| where a bias of the features h moves. */
GST_START_TEST(with_spectral_norm_the_score_is_no_steeper_than_its_layers) {
  at::NoGradGuard no_grad;
  at::Generator random = seeded(9);
  Critic critic({16, 16, 2, true}, random);
  for (at::Tensor &w : trained(critic.weights())) w.mul_(5);
  const at::Tensor tiles = noise({1, 1, 16, 16}, 1), classes = one_hot(1, 2);
  for (int i = 0; i < 60; ++i) critic.forward(tiles, classes, true);
  const auto score = [&] {
    return critic.forward(tiles, classes, false).item<double>();
  };
  at::Tensor &bias = critic.weights().at("dense.bias");
  const double before = score();
  double squares = 0;
  for (std::int64_t i = 0; i < bias.numel(); ++i) {
    bias[i] += 1e-2;
    squares += std::pow((score() - before) / 1e-2, 2);
    bias[i] -= 1e-2;
  }
  fail_unless(std::sqrt(squares) <= 2.02, "%f", std::sqrt(squares));
  fail_unless(std::sqrt(squares) > 0.1, "%f", std::sqrt(squares));
}
GST_END_TEST

GST_START_TEST(a_missing_weight_is_named) {
  try {
    const TileDecoder decoder({1, 16, 16, false}, "gan.", {});
    ck_abort_msg("nothing was thrown");
  } catch (const Error &e) {
    fail_unless(e.code() == Errc::kBadModel);
    fail_unless(std::string(e.what()).find("no tensor gan.dense.weight [128 x "
                                           "1]") != std::string::npos,
                "%s", e.what());
  }
}
GST_END_TEST

/* ---- optimisers ---- */

/* f(w) = w^2 / 2 per element: the gradient is w. */
static std::vector<double> descend(Optimizer &optimizer, Weights &weights,
                                   int steps, double rate) {
  std::vector<double> path;
  for (int i = 0; i < steps; ++i) {
    at::Tensor &w = weights.at("w");
    (w * w / 2).sum().backward();
    optimizer.step(weights, rate);
    path.push_back(w[0].item<double>());
  }
  return path;
}

static Weights one_weight(double value) {
  return {{"w", at::full({1}, value).set_requires_grad(true)}};
}

GST_START_TEST(rmsprop_follows_its_formula) {
  Weights weights = one_weight(2);
  RmsProp optimizer(weights);
  const std::vector<double> got = descend(optimizer, weights, 20, 0.01);
  double w = 2, square = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    square = 0.99 * square + 0.01 * w * w;
    w -= 0.01 * w / (std::sqrt(square) + 1e-8);
    ASSERT_NEAR_AT(i, got[i], w, 1e-5);  // float against double
  }
}
GST_END_TEST

GST_START_TEST(adam_follows_its_formula) {
  const double beta1 = __i__ == 0 ? 0.9 : 0.0, beta2 = 0.9, decay = 0.1;
  Weights weights = one_weight(2);
  AdamW optimizer(weights, decay, beta1, beta2);
  const std::vector<double> got = descend(optimizer, weights, 20, 0.01);
  double w = 2, mean = 0, square = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    const double g = w;
    mean = beta1 * mean + (1 - beta1) * g;
    square = beta2 * square + (1 - beta2) * g * g;
    w -= 0.01 * decay * w;
    w -= 0.01 * mean / (1 - std::pow(beta1, double(i + 1))) /
         (std::sqrt(square / (1 - std::pow(beta2, double(i + 1)))) + 1e-8);
    ASSERT_NEAR_AT(i, got[i], w, 1e-5);  // float against double
  }
}
GST_END_TEST

static Suite *wgan_suite(void) {
  Suite *s = suite_create("wgan");
  TCase *tc = tcase_create("networks");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, a_tile_has_the_asked_rows_and_columns);
  tcase_add_test(tc, neither_tile_nor_score_depends_on_the_batch);
  tcase_add_test(tc, a_row_of_the_tile_comes_from_its_row_of_the_dense_layer);
  tcase_add_test(tc, pixel_noise_makes_two_tiles_of_one_latent_differ);
  tcase_add_test(tc, the_penalty_of_a_constant_critic_is_one);
  tcase_add_test(tc, the_penalty_of_a_linear_critic_is_that_of_its_slope);
  tcase_add_test(tc, spectral_norm_takes_the_scale_off_the_weights);
  tcase_add_test(tc,
                 with_spectral_norm_the_score_is_no_steeper_than_its_layers);
  tcase_add_test(tc, a_missing_weight_is_named);
  TCase *optimisers = tcase_create("optimisers");
  suite_add_tcase(s, optimisers);
  tcase_add_test(optimisers, rmsprop_follows_its_formula);
  tcase_add_loop_test(optimisers, adam_follows_its_formula, 0, 2);
  return s;
}
GST_CHECK_MAIN(wgan)
