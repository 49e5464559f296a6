/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/train/cross_validation.h"

#include <set>

#include "models/evaluate/cross_validation_report.h"
#include "sonar/core/error.h"
#include "support/testing.h"
#include "support/tiny_data.h"

using namespace sonar;
using namespace sonar::models;

static const std::atomic<bool> kNever{false};

static TrainOptions tiny() {
  TrainOptions o;
  o.settings.recipe = tiny_recipe();
  Architecture &a = o.settings.architecture;
  a.conv_channels = {2, 2, 3};
  a.dense = {8, 4};
  o.settings.mask_recipe = MaskRecipe::kSubband;
  o.epochs = 5;
  o.batch_size = 8;
  o.learning_rate = 2e-2;
  return o;
}

GST_START_TEST(every_recording_is_answered_once_a_repetition_and_learnt) {
  const Dataset data = tiny_data();
  std::size_t last = 0, total = 0;
  const auto repetitions = cross_validate(
      data, data, tiny(), 3, 2,
      [&](std::size_t done, std::size_t models) {
        fail_unless_equals_int(done, ++last);
        total = models;
      },
      kNever);
  fail_unless_equals_int(total, 6);
  fail_unless_equals_int(last, 6);
  fail_unless_equals_int(repetitions.size(), 2);
  for (const Repetition &one : repetitions) {
    std::multiset<std::size_t> seen;
    for (const auto &fold : one.folds)
      for (const RecordingScore &s : fold) {
        seen.insert(s.recording);
        fail_unless_equals_string(data.recordings[s.recording].label.c_str(),
                                  data.labels[s.label].c_str());
      }
    for (std::size_t r = 0; r < data.recordings.size(); ++r)
      fail_unless_equals_int(seen.count(r), 1);
  }
  fail_unless_equals_int(repetitions[1].seed, repetitions[0].seed + 1);
  // lines 12 dB over the noise
  fail_unless(summarize(data, repetitions).accuracy.mean > 0.95);
}
GST_END_TEST

GST_START_TEST(what_cannot_be_repeated_is_refused) {
  try {
    cross_validate(tiny_data(), tiny_data(), tiny(), 3, 0, {}, kNever);
    ck_abort_msg("nothing was thrown");
  } catch (const Error &e) {
    fail_unless(e.code() == Errc::kBadArgument);
    const std::string what = e.what();
    fail_unless_equals_string(
        what.c_str(), "cannot cross-validate 0 times: needed at least 1");
  }
}
GST_END_TEST

/* Class x: three recordings of group p, one of q; class y: two of q. */
static Dataset five_and_one() {
  Dataset data;
  data.labels = {"x", "y"};
  data.groups = {"p", "q"};
  for (int i = 0; i < 3; ++i) data.recordings.push_back({"a", "x", "p"});
  data.recordings.push_back({"b", "x", "q"});
  for (int i = 0; i < 2; ++i) data.recordings.push_back({"c", "y", "q"});
  return data;
}

static Repetition answers(const std::vector<std::size_t> &said) {
  Repetition out{7, {{}, {}}};
  for (std::size_t i = 0; i < said.size(); ++i)
    out.folds[i < 3 ? 0 : 1].push_back({i, i < 4 ? 0u : 1u, said[i], 0.5});
  return out;
}

GST_START_TEST(the_summary_counts_recordings_classes_groups_and_folds) {
  const Dataset data = five_and_one();
  const CrossValidationSummary s = summarize(
      data, {answers({0, 0, 1, 0, 1, 0}), answers({0, 0, 0, 0, 1, 1})});
  const auto near = [](double got, double want) {
    ASSERT_NEAR_AT(0, got, want, 1e-12);  // a few roundings
  };
  near(s.accuracy.mean, (4.0 / 6 + 1) / 2);
  near(*s.accuracy.deviation, (1 - 4.0 / 6) / std::sqrt(2.0));
  fail_unless(!summarize(data, {answers({0, 0, 1, 0, 1, 0})})
                   .accuracy.deviation.has_value());
  near(s.balanced.mean, ((0.75 + 0.5) / 2 + 1) / 2);
  // p and q of x: 2/3 and 1; q of y: 1/2
  near(s.group_accuracy.mean, ((2.0 / 3 + 1 + 0.5) / 3 + 1) / 2);
  near(s.fold_accuracy.mean, (2.0 / 3 + 2.0 / 3 + 1 + 1) / 4);
  near(s.recall[1].mean, 0.75);
  near(s.recordings[0][1], 0.5);
  near(s.recordings[1][1], 1.5);
  near(s.groups[0][1], 1.0 / 6);
  near(s.groups[1][0], 0.25);
}
GST_END_TEST

GST_START_TEST(json_and_text_tell_the_summary) {
  const Dataset data = five_and_one();
  const std::vector<Repetition> both = {answers({0, 0, 1, 0, 1, 0}),
                                        answers({0, 0, 0, 0, 1, 1})};
  const Json out = cross_validation_json(data, both, true);
  fail_unless_equals_int(out["recordings"].size(), 12);
  fail_unless(out["recordings"][2]["said"] == "y");
  fail_unless(out["recordings"][2]["holds"] == "x");
  fail_unless(out["folds"] == 2);
  ASSERT_NEAR_AT(0, out["recall"]["y"]["mean"].get<double>(), 0.75, 1e-12);
  fail_unless(!cross_validation_json(data, both, false).contains("recordings"));
  const std::string text = cross_validation_text(data, both);
  for (const char *part :
       {"2 folds, 2 repetitions", "accuracy 0.833 +- 0.236, balanced 0.812",
        "with each group counted once 0.861"})
    fail_unless(text.find(part) != text.npos, "no \"%s\" in\n%s", part,
                text.c_str());
}
GST_END_TEST

/* Confidences 0.9 to 0.4; the third and the last are wrong. */
GST_START_TEST(the_summary_says_what_naming_only_the_surest_brings) {
  Repetition one = answers({0, 0, 1, 0, 1, 0});
  double confidence = 0.9;
  for (auto &fold : one.folds)
    for (RecordingScore &score : fold) {
      score.confidence = confidence;
      confidence -= 0.1;
    }
  const CrossValidationSummary s = summarize(five_and_one(), {one});
  const double share[] = {0.25, 0.5, 0.75, 1},
               right[] = {1, 2.0 / 3, 4.0 / 5, 4.0 / 6},
               least[] = {0.8, 0.7, 0.5, 0.4};
  fail_unless_equals_int(s.coverages.size(), 4);
  for (std::size_t i = 0; i < 4; ++i) {
    ASSERT_NEAR_AT(i, s.coverages[i].coverage, share[i], 0);
    ASSERT_NEAR_AT(i, s.coverages[i].accuracy.mean, right[i], 1e-12);
    ASSERT_NEAR_AT(i, s.coverages[i].confidence.mean, least[i], 1e-12);
  }
  /* each alone in its bin: |1 - 0.9|, .2, |0 - 0.7|, .4, .5, |0 - 0.4| */
  ASSERT_NEAR_AT(4, s.calibration_error.mean, 2.3 / 6, 1e-9);
}
GST_END_TEST

static Suite *cross_validation_suite(void) {
  Suite *s = suite_create("cross_validation");
  TCase *tc = tcase_create("cross_validation");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, every_recording_is_answered_once_a_repetition_and_learnt);
  tcase_add_test(tc, what_cannot_be_repeated_is_refused);
  tcase_add_test(tc, the_summary_counts_recordings_classes_groups_and_folds);
  tcase_add_test(tc, the_summary_says_what_naming_only_the_surest_brings);
  tcase_add_test(tc, json_and_text_tell_the_summary);
  return s;
}
GST_CHECK_MAIN(cross_validation)
