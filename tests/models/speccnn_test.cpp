/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/speccnn.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <functional>
#include <thread>

#include "sonar/core/error.h"
#include "support/small_speccnn.h"
#include "support/testing.h"

using namespace sonar;
using namespace sonar::models;
using Want = nn::Network::Want;
using namespace sonar::testing;
using Head = Architecture::Head;

static std::unique_ptr<nn::Network> network(Head head) {
  return make_inference_network(architecture(head), kHeight, kWidth, kClasses,
                                trained(head), "cpu");
}

static std::string error_of(Errc code, const std::function<void()> &run) {
  try {
    run();
  } catch (const Error &e) {
    fail_unless(e.code() == code, "wrong kind of error: %s", e.what());
    return e.what();
  }
  ck_abort_msg("nothing was thrown");
  return {};
}

/* ---- the same network in plain loops, from speccnn.h's docstring ---- */

struct Planes {
  int channels, height, width;
  std::vector<double> v;
  double &at(int c, int y, int x) { return v[(c * height + y) * width + x]; }
};

static Planes slow_layer(const Tensors &w, int layer, Planes in) {
  const std::string n = std::to_string(layer);
  const Tensor &k = w.at("net.conv" + n + ".weight");
  const int rows = int(k.shape[2]), columns = int(k.shape[3]);
  const auto stat = [&](const char *name, int c) {
    return double(w.at("net.bn" + n + "." + name).values[std::size_t(c)]);
  };
  Planes out{int(k.shape[0]), in.height, in.width, {}};
  out.v.resize(std::size_t(out.channels * out.height * out.width));
  for (int o = 0; o < out.channels; ++o)
    for (int y = 0; y < in.height; ++y)
      for (int x = 0; x < in.width; ++x) {
        double sum = 0;
        for (int c = 0; c < in.channels; ++c)
          for (int i = 0; i < rows; ++i)
            for (int j = 0; j < columns; ++j) {
              const int yy = y + i - rows / 2, xx = x + j - columns / 2;
              if (yy < 0 || yy >= in.height || xx < 0 || xx >= in.width)
                continue;
              sum += in.at(c, yy, xx) *
                     k.values[std::size_t(
                         ((o * in.channels + c) * rows + i) * columns + j)];
            }
        sum = (sum - stat("running_mean", o)) /
                  std::sqrt(stat("running_var", o) + 1e-5) * stat("weight", o) +
              stat("bias", o);
        out.at(o, y, x) = std::max(sum, 0.0);
      }
  return out;
}

static Planes slow_pool(Planes in) {
  Planes out{in.channels, in.height, in.width / 2, {}};
  out.v.resize(std::size_t(out.channels * out.height * out.width));
  for (int c = 0; c < out.channels; ++c)
    for (int y = 0; y < out.height; ++y)
      for (int x = 0; x < out.width; ++x)
        out.at(c, y, x) = std::max(in.at(c, y, 2 * x), in.at(c, y, 2 * x + 1));
  return out;
}

static std::vector<double> slow_dense(const Tensors &w, const std::string &name,
                                      const std::vector<double> &in,
                                      bool relu) {
  const Tensor &m = w.at("net." + name + ".weight");
  std::vector<double> out;
  for (std::size_t o = 0; o < std::size_t(m.shape[0]); ++o) {
    double sum = w.at("net." + name + ".bias").values[o];
    for (std::size_t i = 0; i < in.size(); ++i)
      sum += in[i] * m.values[o * in.size() + i];
    out.push_back(relu ? std::max(sum, 0.0) : sum);
  }
  return out;
}

struct SlowResult {
  Planes maps;
  std::vector<double> embedding, logits;
};
/* From the maps on. */
static SlowResult slow_head(const Tensors &w, Head head, Planes x) {
  SlowResult out{x, {}, {}};
  std::vector<double> pooled;
  if (head == Head::kFlat) {
    x = slow_pool(x);
    for (int c = 0; c < x.channels; ++c)
      for (int y = 0; y < x.height; ++y) {
        double sum = 0;
        for (int t = 0; t < x.width; ++t) sum += x.at(c, y, t);
        pooled.push_back(sum / x.width);
      }
  } else {
    std::vector<double> tops;
    const int rows = x.height / 16;
    for (int c = 0; c < x.channels; ++c)
      for (int b = 0; b < 16; ++b) {
        double sum = 0, top = -1e30;
        for (int t = 0; t < x.width; ++t) {
          double mean = 0;
          for (int y = b * rows; y < (b + 1) * rows; ++y)
            mean += x.at(c, y, t) / rows;
          sum += mean;
          top = std::max(top, mean);
        }
        pooled.push_back(sum / x.width);
        tops.push_back(top);
      }
    pooled.insert(pooled.end(), tops.begin(), tops.end());
  }
  out.embedding =
      slow_dense(w, "dense2", slow_dense(w, "dense1", pooled, true), true);
  out.logits = slow_dense(w, "out", out.embedding, false);
  return out;
}

static SlowResult slow_forward(Head head, const std::vector<float> &input) {
  const Tensors w = trained(head);
  Planes x{2, kHeight, kWidth, {input.begin(), input.end()}};
  x = slow_layer(w, 1, x);
  x = slow_layer(w, 2, slow_pool(x));
  return slow_head(w, head, slow_layer(w, 3, slow_pool(x)));
}

/* float32 against double, sums of at most 400 terms of order 1: 400 * 6e-8. */
static const double kRounding = 5e-5;

GST_START_TEST(inference_equals_plain_loops) {
  const Head head = kHeads[__i__];
  const auto net = network(head);
  const std::vector<float> input = noise(net->input().size(), 9);
  const auto got = net->forward(input.data(), 1, Want::kEverything);
  const SlowResult want = slow_forward(head, input);
  fail_unless_equals_int(got.maps.size(), net->maps().size());
  fail_unless_equals_int(got.maps.size(), want.maps.v.size());
  fail_unless_equals_int(got.embedding.size(), net->embedding());
  for (std::size_t i = 0; i < got.maps.size(); ++i)
    ASSERT_NEAR_AT(i, got.maps[i], want.maps.v[i], kRounding);
  for (std::size_t i = 0; i < got.embedding.size(); ++i)
    ASSERT_NEAR_AT(i, got.embedding[i], want.embedding[i], kRounding);
  for (std::size_t i = 0; i < got.logits.size(); ++i)
    ASSERT_NEAR_AT(i, got.logits[i], want.logits[i], kRounding);
  // The comparison means something: the outputs differ from class to class.
  fail_unless(std::fabs(want.logits[0] - want.logits[1]) > 100 * kRounding);
}
GST_END_TEST

GST_START_TEST(folded_inference_equals_the_training_network) {
  const Head head = kHeads[__i__];
  const auto net = network(head);
  const std::vector<float> input = noise(2 * net->input().size(), 4);
  const auto got = net->forward(input.data(), 2, Want::kEverything);

  SpecCnn training(architecture(head), kHeight, kWidth, kClasses,
                   trained(head));
  at::NoGradGuard no_grad;
  const auto want = training.forward(
      at::from_blob(const_cast<float *>(input.data()), {2, 2, kHeight, kWidth}),
      false);
  const at::Tensor logits = want.logits.contiguous();
  for (std::size_t i = 0; i < got.logits.size(); ++i)
    ASSERT_NEAR_AT(i, got.logits[i], logits.data_ptr<float>()[i], kRounding);
}
GST_END_TEST

GST_START_TEST(the_statistics_head_adds_to_a_share_of_the_networks_logits) {
  Architecture with = architecture(Head::kBands);
  with.statistics = true;
  const PictureStatistics statistics(kHeight, kWidth, 2);
  const auto size = std::size_t(statistics.size());
  Tensors tensors = trained(Head::kBands);
  tensors["net.statistics.weight"] = {{kClasses, std::int64_t(size)},
                                      std::vector<float>(kClasses * size)};
  tensors["net.statistics.bias"] = {{kClasses}, std::vector<float>(kClasses)};
  SpecCnn net(with, kHeight, kWidth, kClasses, tensors);
  std::vector<float> weight = noise(kClasses * size, 21);
  const at::Tensor w =
      at::from_blob(weight.data(), {kClasses, std::int64_t(size)});
  const at::Tensor b = at::arange(kClasses, at::kFloat);
  net.set_statistics_head(w, b, 0.25);

  std::vector<float> input = noise(2 * kHeight * kWidth, 4);
  const auto own =
      network(Head::kBands)->forward(input.data(), 1, Want::kLogits).logits;
  const at::Tensor x = at::from_blob(input.data(), {1, 2, kHeight, kWidth});
  const at::Tensor added = at::linear(statistics(x), w, b);
  const auto inference = make_inference_network(with, kHeight, kWidth, kClasses,
                                                net.to_tensors(), "cpu");
  const auto got = inference->forward(input.data(), 1, Want::kLogits).logits;
  at::NoGradGuard no_grad;
  const at::Tensor trainable = net.forward(x, false).logits;
  for (std::size_t c = 0; c < std::size_t(kClasses); ++c) {
    const auto i = std::int64_t(c);
    const double want = 0.25 * double(own[c]) + added[0][i].item<double>();
    ASSERT_NEAR_AT(c, got[c], want, 1e-3);  // some hundred in float
    ASSERT_NEAR_AT(c, trainable[0][i].item<double>(), want, 1e-3);
  }
  input[7] = NAN;
  error_of(Errc::kNumeric,
           [&] { inference->forward(input.data(), 1, Want::kLogits); });
}
GST_END_TEST

GST_START_TEST(a_row_reaches_only_its_neighbours_in_the_flat_heads_maps) {
  const auto net = network(Head::kFlat);
  const nn::Shape in = net->input(), out = net->maps();
  const std::size_t row = 11, reach = 2;  // two convolutions of three rows
  std::vector<float> quiet(in.size()), line = quiet;
  std::fill_n(line.begin() + long(row * in.width), in.width, 1.0f);
  const auto a = net->forward(quiet.data(), 1, Want::kEverything).maps;
  const auto b = net->forward(line.data(), 1, Want::kEverything).maps;
  bool changed_near = false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const std::size_t y = i / out.width % out.height;
    const bool near = y + reach >= row && y <= row + reach;
    // four rows round together (ConvStack), so a neighbour's last bits move
    const bool moved = std::fabs(a[i] - b[i]) > 1e-5f;
    fail_unless(near || !moved, "row %zu of a map feels row %zu", y, row);
    changed_near = changed_near || moved;
  }
  fail_unless(changed_near);
}
GST_END_TEST

GST_START_TEST(a_batch_gives_what_its_pictures_give_alone) {
  const auto net = network(kHeads[__i__]);
  const std::size_t size = net->input().size(), count = 5;
  const std::vector<float> inputs = noise(count * size, 3);
  const auto all = net->forward(inputs.data(), count, Want::kEverything);
  for (std::size_t n = 0; n < count; ++n) {
    const auto one =
        net->forward(inputs.data() + n * size, 1, Want::kEverything);
    for (std::size_t c = 0; c < std::size_t(kClasses); ++c)
      ASSERT_NEAR_AT(n, all.logits[n * kClasses + c], one.logits[c], kRounding);
    for (std::size_t i = 0; i < one.maps.size(); ++i)
      ASSERT_NEAR_AT(i, all.maps[n * one.maps.size() + i], one.maps[i],
                     kRounding);
  }
  const auto logits_only = net->forward(inputs.data(), 1, Want::kLogits);
  fail_unless(logits_only.maps.empty() && logits_only.embedding.empty());
}
GST_END_TEST

GST_START_TEST(several_threads_may_share_one_network) {
  const auto net = network(Head::kBands);
  const std::vector<float> input = noise(net->input().size(), 3);
  const auto want = net->forward(input.data(), 1, Want::kEverything).maps;
  std::vector<std::thread> threads;
  std::vector<int> wrong(4);
  for (int &count : wrong)
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i)
        count += net->forward(input.data(), 1, Want::kEverything).maps != want;
    });
  for (std::thread &t : threads) t.join();
  for (const int count : wrong) fail_unless_equals_int(count, 0);
}
GST_END_TEST

GST_START_TEST(probabilities_follow_the_closed_forms) {
  const float logits[] = {0, float(std::log(2.0)), float(std::log(5.0))};
  const auto soft = network(Head::kFlat)->probabilities(logits);
  const auto each = network(Head::kBands)->probabilities(logits);
  const double want_soft[] = {1 / 8.0, 2 / 8.0, 5 / 8.0};
  const double want_each[] = {1 / 2.0, 2 / 3.0, 5 / 6.0};
  for (std::size_t i = 0; i < 3; ++i) {
    ASSERT_NEAR_AT(i, soft[i], want_soft[i], 1e-7);  // one float ulp
    ASSERT_NEAR_AT(i, each[i], want_each[i], 1e-7);
  }
  const float huge[] = {1000, -1000, 0};  // exp overflows a double
  fail_unless(network(Head::kFlat)->probabilities(huge)[0] == 1.0f);
}
GST_END_TEST

/* The head is piecewise linear, so a central difference is exact up to
 * rounding unless the step crosses a kink. */
GST_START_TEST(gradients_of_the_maps_are_finite_differences) {
  const Head head = kHeads[__i__];
  const auto net = network(head);
  const nn::Shape shape = net->maps();
  const std::vector<float> input = noise(2 * net->input().size(), 5);
  const auto maps = net->forward(input.data(), 2, Want::kEverything).maps;
  const std::size_t target = 1;
  const Tensors weights = trained(head);
  const auto got = net->map_gradients(maps.data(), 2, target);
  fail_unless_equals_int(got.size(), 2 * shape.size());
  double largest = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    const std::size_t picture = i / shape.size();
    Planes moved{int(shape.channels), int(shape.height), int(shape.width), {}};
    moved.v.assign(maps.begin() + long(picture * shape.size()),
                   maps.begin() + long((picture + 1) * shape.size()));
    double &value = moved.v[i % shape.size()];
    const double step = 1e-6, before = value;
    value = before + step;
    const double up = slow_head(weights, head, moved).logits[target];
    value = before - step;
    const double down = slow_head(weights, head, moved).logits[target];
    /* Two maps of 0 side by side tie in the pooling: a kink, where one of them
     * may take the gradient. */
    if (before == 0) continue;
    ASSERT_NEAR_AT(i, got[i], (up - down) / (2 * step), kRounding);
    largest = std::max(largest, std::fabs(double(got[i])));
  }
  fail_unless(largest > 100 * kRounding);
}
GST_END_TEST

GST_START_TEST(gradients_of_a_class_that_is_not_there_are_refused) {
  const auto net = network(Head::kFlat);
  const std::vector<float> maps(net->maps().size());
  const std::string what = error_of(
      Errc::kBadArgument, [&] { net->map_gradients(maps.data(), 1, 3); });
  fail_unless(what.find("class 3") != what.npos);
}
GST_END_TEST

GST_START_TEST(the_seed_alone_decides_the_weights) {
  const auto make = [](std::uint64_t seed) {
    return SpecCnn(architecture(Head::kFlat), kHeight, kWidth, kClasses, seed)
        .to_tensors();
  };
  const auto a = make(5), b = make(5), c = make(6);
  for (const auto &[name, tensor] : a)
    fail_unless(tensor.values == b.at(name).values);
  fail_unless(a.at("net.conv1.weight").values !=
              c.at("net.conv1.weight").values);
  // He: variance 2 / fan-in; 1120 draws estimate it to 4 %, five sigma 20 %.
  double squares = 0;
  const Tensor &dense = a.at("net.dense1.weight");
  for (const float v : dense.values) squares += double(v) * double(v);
  ASSERT_NEAR_AT(0, squares / double(dense.values.size()) * 160 / 2, 1, 0.2);
}
GST_END_TEST

GST_START_TEST(dropout_draws_from_its_own_seed) {
  SpecCnn net(architecture(Head::kFlat), kHeight, kWidth, kClasses, 1);
  const at::Tensor x = at::ones({2, 2, kHeight, kWidth});
  at::NoGradGuard no_grad;
  const auto run = [&](std::uint64_t seed) {
    net.seed_dropout(seed);
    return net.forward(x, true).logits;
  };
  const at::Tensor a = run(1), b = run(1), c = run(2);
  fail_unless(at::equal(a, b));
  fail_unless(!at::equal(a, c));
  fail_unless(
      at::equal(net.forward(x, false).logits, net.forward(x, false).logits));
}
GST_END_TEST

GST_START_TEST(a_missing_or_misshapen_tensor_is_named) {
  auto tensors = trained(Head::kFlat);
  const auto load = [&](Head head) {
    make_inference_network(architecture(head), kHeight, kWidth, kClasses,
                           tensors, "cpu");
  };
  std::string what = error_of(Errc::kBadModel, [&] { load(Head::kBands); });
  fail_unless(what.find("net.conv3.weight is [5 x 4 x 1 x 3]") != what.npos &&
                  what.find("[5 x 4 x 3 x 3]") != what.npos,
              "%s", what.c_str());
  tensors.erase("net.bn2.bias");
  what = error_of(Errc::kBadModel, [&] { load(Head::kFlat); });
  fail_unless(what.find("no tensor net.bn2.bias [4]") != what.npos, "%s",
              what.c_str());
}
GST_END_TEST

GST_START_TEST(a_nan_in_the_input_is_a_numeric_error) {
  const auto net = network(Head::kFlat);
  std::vector<float> input(net->input().size(), NAN);
  error_of(Errc::kNumeric,
           [&] { net->forward(input.data(), 1, Want::kLogits); });
}
GST_END_TEST

GST_START_TEST(a_device_that_is_not_there_is_named) {
  const auto load = [](const char *device) {
    make_inference_network(architecture(Head::kFlat), kHeight, kWidth, kClasses,
                           trained(Head::kFlat), device);
  };
  const std::string what = error_of(Errc::kResource, [&] { load("cuda:77"); });
  fail_unless(what.find("device cuda:77 is not there") != what.npos, "%s",
              what.c_str());
  for (const char *unknown : {"tpu", "", "cuda:", "cuda:-1", "cuda:x"})
    error_of(Errc::kBadArgument, [&] { load(unknown); });
}
GST_END_TEST

static Suite *speccnn_suite(void) {
  Suite *s = suite_create("speccnn");
  TCase *tc = tcase_create("network");
  suite_add_tcase(s, tc);
  tcase_add_loop_test(tc, inference_equals_plain_loops, 0,
                      G_N_ELEMENTS(kHeads));
  tcase_add_loop_test(tc, folded_inference_equals_the_training_network, 0,
                      G_N_ELEMENTS(kHeads));
  tcase_add_test(tc,
                 the_statistics_head_adds_to_a_share_of_the_networks_logits);
  tcase_add_test(tc, a_row_reaches_only_its_neighbours_in_the_flat_heads_maps);
  tcase_add_loop_test(tc, a_batch_gives_what_its_pictures_give_alone, 0,
                      G_N_ELEMENTS(kHeads));
  tcase_add_test(tc, several_threads_may_share_one_network);
  tcase_add_test(tc, probabilities_follow_the_closed_forms);
  tcase_add_loop_test(tc, gradients_of_the_maps_are_finite_differences, 0,
                      G_N_ELEMENTS(kHeads));
  tcase_add_test(tc, gradients_of_a_class_that_is_not_there_are_refused);
  tcase_add_test(tc, the_seed_alone_decides_the_weights);
  tcase_add_test(tc, dropout_draws_from_its_own_seed);
  tcase_add_test(tc, a_missing_or_misshapen_tensor_is_named);
  tcase_add_test(tc, a_nan_in_the_input_is_a_numeric_error);
  tcase_add_test(tc, a_device_that_is_not_there_is_named);
  return s;
}
GST_CHECK_MAIN(speccnn)
