/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/evaluate/structure_scores.h"

#include <sndfile.h>

#include <cstring>
#include <random>

#include "models/registry.h"
#include "models/safetensors.h"
#include "sonar/core/error.h"
#include "support/folder.h"
#include "support/testing.h"
#include "support/tiny_model.h"

using namespace sonar;
using namespace sonar::models;
using sonar::testing::kHighRow;
using sonar::testing::kLowRow;
using sonar::testing::kTiny;
using sonar::testing::ModelFile;

/** One picture long: a tone in the row of either class, in noise. */
static void write_two_tones(const std::string &name) {
  const Recipe recipe = sonar::testing::tiny_recipe();
  std::vector<float> samples(
      std::size_t(recipe.fft_size + recipe.hop_size * (recipe.width - 1)));
  std::mt19937 random(1);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    samples[i] = 0.05f * (float(random() >> 8) / float(1 << 24) - 0.5f);
    for (const std::size_t row : {kLowRow, kHighRow})
      samples[i] += 0.1f * float(std::sin(2 * M_PI * 32 * double(kTiny - row) *
                                          double(i) / recipe.rate_hz));
  }
  SF_INFO info{};
  info.samplerate = recipe.rate_hz;
  info.channels = 1;
  info.format = SF_FORMAT_WAV | SF_FORMAT_FLOAT;
  SNDFILE *file =
      sf_open((folder / "audio" / (name + ".wav")).c_str(), SFM_WRITE, &info);
  fail_unless(file != nullptr);
  sf_write_float(file, samples.data(), sf_count_t(samples.size()));
  sf_close(file);
}

/** A truth set of one recording of class @p label in which @p rows around each
 *  of @p targets are the target's. */
static void write_set(const std::string &label,
                      const std::vector<std::size_t> &targets,
                      std::size_t height = kTiny) {
  std::filesystem::create_directories(folder / "audio");
  write_two_tones("tones");
  std::ofstream(folder / "labels.csv")
      << "path,class,group\naudio/tones.wav," << label << ",one\n";
  std::vector<std::uint8_t> labels(height * kTiny);
  for (const std::size_t target : targets)
    for (std::size_t y = target - 1; y <= target + 1; ++y)
      for (std::size_t x = 0; x < kTiny; ++x)
        labels[(kTiny - 1 - y) * kTiny + x] = 3;  // rows run up from the lowest
  nlohmann::json header;
  std::uint64_t at = 0;
  const std::size_t shape[] = {height, kTiny};
  list_tensor(header, "tones.labels", "U8", shape, labels.size(), at);
  list_tensor(header, "tones.target_snr_db", "I8", shape, labels.size(), at);
  list_tensor(header, "tones.target_wave", "I16", {2}, 4, at);
  std::ofstream out(folder / "truth.safetensors", std::ios::binary);
  out << safetensors_prefix(header) << std::string(labels.begin(), labels.end())
      << std::string(labels.size() + 4, '\0');
}

static StructureFigures score(const Model &model, std::size_t threads = 1) {
  return score_structures(model, folder.string(), {}, 10, threads, {});
}

static const StructureAnswer &answer(const StructureFigures &figures,
                                     const char *name) {
  for (const StructureAnswer &a : figures.answers)
    if (a.name == name) return a;
  ck_abort_msg("no answer %s", name);
}

/* The network says of either tone that it is its own class'. Where that is the
 * truth the area is 1, where the truth is the reverse it is 0. */
GST_START_TEST(a_score_that_is_right_has_area_1_and_one_that_is_wrong_0) {
  const ModelFile file;
  const auto model = open(file.path(), "cpu");
  for (const std::size_t row : {kLowRow, kHighRow}) {
    write_set("low", {row});
    const StructureFigures got = score(*model);
    fail_unless_equals_int(got.pictures, 1);
    fail_unless_equals_int(got.structures, 2);
    fail_unless_equals_int(got.of_target, 1);
    fail_unless_equals_int(got.mixed, 0);
    fail_unless_equals_string(got.rankings[0].name.c_str(), "structures");
    const double want = row == kLowRow ? 1 : 0;
    ASSERT_NEAR_AT(row, got.rankings[0].auc.value(), want, 0);
    ASSERT_NEAR_AT(row, got.rankings[0].auc_within.value(), want, 0);
    fail_unless_equals_int(answer(got, "for").structures, 1);
    fail_unless_equals_int(answer(got, "for").of_target, row == kLowRow);
    fail_unless_equals_int(answer(got, "against").structures, 1);
    fail_unless_equals_int(answer(got, "against").of_target, row != kLowRow);
    fail_unless_equals_int(answer(got, "nothing").structures, 0);
  }
}
GST_END_TEST

GST_START_TEST(of_two_classes_either_tone_speaks_for_one) {
  const ModelFile file;
  const auto model = open(file.path(), "cpu");
  write_set("low+high", {kLowRow, kHighRow});
  const StructureFigures got = score(*model);
  fail_unless_equals_int(answer(got, "for").of_target, 2);
  fail_if(got.rankings[0].auc.has_value());  // none of another source
}
GST_END_TEST

GST_START_TEST(a_recording_without_a_class_of_the_library_is_left_out) {
  const ModelFile file;
  const auto model = open(file.path(), "cpu");
  write_set("none", {kLowRow});
  const StructureFigures got = score(*model);
  fail_unless_equals_int(got.pictures, 0);
  fail_unless_equals_int(got.structures, 0);
  fail_if(got.explain_ms.has_value());
}
GST_END_TEST

GST_START_TEST(threads_change_no_figure) {
  const ModelFile file;
  const auto model = open(file.path(), "cpu");
  write_set("low", {kLowRow});
  Json one = to_json(score(*model)), two = to_json(score(*model, 2));
  one.erase("explain_ms");
  two.erase("explain_ms");
  fail_unless(one == two);
}
GST_END_TEST

GST_START_TEST(a_truth_on_another_grid_is_refused) {
  const ModelFile file;
  const auto model = open(file.path(), "cpu");
  write_set("low", {}, kTiny + 1);
  try {
    score(*model);
    fail_unless(false);
  } catch (const Error &e) {
    fail_unless(e.code() == Errc::kBadArgument);
    fail_unless(std::strstr(e.what(), "the truth of tones is 17 x 16"), "%s",
                e.what());
  }
}
GST_END_TEST

static Suite *structure_scores_suite(void) {
  Suite *s = suite_create("structure scores");
  TCase *tc = tcase_create("all");
  tcase_add_checked_fixture(tc, make_folder, remove_folder);
  suite_add_tcase(s, tc);
  tcase_add_test(tc, a_score_that_is_right_has_area_1_and_one_that_is_wrong_0);
  tcase_add_test(tc, of_two_classes_either_tone_speaks_for_one);
  tcase_add_test(tc, a_recording_without_a_class_of_the_library_is_left_out);
  tcase_add_test(tc, threads_change_no_figure);
  tcase_add_test(tc, a_truth_on_another_grid_is_refused);
  return s;
}
GST_CHECK_MAIN(structure_scores)
