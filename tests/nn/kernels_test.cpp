/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/nn/kernels/kernels.h"

#include <sys/mman.h>

#include <algorithm>
#include <cfloat>
#include <cstring>
#include <random>

#include "support/testing.h"

/* Of many values: an assertion that holds costs a write to check's pipe. */
#define REQUIRE(condition, ...)                  \
  do {                                           \
    if (!(condition)) ck_abort_msg(__VA_ARGS__); \
  } while (0)
#define REQUIRE_NEAR(index, got, want, tol)    \
  do {                                         \
    if (!(std::fabs((got) - (want)) <= (tol))) \
      ASSERT_NEAR_AT(index, got, want, tol);   \
  } while (0)

namespace sonar::nn::kernels {
extern const Kernels kernels_baseline;
#ifdef __x86_64__
extern const Kernels kernels_avx2, kernels_avx512;
#endif
}  // namespace sonar::nn::kernels

using namespace sonar::nn::kernels;

/** Those that this processor runs. */
static std::vector<const Kernels *> all_kernels() {
  std::vector<const Kernels *> all = {&kernels_baseline};
#ifdef __x86_64__
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    all.push_back(&kernels_avx2);
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq"))
    all.push_back(&kernels_avx512);
#endif
  return all;
}

static std::vector<float> noise(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<float> out(count);
  for (float &v : out) v = float(random() >> 8) / float(1 << 24) - 0.4f;
  return out;
}

static bool same_bits(const float *a, const float *b, std::size_t count) {
  return std::memcmp(a, b, count * sizeof(float)) == 0;
}

/** A copy whose end is the end of what may be read at all; valid until the next
 *  call. */
static const float *fenced(const std::vector<float> &values) {
  static const std::size_t kRoom = 1 << 18;  // a multiple of any page
  static char *const room = [] {
    void *const all = mmap(nullptr, 2 * kRoom, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert(all != MAP_FAILED);
    ck_assert(mprotect(static_cast<char *>(all) + kRoom, kRoom, PROT_NONE) ==
              0);
    return static_cast<char *>(all);
  }();
  const std::size_t bytes = values.size() * sizeof(float);
  ck_assert(bytes <= kRoom);
  std::memcpy(room + kRoom - bytes, values.data(), bytes);
  return reinterpret_cast<const float *>(room + kRoom - bytes);
}

/** A window: rows of it, floats in one, from pixel to pixel. */
struct Window {
  std::size_t rows, run, step;
};
static const Window kWindows[] = {{1, 7, 7}, {3, 10, 2}, {1, 5, 8}, {5, 3, 1}};
static const std::size_t kMostPixels = 40, kMostChannels = 72;
static const float kUntouched = -77;

struct Layer {
  Window window;
  std::size_t channels, row_stride;
  std::vector<float> in, bias, weight;  ///< weight: channels x rows x run
};

/** For @p pixels and those past them that may be read; the same floats whatever
 *  the pixels. */
static Layer layer_of(const Window &w, std::size_t channels,
                      std::size_t pixels) {
  const std::size_t stride = (kMostPixels + kOverrun) * w.step + w.run;
  const std::size_t last = (pixels + kOverrun - 2) * w.step + w.run;
  Layer out{w,
            channels,
            stride,
            noise(w.rows * stride, 1),
            noise(channels, 2),
            noise(channels * w.rows * w.run, 3)};
  out.in.resize((w.rows - 1) * stride + last);
  return out;
}

static std::vector<float> packed(const Kernels &k, const Layer &layer) {
  const std::size_t window = layer.window.rows * layer.window.run;
  std::vector<float> out;
  for (std::size_t first = 0; first < layer.channels;) {
    const std::size_t block = k.block(layer.channels - first);
    for (std::size_t i = 0; i < window; ++i)
      for (std::size_t c = first; c < first + block; ++c)
        out.push_back(layer.weight[c * window + i]);
    first += block;
  }
  return out;
}

struct Kind {
  bool relu, pool, bias;
};
static const Kind kKinds[] = {{false, false, true},
                              {true, false, true},
                              {true, true, true},
                              {false, true, false}};

/** What the kernel writes, (pooled) pixels x (channels + 3), and one pixel
 *  more. */
static std::vector<float> run_rows(const Kernels &k, const Layer &layer,
                                   std::size_t pixels, const Kind &kind) {
  const std::size_t out_step = layer.channels + 3;
  std::vector<float> out((pixels + 1) * out_step, kUntouched);
  const float *const in = fenced(layer.in);
  const std::vector<float> weights = packed(k, layer);
  k.rows({in, layer.window.step, layer.row_stride, layer.window.rows,
          layer.window.run, weights.data(),
          kind.bias ? layer.bias.data() : nullptr, layer.channels, pixels,
          kind.relu, kind.pool, out.data(), out_step});
  return out;
}

/** The docstring's formula, and in @p size the sum of the magnitudes. */
static double slow_value(const Layer &layer, std::size_t p, std::size_t c,
                         bool bias, double *size) {
  const Window &w = layer.window;
  double sum = bias ? layer.bias[c] : 0;
  *size = std::fabs(sum);
  for (std::size_t r = 0; r < w.rows; ++r)
    for (std::size_t i = 0; i < w.run; ++i) {
      const double x = double(layer.in[p * w.step + r * layer.row_stride + i]) *
                       double(layer.weight[(c * w.rows + r) * w.run + i]);
      sum += x;
      *size += std::fabs(x);
    }
  return sum;
}

static void assert_rows(const Kernels &k, const Layer &layer,
                        std::size_t pixels, const Kind &kind) {
  const std::vector<float> got = run_rows(k, layer, pixels, kind);
  const std::size_t step = layer.channels + 3;
  const std::size_t group = kind.pool ? 2 : 1;
  for (std::size_t i = 0; i < got.size(); ++i) {
    const std::size_t p = i / step, c = i % step;
    if (p >= pixels / group || c >= layer.channels) {
      REQUIRE(got[i] == kUntouched,
              "%s wrote past pixel %zu, channel "
              "%zu of %zu x %zu",
              k.name, p, c, pixels / group, layer.channels);
      continue;
    }
    double want = -1e30, size = 0;
    for (std::size_t n = 0; n < group; ++n) {
      double own = 0;
      want =
          std::max(want, slow_value(layer, p * group + n, c, kind.bias, &own));
      size = std::max(size, own);
    }
    if (kind.relu) want = std::max(want, 0.0);
    // a float sum is off by at most its terms x 2^-24 of their magnitudes
    const auto terms = double(layer.window.rows * layer.window.run + 1);
    REQUIRE(std::fabs(got[i] - want) <= terms * 0x1p-24 * size,
            "%s: pixel %zu of %zu, channel %zu of %zu is %g, not %g", k.name, p,
            pixels, c, layer.channels, double(got[i]), want);
  }
}

GST_START_TEST(rows_equal_the_formula_for_all_block_sizes_and_pixels) {
  const Kernels &k = *all_kernels()[std::size_t(__i__)];
  std::size_t turn = 0;
  for (std::size_t channels = 8; channels <= kMostChannels; channels += 8)
    for (std::size_t pixels = 1; pixels <= kMostPixels; ++pixels)
      for (std::size_t kind = pixels % 2; kind < 4; kind += 2) {
        const Window &w = kWindows[turn++ % G_N_ELEMENTS(kWindows)];
        const std::size_t even = pixels + (kKinds[kind].pool ? pixels % 2 : 0);
        assert_rows(k, layer_of(w, channels, even), even, kKinds[kind]);
      }
}
GST_END_TEST

GST_START_TEST(a_rows_output_does_not_depend_on_how_many_are_asked_for) {
  const Kernels &k = *all_kernels()[std::size_t(__i__)];
  for (const Window &w : kWindows)
    for (const std::size_t channels : {8, 24, 40}) {
      const std::size_t step = channels + 3;
      const std::vector<float> all = run_rows(
          k, layer_of(w, channels, kMostPixels), kMostPixels, kKinds[1]);
      for (std::size_t pixels = 1; pixels < kMostPixels; ++pixels) {
        const std::vector<float> some =
            run_rows(k, layer_of(w, channels, pixels), pixels, kKinds[1]);
        fail_unless(same_bits(all.data(), some.data(), pixels * step),
                    "%s: %zu pixels of %zu channels", k.name, pixels, channels);
      }
    }
}
GST_END_TEST

GST_START_TEST(blocks_of_channels_fill_what_is_left) {
  const Kernels &k = *all_kernels()[std::size_t(__i__)];
  for (std::size_t left = 8; left <= 256; left += 8) {
    const std::size_t block = k.block(left);
    fail_unless(block >= kChannels && block <= left && block % kChannels == 0,
                "%s: a block of %zu when %zu are left", k.name, block, left);
  }
}
GST_END_TEST

GST_START_TEST(a_nan_stays_one_through_rows_and_their_relu) {
  const Kernels &k = *all_kernels()[std::size_t(__i__)];
  Layer layer = layer_of({1, 4, 4}, 24, 20);
  const std::size_t step = 24 + 3;
  for (std::size_t p = 0; p < 20; ++p) {
    Layer bad = layer;
    bad.in[p * 4 + p % 4] = NAN;
    const std::vector<float> out = run_rows(k, bad, 20, kKinds[1]);
    for (std::size_t i = 0; i < 20 * step; ++i)
      if (i % step < 24)
        REQUIRE(std::isnan(out[i]) == (i / step == p),
                "%s: NaN in pixel %zu, pixel %zu", k.name, p, i / step);
  }
}
GST_END_TEST

GST_START_TEST(a_nan_in_either_of_two_pixels_is_their_larger_one) {
  const Kernels &k = *all_kernels()[std::size_t(__i__)];
  const std::size_t channels = 24, pixels = 20;
  const Layer layer = layer_of({1, 4, 4}, channels, pixels);
  const std::vector<float> bias(channels);
  for (std::size_t p = 0; p < pixels; ++p) {
    Layer bad = layer;
    bad.in[p * 4] = NAN;
    const std::vector<float> out = run_rows(k, bad, pixels, kKinds[2]);
    std::vector<float> products = noise(6 * pixels * channels, 5);
    std::fill_n(products.begin() + long((pixels + p) * channels), channels,
                NAN);  // in the second of six, which is in all four rows
    std::vector<float> rows(4 * pixels / 2 * channels);
    k.winograd_output({products.data(), bias.data(), channels, pixels, 4, true,
                       rows.data(), pixels / 2 * channels});
    for (std::size_t x = 0; x < pixels / 2; ++x)
      for (std::size_t c = 0; c < channels; ++c) {
        REQUIRE(std::isnan(out[x * (channels + 3) + c]) == (x == p / 2),
                "%s: NaN in pixel %zu, pair %zu", k.name, p, x);
        for (std::size_t y = 0; y < 4; ++y)
          REQUIRE(std::isnan(rows[(y * pixels / 2 + x) * channels + c]) ==
                      (x == p / 2),
                  "%s: NaN in product %zu, pair %zu", k.name, p, x);
      }
  }
}
GST_END_TEST

/* ---- Winograd's sums of rows ---- */

GST_START_TEST(winograds_input_is_its_matrix_times_six_rows) {
  static const double kMatrix[6][6] = {
      {4, 0, -5, 0, 1, 0},  {0, -4, -4, 1, 1, 0}, {0, 4, -4, -1, 1, 0},
      {0, -2, -1, 2, 1, 0}, {0, 2, -1, -2, 1, 0}, {0, 4, 0, -5, 0, 1}};
  const Kernels &k = *all_kernels()[std::size_t(__i__)];
  for (std::size_t count = 1; count <= 70; ++count) {
    const std::size_t stride = count + 2, out_stride = count + 5;
    std::vector<float> in = noise(6 * stride, 4);
    in.resize(5 * stride + count);
    std::vector<float> out(6 * out_stride, kUntouched);
    const float *const at_end = fenced(in);
    k.winograd_input({at_end, stride, count, out.data(), out_stride});
    for (std::size_t i = 0; i < out.size(); ++i) {
      const std::size_t row = i / out_stride, at = i % out_stride;
      double want = 0;
      for (std::size_t r = 0; at < count && r < 6; ++r)
        want += kMatrix[row][r] * double(in[r * stride + at]);
      // three or four roundings of values up to 6
      if (at < count)
        REQUIRE_NEAR(i, out[i], want, 4 * 6 * 0x1p-24);
      else
        REQUIRE(out[i] == kUntouched, "%s wrote past %zu", k.name, count);
    }
  }
}
GST_END_TEST

static double winograd_value(const std::vector<float> &in,
                             const std::vector<float> &bias, std::size_t plane,
                             std::size_t row, std::size_t at, std::size_t c) {
  static const double kMatrix[4][6] = {{1, 1, 1, 1, 1, 0},
                                       {0, 1, -1, 2, -2, 0},
                                       {0, 1, 1, 4, 4, 0},
                                       {0, 1, -1, 8, -8, 1}};
  double sum = bias[c];
  for (std::size_t r = 0; r < 6; ++r)
    sum += kMatrix[row][r] * double(in[r * plane + at]);
  return std::max(sum, 0.0);
}

static void assert_winograd_output(const Kernels &k, std::size_t channels,
                                   std::size_t pixels, std::size_t rows,
                                   bool pool) {
  const std::size_t plane = pixels * channels;
  const std::size_t width = pool ? pixels / 2 : pixels;
  const std::size_t stride = width * channels + 3;
  const std::vector<float> in = noise(6 * plane, 5), bias = noise(channels, 6);
  std::vector<float> out(5 * stride, kUntouched);
  const float *const at_end = fenced(in);
  k.winograd_output(
      {at_end, bias.data(), channels, pixels, rows, pool, out.data(), stride});
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::size_t row = i / stride, at = i % stride, c = at % channels;
    if (row >= rows || at >= width * channels) {
      REQUIRE(out[i] == kUntouched, "%s wrote past the rows", k.name);
      continue;
    }
    const std::size_t x = at / channels;
    double want = winograd_value(in, bias, plane, row,
                                 (pool ? 2 * x : x) * channels + c, c);
    if (pool)
      want = std::max(want, winograd_value(in, bias, plane, row,
                                           (2 * x + 1) * channels + c, c));
    // six roundings of values up to 12
    REQUIRE_NEAR(i, out[i], want, 6 * 12 * 0x1p-24);
  }
}

GST_START_TEST(winograds_output_is_its_matrix_times_six_products) {
  const Kernels &k = *all_kernels()[std::size_t(__i__)];
  for (const std::size_t channels : {8, 16, 24, 40})
    for (std::size_t pixels = 1; pixels <= 9; ++pixels)
      for (std::size_t rows = 1; rows <= 4; ++rows) {
        assert_winograd_output(k, channels, pixels, rows, false);
        if (pixels % 2 == 0)
          assert_winograd_output(k, channels, pixels, rows, true);
      }
}
GST_END_TEST

/* ---- exponential ---- */

GST_START_TEST(the_exponential_is_off_by_less_than_3e_7_of_itself) {
  const Kernels &k = *all_kernels()[std::size_t(__i__)];
  std::vector<float> in;
  for (double x = -87; x <= 88; x += 0.00173) in.push_back(float(x));
  in.insert(in.end(), {-87, 88, 0, -0.0f, 1e-30f, -1e-30f, float(M_LN2) / 2});
  std::vector<float> out(in.size());
  for (const float scale : {1.0f, 0.5f, -0.25f}) {  // which do not round
    k.exponential(in.data(), in.size(), scale, out.data());
    for (std::size_t i = 0; i < in.size(); ++i) {
      const double want = std::exp(double(scale) * double(in[i]));
      REQUIRE(std::fabs(out[i] - want) <= 3e-7 * want,
              "%s: exp(%.9g x %g) is %.9g, not %.9g", k.name, double(scale),
              double(in[i]), double(out[i]), want);
    }
  }
}
GST_END_TEST

GST_START_TEST(the_exponential_keeps_to_its_array_and_its_neighbours_apart) {
  const Kernels &k = *all_kernels()[std::size_t(__i__)];
  const std::vector<float> in = noise(70, 7);
  std::vector<float> all(70);
  k.exponential(in.data(), 70, 2, all.data());
  for (std::size_t count = 1; count <= 70; ++count) {
    const float *const at_end = fenced({in.begin(), in.begin() + long(count)});
    std::vector<float> out(count + 20, kUntouched);
    k.exponential(at_end, count, 2, out.data());
    REQUIRE(same_bits(out.data(), all.data(), count), "%s: %zu values", k.name,
            count);
    for (std::size_t i = count; i < out.size(); ++i)
      REQUIRE(out[i] == kUntouched, "%s wrote past %zu", k.name, count);
  }
}
GST_END_TEST

GST_START_TEST(the_exponential_keeps_nan_and_stays_finite_and_normal) {
  const Kernels &k = *all_kernels()[std::size_t(__i__)];
  const float in[] = {NAN, INFINITY, -INFINITY, 1e30f, -1e30f,
                      89,  -88,      1e9f,      -1e9f, 0};
  for (std::size_t shift = 0; shift < 20; ++shift) {  // vectors and the rest
    std::vector<float> x(shift), out(shift + 10);
    x.insert(x.end(), std::begin(in), std::end(in));
    k.exponential(x.data(), x.size(), 1, out.data());
    const float *const y = out.data() + shift;
    fail_unless(std::isnan(y[0]));
    for (const int large : {1, 3, 5, 7})
      fail_unless(std::isfinite(y[large]) && y[large] > 1.6e38f);
    for (const int small : {2, 4, 6, 8})
      fail_unless(y[small] >= FLT_MIN && y[small] < 1.7e-38f);
    fail_unless(y[9] == 1);
  }
}
GST_END_TEST

/* ---- moments ---- */

GST_START_TEST(moments_equal_plain_loops) {
  const Kernels &k = *all_kernels()[std::size_t(__i__)];
  for (std::size_t count = 1; count <= 70; ++count) {
    std::vector<float> in = noise(count, unsigned(count));
    for (float &v : in) v = 3 * v + 1;
    const float *const at_end = fenced(in);
    const Moments got = k.moments(at_end, count);
    double mean = 0, variance = 0;
    for (const float v : in) mean += double(v) / double(count);
    for (const float v : in)
      variance += (double(v) - mean) * (double(v) - mean) / double(count);
    fail_unless(got.finite);
    fail_unless(got.low == *std::min_element(in.begin(), in.end()));
    fail_unless(got.high == *std::max_element(in.begin(), in.end()));
    // sums of up to 70 values below 3, of squares below 9
    ASSERT_NEAR_AT(count, got.mean, mean, 70 * 3 * 0x1p-24);
    ASSERT_NEAR_AT(count, got.variance, variance, 70 * 9 * 0x1p-24);
  }
}
GST_END_TEST

GST_START_TEST(extremes_are_found_wherever_they_are) {
  const Kernels &k = *all_kernels()[std::size_t(__i__)];
  for (std::size_t count = 2; count <= 70; ++count)
    for (std::size_t at = 0; at < count; ++at) {
      std::vector<float> in = noise(count, 8);
      in[at] = 5;
      in[(at + 1) % count] = -5;
      const Moments got = k.moments(in.data(), count);
      REQUIRE(got.low == -5 && got.high == 5, "%s: %zu of %zu", k.name, at,
              count);
    }
}
GST_END_TEST

GST_START_TEST(one_value_that_is_not_finite_is_noticed_wherever_it_is) {
  const Kernels &k = *all_kernels()[std::size_t(__i__)];
  for (std::size_t count = 1; count <= 70; ++count)
    for (std::size_t at = 0; at < count; ++at)
      for (const float bad : {NAN, INFINITY, -INFINITY}) {
        std::vector<float> in = noise(count, 8);
        REQUIRE(k.moments(in.data(), count).finite, "%s: %zu", k.name, count);
        in[at] = bad;
        REQUIRE(!k.moments(in.data(), count).finite, "%s: %g at %zu of %zu",
                k.name, double(bad), at, count);
      }
}
GST_END_TEST

GST_START_TEST(the_best_kernels_are_the_last_that_this_processor_runs) {
  ck_assert_str_eq(best().name, all_kernels().back()->name);
}
GST_END_TEST

static Suite *kernels_suite(void) {
  Suite *s = suite_create("kernels");
  TCase *tc = tcase_create("kernels");
  suite_add_tcase(s, tc);
  const int all = int(all_kernels().size());
  tcase_add_loop_test(tc, rows_equal_the_formula_for_all_block_sizes_and_pixels,
                      0, all);
  tcase_add_loop_test(
      tc, a_rows_output_does_not_depend_on_how_many_are_asked_for, 0, all);
  tcase_add_loop_test(tc, blocks_of_channels_fill_what_is_left, 0, all);
  tcase_add_loop_test(tc, a_nan_stays_one_through_rows_and_their_relu, 0, all);
  tcase_add_loop_test(tc, a_nan_in_either_of_two_pixels_is_their_larger_one, 0,
                      all);
  tcase_add_loop_test(tc, winograds_input_is_its_matrix_times_six_rows, 0, all);
  tcase_add_loop_test(tc, winograds_output_is_its_matrix_times_six_products, 0,
                      all);
  tcase_add_loop_test(tc, the_exponential_is_off_by_less_than_3e_7_of_itself, 0,
                      all);
  tcase_add_loop_test(
      tc, the_exponential_keeps_to_its_array_and_its_neighbours_apart, 0, all);
  tcase_add_loop_test(tc, the_exponential_keeps_nan_and_stays_finite_and_normal,
                      0, all);
  tcase_add_loop_test(tc, moments_equal_plain_loops, 0, all);
  tcase_add_loop_test(tc, extremes_are_found_wherever_they_are, 0, all);
  tcase_add_loop_test(
      tc, one_value_that_is_not_finite_is_noticed_wherever_it_is, 0, all);
  tcase_add_test(tc, the_best_kernels_are_the_last_that_this_processor_runs);
  return s;
}
GST_CHECK_MAIN(kernels)
