/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/pooling.h"

#include <cstring>
#include <limits>
#include <random>

#include "support/testing.h"

using sonar::models::band_means;
using sonar::models::max_pool;
using Pool = at::Tensor (*)(const at::Tensor &);

/* Small whole numbers, so that many are equal, and what is not a number. */
static at::Tensor picture(std::int64_t height, std::int64_t width) {
  at::Tensor out = at::empty({3, 20, height, width});
  std::mt19937 random(1);
  float *values = out.data_ptr<float>();
  for (std::int64_t i = 0; i < out.numel(); ++i) {
    values[i] = float(int(random() % 7) - 3) * 0.3f;
    if (random() % 50 == 0) values[i] = NAN;
    if (random() % 50 == 0) values[i] = -std::numeric_limits<float>::infinity();
  }
  return out;
}

static bool same_bits(const at::Tensor &a, const at::Tensor &b) {
  const at::Tensor x = a.contiguous(), y = b.contiguous();
  return x.sizes() == y.sizes() &&
         std::memcmp(x.data_ptr(), y.data_ptr(),
                     std::size_t(x.numel()) * sizeof(float)) == 0;
}

/** Values and gradients of @p ours are those of @p theirs to the bit. */
static void assert_same(const at::Tensor &x, Pool ours, Pool theirs) {
  fail_unless(same_bits(ours(x), theirs(x)));
  at::Tensor gradients[2];
  for (int i = 0; i < 2; ++i) {
    const at::Tensor leaf = x.clone().set_requires_grad(true);
    const at::Tensor y = (i == 0 ? ours : theirs)(leaf);
    // a gradient that is no constant, and has zeros of both signs
    const at::Tensor given =
        at::arange(y.numel(), at::kFloat).reshape(y.sizes()).remainder(5) - 2;
    y.backward(given * -0.7f);
    gradients[i] = leaf.grad();
  }
  fail_unless(same_bits(gradients[0], gradients[1]));
}

/* Even, odd, of one row or column. */
static const std::int64_t kSizes[][2] = {
    {32, 16}, {16, 17}, {33, 8}, {2, 2}, {3, 3}};

GST_START_TEST(max_pool_is_libtorchs_to_the_bit) {
  const at::Tensor x = picture(kSizes[__i__][0], kSizes[__i__][1]);
  assert_same(
      x, [](const at::Tensor &t) { return max_pool(t, 1); },
      [](const at::Tensor &t) {
        return at::max_pool2d(t, {1, 2});
      });
  assert_same(
      x, [](const at::Tensor &t) { return max_pool(t, 2); },
      [](const at::Tensor &t) {
        return at::max_pool2d(t, {2, 2});
      });
}
GST_END_TEST

GST_START_TEST(band_means_are_libtorchs_to_the_bit) {
  const at::Tensor x = picture(kSizes[__i__][0], kSizes[__i__][1]);
  assert_same(
      x, [](const at::Tensor &t) { return band_means(t, 16); },
      [](const at::Tensor &t) {
        return at::adaptive_avg_pool2d(t, {16, t.size(3)});
      });
}
GST_END_TEST

GST_START_TEST(tensors_laid_out_otherwise_are_pooled_alike) {
  const at::Tensor x = picture(32, 16);
  const at::Tensor turned = x.transpose(2, 3).contiguous().transpose(2, 3);
  fail_unless(same_bits(max_pool(turned, 1), max_pool(x, 1)));
  fail_unless(same_bits(band_means(turned, 16), band_means(x, 16)));
  fail_unless(max_pool(at::ones({1, 1, 2, 2}, at::kDouble), 2).item<double>() ==
              1);
}
GST_END_TEST

static Suite *pooling_suite(void) {
  Suite *s = suite_create("pooling");
  TCase *tc = tcase_create("pooling");
  suite_add_tcase(s, tc);
  tcase_add_loop_test(tc, max_pool_is_libtorchs_to_the_bit, 0,
                      G_N_ELEMENTS(kSizes));
  tcase_add_loop_test(tc, band_means_are_libtorchs_to_the_bit, 0,
                      G_N_ELEMENTS(kSizes));
  tcase_add_test(tc, tensors_laid_out_otherwise_are_pooled_alike);
  return s;
}
GST_CHECK_MAIN(pooling)
