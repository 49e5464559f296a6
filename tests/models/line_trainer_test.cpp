/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/train/line_trainer.h"

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>

#include "models/line_tensors.h"
#include "models/train/augment.h"
#include "models/train/trainer.h"
#include "sonar/core/error.h"
#include "support/folder.h"
#include "support/testing.h"
#include "support/tiny_data.h"
#include "support/tiny_lines.h"

using namespace sonar;
using namespace sonar::models;
using namespace sonar::testing;
using nlohmann::json;

static const std::atomic<bool> kNever{false};

static Recipe line_recipe() {
  Recipe r = tiny_recipe();
  r.evidence_fft_size = kEvidenceFft;
  return r;
}

/* The tiny data set, with each class' tones in its fine spectra; a recording's
 * speed is within 2 % of the mean. */
static Dataset line_data() {
  const Recipe recipe = line_recipe();
  Dataset data = tiny_data();
  for (std::size_t i = 0; i < data.tiles.size(); ++i) {
    const double speed = 1 + 0.02 * std::sin(2.4 * double(i / 2));
    const Image fine =
        fine_picture({{i % 2, 0, speed}}, kColumns, unsigned(i + 1));
    for (std::size_t p = 0; p < fine.size(); ++p)
      data.tiles[i].fine_pixels.push_back(
          dsp::encode_db(fine.data()[p], recipe.floor_db, recipe.range_db));
  }
  return data;
}

static TrainOptions tiny() {
  TrainOptions o;
  o.settings.recipe = line_recipe();
  o.settings.mask_recipe = MaskRecipe::kLines;
  o.settings.architecture.conv_channels = {2, 2, 3};
  o.settings.architecture.dense = {8, 4};
  o.epochs = 2;
  o.batch_size = 8;
  o.learning_rate = 2e-2;
  o.subband_masks = 4;
  o.data_name = "tiny";
  return o;
}

static Bundle run(const TrainOptions &options) {
  return train(line_data(), options, {}, {}, kNever);
}

static lines::LineModel lines_of(const Bundle &bundle) {
  const auto model = read_line_tensors(bundle.tensors, 2, kFineHz, kFineBins);
  fail_unless(model.has_value(), "no line model in the bundle");
  return *model;
}

static std::string error_of(Errc code, const std::function<void()> &body) {
  try {
    body();
  } catch (const Error &e) {
    fail_unless(e.code() == code, "wrong kind of error: %s", e.what());
    return e.what();
  }
  ck_abort_msg("nothing was thrown");
  return {};
}

static void assert_same(const Bundle &a, const Bundle &b) {
  fail_unless_equals_int(a.tensors.size(), b.tensors.size());
  for (const auto &[name, tensor] : a.tensors)
    fail_unless(tensor.values == b.tensors.at(name).values, "%s differs",
                name.c_str());
  fail_unless(a.settings.training_json == b.settings.training_json);
}

/* The learnt line nearest to @p bin. */
static const lines::Line &nearest(const lines::ClassLines &of, double bin) {
  fail_unless(!of.lines.empty());
  return *std::min_element(
      of.lines.begin(), of.lines.end(), [&](const auto &a, const auto &b) {
        return std::abs(a.frequency - bin) < std::abs(b.frequency - bin);
      });
}

GST_START_TEST(the_tones_of_each_class_are_its_lines_in_the_bundle) {
  const Bundle bundle = run(tiny());
  const lines::LineModel model = lines_of(bundle);
  for (std::size_t c = 0; c < 2; ++c) {
    for (const double bin : kLineBins[c])
      // half a bin, and what the mean speed of 16 recordings is off
      ASSERT_NEAR_AT(c, nearest(model.classes[c], bin).frequency, bin, 1);
    // and no line where the class has no tone: a main lobe is 2 bins wide
    for (const lines::Line &line : model.classes[c].lines) {
      double off = kFineBins;
      for (const double bin : kLineBins[c])
        off = std::min(off, std::abs(line.frequency - bin));
      fail_unless(off < 2.5, "a line at bin %g", line.frequency);
    }
  }
}
GST_END_TEST

GST_START_TEST(the_model_tells_of_its_lines_and_is_sure_from_one_half_on) {
  TrainOptions options = tiny();
  options.settings.min_confidence = 0.7;
  const Bundle bundle = run(options);
  fail_unless(bundle.settings.min_confidence == 0.5);
  const json about = json::parse(bundle.settings.training_json);
  fail_unless(about.contains("min_confidence_rule"));
  const lines::LineModel model = lines_of(bundle);
  for (std::size_t c = 0; c < 2; ++c) {
    const json &of = about.at("lines").at(c == 0 ? "a" : "b");
    fail_unless_equals_int(of.at("lines").size(),
                           model.classes[c].lines.size());
    for (std::size_t j = 0; j < of.at("lines").size(); ++j) {
      const json &told = of.at("lines")[j];
      const lines::Line &line = model.classes[c].lines[j];
      // the tensors are float
      ASSERT_NEAR_AT(j, told.at("hz").get<double>(), line.frequency * kFineHz,
                     1e-4);
      fail_unless_equals_int(told.at("moving").get<bool>(), line.moving);
      ASSERT_NEAR_AT(j, told.at("presence").get<double>(), line.presence, 1e-6);
    }
    ASSERT_NEAR_AT(c, of.at("evidence_threshold").get<double>(),
                   model.classes[c].threshold, 1e-5);
    ASSERT_NEAR_AT(c, of.at("log_speed_ratio_sd").get<double>(),
                   model.classes[c].ratio_sd, 1e-6);
  }
  // 8 recordings held out, whose lines stand 12 dB over the noise
  fail_unless(about.at("validation").at("accuracy").get<double>() == 1.0);
}
GST_END_TEST

GST_START_TEST(lines_change_nothing_of_the_network_and_the_class_model) {
  Bundle with = run(tiny());
  TrainOptions options = tiny();
  options.settings.recipe.evidence_fft_size = 0;
  options.settings.mask_recipe = MaskRecipe::kSubband;
  const Bundle without = run(options);
  for (auto tensor = with.tensors.begin(); tensor != with.tensors.end();)
    tensor = tensor->first.rfind("lines.", 0) == 0 ? with.tensors.erase(tensor)
                                                   : std::next(tensor);
  fail_unless_equals_int(with.tensors.size(), without.tensors.size());
  for (const auto &[name, tensor] : without.tensors)
    fail_unless(tensor.values == with.tensors.at(name).values, "%s",
                name.c_str());
  fail_unless(without.settings.training_json.find("\"lines\"") ==
              std::string::npos);
}
GST_END_TEST

GST_START_TEST(a_training_interrupted_in_the_lines_goes_on_to_the_same_end) {
  TrainOptions options = tiny();
  const Bundle want = run(options);
  options.checkpoint = (folder / "checkpoint").string();
  std::atomic<bool> stop{false};
  const std::string what = error_of(Errc::kResource, [&] {
    train(
        line_data(), options, {},
        [&](const std::string &s) { stop = s == "lines of every class"; },
        stop);
  });
  fail_unless(what.find("interrupted while learning lines") != what.npos, "%s",
              what.c_str());
  int epochs = 0;
  const Bundle got = train(
      line_data(), options, [&](const EpochReport &) { ++epochs; }, {}, kNever);
  fail_unless_equals_int(epochs, 0);
  assert_same(want, got);
}
GST_END_TEST

GST_START_TEST(the_recipe_lines_without_a_fine_spectrum_is_refused) {
  TrainOptions options = tiny();
  options.settings.recipe.evidence_fft_size = 0;
  const std::string what = error_of(Errc::kBadArgument, [&] { run(options); });
  fail_unless(what.find("cannot train: the mask recipe lines needs an "
                        "evidence-fft-size; set it, or choose another "
                        "recipe") != what.npos,
              "%s", what.c_str());
}
GST_END_TEST

GST_START_TEST(lines_are_learnt_of_the_tiles_that_are_asked_for) {
  Dataset data = line_data();
  std::vector<std::size_t> some;
  for (std::size_t i = 0; i < 24; ++i) some.push_back(i);
  const auto learnt = [&] {
    std::map<std::string, Tensor> tensors;
    add_line_tensors(learn_lines(data, some, line_recipe(), 3, kNever), kFineHz,
                     tensors);
    return tensors;
  };
  const auto want = learnt();
  for (std::size_t i = 24; i < data.tiles.size(); ++i)
    data.tiles[i].fine_pixels.clear();
  const auto got = learnt();
  fail_unless_equals_int(got.size(), want.size());
  for (const auto &[name, tensor] : want)
    fail_unless(tensor.values == got.at(name).values);
}
GST_END_TEST

static Suite *line_trainer_suite(void) {
  Suite *s = suite_create("line_trainer");
  TCase *tc = tcase_create("all");
  suite_add_tcase(s, tc);
  tcase_add_checked_fixture(tc, make_folder, remove_folder);
  tcase_add_test(tc, the_tones_of_each_class_are_its_lines_in_the_bundle);
  tcase_add_test(tc, the_model_tells_of_its_lines_and_is_sure_from_one_half_on);
  tcase_add_test(tc, lines_change_nothing_of_the_network_and_the_class_model);
  tcase_add_test(tc,
                 a_training_interrupted_in_the_lines_goes_on_to_the_same_end);
  tcase_add_test(tc, the_recipe_lines_without_a_fine_spectrum_is_refused);
  tcase_add_test(tc, lines_are_learnt_of_the_tiles_that_are_asked_for);
  return s;
}
GST_CHECK_MAIN(line_trainer)
