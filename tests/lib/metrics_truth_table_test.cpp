/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/core/error.h"
#include "sonar/metrics/truth_table.h"
#include "support/testing.h"

using namespace sonar::metrics;
using sonar::mask::Binary;

static const double kRounding = 1e-15;  // means of small fractions of two

static Binary row(std::vector<std::uint8_t> values) {
  const std::size_t width = values.size();
  return {1, width, std::move(values)};
}

GST_START_TEST(a_mean_counts_only_recordings_that_have_the_figure) {
  TruthScore with, without;
  with.removed = 1;
  with.intersecting = 3;
  with.f1 = 0.5;
  with.overwritten_6db = 0.25;
  without.removed = 0.5;
  without.kept = 0.5;
  const MeanTruthScore m = mean({with, without});
  fail_unless_equals_int(m.recordings, 2);
  ASSERT_NEAR_AT(0, m.removed.value(), 0.75, kRounding);
  ASSERT_NEAR_AT(1, m.kept.value(), 0.25, kRounding);
  ASSERT_NEAR_AT(2, m.intersecting.value(), 1.5, kRounding);
  ASSERT_NEAR_AT(3, m.f1.value(), 0.5, kRounding);
  ASSERT_NEAR_AT(4, m.overwritten_6db.value(), 0.25, kRounding);
  fail_if(m.iou.has_value() || m.overwritten_0db.has_value());
}
GST_END_TEST

GST_START_TEST(a_mean_of_no_recording_has_no_figure) {
  const MeanTruthScore m = mean({});
  fail_unless_equals_int(m.recordings, 0);
  fail_if(m.removed.has_value() || m.f1.has_value());
}
GST_END_TEST

/* SNR 0, 1, 2, 7, 8, 10, 11, 40 dB and one pixel of 40 dB that is no target;
 * lost: 1, 8 and 40 dB. */
GST_START_TEST(a_target_pixel_counts_in_the_band_of_its_level_alone) {
  Truth t{row({1, 1, 1, 1, 1, 1, 1, 1, 0}),
          row({1, 1, 1, 1, 1, 1, 1, 1, 1}),
          row({0, 0, 0, 0, 0, 0, 0, 0, 0}),
          {0, 1, 2, 7, 8, 10, 11, 40, 40}};
  std::vector<SnrBand> bands = snr_bands();
  count_overwritten(row({1, 0, 1, 1, 0, 1, 1, 0, 0}), t, bands);
  const std::size_t pixels[] = {2, 1, 0, 1, 2, 2}, lost[] = {1, 0, 0, 0, 1, 1};
  fail_unless_equals_int(bands.size(), 6);
  for (std::size_t i = 0; i < bands.size(); ++i) {
    fail_unless_equals_int(bands[i].pixels, pixels[i]);
    fail_unless_equals_int(bands[i].overwritten, lost[i]);
  }
}
GST_END_TEST

GST_START_TEST(bands_refuse_a_mask_of_another_shape) {
  const Truth t{row({1, 1}), row({1, 1}), row({0, 0}), {0, 0}};
  std::vector<SnrBand> bands = snr_bands();
  try {
    count_overwritten(row({1}), t, bands);
    ck_abort_msg("accepted");
  } catch (const sonar::Error &e) {
    fail_unless(std::string(e.what()).find("got mask 1 x 1") !=
                std::string::npos);
  }
}
GST_END_TEST

static Suite *metrics_truth_table_suite(void) {
  Suite *s = suite_create("metrics_truth_table");
  TCase *c = tcase_create("table");
  suite_add_tcase(s, c);
  tcase_add_test(c, a_mean_counts_only_recordings_that_have_the_figure);
  tcase_add_test(c, a_mean_of_no_recording_has_no_figure);
  tcase_add_test(c, a_target_pixel_counts_in_the_band_of_its_level_alone);
  tcase_add_test(c, bands_refuse_a_mask_of_another_shape);
  return s;
}

GST_CHECK_MAIN(metrics_truth_table);
