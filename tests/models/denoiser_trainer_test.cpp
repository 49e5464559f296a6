/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/train/denoiser_trainer.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>

#include "models/denoiser.h"
#include "models/synth/random.h"
#include "models/synth/truth_set.h"
#include "models/synth/write.h"
#include "models/train/augment.h"
#include "models/train/denoiser_loss.h"
#include "sonar/core/error.h"
#include "sonar/dsp/level.h"
#include "support/folder.h"
#include "support/testing.h"

using namespace sonar;
using namespace sonar::models;

static const std::atomic<bool> kNever{false};

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

/* ---- losses ---- */

static at::Generator generator(std::uint64_t seed) {
  return at::detail::createCPUGenerator(seed);
}

GST_START_TEST(coloured_noise_has_the_rows_correlation_that_was_asked_for) {
  at::Generator draws = generator(3);
  for (const double wanted : {0.0, 0.2, 0.42, 0.6}) {
    const at::Tensor n = coloured_noise({4, 1, 64, 512}, wanted, draws);
    /* 131,072 draws: deviation 0.003, four of them. */
    ASSERT_NEAR_AT(0, n.square().mean().item<double>(), 1, 0.02);
    ASSERT_NEAR_AT(1, row_correlation(n, 1), wanted, 0.015);
    ASSERT_NEAR_AT(
        2, (n.narrow(3, 0, 511) * n.narrow(3, 1, 511)).mean().item<double>(), 0,
        0.015);
  }
}
GST_END_TEST

GST_START_TEST(the_noise_level_does_not_see_steady_lines) {
  at::Generator draws = generator(4);
  at::Tensor picture = 0.3 * at::empty({64, 256}).normal_(0, 1, draws);
  picture.narrow(0, 10, 6) += 3.0;                     // steady
  picture.narrow(0, 30, 4).narrow(1, 100, 60) += 3.0;  // comes and goes
  /* A median of 16,000: 1 % deviation. */
  ASSERT_NEAR_AT(0, noise_level(picture, 1), 0.3, 0.01);
  ASSERT_NEAR_AT(1, noise_level(picture, 2), 0.3, 0.01);
}
GST_END_TEST

/* A fixed smoothing over rows and columns of what is known to be signal plus
 * Gaussian noise: its true error is there to compare with. */
static at::Tensor smooth(const at::Tensor &y) {
  at::Tensor kernel = at::ones({1, 1, 3, 3});
  kernel[0][0][1][1] = 2.0;
  return at::conv2d(y, kernel / 10, {}, 1, 1);
}

GST_START_TEST(sure_is_the_true_error_without_the_clean_picture) {
  const double correlation = __i__ == 0 ? 0.0 : 0.42, level = 0.5;
  at::Generator draws = generator(5);
  at::Tensor clean = at::zeros({16, 1, 64, 64});
  clean.narrow(2, 20, 2) += 2.0;
  const at::Tensor y =
      clean + level * coloured_noise(clean.sizes(), correlation, draws);
  const double error = (smooth(y) - clean).square().mean().item<double>();
  const at::Tensor levels = at::full({16}, level);
  const auto estimate = [&](double assumed) {
    return sure_loss(smooth, y, at::ones_like(y), levels, assumed, draws)
        .item<double>();
  };
  /* Powers of 65,536 pixels of 0.25: deviation 0.0014 and as much from the
   * probe. */
  ASSERT_NEAR_AT(0, estimate(correlation), error, 0.006);
  fail_unless(error > 0.05);
  /* The wrong colour is a wrong estimate, by more than that. */
  if (correlation > 0) fail_unless(estimate(0) < error - 0.03);
}
GST_END_TEST

/* Of one row all but the counted pixels are noise of another level. */
GST_START_TEST(sure_is_taken_over_the_counted_pixels) {
  at::Generator draws = generator(6);
  at::Tensor y = 0.5 * at::empty({4, 1, 32, 64}).normal_(0, 1, draws);
  at::Tensor counted = at::ones_like(y);
  y.narrow(3, 40, 24) *= 100;
  counted.narrow(3, 40, 24) *= 0;
  const Denoise half = [](const at::Tensor &x) { return x / 2; };
  const double got =
      sure_loss(half, y, counted, at::full({4}, 0.5), 0, draws).item<double>();
  /* (y / 2)^2 - s^2 + 2 s^2 / 2 = y^2 / 4; 5,120 pixels: 2 % and the probe's
   * 2 % of s^2. */
  ASSERT_NEAR_AT(0, got, 0.0625, 0.02);
}
GST_END_TEST

GST_START_TEST(neighbour_loss_compares_columns_a_lag_apart) {
  at::Tensor y = at::zeros({1, 1, 1, 8});
  for (std::int64_t x = 0; x < 8; ++x) y[0][0][0][x] = double(x * x);
  const Denoise same = [](const at::Tensor &x) { return x; };
  /* lag 1: (0,1) (4,9) (16,25) (36,49); lag 2: (0,4) (16,36). */
  const double want[] = {(1 + 25 + 81 + 169) / 4.0, (16 + 400) / 2.0};
  for (const std::int64_t lag : {1, 2})
    for (const bool swapped : {false, true})
      ASSERT_NEAR_AT(lag, neighbour_loss(same, y, lag, swapped).item<double>(),
                     want[lag - 1], 1e-4);
  const Denoise none = [](const at::Tensor &x) { return at::zeros_like(x); };
  ASSERT_NEAR_AT(3, neighbour_loss(none, y, 2, false).item<double>(),
                 (16 + 36 * 36) / 2.0, 1e-3);
  ASSERT_NEAR_AT(4, neighbour_loss(none, y, 2, true).item<double>(),
                 (0 + 16 * 16) / 2.0, 1e-3);
}
GST_END_TEST

/* ---- training ---- */

static const std::size_t kRows = 16, kColumns = 32;

static Recipe tiny_recipe() {
  Recipe r;
  r.rate_hz = 1024;
  r.fft_size = 32;
  r.hop_size = 16;
  r.axis = FrequencyAxis::kLinear;
  r.min_frequency_hz = 32;
  r.max_frequency_hz = 512;
  r.width = int(kColumns);
  return r;
}

/* A steady line of 10 dB on a row of the picture's own, in noise as that of a
 * spectrogram: exponential power. */
struct Tiny {
  Dataset data;
  std::vector<CleanPicture> clean;
};
static Tiny tiny_data() {
  const Recipe recipe = tiny_recipe();
  Tiny out;
  out.data.labels = {"a", "b"};
  out.data.groups = {"g"};
  synth::Random random(1, 1);
  for (std::size_t i = 0; i < 24; ++i) {
    const std::size_t row = 1 + i * 5 % 14;
    Tile tile{{}, Image(kRows, kColumns, -40), {0, kColumns}, i % 2, 0, 0};
    CleanPicture clean{Image(kRows, kColumns, -100),
                       {kRows, kColumns, std::vector<std::uint8_t>(512)},
                       {kRows, kColumns, std::vector<std::uint8_t>(512)}};
    for (std::size_t p = 0; p < kRows * kColumns; ++p) {
      const bool line = p / kColumns == row;
      const double re =
          random.normal() * std::sqrt(0.5) + (line ? std::sqrt(10.0) : 0.0);
      const double im = random.normal() * std::sqrt(0.5);
      tile.pixels.push_back(
          dsp::encode_db(float(10 * std::log10(re * re + im * im + 1e-9)),
                         recipe.floor_db, recipe.range_db));
      if (!line) continue;
      clean.value_db.data()[p] = 10;
      clean.target.values[p] = clean.weak.values[p] = 1;
    }
    out.data.tiles.push_back(std::move(tile));
    out.clean.push_back(std::move(clean));
  }
  return out;
}

static DenoiserOptions tiny_options(MaskRecipe kind) {
  DenoiserOptions o;
  o.kind = kind;
  o.epochs = kind == MaskRecipe::kAutoencoder || kind == MaskRecipe::kDncnnSure
                 ? 25
                 : 12;
  o.batch_size = 2;
  o.learning_rate = 5e-3;
  o.data_name = "tiny";
  return o;
}

static TrainedDenoiser run(const DenoiserOptions &options) {
  const Tiny tiny = tiny_data();
  return train_denoiser(
      tiny.data, tiny_recipe(),
      is_supervised(options.kind) ? tiny.clean : std::vector<CleanPicture>{},
      options, {}, kNever);
}

/* Shares of line and noise pixels from the operating point on. */
static std::pair<double, double> kept(const TrainedDenoiser &trained,
                                      MaskRecipe kind) {
  const auto denoiser = make_denoiser(kind, trained.tensors, "cpu");
  const Tiny tiny = tiny_data();
  double on = 0, off = 0;
  for (std::size_t i = 0; i < tiny.data.tiles.size(); ++i) {
    const Image out = denoiser->denoise(
        decode(tiny.data.tiles[i], tiny_recipe()).value_db, {0, kColumns});
    for (std::size_t p = 0; p < out.size(); ++p)
      if (out.data()[p] >= denoiser->operating_point_db())
        (tiny.clean[i].target.values[p] ? on : off) += 1;
  }
  const double pictures = double(tiny.data.tiles.size());
  return {on / pictures / kColumns,
          off / pictures / double((kRows - 1) * kColumns)};
}

GST_START_TEST(each_kind_keeps_the_lines_and_drops_the_noise) {
  const MaskRecipe kind = denoiser_recipes()[std::size_t(__i__)];
  const TrainedDenoiser trained = run(tiny_options(kind));
  const auto [on, off] = kept(trained, kind);
  /* Without a denoiser 13.5 % of the noise, exp(-2), stands 3 dB over its
   * mean; a training of seconds takes a fifth of it off at least. */
  fail_unless(on > 0.97, "%s keeps %.3f of the line", nick(kind), on);
  fail_unless(off < 0.108, "%s keeps %.3f of the noise", nick(kind), off);
  const auto about = nlohmann::json::parse(trained.about_json);
  fail_unless(about.at("truth").get<bool>() == is_supervised(kind));
  fail_unless(about.contains("training_f1") == is_supervised(kind));
  fail_unless(about.at("data") == "tiny");
}
GST_END_TEST

GST_START_TEST(the_seed_alone_decides_the_denoiser) {
  for (const MaskRecipe kind :
       {MaskRecipe::kDncnnSure, MaskRecipe::kNoise2noise}) {
    DenoiserOptions o = tiny_options(kind);
    o.epochs = 1;
    const TrainedDenoiser a = run(o), b = run(o);
    o.seed = 1;
    const TrainedDenoiser c = run(o);
    const std::string name = denoiser_prefix(kind) + "conv4.weight";
    for (const auto &[tensor, values] : a.tensors)
      fail_unless(values.values == b.tensors.at(tensor).values, "%s differs",
                  tensor.c_str());
    fail_unless(a.about_json == b.about_json);
    fail_unless(a.tensors.at(name).values != c.tensors.at(name).values);
  }
}
GST_END_TEST

GST_START_TEST(an_interruption_ends_the_training) {
  const Tiny tiny = tiny_data();
  const std::atomic<bool> now{true};
  const std::string what = error_of(Errc::kResource, [&] {
    train_denoiser(tiny.data, tiny_recipe(), {},
                   tiny_options(MaskRecipe::kNoise2noise), {}, now);
  });
  fail_unless(what.find("interrupted in epoch 1") != what.npos);
}
GST_END_TEST

GST_START_TEST(a_denoiser_takes_the_place_of_one_of_its_kind) {
  Bundle model;
  model.tensors["denoise.dncnn.old"] = {{1}, {1}};
  model.tensors["denoise.dncnn-sure.other"] = {{1}, {1}};
  model.tensors["net.first"] = {{1}, {1}};
  model.settings.training_json = R"({"data":"sea"})";
  TrainedDenoiser trained;
  trained.tensors["denoise.dncnn.new"] = {{1}, {2}};
  trained.about_json = R"({"epochs":3})";
  add_denoiser(model, MaskRecipe::kDncnn, trained);
  fail_unless_equals_int(model.tensors.size(), 3);
  fail_unless(model.tensors.count("denoise.dncnn.new") == 1);
  fail_unless(model.tensors.count("denoise.dncnn-sure.other") == 1);
  const auto about = nlohmann::json::parse(model.settings.training_json);
  fail_unless(about.at("data") == "sea");
  fail_unless(about.at("denoisers").at("dncnn").at("epochs") == 3);
}
GST_END_TEST

GST_START_TEST(what_cannot_be_trained_is_said_with_its_reason) {
  const Tiny tiny = tiny_data();
  const auto words = [&](DenoiserOptions o, const Recipe &recipe) {
    return error_of(Errc::kBadArgument, [&] {
      train_denoiser(tiny.data, recipe, {}, o, {}, kNever);
    });
  };
  const auto expect = [](const std::string &what, const char *part) {
    fail_unless(what.find(part) != what.npos, "%s", what.c_str());
  };
  expect(words(tiny_options(MaskRecipe::kDncnn), tiny_recipe()),
         "learns from truth: it needs a clean picture for each of the 24");
  expect(words(tiny_options(MaskRecipe::kSubband), tiny_recipe()), "is none");
  Recipe dense = tiny_recipe();
  dense.hop_size = 8;
  expect(words(tiny_options(MaskRecipe::kDncnnSure), dense),
         "hop-size is 8, needed at least half of 32");
  dense.width = 31;
  expect(words(tiny_options(MaskRecipe::kNoise2noise), dense),
         "31 columns are too narrow to be halved, needed at least 32");
  DenoiserOptions o = tiny_options(MaskRecipe::kNoise2noise);
  o.epochs = 0;
  expect(words(o, tiny_recipe()), "epochs is 0, needed at least 1");
}
GST_END_TEST

/* ---- clean pictures ---- */

static Dataset written(double seconds) {
  WriteOptions options;
  options.scene.recipe = synthetic_recipe();
  options.scene.seconds = seconds;
  options.classes = {"cargo", "ferry"};
  write_scenes(folder.string(), options);
  return load_dataset(list_dataset(folder.string()), synthetic_recipe(), {});
}

GST_START_TEST(clean_pictures_show_the_target_where_the_truth_says_it_is) {
  const Recipe recipe = synthetic_recipe();
  const Dataset data = written(24.125);  // 192 columns: a picture and a half
  const auto clean = load_clean_pictures(folder.string(), data, recipe, {});
  fail_unless_equals_int(clean.size(), data.tiles.size());
  fail_unless_equals_int(clean.size(), 4);
  for (std::size_t i = 0; i < clean.size(); ++i) {
    const Tile &tile = data.tiles[i];
    const Image value = decode(tile, recipe).value_db;
    double on = 0, off = 0, targets = 0, others = 0, over = 0;
    for (std::size_t y = 0; y < value.height(); ++y)
      for (std::size_t x = tile.valid.begin; x < tile.valid.end; ++x) {
        const double own = clean[i].value_db.at(y, x);
        if (clean[i].target.at(y, x)) {
          on += own;
          targets += 1;
          /* The target is a part of the whole. */
          over += own > value.at(y, x) + 10;
        } else if (!clean[i].weak.at(y, x)) {
          off += own;
          others += 1;
        }
      }
    fail_unless(targets > 100);
    /* At or above the ambient; weak ones are 8 dB and more below it. */
    fail_unless(on / targets > 0, "%f", on / targets);
    fail_unless(off / others < -12, "%f", off / others);
    /* Interference takes the background up or cancels; rarely by 10 dB. */
    fail_unless(over < 0.05 * targets);
  }
}
GST_END_TEST

GST_START_TEST(clean_pictures_that_are_not_there_are_named) {
  const Dataset data = written(16.125);
  Recipe other = synthetic_recipe();
  other.min_frequency_hz = 100;
  const Dataset cut = load_dataset(list_dataset(folder.string()), other, {});
  std::string what = error_of(Errc::kBadArgument, [&] {
    load_clean_pictures(folder.string(), cut, other, {});
  });
  fail_unless(what.find("128 x 128") != what.npos, "%s", what.c_str());
  std::filesystem::remove(folder / kTruthFile);
  what = error_of(Errc::kNotFound, [&] {
    load_clean_pictures(folder.string(), data, synthetic_recipe(), {});
  });
  fail_unless(what.find("has no truth.safetensors") != what.npos &&
              what.find("sonar-model synth") != what.npos);
}
GST_END_TEST

static Suite *denoiser_trainer_suite(void) {
  Suite *s = suite_create("denoiser trainer");
  TCase *tc = tcase_create("denoiser trainer");
  tcase_add_checked_fixture(tc, make_folder, remove_folder);
  suite_add_tcase(s, tc);
  tcase_add_test(tc,
                 coloured_noise_has_the_rows_correlation_that_was_asked_for);
  tcase_add_test(tc, the_noise_level_does_not_see_steady_lines);
  tcase_add_loop_test(tc, sure_is_the_true_error_without_the_clean_picture, 0,
                      2);
  tcase_add_test(tc, sure_is_taken_over_the_counted_pixels);
  tcase_add_test(tc, neighbour_loss_compares_columns_a_lag_apart);
  tcase_add_loop_test(tc, each_kind_keeps_the_lines_and_drops_the_noise, 0, 4);
  tcase_add_test(tc, the_seed_alone_decides_the_denoiser);
  tcase_add_test(tc, an_interruption_ends_the_training);
  tcase_add_test(tc, a_denoiser_takes_the_place_of_one_of_its_kind);
  tcase_add_test(tc, what_cannot_be_trained_is_said_with_its_reason);
  tcase_add_test(tc, clean_pictures_show_the_target_where_the_truth_says_it_is);
  tcase_add_test(tc, clean_pictures_that_are_not_there_are_named);
  return s;
}
GST_CHECK_MAIN(denoiser_trainer)
