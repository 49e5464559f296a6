/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/train/wgan_trainer.h"

#include <algorithm>
#include <filesystem>
#include <functional>

#include "models/train/gan_source.h"
#include "models/train/trainer.h"
#include "sonar/core/error.h"
#include "support/folder.h"
#include "support/testing.h"
#include "support/tiny_data.h"

using namespace sonar;
using namespace sonar::models;
namespace fs = std::filesystem;

static const std::atomic<bool> kNever{false};
static const GanVariant kVariants[] = {GanVariant::kClip, GanVariant::kGp,
                                       GanVariant::kBce};

static GanOptions tiny(GanVariant variant, int epochs = 4) {
  GanOptions o = gan_defaults(variant);
  o.settings.recipe = tiny_recipe();
  o.epochs = epochs;
  o.latent = 4;
  o.stop = false;
  o.data_name = "tiny";
  return o;
}

static Bundle run(const GanOptions &options) {
  return train_gan(tiny_data(), options, {}, {}, kNever);
}

static void assert_same(const Bundle &a, const Bundle &b) {
  fail_unless_equals_int(a.tensors.size(), b.tensors.size());
  for (const auto &[name, tensor] : a.tensors)
    fail_unless(tensor.values == b.tensors.at(name).values, "%s differs",
                name.c_str());
  fail_unless(a.settings.training_json == b.settings.training_json);
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

static void assert_says(const std::string &what, const std::string &words) {
  ck_assert_msg(what.find(words) != what.npos, "%s", what.c_str());
}

/* ---- figures ---- */

GST_START_TEST(the_distance_is_the_difference_of_the_means) {
  // D(x) = x
  const GanEpoch of =
      judge({1, 2, 6}, {-1, 0, 4}, midway({1, 2, 6}, {-1, 0, 4}));
  ASSERT_NEAR_AT(0, of.distance, 3 - 1, 1e-6);
  ASSERT_NEAR_AT(1, of.accuracy_real, 1.0 / 3, 1e-6);       // above 2: the 6
  ASSERT_NEAR_AT(2, of.accuracy_generated, 2.0 / 3, 1e-6);  // not the 4
}
GST_END_TEST

GST_START_TEST(a_constant_critic_sees_no_distance) {
  const GanEpoch of = judge({3, 3}, {3, 3, 3}, midway({3, 3}, {3, 3, 3}));
  fail_unless(of.distance == 0);
  fail_unless(of.accuracy_real + of.accuracy_generated == 1);
}
GST_END_TEST

static std::vector<GanEpoch> distances(const std::function<double(int)> &of,
                                       int epochs) {
  std::vector<GanEpoch> out;
  for (int i = 0; i < epochs; ++i) {
    GanEpoch e{};
    e.distance = float(of(i));
    out.push_back(e);
  }
  return out;
}

GST_START_TEST(a_fallen_and_flat_distance_ends_the_training) {
  const auto ends = [](const std::function<double(int)> &of, int epochs) {
    return gan_has_converged(distances(of, epochs), GanVariant::kGp);
  };
  const auto fallen = [](int i) { return i < 10 ? 5.0 : 1.0; };
  fail_unless(!ends(fallen, 29));
  fail_unless(ends(fallen, 30));
  fail_unless(!ends([](int) { return 5.0; }, 40), "flat, but never fell");
  fail_unless(!ends([](int i) { return 100.0 - i; }, 60), "still falling");
  fail_unless(!ends([](int) { return 0.0; }, 5), "too short");
}
GST_END_TEST

GST_START_TEST(a_discriminator_that_guesses_ends_the_training) {
  std::vector<GanEpoch> history(10);
  for (GanEpoch &e : history) {
    e.accuracy_real = 0.8f;
    e.accuracy_generated = 0.25f;
  }
  fail_unless(gan_has_converged(history, GanVariant::kBce));
  history[3].accuracy_real = 1.8f;  // the mean moves by 0.05
  fail_unless(!gan_has_converged(history, GanVariant::kBce));
  history.resize(9);
  fail_unless(!gan_has_converged(history, GanVariant::kBce));
}
GST_END_TEST

/* ---- training ---- */

GST_START_TEST(the_generator_learns_the_line_of_each_class) {
  GanOptions options = tiny(GanVariant::kGp, 25);
  options.learning_rate = 5e-3;
  options.critic_steps = 2;
  const std::string path = (folder / "gan.safetensors").string();
  write_bundle(path, run(options));
  // The other way round: the file's classes are found by name.
  const auto gan = open_gan(path, tiny_recipe(), {"b", "a"});
  synth::Random random(1, 0);
  for (std::size_t label = 0; label < 2; ++label) {
    std::vector<double> rows(kRows);
    for (int i = 0; i < 20; ++i) {
      const Image tile = gan->draw(label, random);
      for (std::size_t y = 0; y < kRows; ++y)
        for (std::size_t x = 0; x < kColumns; ++x) {
          fail_unless(tile.at(y, x) >= 0 && tile.at(y, x) <= 18);
          rows[y] += tile.at(y, x) / double(20 * kColumns);
        }
    }
    const auto top = std::max_element(rows.begin(), rows.end()) - rows.begin();
    fail_unless_equals_int(top, kLine[1 - label]);
    fail_unless(rows[kLine[1 - label]] > rows[kLine[label]] + 4, "%f and %f",
                rows[kLine[1 - label]], rows[kLine[label]]);
  }
}
GST_END_TEST

GST_START_TEST(the_same_seed_gives_the_same_generator_to_the_bit) {
  GanOptions options = tiny(kVariants[__i__], 2);
  const Bundle a = run(options);
  assert_same(a, run(options));
  options.seed = 1;
  fail_unless(a.tensors.at("gan.out.weight").values !=
              run(options).tensors.at("gan.out.weight").values);
}
GST_END_TEST

GST_START_TEST(a_resumed_training_ends_like_an_uninterrupted_one) {
  GanOptions options = tiny(kVariants[__i__]);
  options.spectral_norm = kVariants[__i__] == GanVariant::kBce;
  const Bundle want = run(options);
  options.checkpoint = (folder / "checkpoint").string();
  std::atomic<bool> stop{false};
  assert_says(error_of(Errc::kResource,
                       [&] {
                         train_gan(
                             tiny_data(), options,
                             [&](const GanReport &r) { stop = r.epoch == 2; },
                             {}, stop);
                       }),
              "interrupted in epoch 3");
  std::vector<std::string> stages;
  int epochs = 0;
  const Bundle got = train_gan(
      tiny_data(), options, [&](const GanReport &) { ++epochs; },
      [&](const std::string &s) { stages.push_back(s); }, kNever);
  ck_assert_str_eq(stages.front().c_str(), "resuming after epoch 2");
  fail_unless_equals_int(epochs, 2);
  assert_same(want, got);
}
GST_END_TEST

GST_START_TEST(a_checkpoint_of_other_options_is_not_used) {
  GanOptions options = tiny(GanVariant::kGp, 1);
  options.checkpoint = (folder / "checkpoint").string();
  run(options);
  options.penalty = 5;
  std::string first;
  train_gan(
      tiny_data(), options, {},
      [&](const std::string &s) { first = first.empty() ? s : first; }, kNever);
  assert_says(first, "afresh");
}
GST_END_TEST

GST_START_TEST(only_clipping_holds_the_critic_within_its_limit) {
  for (const GanVariant variant : kVariants) {
    GanOptions options = tiny(variant, 1);
    options.checkpoint = (folder / nick(variant)).string();
    run(options);
    float largest = 0;
    for (const auto &[name, t] : read_bundle(options.checkpoint).tensors)
      if (name.rfind("critic/", 0) == 0 &&
          name.find("square") == std::string::npos &&
          name.find("mean") == std::string::npos)
        for (const float v : t.values)
          largest = std::max(largest, std::fabs(v));
    fail_unless((largest <= 0.01f) == (variant == GanVariant::kClip), "%s: %f",
                nick(variant), double(largest));
  }
}
GST_END_TEST

GST_START_TEST(the_file_tells_of_its_training) {
  const Bundle gan = run(tiny(GanVariant::kClip, 3));
  const std::string &about = gan.settings.training_json;
  for (const char *part :
       {"\"variant\":\"clip\"", "\"epochs\":3", "\"converged\":false",
        "\"latent\":4", "\"data\":\"tiny\"", "\"groups\":[\"r"})
    assert_says(about, part);
  const Tensor &curves = gan.tensors.at("curves");
  fail_unless((curves.shape == std::vector<std::int64_t>{3, 5}));
}
GST_END_TEST

GST_START_TEST(options_out_of_their_domain_are_refused) {
  const auto refused = [](const std::function<void(GanOptions &)> &spoil,
                          const char *words) {
    GanOptions options = tiny(GanVariant::kGp);
    spoil(options);
    assert_says(error_of(Errc::kBadArgument, [&] { run(options); }), words);
  };
  refused([](GanOptions &o) { o.epochs = 0; }, "epochs is 0");
  refused([](GanOptions &o) { o.batch_size = 1; }, "batch-size is 1");
  refused([](GanOptions &o) { o.latent = 0; }, "latent is 0");
  refused([](GanOptions &o) { o.critic_steps = 0; }, "critic-steps is 0");
  refused([](GanOptions &o) { o.learning_rate = 0; }, "learning rate");
  refused([](GanOptions &o) { o.clip = 0; }, "clipping limit");
  refused([](GanOptions &o) { o.penalty = -1; }, "gradient penalty");
  refused([](GanOptions &o) { o.validation_fraction = 1; }, "fraction");
  refused(
      [](GanOptions &o) { o.settings.recipe.normalizer = Normalizer::kNone; },
      "normalizer");
}
GST_END_TEST

/* ---- use ---- */

GST_START_TEST(a_generator_that_does_not_fit_is_refused) {
  const std::string path = (folder / "gan.safetensors").string();
  Bundle gan = run(tiny(GanVariant::kBce, 1));
  write_bundle(path, gan);
  Recipe other = tiny_recipe();
  other.hop_size = 8;
  assert_says(error_of(Errc::kBadArgument,
                       [&] {
                         open_gan(path, other, {"a", "b"});
                       }),
              "hop-size is 8, the model needs 16");
  assert_says(error_of(Errc::kBadArgument,
                       [&] {
                         open_gan(path, tiny_recipe(), {"a", "c"});
                       }),
              "makes a, b, but not c");
  gan.settings.training_json = "{}";
  write_bundle(path, gan);
  assert_says(error_of(Errc::kBadModel,
                       [&] {
                         open_gan(path, tiny_recipe(), {"a", "b"});
                       }),
              "holds no generator");
}
GST_END_TEST

/* Tiles of one value, and groups of the caller's choice. */
class Flat : public TileSource {
 public:
  Flat(float value, std::set<std::string> groups)
      : value_(value), groups_(std::move(groups)) {}
  Image draw(std::size_t, synth::Random &) const override {
    ++drawn;
    return Image(kRows, kColumns, value_);
  }
  const std::set<std::string> &groups() const override { return groups_; }
  std::string fingerprint() const override { return std::to_string(value_); }

  mutable int drawn = 0;

 private:
  float value_;
  std::set<std::string> groups_;
};

static TrainOptions classifier() {
  TrainOptions o;
  o.settings.recipe = tiny_recipe();
  o.settings.architecture.conv_channels = {2, 2, 3};
  o.settings.architecture.dense = {8, 4};
  o.epochs = 1;
  o.batch_size = 8;
  o.subband_masks = 2;
  return o;
}

GST_START_TEST(generated_tiles_are_drawn_by_their_share) {
  TrainOptions options = classifier();
  options.mix = false;
  options.epochs = 10;  // 32 tiles of training groups: 320 draws
  const auto drawn = [&](double share) {
    const auto source = std::make_shared<Flat>(6.0f, std::set<std::string>{});
    options.augment = source;
    options.augment_share = share;
    train(tiny_data(), options, {}, {}, kNever);
    return source->drawn;
  };
  fail_unless_equals_int(drawn(0), 0);
  fail_unless_equals_int(drawn(1), 320);
  ASSERT_NEAR_AT(0, drawn(0.5), 160, 36);  // sd 8.9: four sigma
}
GST_END_TEST

GST_START_TEST(class_templates_are_those_of_the_recordings) {
  TrainOptions options = classifier();
  const Bundle plain = train(tiny_data(), options, {}, {}, kNever);
  options.augment = std::make_shared<Flat>(18.0f, std::set<std::string>{});
  options.augment_share = 1;
  const Bundle mixed = train(tiny_data(), options, {}, {}, kNever);
  assert_says(mixed.settings.training_json,
              "\"augment\":{\"generator\":\"18.000000\",\"share\":1.0}");
  fail_unless(plain.settings.training_json.find("augment") ==
              std::string::npos);
  fail_unless(plain.tensors.at("class.template").values ==
              mixed.tensors.at("class.template").values);
  fail_unless(plain.tensors.at("net.out.weight").values !=
              mixed.tensors.at("net.out.weight").values);
}
GST_END_TEST

GST_START_TEST(what_a_generator_has_learnt_from_does_not_validate) {
  const std::string path = (folder / "gan.safetensors").string();
  GanOptions gan = tiny(GanVariant::kBce, 1);
  write_bundle(path, run(gan));
  TrainOptions options = classifier();
  const auto with_seed = [&](std::uint64_t seed) {
    options.seed = seed;
    options.augment = open_gan(path, tiny_recipe(), {"a", "b"});
    train(tiny_data(), options, {}, {}, kNever);
  };
  with_seed(gan.seed);  // the same split: nothing is thrown
  assert_says(error_of(Errc::kBadArgument, [&] { with_seed(1); }),
              "which is to validate this training");
}
GST_END_TEST

GST_START_TEST(a_share_above_one_is_refused) {
  TrainOptions options = classifier();
  options.augment = std::make_shared<Flat>(1.0f, std::set<std::string>{});
  options.augment_share = 1.5;
  assert_says(error_of(Errc::kBadArgument,
                       [&] { train(tiny_data(), options, {}, {}, kNever); }),
              "share of generated tiles is 1.5");
}
GST_END_TEST

static Suite *wgan_trainer_suite(void) {
  Suite *s = suite_create("wgan_trainer");
  TCase *figures = tcase_create("figures");
  suite_add_tcase(s, figures);
  tcase_add_test(figures, the_distance_is_the_difference_of_the_means);
  tcase_add_test(figures, a_constant_critic_sees_no_distance);
  tcase_add_test(figures, a_fallen_and_flat_distance_ends_the_training);
  tcase_add_test(figures, a_discriminator_that_guesses_ends_the_training);
  TCase *tc = tcase_create("training");
  suite_add_tcase(s, tc);
  tcase_add_checked_fixture(tc, make_folder, remove_folder);
  tcase_add_test(tc, the_generator_learns_the_line_of_each_class);
  tcase_add_loop_test(tc, the_same_seed_gives_the_same_generator_to_the_bit, 0,
                      3);
  tcase_add_loop_test(tc, a_resumed_training_ends_like_an_uninterrupted_one, 0,
                      3);
  tcase_add_test(tc, a_checkpoint_of_other_options_is_not_used);
  tcase_add_test(tc, only_clipping_holds_the_critic_within_its_limit);
  tcase_add_test(tc, the_file_tells_of_its_training);
  tcase_add_test(tc, options_out_of_their_domain_are_refused);
  TCase *use = tcase_create("use");
  suite_add_tcase(s, use);
  tcase_add_checked_fixture(use, make_folder, remove_folder);
  tcase_add_test(use, a_generator_that_does_not_fit_is_refused);
  tcase_add_test(use, generated_tiles_are_drawn_by_their_share);
  tcase_add_test(use, class_templates_are_those_of_the_recordings);
  tcase_add_test(use, what_a_generator_has_learnt_from_does_not_validate);
  tcase_add_test(use, a_share_above_one_is_refused);
  return s;
}
GST_CHECK_MAIN(wgan_trainer)
