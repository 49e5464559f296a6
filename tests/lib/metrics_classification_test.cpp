/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <functional>

#include "sonar/core/error.h"
#include "sonar/metrics/classification.h"
#include "support/testing.h"

using namespace sonar::metrics;

static const double kRounding = 1e-12;  // sums of a few fractions

static void assert_text(const std::string &got, const std::string &want) {
  ck_assert_msg(got == want, "got %s, want %s", got.c_str(), want.c_str());
}

GST_START_TEST(label_sets_do_not_depend_on_the_order_they_are_written_in) {
  fail_unless(parse_label_set("ferry+cargo") == LabelSet({"cargo", "ferry"}));
  fail_unless(parse_label_set("cargo+cargo") == LabelSet({"cargo"}));
  assert_text(text({"cargo", "ferry"}), "cargo+ferry");
}
GST_END_TEST

GST_START_TEST(none_is_the_empty_label_set) {
  fail_unless(parse_label_set("none").empty());
  assert_text(text({}), "none");
}
GST_END_TEST

/* Three of a, one right and accepted, one right but rejected, one called b;
 * one a+b of which only a was seen; two without a target, one rejected. */
static std::vector<Decision> six() {
  return {{{"a"}, {"a"}, 0.9, false}, {{"a"}, {"a"}, 0.3, true},
          {{"a"}, {"b"}, 0.7, false}, {{"a", "b"}, {"a"}, 0.8, false},
          {{}, {"a"}, 0.2, true},     {{}, {"b"}, 0.6, false}};
}

GST_START_TEST(shares_of_six_recordings_are_those_counted_by_hand) {
  const ClassificationScore s = score(six());
  fail_unless_equals_int(s.known, 4);
  fail_unless_equals_int(s.without_target, 2);
  ASSERT_NEAR_AT(0, s.accuracy.value(), 2.0 / 4, kRounding);
  // {a}: 2 of 3, {a, b}: 0 of 1
  ASSERT_NEAR_AT(1, s.balanced_accuracy.value(), (2.0 / 3 + 0) / 2, kRounding);
  ASSERT_NEAR_AT(2, s.rejected.value(), 1.0 / 4, kRounding);
  ASSERT_NEAR_AT(3, s.accuracy_accepted.value(), 1.0 / 3, kRounding);
  ASSERT_NEAR_AT(4, s.reported_unknown.value(), 1.0 / 2, kRounding);
  ASSERT_NEAR_AT(5, s.reported_right.value(), 2.0 / 6, kRounding);
}
GST_END_TEST

GST_START_TEST(shares_of_nothing_are_absent) {
  const ClassificationScore s = score({});
  fail_if(s.accuracy || s.rejected || s.accuracy_accepted ||
          s.reported_unknown || s.reported_right || s.balanced_accuracy);
  fail_if(calibration({}).expected_error.has_value());
  fail_if(accuracy_at(rejection_curve({}), 1).has_value());
}
GST_END_TEST

GST_START_TEST(
    a_confusion_matrix_has_a_row_for_what_is_and_a_column_for_what_was_said) {
  const Confusion c = confusion(six(), {"a", "b", "c"});
  fail_unless(c.truths ==
              std::vector<std::string>({"a", "a+b", "b", "c", "none"}));
  fail_unless(c.predictions == std::vector<std::string>({"a", "b", "c"}));
  const std::vector<std::vector<std::size_t>> want = {
      {2, 1, 0}, {1, 0, 0}, {0, 0, 0}, {0, 0, 0}, {1, 1, 0}};
  fail_unless(c.counts == want);
  fail_unless(c.rejected == std::vector<std::size_t>({1, 0, 0, 0, 1}));
}
GST_END_TEST

/* Two bins: 0.2 and 0.4 (wrong); 0.5 and 1 (right). Their accuracies 0 and 1,
 * confidences 0.3 and 0.75: one too sure by 0.3, one too modest by 0.25. */
GST_START_TEST(calibration_error_is_the_mean_gap_of_the_bins) {
  const Calibration c = calibration({{{"a"}, {"b"}, 0.2, false},
                                     {{"a"}, {"b"}, 0.4, false},
                                     {{"a"}, {"a"}, 0.5, false},
                                     {{"a"}, {"a"}, 1.0, false},
                                     {{}, {"a"}, 1.0, false}},
                                    2);
  fail_unless_equals_int(c.bins.size(), 2);
  fail_unless_equals_int(c.bins[0].recordings, 2);
  fail_unless_equals_int(c.bins[1].recordings, 2);
  ASSERT_NEAR_AT(0, c.bins[0].accuracy, 0, kRounding);
  ASSERT_NEAR_AT(1, c.bins[1].confidence, 0.75, kRounding);
  ASSERT_NEAR_AT(2, c.expected_error.value(), (0.3 + 0.25) / 2, kRounding);
}
GST_END_TEST

GST_START_TEST(
    a_confidence_that_is_always_the_accuracy_has_no_calibration_error) {
  std::vector<Decision> decisions;
  for (int i = 0; i < 100; ++i)
    decisions.push_back({{"a"}, {i < 75 ? "a" : "b"}, 0.75, false});
  ASSERT_NEAR_AT(0, calibration(decisions).expected_error.value(), 0,
                 kRounding);
}
GST_END_TEST

GST_START_TEST(a_rejection_curve_takes_equal_confidences_together) {
  const auto curve = rejection_curve({{{"a"}, {"b"}, 0.5, false},
                                      {{"a"}, {"a"}, 0.9, false},
                                      {{}, {"a"}, 0.95, false},
                                      {{"a"}, {"a"}, 0.5, false},
                                      {{"a"}, {"b"}, 0.1, false}});
  fail_unless_equals_int(curve.size(), 3);
  const double coverage[] = {0.25, 0.75, 1}, right[] = {1, 2.0 / 3, 0.5};
  for (std::size_t i = 0; i < 3; ++i) {
    ASSERT_NEAR_AT(i, curve[i].coverage, coverage[i], kRounding);
    ASSERT_NEAR_AT(i, curve[i].accuracy, right[i], kRounding);
  }
  ASSERT_NEAR_AT(3, accuracy_at(curve, 0.2).value(), 1, kRounding);
  ASSERT_NEAR_AT(4, accuracy_at(curve, 0.5).value(), 2.0 / 3, kRounding);
  ASSERT_NEAR_AT(5, accuracy_at(curve, 1).value(), 0.5, kRounding);
}
GST_END_TEST

GST_START_TEST(calibration_needs_a_bin) {
  try {
    calibration({}, 0);
    ck_abort_msg("accepted");
  } catch (const sonar::Error &e) {
    fail_unless(e.code() == sonar::Errc::kBadArgument);
    fail_unless(std::string(e.what()).find("at least 1 bin") !=
                std::string::npos);
  }
}
GST_END_TEST

static Suite *metrics_classification_suite(void) {
  Suite *s = suite_create("metrics_classification");
  TCase *c = tcase_create("classification");
  suite_add_tcase(s, c);
  tcase_add_test(c, label_sets_do_not_depend_on_the_order_they_are_written_in);
  tcase_add_test(c, none_is_the_empty_label_set);
  tcase_add_test(c, shares_of_six_recordings_are_those_counted_by_hand);
  tcase_add_test(c, shares_of_nothing_are_absent);
  tcase_add_test(
      c,
      a_confusion_matrix_has_a_row_for_what_is_and_a_column_for_what_was_said);
  tcase_add_test(c, calibration_error_is_the_mean_gap_of_the_bins);
  tcase_add_test(
      c, a_confidence_that_is_always_the_accuracy_has_no_calibration_error);
  tcase_add_test(c, a_rejection_curve_takes_equal_confidences_together);
  tcase_add_test(c, calibration_needs_a_bin);
  return s;
}

GST_CHECK_MAIN(metrics_classification);
