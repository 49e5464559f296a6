/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/cpu_network.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <functional>
#include <random>
#include <thread>

#include "models/speccnn.h"
#include "models/torch_network.h"
#include "sonar/core/error.h"
#include "support/testing.h"

using namespace sonar;
using namespace sonar::models;
using Want = nn::Network::Want;
using Head = Architecture::Head;

/* No multiple of a vector, a group of rows, a band or a pool. */
static const int kHeight = 37, kWidth = 45, kClasses = 3;

struct Kind {
  Head head;
  bool statistics, exclusive;
  int channels;
};
static const Kind kKinds[] = {
    {Head::kFlat, false, true, 1},  {Head::kFlat, true, false, 2},
    {Head::kBands, false, true, 2}, {Head::kBands, true, true, 1},
    {Head::kFlat, true, true, 1},   {Head::kBands, false, false, 1},
    {Head::kFlat, false, false, 2}, {Head::kBands, true, false, 2},
};
static const int kCount = G_N_ELEMENTS(kKinds);

static Architecture architecture(const Kind &kind) {
  Architecture a;
  a.head = kind.head;
  a.input_channels = kind.channels;
  a.conv_channels = {6, 12, 20};
  a.dense = {11, 7};
  a.exclusive = kind.exclusive;
  a.statistics = kind.statistics;
  return a;
}

static std::vector<float> noise(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<float> out(count);
  for (float &v : out) v = float(random() >> 8) / float(1 << 24);
  return out;
}

/* Tensors as after some training: statistics and offsets away from 0 and 1. */
static std::map<std::string, Tensor> trained(const Kind &kind) {
  SpecCnn net(architecture(kind), kHeight, kWidth, kClasses, 1);
  auto tensors = net.to_tensors();
  unsigned seed = 0;
  for (auto &[name, tensor] : tensors) {
    const std::vector<float> r = noise(tensor.values.size(), ++seed);
    const bool variance = name.find("running_var") != name.npos;
    const bool convolution = tensor.shape.size() == 4;
    for (std::size_t i = 0; i < r.size(); ++i)
      if (!convolution) tensor.values[i] = variance ? 0.5f + r[i] : r[i] - 0.4f;
  }
  return tensors;
}

static std::unique_ptr<nn::Network> ours(const Kind &kind) {
  return make_cpu_network(architecture(kind), kHeight, kWidth, kClasses,
                          trained(kind));
}
static std::unique_ptr<nn::Network> torchs(const Kind &kind) {
  return make_torch_network(architecture(kind), kHeight, kWidth, kClasses,
                            trained(kind), "cpu");
}

/** Both NaN or within @p share of the largest. */
static void assert_like(const char *what, const std::vector<float> &got,
                        const std::vector<float> &want, double share) {
  fail_unless_equals_int(got.size(), want.size());
  double largest = 0;
  for (const float v : want)
    if (!std::isnan(v)) largest = std::max(largest, std::fabs(double(v)));
  fail_unless(largest > 0, "%s: nothing to compare", what);
  for (std::size_t i = 0; i < got.size(); ++i)
    if (std::isnan(got[i]) != std::isnan(want[i]) ||
        std::fabs(got[i] - want[i]) > share * largest)
      ck_abort_msg("%s [%zu]: got %.9g, want %.9g +- %.1e", what, i,
                   double(got[i]), double(want[i]), share * largest);
}

static bool same_bits(const std::vector<float> &a,
                      const std::vector<float> &b) {
  return a.size() == b.size() &&
         std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

/* Float sums of at most 20 x 9 terms, a few-fold more by Winograd, in three
 * layers and a head: 180 x 6e-8 x 5. */
static const double kRounding = 5e-5;
/* Logarithms of eigenvalues of some hundred correlations in float. */
static double logit_share(const Kind &kind) {
  return kind.statistics ? 1e-3 : kRounding;
}

static void assert_forward(const Kind &kind) {
  const auto net = ours(kind), other = torchs(kind);
  fail_unless_equals_int(net->input().size(), other->input().size());
  fail_unless_equals_int(net->maps().channels, other->maps().channels);
  fail_unless_equals_int(net->maps().height, other->maps().height);
  fail_unless_equals_int(net->maps().width, other->maps().width);
  fail_unless_equals_int(net->classes(), other->classes());
  fail_unless_equals_int(net->embedding(), other->embedding());
  const std::size_t count = 3;
  const std::vector<float> inputs = noise(count * net->input().size(), 9);
  const auto got = net->forward(inputs.data(), count, Want::kEverything);
  const auto want = other->forward(inputs.data(), count, Want::kEverything);
  assert_like("maps", got.maps, want.maps, kRounding);
  assert_like("embedding", got.embedding, want.embedding, kRounding);
  assert_like("logits", got.logits, want.logits, logit_share(kind));
  for (std::size_t i = 0; i < count; ++i)
    assert_like("probabilities", net->probabilities(want.logits.data() + 3 * i),
                other->probabilities(want.logits.data() + 3 * i), 1e-7);
  // the comparison means something
  const float *const l = want.logits.data();
  fail_unless(std::fabs(l[0] - l[1]) >
              10 * logit_share(kind) * double(std::fabs(l[0])));
}

GST_START_TEST(forward_equals_libtorchs) {
  for (const Kind &kind : kKinds) assert_forward(kind);
}
GST_END_TEST

/** By LibTorch's own derivatives; of equal values the first takes it all. */
static std::vector<float> slow_gradients(const Kind &kind,
                                         const std::vector<float> &maps,
                                         const nn::Shape &shape, int target) {
  const auto tensors = trained(kind);
  const auto tensor = [&](const std::string &name) {
    const Tensor &t = tensors.at("net." + name);
    return at::tensor(t.values).reshape(t.shape);
  };
  const auto height = std::int64_t(shape.height);
  at::Tensor x = at::tensor(maps).reshape(
      {-1, std::int64_t(shape.channels), height, std::int64_t(shape.width)});
  x.set_requires_grad(true);
  at::Tensor y;
  if (kind.head == Head::kFlat) {
    y = at::max_pool2d(x, {1, 2}).mean(3).flatten(1);
  } else {
    const at::Tensor bands = at::adaptive_avg_pool2d(x, {16, x.size(3)});
    y = at::cat(
        {bands.mean(3).flatten(1), std::get<0>(at::max(bands, 3)).flatten(1)},
        1);
  }
  for (const std::string name : {"dense1", "dense2"})
    y = at::relu(
        at::linear(y, tensor(name + ".weight"), tensor(name + ".bias")));
  at::linear(y, tensor("out.weight")).select(1, target).sum().backward();
  const at::Tensor g = x.grad().contiguous();
  return {g.data_ptr<float>(), g.data_ptr<float>() + g.numel()};
}

static void assert_gradients(const Kind &kind) {
  const auto net = ours(kind);
  const std::size_t size = net->maps().size(), area = size / 20;
  const std::vector<float> inputs = noise(2 * net->input().size(), 5);
  auto maps = net->forward(inputs.data(), 2, Want::kEverything).maps;
  std::fill_n(maps.begin() + 3 * long(area), area, 0.0f);  // ties everywhere
  for (int target = 0; target < kClasses; ++target) {
    const auto got = net->map_gradients(maps.data(), 2, std::size_t(target));
    assert_like("gradients", got,
                slow_gradients(kind, maps, net->maps(), target), kRounding);
    const auto second =
        net->map_gradients(maps.data() + size, 1, std::size_t(target));
    fail_unless(same_bits(second, {got.begin() + long(size), got.end()}));
  }
}

GST_START_TEST(gradients_of_the_maps_equal_autograds) {
  for (const Kind &kind : kKinds) assert_gradients(kind);
}
GST_END_TEST

/** Maps of @p network for @p input, one of them flat and one not finite. */
static std::vector<float> spoiled_maps(const nn::Network &network,
                                       const std::vector<float> &input) {
  auto maps = network.forward(input.data(), 1, Want::kEverything).maps;
  const std::size_t area = network.maps().height * network.maps().width;
  std::fill_n(maps.begin() + 2 * long(area), area, 0.5f);
  maps[4 * area + 7] = NAN;
  return maps;
}
static const std::vector<std::size_t> kChannels = {0, 2, 4, 5, 11, 19, 5};

/* As those of the Score-CAM presets, with more of an epsilon, to be seen. The
 * flat map has a mask by the last two. */
static const nn::MaskRule kRules[] = {
    {}, {true, false, 0.25f}, {false, true, 0.125f}};

static void assert_masked_logits(const Kind &kind, const nn::MaskRule &rule) {
  const auto net = ours(kind), other = torchs(kind);
  const std::vector<float> input = noise(net->input().size(), 6);
  const auto maps = spoiled_maps(*other, input);
  // one input after the other, masked by the port's own
  const auto want =
      other->nn::Network::masked_logits(input.data(), maps.data(), kChannels,
                                        rule, {1, 0, nn::Precision::kFloat32});
  const auto masked = [&](std::size_t threads, nn::Precision precision) {
    return net->masked_logits(input.data(), maps.data(), kChannels, rule,
                              {3, threads, precision});
  };
  const auto exact = masked(0, nn::Precision::kFloat32);
  assert_like("logits", exact, want, logit_share(kind));
  fail_unless(std::isnan(exact[kClasses]) == (rule.epsilon == 0));
  fail_unless(std::isnan(exact[2 * kClasses]));
  // 8 bits of each factor, in three layers
  const auto lower = masked(0, nn::Precision::kLower);
  assert_like("lower logits", lower, want, 3 * 0x1p-8);
  for (const std::size_t threads : {1, 2, 5}) {
    fail_unless(same_bits(masked(threads, nn::Precision::kFloat32), exact));
    fail_unless(same_bits(masked(threads, nn::Precision::kLower), lower));
    const auto chosen = masked(threads, nn::Precision::kAuto);
    fail_unless(same_bits(chosen, exact) || same_bits(chosen, lower));
  }
}

GST_START_TEST(logits_of_masked_inputs_equal_libtorchs) {
  for (const nn::MaskRule &rule : kRules)
    for (const Kind &kind : kKinds) assert_masked_logits(kind, rule);
}
GST_END_TEST

/** Changes of a base: nothing, all, a corner, then random blocks. */
struct Changes {
  nn::Shape shape;
  std::vector<nn::Block> blocks;

  explicit Changes(const nn::Shape &s) : shape(s) {
    std::mt19937 random(3);
    const auto range = [&](std::size_t n) {
      const std::size_t a = random() % (n + 1), b = random() % (n + 1);
      return std::pair{std::min(a, b), std::max(a, b)};
    };
    blocks = {{},
              {0, s.height, 0, s.width},
              {0, 1, 0, 1},
              {s.height - 1, s.height, s.width - 1, s.width}};
    while (blocks.size() < 21) {
      const auto [top, bottom] = range(s.height);
      const auto [left, right] = range(s.width);
      blocks.push_back({top, bottom, left, right});
    }
  }

  nn::Block operator()(std::size_t i, float *out) const {
    const nn::Block &b = blocks[i];
    const std::vector<float> other = noise(shape.size(), 50 + unsigned(i));
    for (std::size_t c = 0; c < shape.channels; ++c)
      for (std::size_t y = b.row_begin; y < b.row_end; ++y)
        for (std::size_t x = b.column_begin; x < b.column_end; ++x) {
          const std::size_t at = (c * shape.height + y) * shape.width + x;
          out[at] = other[at];
        }
    return b;
  }

  /** All inputs, one after the other. */
  std::vector<float> applied(const std::vector<float> &base) const {
    std::vector<float> all;
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      all.insert(all.end(), base.begin(), base.end());
      (*this)(i, all.data() + i * base.size());
    }
    return all;
  }
};

GST_START_TEST(logits_near_a_base_are_forwards_to_the_bit) {
  const auto net = ours(kKinds[__i__]);
  const std::vector<float> base = noise(net->input().size(), 7);
  const Changes changes(net->input());
  const std::size_t count = changes.blocks.size();
  const std::vector<float> inputs = changes.applied(base);
  const auto want = net->forward(inputs.data(), count, Want::kLogits).logits;
  for (const std::size_t threads : {0, 1, 2, 5})
    for (const std::size_t batch : {1, 4, 100})
      fail_unless(same_bits(net->logits_near(base.data(), count, changes,
                                             {batch, threads}),
                            want),
                  "%zu threads, batches of %zu", threads, batch);
  std::vector<float> all(want.begin(), want.begin() + kClasses);
  for (std::size_t i = 1; i < count; ++i)
    fail_unless(
        !same_bits(all, {want.begin() + long(i * kClasses),
                         want.begin() + long((i + 1) * kClasses)}) ||
            changes.blocks[i].row_begin == changes.blocks[i].row_end ||
            changes.blocks[i].column_begin == changes.blocks[i].column_end,
        "block %zu changed nothing", i);
}
GST_END_TEST

GST_START_TEST(a_batch_gives_what_its_pictures_give_alone_to_the_bit) {
  const auto net = ours(kKinds[__i__]);
  const std::size_t size = net->input().size(), count = 19;
  const std::vector<float> inputs = noise(count * size, 3);
  const auto all = net->forward(inputs.data(), count, Want::kEverything);
  nn::Network::Output alone;
  const auto add = [](std::vector<float> &to, const std::vector<float> &from) {
    to.insert(to.end(), from.begin(), from.end());
  };
  for (std::size_t n = 0; n < count; ++n) {
    const auto one =
        net->forward(inputs.data() + n * size, 1, Want::kEverything);
    add(alone.logits, one.logits);
    add(alone.maps, one.maps);
    add(alone.embedding, one.embedding);
  }
  fail_unless(same_bits(all.logits, alone.logits));
  fail_unless(same_bits(all.maps, alone.maps));
  fail_unless(same_bits(all.embedding, alone.embedding));
  const auto logits = net->forward(inputs.data(), count, Want::kLogits);
  fail_unless(same_bits(logits.logits, all.logits));
  fail_unless(logits.maps.empty() && logits.embedding.empty());
}
GST_END_TEST

GST_START_TEST(nothing_comes_of_no_picture) {
  const auto net = ours(kKinds[__i__]);
  const std::vector<float> base = noise(net->input().size(), 7);
  const auto none = net->forward(nullptr, 0, Want::kEverything);
  fail_unless(none.logits.empty() && none.maps.empty() &&
              none.embedding.empty());
  fail_unless(
      net->logits_near(base.data(), 0, Changes(net->input()), {}).empty());
  fail_unless(net->map_gradients(nullptr, 0, 0).empty());
}
GST_END_TEST

GST_START_TEST(several_streams_may_share_one_network) {
  const auto net = ours(kKinds[__i__]);
  const std::size_t size = net->input().size();
  const std::vector<float> inputs = noise(4 * size, 3);
  const Changes changes(net->input());
  const std::vector<std::size_t> channels = {0, 3, 7, 19};
  const auto results = [&](std::size_t stream) {
    const float *const own = inputs.data() + stream * size;
    const auto seen = net->forward(own, 4 - stream, Want::kEverything);
    std::vector<float> all = seen.logits;
    for (const auto &more :
         {seen.maps, seen.embedding,
          net->logits_near(own, changes.blocks.size(), changes, {32, stream}),
          net->masked_logits(own, seen.maps.data(), channels, {}, {}),
          net->map_gradients(seen.maps.data(), 1, 0)})
      all.insert(all.end(), more.begin(), more.end());
    return all;
  };
  std::vector<std::vector<float>> want;
  for (std::size_t stream = 0; stream < 4; ++stream)
    want.push_back(results(stream));
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (std::size_t stream = 0; stream < 4; ++stream)
    threads.emplace_back([&, stream] {
      for (int i = 0; i < 3; ++i)
        wrong += !same_bits(results(stream), want[stream]);
    });
  for (std::thread &t : threads) t.join();
  fail_unless_equals_int(wrong, 0);
}
GST_END_TEST

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

GST_START_TEST(a_nan_in_one_picture_is_an_error_and_the_network_goes_on) {
  const auto net = ours(kKinds[__i__]);
  const std::size_t size = net->input().size();
  const std::vector<float> good = noise(3 * size, 8);
  const auto want = net->forward(good.data(), 3, Want::kLogits).logits;
  for (std::size_t at = size; at < 2 * size; at += 97) {
    std::vector<float> bad = good;
    bad[at] = NAN;
    error_of(Errc::kNumeric,
             [&] { net->forward(bad.data(), 3, Want::kLogits); });
    error_of(Errc::kNumeric, [&] {
      const auto change = [&](std::size_t i, float *out) {
        const std::size_t x = (at - size) % kWidth,
                          y = (at - size) / kWidth % kHeight;
        if (i == 1) out[at - size] = NAN;
        return nn::Block{y, y + 1, x, x + 1};
      };
      net->logits_near(good.data(), 3, change, {});
    });
  }
  fail_unless(
      same_bits(net->forward(good.data(), 3, Want::kLogits).logits, want));
}
GST_END_TEST

GST_START_TEST(an_error_of_a_change_reaches_the_caller) {
  const auto net = ours(kKinds[0]);
  const std::vector<float> base = noise(net->input().size(), 8);
  const std::string what = error_of(Errc::kResource, [&] {
    net->logits_near(base.data(), 9,
                     [](std::size_t i, float *) -> nn::Block {
                       if (i == 4)
                         throw Error(Errc::kResource, "the fifth is missing");
                       return {};
                     },
                     {});
  });
  ck_assert_str_eq(what.c_str(), "the fifth is missing");
}
GST_END_TEST

GST_START_TEST(gradients_of_a_class_that_is_not_there_are_refused) {
  const auto net = ours(kKinds[0]);
  const std::vector<float> maps(net->maps().size());
  const std::string what = error_of(
      Errc::kBadArgument, [&] { net->map_gradients(maps.data(), 1, 3); });
  fail_unless(what.find("class 3") != what.npos, "%s", what.c_str());
}
GST_END_TEST

GST_START_TEST(libtorchs_threads_stay_as_they_were) {
  const int before = at::get_num_threads();
  const auto net = ours(kKinds[0]);
  net->enter_worker_thread();
  const std::vector<float> inputs = noise(4 * net->input().size(), 3);
  net->forward(inputs.data(), 4, Want::kLogits);
  net->logits_near(inputs.data(), 21, Changes(net->input()), {32, 1});
  fail_unless_equals_int(at::get_num_threads(), before);
}
GST_END_TEST

static Suite *cpu_network_suite(void) {
  Suite *s = suite_create("cpu_network");
  TCase *tc = tcase_create("cpu_network");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, forward_equals_libtorchs);
  tcase_add_test(tc, gradients_of_the_maps_equal_autograds);
  tcase_add_test(tc, logits_of_masked_inputs_equal_libtorchs);
  // the last two kinds hold both heads, with and without statistics
  tcase_add_loop_test(tc, logits_near_a_base_are_forwards_to_the_bit,
                      kCount - 2, kCount);
  tcase_add_loop_test(tc, a_batch_gives_what_its_pictures_give_alone_to_the_bit,
                      kCount - 2, kCount);
  tcase_add_loop_test(tc, nothing_comes_of_no_picture, kCount - 2, kCount);
  tcase_add_loop_test(tc, several_streams_may_share_one_network, kCount - 2,
                      kCount);
  tcase_add_loop_test(tc,
                      a_nan_in_one_picture_is_an_error_and_the_network_goes_on,
                      kCount - 2, kCount);
  tcase_add_test(tc, an_error_of_a_change_reaches_the_caller);
  tcase_add_test(tc, gradients_of_a_class_that_is_not_there_are_refused);
  tcase_add_test(tc, libtorchs_threads_stay_as_they_were);
  return s;
}
GST_CHECK_MAIN(cpu_network)
