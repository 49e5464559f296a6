/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/nn/half_stack.h"

#include <cmath>
#include <random>

#include "support/testing.h"

using namespace sonar::nn;

/* bfloat16 keeps 8 bits: each product of two is off by 2^-8 at most, and a
 * layer's sum of many by far less than their sum; three layers and margin. */
static const double kRelative = 3.0 / 256;

static float draw(std::mt19937 &random) {
  return float(random() % 2001) / 1000 - 1;
}

static ConvLayer layer(std::size_t in, std::size_t out, std::size_t rows,
                       std::size_t columns, bool pool, std::mt19937 &random) {
  ConvLayer l{in, out, rows, columns, {}, {}, pool};
  const float scale = std::sqrt(6.0f / float(in * rows * columns));
  for (std::size_t i = 0; i < in * out * rows * columns; ++i)
    l.weight.push_back(scale * draw(random));
  for (std::size_t i = 0; i < out; ++i) l.bias.push_back(draw(random) / 10);
  return l;
}

static std::vector<float> maps_of(const ConvStack &stack,
                                  const std::vector<float> &input) {
  auto w = stack.make_workspace();
  stack.run(input.data(), w);
  std::vector<float> out;
  for (std::size_t y = 0; y < stack.output().height; ++y)
    for (std::size_t x = 0; x < stack.output().width; ++x)
      for (std::size_t c = 0; c < stack.output().channels; ++c)
        out.push_back(stack.output_row(w, y)[x * stack.channel_step() + c]);
  return out;
}

static std::vector<float> maps_of(const HalfStack &stack, const Shape &shape,
                                  const std::vector<float> &input) {
  auto w = stack.make_workspace();
  stack.run(input.data(), w);
  std::vector<float> out;
  for (std::size_t i = 0; i < shape.height * shape.width; ++i)
    for (std::size_t c = 0; c < shape.channels; ++c)
      out.push_back(stack.maps(w)[i * stack.channel_step() + c]);
  return out;
}

/* Odd widths, channels that fill no block, heights of any kind. */
GST_START_TEST(bfloat16_gives_the_maps_of_float32_to_the_third_digit) {
  if (!HalfStack::available()) return;
  std::mt19937 random(1);
  for (const Shape &in : {Shape{2, 24, 64}, Shape{1, 17, 45}, Shape{3, 5, 8}}) {
    const std::vector<ConvLayer> layers = {
        layer(in.channels, 8, 3, 5, true, random),
        layer(8, 20, 3, 5, true, random), layer(20, 36, 1, 3, false, random)};
    const ConvStack exact(in, layers);
    const HalfStack half(in, layers);
    std::vector<float> input(in.size());
    for (float &v : input) v = std::fabs(draw(random));
    const auto want = maps_of(exact, input),
               got = maps_of(half, exact.output(), input);
    double largest = 0;
    for (const float v : want) largest = std::max(largest, double(v));
    fail_unless(largest > 0.1);
    bool differs = false;
    for (std::size_t i = 0; i < want.size(); ++i) {
      ASSERT_NEAR_AT(i, got[i], want[i], kRelative * largest);
      differs = differs || got[i] != want[i];
    }
    fail_unless(differs);  // it is another arithmetic
  }
}
GST_END_TEST

GST_START_TEST(a_nan_in_any_pixel_reaches_the_maps_of_bfloat16) {
  if (!HalfStack::available()) return;
  std::mt19937 random(2);
  const Shape in{1, 9, 21};
  const std::vector<ConvLayer> layers = {layer(1, 8, 3, 5, true, random),
                                         layer(8, 16, 1, 1, false, random)};
  const HalfStack half(in, layers);
  const Shape out{16, 9, 10};
  for (std::size_t x = 0; x < in.width; ++x) {
    std::vector<float> input(in.size(), 0.5f);
    input[4 * in.width + x] = NAN;
    bool seen = false;
    for (const float v : maps_of(half, out, input))
      seen = seen || std::isnan(v);
    fail_unless(seen, "NaN in column %zu is gone", x);
  }
}
GST_END_TEST

static Suite *half_stack_suite(void) {
  Suite *s = suite_create("half stack");
  TCase *tc = tcase_create("all");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, bfloat16_gives_the_maps_of_float32_to_the_third_digit);
  tcase_add_test(tc, a_nan_in_any_pixel_reaches_the_maps_of_bfloat16);
  return s;
}
GST_CHECK_MAIN(half_stack)
