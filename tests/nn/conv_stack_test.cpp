/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/nn/conv_stack.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>
#include <random>

#include "support/testing.h"

using sonar::Errc;
using sonar::Error;
using namespace sonar::nn;

static std::vector<float> noise(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<float> out(count);
  for (float &v : out) v = float(random() >> 8) / float(1 << 24) - 0.4f;
  return out;
}

struct Size {
  std::size_t out, rows, columns;
  bool pool;
};
struct Case {
  Shape input;
  std::vector<Size> layers;
};

/* Channels that fill no vector, heights that fill no group of four rows, odd
 * widths before pooling. Three rows on 8 channels and more go by Winograd. */
static const Case kCases[] = {
    {{1, 6, 9}, {{5, 1, 1, false}}},
    {{2, 7, 11}, {{9, 1, 3, true}}},
    {{3, 5, 13}, {{8, 3, 3, false}}},
    {{2, 10, 8}, {{12, 3, 5, true}}},
    {{1, 11, 23}, {{6, 5, 5, true}}},
    {{8, 4, 6}, {{8, 3, 1, false}}},
    {{12, 7, 13}, {{20, 3, 3, false}}},
    {{9, 9, 37}, {{50, 3, 5, true}}},
    {{16, 1, 5}, {{7, 3, 3, true}}},
    {{20, 6, 9}, {{11, 5, 3, false}}},
    {{2, 13, 45}, {{6, 3, 5, true}, {12, 3, 5, true}, {20, 1, 3, false}}},
    {{1, 18, 29}, {{8, 3, 5, true}, {16, 3, 5, true}, {32, 3, 3, false}}},
    {{3, 10, 19}, {{40, 5, 5, false}, {10, 3, 3, true}, {3, 1, 1, true}}},
};
static const int kCount = G_N_ELEMENTS(kCases);

static std::vector<ConvLayer> layers_of(const Case &c) {
  std::vector<ConvLayer> layers;
  std::size_t in = c.input.channels;
  unsigned seed = 100;
  for (const Size &size : c.layers) {
    const std::size_t weights = size.out * in * size.rows * size.columns;
    layers.push_back({in, size.out, size.rows, size.columns,
                      noise(weights, ++seed), noise(size.out, ++seed),
                      size.pool});
    in = size.out;
  }
  return layers;
}

/** Channels x height x width. */
static std::vector<float> output_of(const ConvStack &stack,
                                    const ConvStack::Workspace &w) {
  const Shape out = stack.output();
  std::vector<float> values;
  for (std::size_t c = 0; c < out.channels; ++c)
    for (std::size_t y = 0; y < out.height; ++y)
      for (std::size_t x = 0; x < out.width; ++x)
        values.push_back(stack.output_row(w, y)[x * stack.channel_step() + c]);
  return values;
}

static std::vector<float> run(const ConvStack &stack,
                              const std::vector<float> &input) {
  ConvStack::Workspace w = stack.make_workspace();
  stack.run(input.data(), w);
  return output_of(stack, w);
}

static bool same_bits(const std::vector<float> &a,
                      const std::vector<float> &b) {
  return a.size() == b.size() &&
         std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

/* ---- plain loops in double, and how far float may be from them ---- */

struct Planes {
  Shape shape;
  std::vector<double> value, bound;
};

/**
 * A float sum of n products is off by at most n 2^-24 times the sum of their
 * magnitudes. Winograd's sums pass through values up to 16 times as large:
 * the magnitudes of its transforms' rows multiply to 48 for the last output
 * row, whose direct sum has three terms.
 */
static Planes slow_layer(const ConvLayer &layer, const Planes &in) {
  const auto [channels, height, width] = in.shape;
  Planes out{{layer.out, height, width}, {}, {}};
  const auto terms = double(layer.in * layer.rows * layer.columns + 2);
  const double growth = layer.rows == 3 && layer.in >= 8 ? 16 : 1;
  const auto above = long(layer.rows / 2), before = long(layer.columns / 2);
  for (std::size_t o = 0; o < layer.out; ++o)
    for (std::size_t y = 0; y < height; ++y)
      for (std::size_t x = 0; x < width; ++x) {
        double sum = layer.bias[o], size = std::fabs(sum), bound = 0;
        const float *w =
            layer.weight.data() + o * channels * layer.rows * layer.columns;
        for (std::size_t c = 0; c < channels; ++c)
          for (std::size_t i = 0; i < layer.rows; ++i)
            for (std::size_t j = 0; j < layer.columns; ++j, ++w) {
              const long yy = long(y + i) - above, xx = long(x + j) - before;
              if (yy < 0 || yy >= long(height) || xx < 0 || xx >= long(width))
                continue;
              const std::size_t at =
                  (c * height + std::size_t(yy)) * width + std::size_t(xx);
              sum += double(*w) * in.value[at];
              size += std::fabs(double(*w) * in.value[at]);
              bound += std::fabs(double(*w)) * in.bound[at];
            }
        out.value.push_back(std::max(sum, 0.0));
        out.bound.push_back(bound + terms * growth * 0x1p-24 * size);
      }
  return out;
}

static Planes slow_pool(const Planes &in) {
  const auto [channels, height, width] = in.shape;
  Planes out{{channels, height, width / 2}, {}, {}};
  for (std::size_t row = 0; row < channels * height; ++row)
    for (std::size_t x = 0; x < width / 2; ++x) {
      const std::size_t at = row * width + 2 * x;
      out.value.push_back(std::max(in.value[at], in.value[at + 1]));
      out.bound.push_back(std::max(in.bound[at], in.bound[at + 1]));
    }
  return out;
}

GST_START_TEST(layers_equal_plain_loops) {
  const Case &c = kCases[__i__];
  const std::vector<ConvLayer> layers = layers_of(c);
  const std::vector<float> input = noise(c.input.size(), 1);
  const ConvStack stack(c.input, layers);
  const std::vector<float> got = run(stack, input);
  Planes want{c.input, {input.begin(), input.end()}, {}};
  want.bound.resize(input.size());
  for (const ConvLayer &layer : layers) {
    want = slow_layer(layer, want);
    if (layer.pool) want = slow_pool(want);
  }
  fail_unless_equals_int(stack.output().channels, want.shape.channels);
  fail_unless_equals_int(stack.output().height, want.shape.height);
  fail_unless_equals_int(stack.output().width, want.shape.width);
  fail_unless_equals_int(got.size(), want.value.size());
  for (std::size_t i = 0; i < got.size(); ++i)
    ASSERT_NEAR_AT(i, got[i], want.value[i], want.bound[i]);
  // the comparison means something
  const auto most = [](const std::vector<double> &v) {
    return *std::max_element(v.begin(), v.end());
  };
  fail_unless(most(want.bound) < 0.05 * most(want.value), "%g against %g",
              most(want.bound), most(want.value));
}
GST_END_TEST

/** A random block; now and then empty, a corner, a whole row or all. */
static Block block_in(const Shape &shape, std::mt19937 &random) {
  const auto below = [&](std::size_t n) { return std::size_t(random() % n); };
  const auto range = [&](std::size_t n) -> std::pair<std::size_t, std::size_t> {
    const std::size_t a = below(n + 1), b = below(n + 1);
    switch (below(6)) {
      case 0:
        return {0, 1};
      case 1:
        return {n - 1, n};
      case 2:
        return {0, n};
      case 3:
        return {a, std::min(a + 1, n)};  // empty at the end
      default:
        return {std::min(a, b), std::max(a, b)};
    }
  };
  const auto [top, bottom] = range(shape.height);
  const auto [left, right] = range(shape.width);
  return {top, bottom, left, right};
}

static std::string text_of(const Block &b) {
  return "rows " + std::to_string(b.row_begin) + " to " +
         std::to_string(b.row_end) + ", columns " +
         std::to_string(b.column_begin) + " to " + std::to_string(b.column_end);
}

static void change_block(const Shape &shape, const Block &where, unsigned seed,
                         std::vector<float> &input) {
  const std::vector<float> other = noise(input.size(), seed);
  for (std::size_t c = 0; c < shape.channels; ++c)
    for (std::size_t y = where.row_begin; y < where.row_end; ++y)
      for (std::size_t x = where.column_begin; x < where.column_end; ++x) {
        const std::size_t at = (c * shape.height + y) * shape.width + x;
        input[at] = other[at];
      }
}

/* One workspace for all blocks, so that what a restore() leaves behind in any
 * layer shows in a later output. */
GST_START_TEST(a_run_near_a_block_is_a_whole_run_to_the_bit) {
  const Case &c = kCases[__i__];
  const ConvStack stack(c.input, layers_of(c));
  const std::vector<float> input = noise(c.input.size(), 1);
  ConvStack::Workspace base = stack.make_workspace();
  stack.run(input.data(), base);
  const std::vector<float> before = output_of(stack, base);
  ConvStack::Workspace w = base;
  std::mt19937 random(7);
  for (unsigned n = 0; n < 60; ++n) {
    const Block where = n == 0   ? Block{}
                        : n == 1 ? Block{0, c.input.height, 0, c.input.width}
                                 : block_in(c.input, random);
    std::vector<float> changed = input;
    change_block(c.input, where, 1000 + n, changed);
    stack.run_near(changed.data(), where, w);
    fail_unless(same_bits(output_of(stack, w), run(stack, changed)),
                "block %u: %s", n, text_of(where).c_str());
    stack.restore(base, where, w);
    fail_unless(same_bits(output_of(stack, w), before),
                "block %u is not restored: %s", n, text_of(where).c_str());
  }
  fail_unless(same_bits(output_of(stack, base), before));
}
GST_END_TEST

GST_START_TEST(a_workspace_may_be_used_again) {
  const Case &c = kCases[__i__];
  const ConvStack stack(c.input, layers_of(c));
  const std::vector<float> a = noise(c.input.size(), 1),
                           b = noise(c.input.size(), 2);
  ConvStack::Workspace w = stack.make_workspace();
  std::vector<float> bad(c.input.size(), NAN);
  for (const std::vector<float> &input : {b, bad, a})
    stack.run(input.data(), w);
  fail_unless(same_bits(output_of(stack, w), run(stack, a)));
  fail_unless(!same_bits(run(stack, a), run(stack, b)));
}
GST_END_TEST

/* Kernels of three columns and more: a NaN in any pixel is in both outputs of
 * some pooled pair. */
GST_START_TEST(a_nan_anywhere_in_the_input_reaches_the_output) {
  const Case cases[] = {kCases[3], kCases[6], kCases[10], kCases[11]};
  const Case &c = cases[__i__];
  const ConvStack stack(c.input, layers_of(c));
  for (std::size_t at = 0; at < c.input.size(); at += 7) {
    std::vector<float> input = noise(c.input.size(), 1);
    input[at] = NAN;
    const std::vector<float> out = run(stack, input);
    fail_unless(std::any_of(out.begin(), out.end(),
                            [](float v) { return std::isnan(v); }),
                "a NaN at %zu is lost", at);
  }
}
GST_END_TEST

/* A layer of one tap is a gain, a bias and the ReLU. */
GST_START_TEST(one_tap_is_a_gain_a_bias_and_a_relu) {
  const ConvStack stack({1, 2, 3}, {{1, 1, 1, 1, {2}, {-1}, false}});
  const std::vector<float> input = {0, 0.25f, 0.5f, 0.75f, 1, -4};
  const std::vector<float> want = {0, 0, 0, 0.5f, 1, 0};
  fail_unless(run(stack, input) == want);
}
GST_END_TEST

GST_START_TEST(work_is_counted_as_the_formula_has_it) {
  const Case &c = kCases[10];
  const ConvStack stack(c.input, layers_of(c));
  const double want =
      2.0 * 13 * (45 * 6 * 2 * 15 + 22 * 12 * 6 * 15 + 11 * 20 * 12 * 3);
  fail_unless(stack.flops() == want, "%g, wanted %g", stack.flops(), want);
}
GST_END_TEST

GST_START_TEST(packed_weights_are_blocks_of_channels_padded_with_zeros) {
  const std::size_t out = 11, window = 3;
  const std::vector<float> weight = noise(out * window, 1);
  const auto packed = pack_weights(weight.data(), out, window);
  fail_unless_equals_int(packed.size(), 16 * window);
  std::vector<float> kept, sorted = weight;
  for (const float v : packed)
    if (v != 0) kept.push_back(v);
  std::sort(kept.begin(), kept.end());
  std::sort(sorted.begin(), sorted.end());
  fail_unless(kept == sorted);
}
GST_END_TEST

static std::string refusal_of(const std::function<void(ConvLayer &)> &spoil,
                              Shape input = {2, 4, 8}) {
  ConvLayer layer{2, 3, 3, 3, noise(54, 1), noise(3, 2), true};
  spoil(layer);
  try {
    const ConvStack stack(input, {layer});
  } catch (const Error &e) {
    fail_unless(e.code() == Errc::kBadArgument, "wrong kind of error: %s",
                e.what());
    return e.what();
  }
  ck_abort_msg("nothing was refused");
  return {};
}

static void assert_says(const std::string &text, const char *words) {
  ck_assert_msg(text.find(words) != text.npos, "no \"%s\" in: %s", words,
                text.c_str());
}

GST_START_TEST(layers_that_do_not_fit_are_refused) {
  const ConvStack fits({2, 4, 8},
                       {{2, 3, 3, 3, noise(54, 1), noise(3, 2), true}});
  fail_unless_equals_int(fits.output().width, 4);
  assert_says(refusal_of([](ConvLayer &l) {
                l.rows = 2;
                l.weight.resize(36);
              }),
              "needed odd kernels");
  assert_says(refusal_of([](ConvLayer &l) {
                l.columns = 4;
                l.weight.resize(72);
              }),
              "3 x 4 taps");
  assert_says(refusal_of([](ConvLayer &l) { l.weight.pop_back(); }),
              "53 weights");
  assert_says(refusal_of([](ConvLayer &l) { l.bias.push_back(0); }),
              "4 biases");
  assert_says(refusal_of([](ConvLayer &) {}, {3, 4, 8}),
              "does not take 3 channels of 8 columns");
  refusal_of([](ConvLayer &l) {
    l.out = 0;
    l.weight.clear();
    l.bias.clear();
  });
}
GST_END_TEST

GST_START_TEST(a_picture_that_pooling_leaves_no_column_of_is_refused) {
  assert_says(refusal_of([](ConvLayer &) {}, {2, 4, 1}),
              "a picture of 1 columns is gone after pooling");
  const ConvLayer one{1, 1, 1, 1, {1}, {0}, true};
  const ConvStack fits({1, 1, 4}, {one, one});
  fail_unless_equals_int(fits.output().width, 1);
  bool refused = false;
  try {
    const ConvStack stack({1, 1, 3}, {one, one, one});
  } catch (const Error &e) {
    refused = e.code() == Errc::kBadArgument;
  }
  fail_unless(refused);
}
GST_END_TEST

static Suite *conv_stack_suite(void) {
  Suite *s = suite_create("conv_stack");
  TCase *tc = tcase_create("conv_stack");
  suite_add_tcase(s, tc);
  tcase_add_loop_test(tc, layers_equal_plain_loops, 0, kCount);
  tcase_add_loop_test(tc, a_run_near_a_block_is_a_whole_run_to_the_bit, 0,
                      kCount);
  tcase_add_loop_test(tc, a_workspace_may_be_used_again, 0, kCount);
  tcase_add_loop_test(tc, a_nan_anywhere_in_the_input_reaches_the_output, 0, 4);
  tcase_add_test(tc, one_tap_is_a_gain_a_bias_and_a_relu);
  tcase_add_test(tc, work_is_counted_as_the_formula_has_it);
  tcase_add_test(tc, packed_weights_are_blocks_of_channels_padded_with_zeros);
  tcase_add_test(tc, layers_that_do_not_fit_are_refused);
  tcase_add_test(tc, a_picture_that_pooling_leaves_no_column_of_is_refused);
  return s;
}
GST_CHECK_MAIN(conv_stack)
