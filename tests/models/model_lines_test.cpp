/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Classes and masks of a model that knows its classes' lines;
 * model_test.cpp has the other recipes. */
#include <algorithm>
#include <functional>

#include "models/line_tensors.h"
#include "models/model.h"
#include "models/verdict.h"
#include "sonar/core/error.h"
#include "support/testing.h"
#include "support/tiny_lines.h"

using namespace sonar;
using namespace sonar::models;
using namespace sonar::testing;

static const std::size_t kRows = 16, kColumns = 32;
static const ColumnRange kAll{0, kColumns};

static Recipe recipe() {
  Recipe r;
  r.rate_hz = 1024;
  r.fft_size = 32;
  r.hop_size = 16;
  r.axis = FrequencyAxis::kLinear;
  r.min_frequency_hz = 32;
  r.max_frequency_hz = 512;
  r.width = int(kColumns);
  r.evidence_fft_size = kEvidenceFft;
  return r;
}

/* Its probabilities are what it is told, whatever it sees. */
class FixedNetwork : public nn::Network {
 public:
  explicit FixedNetwork(float low) : low_(low) {}
  nn::Shape input() const override { return {1, kRows, kColumns}; }
  std::size_t classes() const override { return 2; }
  nn::Shape maps() const override { return {1, 1, 1}; }
  std::size_t embedding() const override { return 1; }
  Output forward(const float *, std::size_t count, Want) const override {
    Output out;
    out.logits.assign(2 * count, 0);
    out.maps.assign(count, 0);
    out.embedding.assign(count, 0);
    return out;
  }
  std::vector<float> probabilities(const float *) const override {
    return {low_, 1 - low_};
  }
  std::vector<float> map_gradients(const float *, std::size_t count,
                                   std::size_t) const override {
    return std::vector<float>(count);
  }

 private:
  float low_;
};

static Model make_model(float low = 0.5f, bool lines = true) {
  Settings s;
  s.name = "lines";
  s.labels = {"low", "high"};
  s.recipe = recipe();
  s.mask_recipe = MaskRecipe::kLines;
  std::map<std::string, Tensor> tensors;
  if (lines) add_line_tensors(tiny_line_model(), kFineHz, tensors);
  return Model(s, std::make_unique<FixedNetwork>(low), std::move(tensors));
}

static PictureData picture(const std::vector<Vessel> &vessels,
                           unsigned seed = 1, ColumnRange valid = kAll) {
  return {
      Image(kRows, kColumns), {}, valid, fine_picture(vessels, kColumns, seed)};
}

static std::vector<std::size_t> classes_of(const Model &model,
                                           const PictureData &data) {
  return judge(model, {model.classify(data)}).classes;
}

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

/* ---- classes ---- */

GST_START_TEST(a_vessels_lines_name_it_and_not_the_other_class) {
  const Model model = make_model();
  fail_unless(model.has_lines() && !model.exclusive());
  for (const std::size_t label : {0, 1})
    for (unsigned seed = 1; seed <= 10; ++seed) {
      const Classification c = model.classify(picture({{label}}, seed));
      fail_unless_equals_int(c.best, label);
      fail_unless(c.probabilities[label] > 0.99f);
      fail_unless(c.probabilities[1 - label] < 0.1f);
      fail_unless_equals_int(c.hypotheses.size(), 2);
    }
}
GST_END_TEST

GST_START_TEST(noise_is_of_no_class) {
  const Model model = make_model();
  for (unsigned seed = 1; seed <= 20; ++seed) {
    const Classification c = model.classify(picture({}, seed));
    for (const float p : c.probabilities) fail_unless(p < 0.5f, "%g", p);
    fail_unless(judge(model, {c}).rejected);
  }
}
GST_END_TEST

GST_START_TEST(probability_is_the_logistic_of_evidence_over_its_threshold) {
  const Model model = make_model();
  for (const double shift : {0.0, -6.0, -9.0, -12.0}) {
    const Classification c = model.classify(picture({{1, shift}}));
    const double z =
        (c.hypotheses[c.best].evidence - kLineThreshold) / 2;  // its scale
    ASSERT_NEAR_AT(0, c.probabilities[c.best], 1 / (1 + std::exp(-z)), 1e-6);
  }
}
GST_END_TEST

GST_START_TEST(a_quarter_of_the_networks_log_odds_weighs_against_evidence) {
  const PictureData noise = picture({});
  const Classification even = make_model().classify(noise);
  const double lead = even.hypotheses[1].evidence - even.hypotheses[0].evidence;
  for (const double more : {-0.1, 0.1}) {
    const double low = 1 / (1 + std::exp(-4 * (lead + more)));
    const Classification c = make_model(float(low)).classify(noise);
    fail_unless_equals_int(c.best, more > 0 ? 0 : 1);
  }
  // clear lines overrule a network that is sure
  fail_unless_equals_int(make_model(1e-6f).classify(picture({{0}})).best, 0);
}
GST_END_TEST

GST_START_TEST(two_vessels_are_both_named_the_louder_first) {
  const Model model = make_model();
  using Classes = std::vector<std::size_t>;
  for (unsigned seed = 1; seed <= 5; ++seed) {
    fail_unless(classes_of(model, picture({{0, 0}, {1, -2}}, seed)) ==
                Classes({0, 1}));
    fail_unless(classes_of(model, picture({{0, -2}, {1, 0}}, seed)) ==
                Classes({1, 0}));
  }
}
GST_END_TEST

GST_START_TEST(a_vessel_six_db_fainter_is_there_but_not_named) {
  const Model model = make_model();
  for (unsigned seed = 1; seed <= 5; ++seed) {
    const Classification c = model.classify(picture({{0, 0}, {1, -6.5}}, seed));
    fail_unless(c.probabilities[1] > kNamedBeside);
    fail_unless(judge(model, {c}).classes == std::vector<std::size_t>{0});
    fail_unless(classes_beside(model, c).empty());
  }
}
GST_END_TEST

/* Whatever the network says is overruled by nothing then. */
GST_START_TEST(without_line_model_or_fine_spectrum_the_network_decides) {
  const Model plain = make_model(0.25f, false);
  fail_unless(!plain.has_lines() && plain.exclusive());
  PictureData coarse = picture({{0}});
  coarse.fine_db = Image();
  for (const Classification &c :
       {plain.classify(picture({{0}})), make_model(0.25f).classify(coarse)}) {
    fail_unless(c.probabilities == std::vector<float>({0.25f, 0.75f}));
    fail_unless_equals_int(c.best, 1);
    fail_unless(c.hypotheses.empty());
    fail_unless(classes_beside(plain, c).empty());
  }
}
GST_END_TEST

/* ---- several pictures ---- */

static Classification seen(std::vector<float> probabilities,
                           std::vector<double> levels_db) {
  Classification c;
  c.probabilities = std::move(probabilities);
  for (const double level : levels_db) {
    c.hypotheses.emplace_back();
    c.hypotheses.back().level_shift_db = level;
  }
  c.best = std::size_t(
      std::max_element(c.probabilities.begin(), c.probabilities.end()) -
      c.probabilities.begin());
  return c;
}

GST_START_TEST(a_verdict_on_several_pictures_is_their_mean_log_odds) {
  const Model model = make_model();
  // odds 1/9 and 81: their geometric mean is 3
  const Verdict v = judge(model, {seen({0.1f, 0.2f}, {0, 0}),
                                  seen({float(81 / 82.0), 0.2f}, {0, 0})});
  fail_unless(v.classes == std::vector<std::size_t>{0});
  ASSERT_NEAR_AT(0, v.confidence, 0.75, 1e-6);  // of a float's rounding
  fail_unless(!v.rejected);
  fail_unless(
      judge(model, {seen({0.1f, 0.2f}, {0, 0}), seen({0.8f, 0.2f}, {0, 0})})
          .rejected);
}
GST_END_TEST

GST_START_TEST(mean_levels_say_who_is_louder_and_who_is_named_beside) {
  const Model model = make_model();
  using Classes = std::vector<std::size_t>;
  const auto both = [&](double a, double b) {
    return judge(model,
                 {seen({0.99f, 0.95f}, {a, 0}), seen({0.99f, 0.95f}, {b, 0})})
        .classes;
  };
  fail_unless(both(2, 2) == Classes({0, 1}));
  fail_unless(both(2, -6) == Classes({1, 0}));  // -2 dB in the mean
  fail_unless(both(-6, -6) == Classes({1}));    // 6 dB fainter
  fail_unless(both(12, -1) == Classes({0}));    // 5.5 dB louder
  // beside another, one must be surer than first
  fail_unless(judge(model, {seen({0.99f, 0.85f}, {0, 3})}).classes ==
              Classes({0}));
}
GST_END_TEST

GST_START_TEST(the_recording_of_a_class_is_its_class_over_its_pictures) {
  const Model model = make_model();
  std::vector<Classification> pictures;
  for (unsigned seed = 1; seed <= 3; ++seed)
    pictures.push_back(model.classify(picture({{1}}, seed)));
  pictures.push_back(model.classify(picture({}, 4)));  // a fade
  const Verdict v = judge(model, pictures);
  fail_unless(v.classes == std::vector<std::size_t>{1});
  fail_unless(!v.rejected);
}
GST_END_TEST

/* ---- masks ---- */

static MaskResult lines_of(const Model &model, const PictureData &data,
                           std::size_t target,
                           const Classification *already = nullptr) {
  MaskOptions options;
  options.recipe = MaskRecipe::kLines;
  return model.make_mask(data, target, already, options);
}

/* Row of the picture whose centre is nearest to @p hz. */
static std::size_t row_of(double hz) {
  return std::size_t(std::lround(double(kRows) - hz / 32));
}

GST_START_TEST(a_mask_is_above_its_threshold_on_the_lines_alone) {
  const Model model = make_model();
  const MaskResult mask = lines_of(model, picture({{0}, {1}}), 0);
  fail_unless(mask.valid);
  std::vector<bool> near(kRows);
  for (const double bin : kLineBins[0])
    for (std::size_t y = 0; y < kRows; ++y) {
      // within the main lobe of the picture's own window: 2 rows of 32 Hz
      const double row_hz = 32 * double(kRows - y);
      near[y] = near[y] || std::abs(row_hz - bin * kFineHz) < 2 * 32;
    }
  for (std::size_t y = 0; y < kRows; ++y)
    for (std::size_t x = 0; x < kColumns; ++x)
      if (!near[y]) fail_unless(mask.confidence.at(y, x) < 0.01f, "row %zu", y);
  for (const double bin : kLineBins[0])
    for (std::size_t x = 0; x < kColumns; ++x)
      fail_unless(mask.confidence.at(row_of(bin * kFineHz), x) > 0.75f);
}
GST_END_TEST

GST_START_TEST(a_track_tells_where_its_line_is_and_how_loud) {
  const Model model = make_model();
  const double ratio = 1.03;
  const MaskResult mask = lines_of(model, picture({{1, 0, ratio}}), 1);
  fail_unless_equals_int(mask.tracks.size(), 3);
  for (std::size_t j = 0; j < 3; ++j) {
    const TonalTrack &track = mask.tracks[j];
    const double nominal = kLineBins[1][j] * kFineHz;
    ASSERT_NEAR_AT(j, track.nominal_hz, nominal, 1e-3);  // a float's
    fail_unless_equals_int(track.moving, j < 2);
    fail_unless(track.presence > 0.9f);
    fail_unless_equals_int(track.frequency_hz.size(), kColumns);
    fail_unless_equals_int(track.snr_db.size(), kColumns);
    const double true_hz = nominal * (j < 2 ? ratio : 1);
    // 16-fold power in a fine bin, whose window is four times as long
    const double true_db =
        10 * std::log10((std::pow(10, kLineDb / 10) - 1) / 4);
    double mean_hz = 0, mean_db = 0;
    for (std::size_t x = 0; x < kColumns; ++x) {
      // a half-bin grid, noise and smoothing: within one fine bin
      ASSERT_NEAR_AT(x, track.frequency_hz[x], true_hz, kFineHz);
      mean_hz += double(track.frequency_hz[x]) / kColumns;
      mean_db += double(track.snr_db[x]) / kColumns;
    }
    ASSERT_NEAR_AT(j, mean_hz, true_hz, kFineHz / 2);
    // the power between two places of the grid is up to 1 dB low
    ASSERT_NEAR_AT(j, mean_db, true_db, 1.5);
  }
}
GST_END_TEST

GST_START_TEST(the_mask_is_the_same_with_and_without_the_classification) {
  const Model model = make_model();
  const PictureData data = picture({{0, 0, 0.98}, {1, -2}});
  const Classification already = model.classify(data);
  for (const std::size_t target : {0, 1}) {
    const MaskResult a = lines_of(model, data, target);
    const MaskResult b = lines_of(model, data, target, &already);
    fail_unless(a.valid && b.valid);
    for (std::size_t i = 0; i < a.confidence.size(); ++i)
      fail_unless(a.confidence.data()[i] == b.confidence.data()[i]);
    fail_unless_equals_int(a.tracks.size(), b.tracks.size());
    for (std::size_t j = 0; j < a.tracks.size(); ++j) {
      fail_unless(a.tracks[j].frequency_hz == b.tracks[j].frequency_hz);
      fail_unless(a.tracks[j].snr_db == b.tracks[j].snr_db);
      fail_unless(a.tracks[j].presence == b.tracks[j].presence);
    }
  }
}
GST_END_TEST

/* Another picture's, to tell the view from the picture. */
GST_START_TEST(a_mask_follows_lines_in_the_view_that_it_is_given) {
  const Model model = make_model();
  const PictureData slow = picture({{0, 0, 0.98}}),
                    fast = picture({{0, 0, 1.02}});
  const Classification seen = model.classify(fast);
  const MaskResult want = lines_of(model, fast, 0);
  const MaskResult got = lines_of(model, slow, 0, &seen);
  fail_unless(!want.tracks.empty() && got.tracks.size() == want.tracks.size());
  for (std::size_t j = 0; j < got.tracks.size(); ++j)
    fail_unless(got.tracks[j].frequency_hz == want.tracks[j].frequency_hz);
}
GST_END_TEST

GST_START_TEST(columns_without_signal_have_no_mask_and_no_track) {
  const Model model = make_model();
  const ColumnRange valid{5, 29};
  const MaskResult mask = lines_of(model, picture({{0}}, 1, valid), 0);
  fail_unless_equals_int(mask.tracks.size(), 3);
  fail_unless_equals_int(mask.tracks[0].frequency_hz.size(), 24);
  for (std::size_t y = 0; y < kRows; ++y)
    for (const std::size_t x : {4, 29})
      fail_unless(mask.confidence.at(y, x) == 0.0f);
  const std::size_t row = row_of(kLineBins[0][0] * kFineHz);
  for (const std::size_t x : {5, 28})
    fail_unless(mask.confidence.at(row, x) > 0.75f);
}
GST_END_TEST

GST_START_TEST(a_line_that_is_not_there_is_not_followed) {
  const Model model = make_model();
  const MaskResult mask = lines_of(model, picture({{0}}), 1);
  fail_unless(mask.tracks.empty());
  for (std::size_t i = 0; i < mask.confidence.size(); ++i)
    fail_unless(mask.confidence.data()[i] < 0.01f);
}
GST_END_TEST

GST_START_TEST(what_the_recipe_lacks_is_named) {
  std::string what = error_of(Errc::kBadArgument, [] {
    lines_of(make_model(0.5f, false), picture({{0}}), 0);
  });
  fail_unless(what.find("recipe lines needs a line model, which this model "
                        "lacks") != what.npos &&
                  what.find("evidence-fft-size") != what.npos,
              "%s", what.c_str());
  what = error_of(Errc::kBadArgument, [] {
    PictureData coarse = picture({{0}});
    coarse.fine_db = Image();
    lines_of(make_model(), coarse, 0);
  });
  fail_unless(what.find("recipe lines needs the fine spectrum, which this "
                        "picture lacks") != what.npos &&
                  what.find("evidence-fft-size") != what.npos,
              "%s", what.c_str());
}
GST_END_TEST

static Suite *model_lines_suite(void) {
  Suite *s = suite_create("model_lines");
  TCase *classes = tcase_create("classes");
  suite_add_tcase(s, classes);
  tcase_add_test(classes, a_vessels_lines_name_it_and_not_the_other_class);
  tcase_add_test(classes, noise_is_of_no_class);
  tcase_add_test(classes,
                 probability_is_the_logistic_of_evidence_over_its_threshold);
  tcase_add_test(classes,
                 a_quarter_of_the_networks_log_odds_weighs_against_evidence);
  tcase_add_test(classes, two_vessels_are_both_named_the_louder_first);
  tcase_add_test(classes, a_vessel_six_db_fainter_is_there_but_not_named);
  tcase_add_test(classes,
                 without_line_model_or_fine_spectrum_the_network_decides);
  TCase *verdicts = tcase_create("verdicts");
  suite_add_tcase(s, verdicts);
  tcase_add_test(verdicts,
                 a_verdict_on_several_pictures_is_their_mean_log_odds);
  tcase_add_test(verdicts,
                 mean_levels_say_who_is_louder_and_who_is_named_beside);
  tcase_add_test(verdicts,
                 the_recording_of_a_class_is_its_class_over_its_pictures);
  TCase *masks = tcase_create("masks");
  suite_add_tcase(s, masks);
  tcase_add_test(masks, a_mask_is_above_its_threshold_on_the_lines_alone);
  tcase_add_test(masks, a_track_tells_where_its_line_is_and_how_loud);
  tcase_add_test(masks,
                 the_mask_is_the_same_with_and_without_the_classification);
  tcase_add_test(masks, a_mask_follows_lines_in_the_view_that_it_is_given);
  tcase_add_test(masks, columns_without_signal_have_no_mask_and_no_track);
  tcase_add_test(masks, a_line_that_is_not_there_is_not_followed);
  tcase_add_test(masks, what_the_recipe_lacks_is_named);
  return s;
}
GST_CHECK_MAIN(model_lines)
