/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>

#include "models/harmonic_network.h"
#include "models/registry.h"
#include "models/train/augment.h"
#include "models/train/harmonic_trainer.h"
#include "models/train/modulation_noise.h"
#include "models/train/spectra.h"
#include "models/train/trainer.h"
#include "models/train/validation.h"
#include "sonar/core/error.h"
#include "sonar/nn/harmonic_features.h"
#include "support/folder.h"
#include "support/ship_spectra.h"
#include "support/testing.h"

using namespace sonar;
using namespace sonar::models;
namespace fs = std::filesystem;

static const std::atomic<bool> kNever{false};

static TrainOptions ship_options() {
  TrainOptions o;
  o.settings.recipe = ship_recipe();
  Architecture &a = o.settings.architecture;
  a.network = Architecture::Network::kHarmonics;
  a.input_channels = 2;
  a.dense = {8, 6};
  a.members = 3;
  o.settings.mask_recipe = MaskRecipe::kSubband;
  o.epochs = 12;
  o.batch_size = 64;
  o.subband_masks = 4;
  o.validation_fraction = 0.3;
  o.data_name = "ships";
  return o;
}

static Dataset ships() {
  write_ships(folder, 8);
  return load_spectra(folder, list_spectra(folder, "class"), ship_recipe());
}

static std::string error_of(Errc code, const std::function<void()> &body) {
  try {
    body();
  } catch (const Error &e) {
    fail_unless(e.code() == code, "%s", e.what());
    return e.what();
  }
  return "nothing was thrown";
}

/* ---- the network -------------------------------------------------------- */

static Settings small_settings() {
  Settings s;
  s.recipe = ship_recipe();
  s.architecture = ship_options().settings.architecture;
  s.architecture.dense = {1, 1};
  s.architecture.members = 2;
  s.labels = {"a", "b"};
  return s;
}

/* Each member passes one feature on: the score of the comb, over 2 less 1. */
static std::map<std::string, Tensor> passing_on(const Settings &s) {
  std::map<std::string, Tensor> out;
  for (const auto &[name, shape] : harmonic_layout(s.architecture, 2)) {
    std::size_t count = 1;
    for (const auto n : shape) count *= std::size_t(n);
    out["net." + name] = {shape, std::vector<float>(count)};
  }
  const std::size_t score = 3 * nn::HarmonicFeatures::kBands + 1,
                    size = nn::HarmonicFeatures::kSize;
  std::fill(out["net.scale"].values.begin(), out["net.scale"].values.end(),
            2.0f);
  out["net.mean"].values[score] = 2;
  for (std::size_t m = 0; m < 2; ++m) {
    out["net.dense1.weight"].values[m * size + score] = 1;
    out["net.dense2.weight"].values[m] = 3;
    out["net.out.weight"].values[2 * m] = m ? 5.0f : 1.0f;
    out["net.out.bias"].values[2 * m + 1] = 0.5f;
  }
  return out;
}

GST_START_TEST(
    logits_are_the_mean_of_the_members_and_the_embedding_all_of_them) {
  const Settings s = small_settings();
  const auto network = make_harmonic_network(s, 2, passing_on(s));
  std::vector<float> input(network->input().size());
  const auto hz = s.recipe.row_centres_hz();
  for (std::size_t y = 0; y < hz.size(); ++y)
    for (int x = 0; x < s.recipe.width; ++x)
      input[y * std::size_t(s.recipe.width) + std::size_t(x)] =
          std::fabs(std::remainder(hz[y], 2.0)) < 0.05 ? 0.5f : 0;
  std::vector<float> f(nn::HarmonicFeatures::kSize);
  nn::HarmonicFeatures(s.recipe).compute(input.data(), f.data());
  const double score = f[3 * nn::HarmonicFeatures::kBands + 1];
  const double hidden = 3 * (score - 2) / 2;
  fail_unless(hidden > 0.5 && (score - 2) / 2 < 4);
  const auto out =
      network->forward(input.data(), 1, nn::Network::Want::kEverything);
  ASSERT_NEAR_AT(0, out.logits[0], hidden * (1 + 5) / 2, 1e-4);
  ASSERT_NEAR_AT(1, out.logits[1], 0.5, 1e-6);
  fail_unless_equals_int(out.embedding.size(), 2);
  ASSERT_NEAR_AT(2, out.embedding[0], hidden, 1e-4);
  ASSERT_NEAR_AT(3, out.embedding[1], hidden, 1e-4);
  fail_unless_equals_int(out.maps.size(), network->maps().size());
}
GST_END_TEST

GST_START_TEST(tensors_that_are_missing_or_of_another_shape_are_named) {
  const Settings s = small_settings();
  auto tensors = passing_on(s);
  const Tensor scale = tensors["net.scale"];
  tensors.erase("net.scale");
  const auto make = [&] { make_harmonic_network(s, 2, tensors); };
  std::string said = error_of(Errc::kBadModel, make);
  fail_unless(said.find("no tensor net.scale") != said.npos, "%s",
              said.c_str());
  tensors["net.scale"] = {{3}, {1, 1, 1}};
  said = error_of(Errc::kBadModel, make);
  fail_unless(
      said.find("net.scale is 3, its architecture needs 65") != said.npos, "%s",
      said.c_str());
  tensors["net.scale"] = scale;
  tensors["net.scale"].values[4] = 0;
  said = error_of(Errc::kBadModel, make);
  fail_unless(said.find("not above 0") != said.npos, "%s", said.c_str());
}
GST_END_TEST

GST_START_TEST(settings_that_the_network_cannot_have_are_refused) {
  const auto refused = [](const std::function<void(Architecture &)> &change) {
    Bundle bundle{small_settings(), passing_on(small_settings())};
    change(bundle.settings.architecture);
    return error_of(Errc::kBadArgument,
                    [&] { write_bundle(folder / "m.safetensors", bundle); });
  };
  for (const int members : {0, 257}) {
    const std::string said =
        refused([&](Architecture &a) { a.members = members; });
    fail_unless(said.find("member networks, needs 1 to 256") != said.npos, "%s",
                said.c_str());
  }
  for (const auto &change : std::vector<std::function<void(Architecture &)>>{
           [](Architecture &a) { a.input_channels = 1; },
           [](Architecture &a) { a.exclusive = false; }}) {
    const std::string said = refused(change);
    fail_unless(said.find("needs 2 input channels") != said.npos, "%s",
                said.c_str());
  }
}
GST_END_TEST

/* ---- noise -------------------------------------------------------------- */

/* Of K transforms the variance is 1 / K; a Hann window correlates the powers
 * of neighbours by (2/3)^2. Standard error of the figures: about 2 % with
 * 40,000 rows. */
GST_START_TEST(
    noise_has_mean_1_and_the_variance_and_correlation_of_transforms) {
  synth::Random random(3, 0);
  for (const int k : {1, 6}) {
    const auto noise = averaged_noise(40000, k, random);
    double mean = 0, square = 0, neighbours = 0;
    const double n = double(noise.size());
    for (std::size_t i = 0; i < noise.size(); ++i) mean += double(noise[i]) / n;
    for (std::size_t i = 0; i + 1 < noise.size(); ++i) {
      square += std::pow(double(noise[i]) - mean, 2) / n;
      neighbours +=
          (double(noise[i]) - mean) * (double(noise[i + 1]) - mean) / n;
    }
    ASSERT_NEAR_AT(k, mean, 1, 0.03);
    ASSERT_NEAR_AT(k, square * k, 1, 0.1);
    ASSERT_NEAR_AT(k, neighbours / square, 4.0 / 9, 0.06);
  }
}
GST_END_TEST

/* ---- training ----------------------------------------------------------- */

GST_START_TEST(ships_of_two_kinds_are_told_apart_on_vessels_never_seen) {
  const Dataset data = ships();
  TrainOptions options = ship_options();
  const Bundle bundle = train(data, options, {}, {}, kNever);
  const auto about = nlohmann::json::parse(bundle.settings.training_json);
  fail_unless(about["validation"]["balanced_accuracy"].get<double>() >= 0.9,
              "%s", about["validation"].dump().c_str());
  fail_unless_equals_int(about["history"]["loss"].size(), 12);
  /* the half of the recordings it is less sure of is not named */
  std::size_t named = 0;
  for (const auto &answer : about["validation"]["answers"])
    named += answer[2].get<double>() >= bundle.settings.min_confidence - 1e-4;
  const std::size_t all = about["validation"]["answers"].size();
  fail_unless(2 * named >= all && 2 * (named - 1) <= all, "%zu of %zu", named,
              all);
  const std::string path = folder / "ships.safetensors";
  write_bundle(path, bundle);
  const auto model = open(path, "cpu");
  const Split split =
      split_by_group(data, options.validation_fraction, options.seed);
  fail_unless(accuracy(score_recordings(*model, data, split.validation)) >=
              0.9);
  fail_unless(bundle.tensors.count("class.gate") == 1);
}
GST_END_TEST

GST_START_TEST(same_seed_same_model_another_seed_another_one) {
  const Dataset data = ships();
  TrainOptions options = ship_options();
  options.epochs = 2;
  const Split split = split_by_group(data, 0.3, 0);
  const auto tensors = [&] {
    return train_harmonics(data, split, options, {}, kNever).tensors;
  };
  const auto first = tensors(), again = tensors();
  options.seed = 1;
  const auto other = tensors();
  for (const auto &[name, tensor] : first)
    fail_unless(tensor.values == again.at(name).values, "%s", name.c_str());
  fail_unless(first.at("net.out.weight").values !=
              other.at("net.out.weight").values);
}
GST_END_TEST

/* Columns of 6 transforms over a smooth spectrum: their variance is 1/6, and
 * the mean of 4 of them has a quarter of that. */
GST_START_TEST(a_stream_of_a_smooth_spectrum_is_as_rough_as_its_transforms) {
  const Recipe r = ship_recipe();
  Dataset data;
  data.tiles.push_back(
      spectrum_tile(std::vector<float>(std::size_t(r.height()), 1).data(), r));
  const Tile seen = as_streamed(data, r, 1).tiles[0];
  fail_unless(seen.valid.begin == 0 && seen.valid.end == 4);
  const Decoded picture = decode(seen, r);
  double mean_of_one = 0, one = 0, all = 0;
  const double n = double(r.height());
  for (std::size_t y = 0; y < std::size_t(r.height()); ++y) {
    double mean = 0;
    for (std::size_t x = 0; x < 4; ++x) {
      const double power =
          std::pow(10, 0.1 * (double(picture.value_db.at(y, x)) +
                              double(picture.background_db.at(y, x))));
      mean += power / 4;
      if (x > 0) continue;
      mean_of_one += power / n;
      one += (power - 1) * (power - 1) / n;
    }
    all += (mean - 1) * (mean - 1) / n;
  }
  ASSERT_NEAR_AT(0, mean_of_one, 1, 0.08);  // standard error 0.02
  ASSERT_NEAR_AT(1, 6 * one, 1, 0.35);      // 0.09
  ASSERT_NEAR_AT(2, 24 * all, 1, 0.35);
}
GST_END_TEST

/* ---- real ships ---------------------------------------------------------- */

static fs::path real_spectra() {
  const char *root = std::getenv("GST_SONAR_SOURCE_ROOT");
  return fs::path(root ? root : ".") / "../shared/data/demon";
}

/* Chance is 25 %; the lower end of what single splits by vessel reach is
 * about 40 %. */
GST_START_TEST(real_ship_types_are_recognised_above_chance) {
  if (!holds_spectra(real_spectra())) {
    std::printf("SKIPPED: no %s/spectra.npy\n", real_spectra().c_str());
    return;
  }
  TrainOptions options = ship_options();
  options.settings.recipe.width = 8;
  options.settings.architecture.dense = {16, 16};
  options.weight_decay = 0.2;
  options.batch_size = 128;
  const Dataset data =
      load_spectra(real_spectra(), list_spectra(real_spectra(), "class"),
                   options.settings.recipe);
  fail_unless_equals_int(data.tiles.size(), 422);
  const Split split = split_by_group(data, 0.3, 0);
  const auto trained = train_harmonics(data, split, options, {}, kNever);
  const auto matrix = confusion_matrix(
      score_recordings(*trained.network, data, options.settings.recipe,
                       split.validation),
      4);
  double balanced = 0;
  for (std::size_t c = 0; c < 4; ++c) {
    double all = 0;
    for (const int n : matrix[c]) all += n;
    balanced += double(matrix[c][c]) / all / 4;
  }
  fail_unless(balanced > 0.35, "%g", balanced);
}
GST_END_TEST

static Suite *harmonics_suite(void) {
  Suite *s = suite_create("harmonics");
  TCase *tc = tcase_create("network");
  suite_add_tcase(s, tc);
  tcase_add_checked_fixture(tc, make_folder, remove_folder);
  tcase_add_test(
      tc, logits_are_the_mean_of_the_members_and_the_embedding_all_of_them);
  tcase_add_test(tc, tensors_that_are_missing_or_of_another_shape_are_named);
  tcase_add_test(tc, settings_that_the_network_cannot_have_are_refused);
  tcase_add_test(
      tc, noise_has_mean_1_and_the_variance_and_correlation_of_transforms);
  tcase_add_test(tc, ships_of_two_kinds_are_told_apart_on_vessels_never_seen);
  tcase_add_test(tc, same_seed_same_model_another_seed_another_one);
  tcase_add_test(tc,
                 a_stream_of_a_smooth_spectrum_is_as_rough_as_its_transforms);
  tcase_add_test(tc, real_ship_types_are_recognised_above_chance);
  return s;
}
GST_CHECK_MAIN(harmonics)
