/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/dsp/mirrored.h"

#include <algorithm>

#include "support/testing.h"

using sonar::dsp::Mirrored;

/* 1, 2, 3 ... @p count. */
static std::vector<float> ramp(std::size_t count) {
  std::vector<float> x(count);
  for (std::size_t i = 0; i < count; ++i) x[i] = float(i + 1);
  return x;
}

static std::vector<float> through(Mirrored &m, const std::vector<float> &x,
                                  std::size_t piece = 4096) {
  std::vector<float> out;
  const auto sink = [&out](const float *samples, std::size_t count) {
    out.insert(out.end(), samples, samples + count);
  };
  for (std::size_t i = 0; i < x.size(); i += piece)
    m.push(x.data() + i, std::min(piece, x.size() - i), sink);
  m.drain(sink);
  return out;
}

static std::vector<float> mirrored(std::size_t pad, std::size_t count) {
  Mirrored m(pad);
  return through(m, ramp(count));
}

GST_START_TEST(samples_are_mirrored_at_both_ends_without_the_end_itself) {
  fail_unless(mirrored(3, 6) ==
              std::vector<float>({4, 3, 2, 1, 2, 3, 4, 5, 6, 5, 4, 3}));
  fail_unless(mirrored(2, 3) == std::vector<float>({3, 2, 1, 2, 3, 2, 1}));
  fail_unless(mirrored(0, 3) == std::vector<float>({1, 2, 3}));
}
GST_END_TEST

GST_START_TEST(a_stream_shorter_than_its_margin_is_mirrored_again_and_again) {
  fail_unless(mirrored(4, 1) ==
              std::vector<float>({1, 1, 1, 1, 1, 1, 1, 1, 1}));
  fail_unless(mirrored(4, 2) ==
              std::vector<float>({1, 2, 1, 2, 1, 2, 1, 2, 1, 2}));
  fail_unless(mirrored(5, 3) ==
              std::vector<float>({2, 1, 2, 3, 2, 1, 2, 3, 2, 1, 2, 3, 2}));
  fail_unless(mirrored(4, 0).empty());
}
GST_END_TEST

GST_START_TEST(any_cut_of_the_samples_gives_the_same) {
  for (const std::size_t pad : {0, 1, 7, 40})
    for (const std::size_t count : {1, 5, 39, 40, 41, 42, 200})
      for (const std::size_t piece : {1, 2, 13, 41}) {
        Mirrored m(pad);
        fail_unless(through(m, ramp(count), piece) == mirrored(pad, count),
                    "pad %zu, %zu samples in pieces of %zu", pad, count, piece);
      }
}
GST_END_TEST

GST_START_TEST(nothing_comes_out_before_the_margin_is_known) {
  Mirrored m(3);
  std::size_t got = 0;
  const auto count = [&got](const float *, std::size_t n) { got += n; };
  const auto x = ramp(4);
  for (std::size_t i = 0; i < 3; ++i) {
    m.push(&x[i], 1, count);
    fail_unless_equals_int(got, 0);
  }
  m.push(&x[3], 1, count);
  fail_unless_equals_int(got, 7);  // three before, four samples
}
GST_END_TEST

GST_START_TEST(reset_makes_a_new_stream) {
  Mirrored m(3);
  const auto ignore = [](const float *, std::size_t) {};
  for (const std::size_t abandoned : {2, 50}) {
    m.push(ramp(50).data(), abandoned, ignore);
    m.reset();
    fail_unless(through(m, ramp(6)) == mirrored(3, 6));
    m.reset();
    fail_unless(through(m, {}).empty());
  }
}
GST_END_TEST

static Suite *dsp_mirrored_suite(void) {
  Suite *s = suite_create("dsp_mirrored");
  TCase *tc = tcase_create("all");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, samples_are_mirrored_at_both_ends_without_the_end_itself);
  tcase_add_test(tc,
                 a_stream_shorter_than_its_margin_is_mirrored_again_and_again);
  tcase_add_test(tc, any_cut_of_the_samples_gives_the_same);
  tcase_add_test(tc, nothing_comes_out_before_the_margin_is_known);
  tcase_add_test(tc, reset_makes_a_new_stream);
  return s;
}
GST_CHECK_MAIN(dsp_mirrored)
