/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/train/trainer.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <random>

#include "models/train/augment.h"
#include "models/train/validation.h"
#include "sonar/core/error.h"
#include "sonar/dsp/level.h"
#include "support/folder.h"
#include "support/testing.h"
#include "support/tiny_data.h"

using namespace sonar;
using namespace sonar::models;
namespace fs = std::filesystem;
using nlohmann::json;

static TrainOptions tiny(bool exclusive = true) {
  TrainOptions o;
  o.settings.recipe = tiny_recipe();
  Architecture &a = o.settings.architecture;
  a.conv_channels = {2, 2, 3};
  a.dense = {8, 4};
  a.exclusive = exclusive;
  if (!exclusive) {
    a.input_channels = 2;
    a.head = Architecture::Head::kBands;
    a.statistics = true;
    o.equalizer = true;
  }
  o.epochs = 6;
  o.batch_size = 8;
  o.learning_rate = 2e-2;
  o.subband_masks = 4;
  o.data_name = "tiny";
  return o;
}

static const std::atomic<bool> kNever{false};

static Bundle run(const TrainOptions &options) {
  return train(tiny_data(), options, {}, {}, kNever);
}

static void assert_same(const Bundle &a, const Bundle &b) {
  fail_unless_equals_int(a.tensors.size(), b.tensors.size());
  for (const auto &[name, tensor] : a.tensors)
    fail_unless(tensor.values == b.tensors.at(name).values, "%s differs",
                name.c_str());
  fail_unless(a.settings.training_json == b.settings.training_json);
  fail_unless(a.settings.min_confidence == b.settings.min_confidence);
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

GST_START_TEST(two_lines_are_learnt_and_found_again_in_the_class_model) {
  const bool exclusive = __i__ == 0;
  std::vector<EpochReport> reports;
  std::vector<std::string> stages;
  TrainOptions options = tiny(exclusive);
  options.epochs = exclusive ? 6 : 25;  // two labels at once are harder
  const Bundle model = train(
      tiny_data(), options, [&](const EpochReport &r) { reports.push_back(r); },
      [&](const std::string &s) { stages.push_back(s); }, kNever);
  fail_unless_equals_int(reports.size(), options.epochs);
  fail_unless_equals_int(reports.back().epoch, options.epochs);
  fail_unless(reports.back().loss < reports.front().loss);
  // 8 held-out recordings whose lines stand 12 dB over the noise
  fail_unless(reports.back().validation_accuracy == 1.0);
  fail_unless_equals_int(stages.size(), 2);

  for (std::size_t c = 0; c < 2; ++c)
    for (const char *name : {"class.template", "class.gate"}) {
      const float *rows = model.tensors.at(name).values.data() + c * kRows;
      const auto top = std::max_element(rows, rows + kRows) - rows;
      fail_unless_equals_int(top, kLine[c]);
    }
  const auto &gate = model.tensors.at("class.gate").values;
  const auto &profile = model.tensors.at("class.profile").values;
  const auto &form = model.tensors.at("class.template").values;
  for (std::size_t i = 0; i < gate.size(); ++i)
    ASSERT_NEAR_AT(i, gate[i],
                   std::min(1.0, form[i] + 0.3 * std::sqrt(profile[i])),
                   1e-6);  // a few float ulp
  fail_unless_equals_int(model.tensors.at("class.mask").values.size(),
                         2 * kRows * kColumns);
}
GST_END_TEST

GST_START_TEST(the_model_tells_of_its_training) {
  const Bundle model = run(tiny());
  fail_unless(model.settings.labels == tiny_data().labels);
  const std::string &about = model.settings.training_json;
  for (const char *part :
       {"\"data\":\"tiny\"", "\"seed\":0", "\"epochs\":6", "\"recordings\":20",
        "\"confusion\":[[4,0],[0,4]]", "\"inertia\":[",
        "\"representatives\":[\"r", "\"cluster\":\"kmeans\""})
    fail_unless(about.find(part) != about.npos, "no %s in %s", part,
                about.c_str());
  fail_unless(about.find("/where") == about.npos, "a path leaked");
}
GST_END_TEST

GST_START_TEST(learning_curves_and_validation_answers_are_kept) {
  std::vector<EpochReport> reports;
  const Bundle model = train(
      tiny_data(), tiny(), [&](const EpochReport &r) { reports.push_back(r); },
      {}, kNever);
  const json about = json::parse(model.settings.training_json);
  const json &history = about.at("history");
  for (const char *curve : {"loss", "training_accuracy", "validation_accuracy"})
    fail_unless_equals_int(history.at(curve).size(), reports.size());
  for (std::size_t i = 0; i < reports.size(); ++i) {
    // written to four digits
    ASSERT_NEAR_AT(i, history["loss"][i].get<double>(), reports[i].loss,
                   5.1e-5);
    ASSERT_NEAR_AT(i, history["training_accuracy"][i].get<double>(),
                   reports[i].train_accuracy, 5.1e-5);
    ASSERT_NEAR_AT(i, history["validation_accuracy"][i].get<double>(),
                   reports[i].validation_accuracy, 5.1e-5);
  }
  std::vector<std::vector<int>> counts(2, std::vector<int>(2));
  for (const json &answer : about.at("validation").at("answers")) {
    ++counts[answer[0].get<std::size_t>()][answer[1].get<std::size_t>()];
    // of two classes the one that was said has at least half
    fail_unless(answer[2].get<double>() >= 0.5 && answer[2].get<double>() <= 1);
  }
  fail_unless(json(counts) == about.at("validation").at("confusion"));
}
GST_END_TEST

GST_START_TEST(centroid_masks_are_made_when_asked_for_and_change_nothing_else) {
  TrainOptions options = tiny();
  const Bundle plain = run(options);
  options.centroids = true;
  options.decoder_epochs = 2;
  Bundle more = run(options);
  const Tensor centroids = more.tensors.at("class.mask_centroids");
  fail_unless(centroids.shape == more.tensors.at("class.mask").shape);
  more.tensors.erase("class.mask_centroids");
  assert_same(plain, more);
}
GST_END_TEST

GST_START_TEST(without_distortion_every_draw_is_a_tile_as_it_is) {
  const Dataset data = tiny_data();
  TrainOptions options = tiny();
  options.mix = options.distort = false;
  std::vector<std::size_t> one = {6};
  const Augmenter augmenter(data, one, options);
  synth::Random random(1, 0);
  const Image tile = decode(data.tiles[6], options.settings.recipe).value_db;
  for (int n = 0; n < 5; ++n) {
    const auto drawn = augmenter.draw(random);
    for (std::size_t i = 0; i < tile.size(); ++i)
      fail_unless(drawn.input[i] ==
                  std::clamp(tile.data()[i], 0.0f, 18.0f) / 18.0f);
  }
}
GST_END_TEST

static json about_class(const Bundle &model, const char *label) {
  return json::parse(model.settings.training_json).at("class_model").at(label);
}

GST_START_TEST(every_clustering_counts_its_members_and_places_each_recording) {
  for (const cluster::MethodInfo &info : cluster::methods()) {
    TrainOptions options = tiny();
    options.epochs = 1;
    options.cluster = info.method;
    const json about = about_class(run(options), "a");
    const std::size_t clusters = about.at("clusters");
    fail_unless(clusters >= 1);
    fail_unless(about.contains(info.method == cluster::Method::kDensity
                                   ? "neighbour_distances"
                                   : "inertia"));
    fail_unless_equals_int(about.at("members").size(), clusters);
    /* a recording is a picture here: 20 of the class less the 4 held out */
    const json &places = about.at("projection");
    fail_unless_equals_int(places.at("recordings").size(), 16);
    fail_unless_equals_int(places.at("points").size(), 16);
    std::vector<std::size_t> members(clusters, 0);
    double x = 0;
    for (std::size_t i = 0; i < 16; ++i) {
      x += places.at("points")[i].at(0).get<double>();
      const int own = places.at("cluster")[i];
      if (own >= 0) ++members.at(std::size_t(own));
    }
    fail_unless(about.at("members") == json(members), "%s", info.nick);
    ASSERT_NEAR_AT(0, x, 0, 16 * 5e-4);  // mean 0, each rounded to 1e-3
  }
}
GST_END_TEST

/* Two pictures a recording: 10 recordings of the class, 2 of them held out. */
GST_START_TEST(a_recording_of_two_pictures_has_one_place) {
  Dataset data = tiny_data();
  for (std::size_t i = 0; i < data.tiles.size(); ++i)
    data.tiles[i].recording = data.tiles[i].group = i / 4 * 2 + i % 2;
  TrainOptions options = tiny();
  options.epochs = 1;
  options.clusters = 2;
  const json about = about_class(train(data, options, {}, {}, kNever), "a");
  const json &places = about.at("projection");
  fail_unless_equals_int(places.at("recordings").size(), 8);
  fail_unless_equals_int(
      about.at("members")[0].get<int>() + about.at("members")[1].get<int>(),
      16);
  double x = 0;
  for (const json &point : places.at("points")) x += point[0].get<double>();
  ASSERT_NEAR_AT(0, x, 0, 8 * 5e-4);  // means of pairs, each rounded to 1e-3
  for (const json &own : places.at("cluster"))
    fail_unless(own.get<int>() == 0 || own.get<int>() == 1);
}
GST_END_TEST

GST_START_TEST(as_many_representatives_as_clusters_are_asked_for) {
  TrainOptions options = tiny();
  options.epochs = 1;
  options.clusters = 3;
  const json about = about_class(run(options), "b");
  fail_unless_equals_int(about.at("clusters").get<int>(), 3);
  fail_unless_equals_int(about.at("representatives").size(), 3);
}
GST_END_TEST

GST_START_TEST(other_clusters_are_made_of_the_same_checkpoint) {
  TrainOptions options = tiny();
  options.epochs = 2;
  options.checkpoint = (folder / "checkpoint").string();
  run(options);
  options.cluster = cluster::Method::kFarthest;
  options.clusters = 2;
  int epochs = 0;
  const Bundle got = train(
      tiny_data(), options, [&](const EpochReport &) { ++epochs; }, {}, kNever);
  fail_unless_equals_int(epochs, 0);
  options.checkpoint.clear();
  assert_same(run(options), got);
}
GST_END_TEST

GST_START_TEST(the_same_seed_gives_the_same_model_to_the_bit) {
  const bool exclusive = __i__ == 0;
  TrainOptions options = tiny(exclusive);
  options.epochs = 2;
  const Bundle a = run(options);
  assert_same(a, run(options));
  options.seed = 1;
  const Bundle other = run(options);
  fail_unless(a.tensors.at("net.conv1.weight").values !=
              other.tensors.at("net.conv1.weight").values);
}
GST_END_TEST

GST_START_TEST(
    the_statistics_head_knows_the_classes_and_leaves_the_maps_alone) {
  TrainOptions options = tiny(false);
  options.epochs = 1;  // of which the network has learnt next to nothing
  const Bundle with = run(options);
  fail_unless(
      with.settings.training_json.find("\"accuracy\":1.0") != std::string::npos,
      "%s", with.settings.training_json.c_str());
  options.settings.architecture.statistics = false;
  const Bundle without = run(options);
  for (const char *name : {"net.conv3.weight", "net.dense2.weight"})
    fail_unless(with.tensors.at(name).values ==
                without.tensors.at(name).values);
  fail_unless(without.tensors.count("net.statistics.weight") == 0);
}
GST_END_TEST

GST_START_TEST(a_resumed_training_ends_like_an_uninterrupted_one) {
  TrainOptions options = tiny(__i__ == 0);
  const Bundle want = run(options);
  options.checkpoint = (folder / "checkpoint").string();
  std::atomic<bool> stop{false};
  const std::string what = error_of(Errc::kResource, [&] {
    train(
        tiny_data(), options,
        [&](const EpochReport &r) { stop = r.epoch == 3; }, {}, stop);
  });
  fail_unless(what.find("interrupted in epoch 4") != what.npos);
  std::vector<std::string> stages;
  int epochs = 0;
  const Bundle got = train(
      tiny_data(), options, [&](const EpochReport &) { ++epochs; },
      [&](const std::string &s) { stages.push_back(s); }, kNever);
  ck_assert_str_eq(stages.front().c_str(), "resuming after epoch 3");
  fail_unless_equals_int(epochs, 3);
  assert_same(want, got);
}
GST_END_TEST

GST_START_TEST(an_interruption_while_making_class_masks_keeps_the_epochs) {
  TrainOptions options = tiny();
  options.epochs = 2;
  const Bundle want = run(options);
  options.checkpoint = (folder / "checkpoint").string();
  std::atomic<bool> stop{false};
  error_of(Errc::kResource, [&] {
    train(
        tiny_data(), options, {}, [&](const std::string &) { stop = true; },
        stop);
  });
  int epochs = 0;
  const Bundle got = train(
      tiny_data(), options, [&](const EpochReport &) { ++epochs; }, {}, kNever);
  fail_unless_equals_int(epochs, 0);
  assert_same(want, got);
}
GST_END_TEST

GST_START_TEST(a_checkpoint_of_other_options_or_data_is_not_used) {
  TrainOptions options = tiny();
  options.epochs = 1;
  options.checkpoint = (folder / "checkpoint").string();
  run(options);
  const auto first_stage = [&](const Dataset &data) {
    std::string first;
    train(
        data, options, {},
        [&](const std::string &s) { first = first.empty() ? s : first; },
        kNever);
    return first;
  };
  Dataset changed = tiny_data();
  ++changed.tiles[7].pixels[9];
  fail_unless(first_stage(changed).find("afresh") != std::string::npos);
  options.learning_rate = 1e-3;
  fail_unless(first_stage(changed).find("afresh") != std::string::npos);
  fail_unless(first_stage(changed).find("resuming") != std::string::npos);
}
GST_END_TEST

GST_START_TEST(options_out_of_their_domain_are_refused) {
  const auto refused = [](const std::function<void(TrainOptions &)> &spoil,
                          const char *words) {
    TrainOptions options = tiny();
    spoil(options);
    const std::string what =
        error_of(Errc::kBadArgument, [&] { run(options); });
    ck_assert_msg(what.find(words) != what.npos, "%s", what.c_str());
  };
  refused([](TrainOptions &o) { o.epochs = 0; }, "epochs is 0");
  refused([](TrainOptions &o) { o.batch_size = 1; }, "batch-size is 1");
  refused([](TrainOptions &o) { o.subband_masks = 3; }, "even number, got 3");
  refused([](TrainOptions &o) { o.validation_fraction = 1; }, "fraction");
  refused([](TrainOptions &o) { o.clusters = -1; }, "clusters is -1");
  refused([](TrainOptions &o) { o.clusters = 17; },
          "class a has 16 training pictures");
  refused(
      [](TrainOptions &o) {
        o.cluster = cluster::Method::kDensity;
        o.clusters = 2;
      },
      "finds their number by itself");
  refused([](TrainOptions &o) { o.settings.recipe.width = 4; }, "4 columns");
  refused(
      [](TrainOptions &o) { o.settings.recipe.normalizer = Normalizer::kNone; },
      "normalizer");
  refused([](TrainOptions &o) { o.settings.architecture.statistics = true; },
          "the statistics head gives each class a probability of its own");
}
GST_END_TEST

/* ---- examples ---- */

static std::vector<std::size_t> every_tile(const Dataset &data) {
  std::vector<std::size_t> out(data.tiles.size());
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = i;
  return out;
}

GST_START_TEST(labels_of_max_mixed_examples_sum_to_one) {
  const Dataset data = tiny_data();
  const Augmenter augmenter(data, every_tile(data), tiny());
  synth::Random random(3, 0);
  int soft = 0;
  for (int i = 0; i < 200; ++i) {
    const auto one = augmenter.draw(random);
    ASSERT_NEAR_AT(i, one.labels[0] + one.labels[1], 1, 1e-6);
    soft += one.labels[0] > 0 && one.labels[1] > 0;
    for (const float v : one.input) fail_unless(v >= 0 && v <= 1);
  }
  // mixed: one half; with the other class: one half of these. 200 draws: 50
  // +- 6, so 26..74 is four sigma
  fail_unless(soft > 26 && soft < 74, "%d", soft);
}
GST_END_TEST

GST_START_TEST(the_weaker_of_two_powers_weighs_less) {
  const Dataset data = tiny_data();
  TrainOptions options = tiny(false);
  options.equalizer = false;
  const Augmenter augmenter(data, every_tile(data), options);
  synth::Random random(3, 0);
  // sigmoid((g + 8) / 2.5) at the ends of g = -15..+5 dB
  const float least = 1 / (1 + std::exp(2.8f)),
              most = 1 / (1 + std::exp(-5.2f));
  for (int i = 0; i < 200; ++i) {
    const auto one = augmenter.draw(random);
    const float low = std::min(one.labels[0], one.labels[1]);
    fail_unless(std::max(one.labels[0], one.labels[1]) == 1.0f);
    fail_unless(low == 0.0f || (low >= least && low <= most), "%f", low);
  }
}
GST_END_TEST

GST_START_TEST(the_equalizer_changes_the_level_and_not_the_value) {
  const Dataset data = tiny_data();
  TrainOptions options = tiny(false);
  options.mix = false;
  const Augmenter colourful(data, every_tile(data), options);
  options.equalizer = false;
  const Augmenter plain(data, every_tile(data), options);
  bool level_changed = false;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    // The equaliser draws last, so both see the same tile, shift and patches.
    synth::Random one(seed, 0), two(seed, 0);
    const auto a = colourful.draw(one), b = plain.draw(two);
    for (std::size_t i = 0; i < kRows * kColumns; ++i)
      fail_unless(a.input[i] == b.input[i]);
    level_changed = level_changed || a.input != b.input;
  }
  fail_unless(level_changed);
}
GST_END_TEST

GST_START_TEST(classes_are_drawn_by_the_root_of_their_groups) {
  // a: 9 groups of one tile, b: 1 group of 100: sqrt gives 3 to 1
  Dataset data = tiny_data();
  const Tile a = data.tiles[0], b = data.tiles[1];
  data.tiles.clear();
  for (std::size_t g = 0; g < 9; ++g) {
    data.tiles.push_back(a);
    data.tiles.back().group = g;
  }
  for (int i = 0; i < 100; ++i) {
    data.tiles.push_back(b);
    data.tiles.back().group = 20;
  }
  TrainOptions options = tiny();
  options.mix = false;
  const Augmenter augmenter(data, every_tile(data), options);
  synth::Random random(1, 0);
  int of_a = 0;
  for (int i = 0; i < 400; ++i) of_a += augmenter.draw(random).labels[0] == 1;
  ASSERT_NEAR_AT(0, of_a, 300, 35);  // sd 8.7: four sigma
  const std::vector<float> p = drawing_probabilities(data, every_tile(data));
  for (std::size_t i = 0; i < p.size(); ++i)
    ASSERT_NEAR_AT(i, p[i], i < 9 ? 0.75 / 9 : 0.25 / 100, 1e-7);  // float
}
GST_END_TEST

GST_START_TEST(columns_without_signal_repeat_the_others) {
  Dataset data = tiny_data();
  Tile &tile = data.tiles[0];
  tile.valid = {3, 8};
  const Recipe recipe = tiny().settings.recipe;
  const Image got = decode(tile, recipe).value_db;
  for (std::size_t y = 0; y < kRows; ++y)
    for (std::size_t x = 0; x < kColumns; ++x) {
      const std::size_t from = 3 + (x + 2) % 5;  // column 3 shows itself
      fail_unless(got.at(y, x) ==
                  dsp::decode_db(tile.pixels[y * kColumns + from],
                                 recipe.floor_db, recipe.range_db));
    }
}
GST_END_TEST

GST_START_TEST(the_least_confidence_is_where_nine_in_ten_are_right) {
  std::vector<RecordingScore> scores;
  const auto add = [&](double confidence, bool right) {
    scores.push_back({scores.size(), 0, right ? 0u : 1u, confidence});
  };
  fail_unless(choose_min_confidence({}) == 0.9);
  for (int i = 0; i < 9; ++i) add(0.95 - 0.01 * i, true);
  add(0.7, false);  // 9 of 10 from .7 on
  fail_unless(choose_min_confidence(scores) == 0.7);
  add(0.6, false);  // 9 of 11
  fail_unless(choose_min_confidence(scores) == 0.7);
  for (int i = 0; i < 9; ++i) add(0.5, true);  // 18 of 20
  fail_unless(choose_min_confidence(scores) == 0.5);
  for (int i = 0; i < 20; ++i) add(0.1, true);  // right, but not believable
  fail_unless(choose_min_confidence(scores) == 0.5);
  fail_unless(choose_min_confidence({{0, 0, 1, 0.99}}) == 0.9);
}
GST_END_TEST

static Suite *trainer_suite(void) {
  Suite *s = suite_create("trainer");
  TCase *tc = tcase_create("training");
  suite_add_tcase(s, tc);
  tcase_add_checked_fixture(tc, make_folder, remove_folder);
  tcase_add_loop_test(
      tc, two_lines_are_learnt_and_found_again_in_the_class_model, 0, 2);
  tcase_add_test(tc, the_model_tells_of_its_training);
  tcase_add_test(tc, learning_curves_and_validation_answers_are_kept);
  tcase_add_test(
      tc, centroid_masks_are_made_when_asked_for_and_change_nothing_else);
  tcase_add_test(tc,
                 every_clustering_counts_its_members_and_places_each_recording);
  tcase_add_test(tc, a_recording_of_two_pictures_has_one_place);
  tcase_add_test(tc, as_many_representatives_as_clusters_are_asked_for);
  tcase_add_test(tc, other_clusters_are_made_of_the_same_checkpoint);
  tcase_add_loop_test(tc, the_same_seed_gives_the_same_model_to_the_bit, 0, 2);
  tcase_add_test(
      tc, the_statistics_head_knows_the_classes_and_leaves_the_maps_alone);
  tcase_add_loop_test(tc, a_resumed_training_ends_like_an_uninterrupted_one, 0,
                      2);
  tcase_add_test(tc, an_interruption_while_making_class_masks_keeps_the_epochs);
  tcase_add_test(tc, a_checkpoint_of_other_options_or_data_is_not_used);
  tcase_add_test(tc, options_out_of_their_domain_are_refused);
  TCase *examples = tcase_create("examples");
  suite_add_tcase(s, examples);
  tcase_add_test(examples, without_distortion_every_draw_is_a_tile_as_it_is);
  tcase_add_test(examples, labels_of_max_mixed_examples_sum_to_one);
  tcase_add_test(examples, the_weaker_of_two_powers_weighs_less);
  tcase_add_test(examples, the_equalizer_changes_the_level_and_not_the_value);
  tcase_add_test(examples, classes_are_drawn_by_the_root_of_their_groups);
  tcase_add_test(examples, columns_without_signal_repeat_the_others);
  tcase_add_test(examples, the_least_confidence_is_where_nine_in_ten_are_right);
  return s;
}
GST_CHECK_MAIN(trainer)
