/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <sndfile.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <memory>
#include <random>

#include "models/evaluate/evaluate.h"
#include "models/evaluate/manifest.h"
#include "models/evaluate/recording.h"
#include "models/evaluate/report.h"
#include "models/evaluate/separation.h"
#include "models/mixtures/mixture_set.h"
#include "models/parallel.h"
#include "models/synth/write.h"
#include "models/train/validation.h"
#include "sonar/core/error.h"
#include "support/folder.h"
#include "support/testing.h"

using namespace sonar;
using namespace sonar::models;

static const std::size_t kHeight = 16, kWidth = 32;

static Settings small_settings(bool exclusive = true) {
  Settings s;
  s.name = "small";
  s.labels = {"low", "high"};
  Recipe &r = s.recipe;
  r.rate_hz = 1024;
  r.fft_size = 32;
  r.hop_size = 16;
  r.axis = FrequencyAxis::kLinear;
  r.min_frequency_hz = 32;
  r.max_frequency_hz = 512;  // row y is centred at (16 - y) * 32 Hz
  r.width = r.advance = int(kWidth);
  s.architecture.exclusive = exclusive;
  return s;
}

/* Logits are the means of the lower and of the upper half of the picture. */
class HalfNetwork : public nn::Network {
 public:
  explicit HalfNetwork(bool exclusive) : exclusive_(exclusive) {}
  nn::Shape input() const override { return {1, kHeight, kWidth}; }
  std::size_t classes() const override { return 2; }
  nn::Shape maps() const override { return {1, 1, 1}; }
  std::size_t embedding() const override { return 1; }
  Output forward(const float *inputs, std::size_t count, Want) const override {
    Output out;
    const std::size_t half = kHeight / 2 * kWidth;
    for (std::size_t n = 0; n < count; ++n) {
      float sums[2] = {0, 0};
      for (std::size_t i = 0; i < 2 * half; ++i)
        sums[i < half] += inputs[n * 2 * half + i] / 100;
      out.logits.insert(out.logits.end(), sums, sums + 2);
    }
    out.maps.resize(count);
    out.embedding.resize(count);
    return out;
  }
  std::vector<float> probabilities(const float *logits) const override {
    if (!exclusive_)
      return {1 / (1 + std::exp(-logits[0])), 1 / (1 + std::exp(-logits[1]))};
    const float e = std::exp(logits[0] - logits[1]);
    return {e / (1 + e), 1 / (1 + e)};
  }

 private:
  bool exclusive_;
};

/* Gates: class `low` opens the rows 8 to 11, `high` the rows 4 to 8. */
static Model small_model(bool exclusive = true) {
  Tensor gate{{2, 16}, std::vector<float>(32, 0.0f)};
  std::fill(gate.values.begin() + 8, gate.values.begin() + 12, 1.0f);
  std::fill(gate.values.begin() + 16 + 4, gate.values.begin() + 16 + 9, 1.0f);
  return Model(small_settings(exclusive),
               std::make_unique<HalfNetwork>(exclusive),
               {{"class.gate", gate}});
}

/* A tone in noise, @p columns long. */
static std::string write_tone(const std::string &name, double hz,
                              std::size_t columns) {
  const std::size_t count = 16 * (columns - 1) + 32;
  std::vector<float> samples(count);
  std::mt19937 random{unsigned(hz) + unsigned(columns)};
  for (std::size_t i = 0; i < count; ++i)
    samples[i] = 0.1f * float(std::sin(2 * M_PI * hz * double(i) / 1024)) +
                 0.05f * (float(random() >> 8) / float(1 << 24) - 0.5f);
  SF_INFO info{};
  info.samplerate = 1024;
  info.channels = 1;
  info.format = SF_FORMAT_WAV | SF_FORMAT_FLOAT;
  const std::string path = (folder / name).string();
  SNDFILE *file = sf_open(path.c_str(), SFM_WRITE, &info);
  fail_unless(file != nullptr);
  sf_write_float(file, samples.data(), sf_count_t(count));
  sf_close(file);
  return path;
}

static void assert_refused(const std::function<void()> &call,
                           const char *words) {
  try {
    call();
    ck_abort_msg("accepted, wanted: %s", words);
  } catch (const Error &e) {
    ck_assert_msg(std::strstr(e.what(), words), "\"%s\" lacks \"%s\"", e.what(),
                  words);
  }
}

// ---------------------------------------------------------------- recordings

/* 70 columns: two whole pictures and one of 6 columns. */
GST_START_TEST(a_recording_joins_to_the_columns_of_its_spectrum) {
  const AnalysedRecording r =
      analyse_recording(write_tone("a.wav", 160, 70), small_settings().recipe);
  fail_unless_equals_int(r.pictures.size(), 3);
  fail_unless_equals_int(r.columns, 70);
  std::vector<Image> parts;
  for (std::size_t i = 0; i < 3; ++i)
    parts.emplace_back(kHeight, kWidth, float(i));
  const Image joined = r.join(parts);
  fail_unless_equals_int(joined.width(), 70);
  for (std::size_t x = 0; x < 70; ++x)
    fail_unless(joined.at(3, x) == float(x / kWidth));
}
GST_END_TEST

static Dataset tones() {
  const std::vector<Recording> recordings = {
      {write_tone("a.wav", 96, 100), "low", "a"},
      {write_tone("b.wav", 160, 34), "low", "b"},  // 2 columns in the last
      {write_tone("c.wav", 400, 64), "high", "c"},
      {write_tone("d.wav", 352, 20), "high", "c"},
      {write_tone("e.wav", 200, 90), "high", "c"}};
  return load_dataset(recordings, small_settings().recipe, {});
}

/* score_recordings() averages logits themselves; the other way round through
 * float probabilities costs their last bits. */
GST_START_TEST(recordings_are_judged_as_in_training) {
  for (const bool exclusive : {true, false}) {
    const Dataset data = tones();
    const Model model = small_model(exclusive);
    std::vector<std::size_t> tiles(data.tiles.size());
    for (std::size_t i = 0; i < tiles.size(); ++i) tiles[i] = i;
    const auto want =
        score_recordings(model.network(), data, model.settings().recipe, tiles);
    const auto got = classify_recordings(model, data.recordings, 1, {});
    fail_unless_equals_int(got.size(), want.size());
    for (std::size_t i = 0; i < got.size(); ++i) {
      const std::string label = model.settings().labels[want[i].predicted];
      fail_unless(got[i].decision.predicted == metrics::LabelSet{label});
      ASSERT_NEAR_AT(i, got[i].decision.confidence, want[i].confidence, 1e-5);
    }
  }
}
GST_END_TEST

GST_START_TEST(an_answer_below_the_models_limit_is_rejected) {
  Classification one;
  one.probabilities = {0.6f, 0.4f};
  for (const double limit : {0.59, 0.61}) {
    Settings settings = small_settings();
    settings.min_confidence = limit;
    const Model model(settings, std::make_unique<HalfNetwork>(true), {});
    fail_unless(judge(model, {one, one}).rejected == (limit > 0.6));
  }
}
GST_END_TEST

GST_START_TEST(a_mask_of_two_classes_is_the_larger_of_both) {
  const Model model = small_model();
  const AnalysedRecording r =
      analyse_recording(write_tone("a.wav", 256, 50), model.settings().recipe);
  const auto seen = classify_pictures(model, r);
  const Image low = recording_confidence(model, r, seen, {0}, {}, false),
              high = recording_confidence(model, r, seen, {1}, {}, false),
              both = recording_confidence(model, r, seen, {0, 1}, {}, false),
              none = recording_confidence(model, r, seen, {}, {}, false);
  fail_unless(low.same_shape(both) && none.same_shape(both));
  bool low_counts = false, high_counts = false;
  for (std::size_t i = 0; i < both.size(); ++i) {
    fail_unless(both.data()[i] == std::max(low.data()[i], high.data()[i]));
    fail_unless(none.data()[i] == 0);
    low_counts |= low.data()[i] > high.data()[i];
    high_counts |= high.data()[i] > low.data()[i];
  }
  fail_unless(low_counts && high_counts);
}
GST_END_TEST

// ---------------------------------------------------------------- manifests

GST_START_TEST(a_group_counts_once_however_many_recordings_it_has) {
  const auto recording = [](const char *group, const char *said) {
    return ClassifiedRecording{"", group, {{"a"}, {said}, 1, false}};
  };
  const auto groups = score_groups(
      {recording("one", "b"), recording("two", "a"), recording("two", "a"),
       recording("two", "b"), recording("two", "a")});
  fail_unless_equals_int(groups.size(), 2);
  fail_unless(groups[0].group == "one" && groups[1].score.known == 4);
  ASSERT_NEAR_AT(0, group_accuracy(groups).value(), (0 + 0.75) / 2, 1e-12);
  fail_if(group_accuracy({}).has_value());
}
GST_END_TEST

GST_START_TEST(a_label_that_the_model_lacks_is_refused_with_ways_out) {
  const Model model = small_model();
  const Recording whale{"whale.wav", "whale", "x"};
  assert_refused([&] { classify_recordings(model, {whale}, 1, {}); },
                 "no class \"whale\"");
  assert_refused([&] { classify_recordings(model, {whale}, 1, {}); },
                 "--merge old=none");
}
GST_END_TEST

// ---------------------------------------------------------------- truth sets

static WriteOptions two_scenes() {
  WriteOptions options;
  options.scene.recipe = synthetic_recipe();
  options.scene.seconds = 1;
  options.classes = {"ferry", "cargo"};
  return options;
}

GST_START_TEST(a_truth_set_is_listed_by_name) {
  write_scenes(folder.string(), two_scenes());
  const auto set = list_truth_set(folder.string());
  fail_unless_equals_int(set.size(), 2);
  fail_unless(set[0].name == "cargo_000" && set[1].name == "ferry_000");
  fail_unless(set[1].labels == metrics::LabelSet{"ferry"});
}
GST_END_TEST

GST_START_TEST(a_truth_set_that_lists_other_recordings_is_refused) {
  write_scenes(folder.string(), two_scenes());
  std::ofstream(folder / "labels.csv")
      << "path,class,group\naudio/ferry_000.wav,ferry,ferry_000\n";
  assert_refused([] { list_truth_set(folder.string()); },
                 "differ from \"cargo_000\" on");
}
GST_END_TEST

GST_START_TEST(truth_on_another_grid_is_refused) {
  write_scenes(folder.string(), two_scenes());
  EvaluateOptions options;
  options.methods = {find_method("subband")};
  options.thresholds = {0.75};
  assert_refused([&] { evaluate(small_model(), folder.string(), options, {}); },
                 "no class \"cargo\"");
  options.renamed = {{"cargo", "low"}, {"ferry", "high"}};
  assert_refused(
      [&] { evaluate(small_model(), folder.string(), options, {}); },
      "is 128 x 7 (frequency x time), the model's picture of the recording 16 "
      "x");
  options.thresholds = {1.5};
  assert_refused([&] { evaluate(small_model(), folder.string(), options, {}); },
                 "threshold is 1.5");
  options.thresholds = {};
  assert_refused([&] { evaluate(small_model(), folder.string(), options, {}); },
                 "nothing to evaluate");
}
GST_END_TEST

// ---------------------------------------------------------------- separation

/* A tone of 256 Hz, row 8, in noise of its power. */
static AnalysedRecording noisy_tone(std::vector<float> *target) {
  AnalysedRecording r =
      analyse_recording(write_tone("a.wav", 256, 128), small_settings().recipe);
  for (std::size_t i = 0; i < r.samples.size(); ++i)
    target->push_back(0.1f *
                      float(std::sin(2 * M_PI * 256 * double(i) / 1024)));
  return r;
}

static mask::Binary rows(std::size_t begin, std::size_t end) {
  mask::Binary m{kHeight, 128, std::vector<std::uint8_t>(kHeight * 128)};
  std::fill(m.values.begin() + std::ptrdiff_t(begin * 128),
            m.values.begin() + std::ptrdiff_t(end * 128), 1);
  return m;
}

GST_START_TEST(a_mask_gains_what_it_takes_of_the_rest) {
  std::vector<float> target;
  const AnalysedRecording r = noisy_tone(&target);
  const Separation s(r, target, small_settings().recipe);
  // keeping all is no gain, up to rounding
  ASSERT_NEAR_AT(0, s.gain_db(rows(0, kHeight)).value(), 0, 1e-4);
  // a Hann line is 3 rows wide: 3 of 16 rows of the noise are left
  const double near = s.gain_db(rows(7, 10)).value();
  fail_unless(near > 5);
  fail_unless(s.gain_db(rows(4, 13)).value() < near);
  fail_unless(s.gain_db(rows(0, 4)).value() < -10);  // without the tone
  fail_if(s.gain_db(rows(0, 0)).has_value());
}
GST_END_TEST

/* What is left of the noise at a gain g outside of the tone's rows falls from
 * its full power to a part of it: the gain rises to that of the hard mask. */
GST_START_TEST(a_soft_gain_lies_between_everything_and_the_mask) {
  std::vector<float> target;
  const AnalysedRecording r = noisy_tone(&target);
  const Separation s(r, target, small_settings().recipe);
  const auto gain = [&](float outside, float inside) {
    Image g(kHeight, 128, outside);
    std::fill(g.row(7), g.row(10), inside);
    return s.gain_db(g).value();
  };
  const double hard = s.gain_db(rows(7, 10)).value();
  ASSERT_NEAR_AT(0, gain(0, 1), hard, 1e-9);
  ASSERT_NEAR_AT(1, gain(0.5f, 0.5f), 0, 1e-4);  // the scale does not count
  ASSERT_NEAR_AT(2, gain(0.25f, 1), gain(0.125f, 0.5f), 1e-4);
  fail_unless(gain(0.5f, 1) > 1 && gain(0.25f, 1) > gain(0.5f, 1) &&
              hard > gain(0.25f, 1));
}
GST_END_TEST

/* Both classes mixed, each with the other as interferer; the network answers
 * with the louder half of the picture. */
GST_START_TEST(masks_of_the_class_given_are_those_of_the_right_answers) {
  const std::string set = (folder / "set").string();
  MixtureSetOptions mixtures;
  mixtures.recipe = small_settings().recipe;
  mixtures.snr_db = {-12, 12};
  mixtures.per_class = 2;
  write_mixtures(set,
                 {{write_tone("a.wav", 192, 64), "low", "a"},
                  {write_tone("b.wav", 352, 64), "high", "b"}},
                 mixtures);
  EvaluateOptions options;
  options.methods = {find_method("subband")};
  options.thresholds = {0.75};
  options.class_given = true;
  const Model model = small_model();
  const Evaluation e = evaluate(model, set, options, {});
  int right = 0;
  for (const RecordingResult &r : e.recordings) {
    const MaskOutcome &o = r.outcomes[0][0];
    const bool loud = r.name.find("+12") != r.name.npos;
    fail_unless((r.decision.predicted == r.decision.truth) == loud);
    fail_unless(o.class_given_gain_db && r.soft[0].class_given_db);
    right += loud;
    if (loud) {
      fail_unless(o.class_given_gain_db == o.si_sdr_gain_db);
      fail_unless(r.soft[0].class_given_db == r.soft[0].best_db);
    } else {  // the wrong tone is kept instead of the right one
      fail_unless(*o.class_given_gain_db > 3 && *o.si_sdr_gain_db < -3);
      fail_unless(*r.soft[0].class_given_db > *r.soft[0].best_db + 3);
    }
  }
  fail_unless_equals_int(right, 4);
  const std::string text = report_text(model, e);
  fail_unless(text.find("as a soft gain: SI-SDR gain") != text.npos);
  const Json json = report_json(model, e, false);
  const Json &method = json.at("methods").at(0);
  fail_unless(method.contains("class_given_soft_si_sdr_gain_db"));
  fail_unless(method.at("thresholds")
                  .at(0)
                  .at("class_given")
                  .contains("si_sdr_gain_db"));
}
GST_END_TEST

GST_START_TEST(the_scale_of_the_target_does_not_change_a_gain) {
  std::vector<float> target;
  const AnalysedRecording r = noisy_tone(&target);
  const Recipe recipe = small_settings().recipe;
  const double before =
      Separation(r, target, recipe).gain_db(rows(7, 10)).value();
  for (float &v : target) v *= 0.5f;
  ASSERT_NEAR_AT(0, Separation(r, target, recipe).gain_db(rows(7, 10)).value(),
                 before, 1e-9);
}
GST_END_TEST

GST_START_TEST(a_target_of_another_length_is_refused) {
  std::vector<float> target;
  const AnalysedRecording r = noisy_tone(&target);
  target.pop_back();
  assert_refused([&] { Separation(r, target, small_settings().recipe); },
                 "the target alone has 2063 samples, its recording 2064");
}
GST_END_TEST

// ---------------------------------------------------------------- threads

GST_START_TEST(every_index_is_worked_on_once_by_any_number_of_threads) {
  for (const std::size_t threads : {0, 1, 3, 50}) {
    std::vector<std::atomic<int>> times(20);
    std::size_t told = 0;
    for_each_in_parallel(
        times.size(), threads,
        [&](std::size_t done, std::size_t) {
          fail_unless_equals_int(done, ++told);
        },
        [&] { return [&](std::size_t i) { ++times[i]; }; });
    for (const auto &n : times) fail_unless_equals_int(n, 1);
    fail_unless_equals_int(told, 20);
  }
}
GST_END_TEST

GST_START_TEST(the_first_failure_of_a_thread_ends_the_run) {
  for (const std::size_t threads : {1, 3}) {
    std::atomic<int> worked{0};
    assert_refused(
        [&] {
          for_each_in_parallel(1000000, threads, {}, [&] {
            return [&](std::size_t i) {
              ++worked;
              if (i == 7) throw Error(Errc::kNumeric, "seven");
            };
          });
        },
        "seven");
    fail_unless(worked < 1000000);
  }
}
GST_END_TEST

GST_START_TEST(sets_of_classes_share_a_column_of_the_text) {
  const std::vector<metrics::Decision> decisions = {
      {{"a"}, {"a"}, 0.9, false},
      {{"a"}, {"a", "b"}, 0.9, false},
      {{"a"}, {"a", "c"}, 0.9, false},
      {{"b"}, {"b"}, 0.9, false}};
  const std::string text = classification_text(decisions, {"a", "b", "c"});
  fail_unless(text.find("true        a        b        c  several rejected") !=
                  text.npos,
              "%s", text.c_str());
  fail_unless(text.find("a           1        0        0        2        0") !=
                  text.npos,
              "%s", text.c_str());
}
GST_END_TEST

static Suite *evaluate_suite(void) {
  Suite *s = suite_create("evaluate");
  TCase *c = tcase_create("evaluate");
  tcase_add_checked_fixture(c, make_folder, remove_folder);
  suite_add_tcase(s, c);
  tcase_add_test(c, a_recording_joins_to_the_columns_of_its_spectrum);
  tcase_add_test(c, recordings_are_judged_as_in_training);
  tcase_add_test(c, an_answer_below_the_models_limit_is_rejected);
  tcase_add_test(c, a_mask_of_two_classes_is_the_larger_of_both);
  tcase_add_test(c, a_group_counts_once_however_many_recordings_it_has);
  tcase_add_test(c, a_label_that_the_model_lacks_is_refused_with_ways_out);
  tcase_add_test(c, sets_of_classes_share_a_column_of_the_text);
  tcase_add_test(c, a_truth_set_is_listed_by_name);
  tcase_add_test(c, a_truth_set_that_lists_other_recordings_is_refused);
  tcase_add_test(c, truth_on_another_grid_is_refused);
  tcase_add_test(c, a_mask_gains_what_it_takes_of_the_rest);
  tcase_add_test(c, a_soft_gain_lies_between_everything_and_the_mask);
  tcase_add_test(c, masks_of_the_class_given_are_those_of_the_right_answers);
  tcase_add_test(c, the_scale_of_the_target_does_not_change_a_gain);
  tcase_add_test(c, a_target_of_another_length_is_refused);
  tcase_add_test(c, every_index_is_worked_on_once_by_any_number_of_threads);
  tcase_add_test(c, the_first_failure_of_a_thread_ends_the_run);
  return s;
}

GST_CHECK_MAIN(evaluate);
