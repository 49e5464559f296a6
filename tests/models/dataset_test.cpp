/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/train/dataset.h"

#include <sndfile.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <set>

#include "models/train/augment.h"
#include "sonar/core/error.h"
#include "sonar/dsp/spectrograph.h"
#include "support/folder.h"
#include "support/testing.h"

using namespace sonar;
using namespace sonar::models;
namespace fs = std::filesystem;

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

static std::string write_wav(const std::string &name,
                             const std::vector<float> &frames, int rate_hz,
                             int channels = 1) {
  const fs::path path = folder / name;
  fs::create_directories(path.parent_path());
  SF_INFO info{};
  info.samplerate = rate_hz;
  info.channels = channels;
  info.format = SF_FORMAT_WAV | SF_FORMAT_FLOAT;
  SNDFILE *file = sf_open(path.c_str(), SFM_WRITE, &info);
  fail_unless(file != nullptr);
  sf_writef_float(file, frames.data(), sf_count_t(frames.size()) / channels);
  sf_close(file);
  return path.string();
}

static void write_text(const std::string &name, const std::string &text) {
  std::ofstream(folder / name, std::ios::binary) << text;
}

static std::vector<float> tone(std::size_t count, double hz, int rate_hz) {
  std::vector<float> x(count);
  for (std::size_t i = 0; i < count; ++i)
    x[i] = float(0.5 * std::sin(2 * M_PI * hz * double(i) / rate_hz));
  return x;
}

static Recipe small_recipe() {
  Recipe r;
  r.rate_hz = 1024;
  r.fft_size = 32;
  r.hop_size = 16;
  r.axis = FrequencyAxis::kLinear;
  r.min_frequency_hz = 32;
  r.max_frequency_hz = 512;
  r.width = 16;
  r.advance = 2;  // must not matter to a dataset
  return r;
}
/* Samples of exactly @p columns columns. */
static std::size_t samples_of(std::size_t columns) {
  return 32 + (columns - 1) * 16;
}

GST_START_TEST(a_folder_per_class_is_a_dataset) {
  write_wav("ship/b.wav", {0}, 1000);
  write_wav("ship/deep/a.wav", {0}, 1000);
  write_wav("rain/c.WAV", {0}, 1000);
  write_text("ship/notes.txt", "no audio");
  write_text("readme.txt", "no class");
  const auto list = list_dataset(folder.string());
  fail_unless_equals_int(list.size(), 3);
  fail_unless(list[0].label == "rain" && list[0].group == "rain/c.WAV");
  fail_unless(list[1].label == "ship" && list[1].group == "ship/b.wav");
  fail_unless(list[2].path == (folder / "ship/deep/a.wav").string());
}
GST_END_TEST

GST_START_TEST(a_csv_names_path_class_and_group) {
  write_text("manifest.csv",
             "\xef\xbb\xbfpath,note,class,group,kind\r\n"
             "b.wav,\"a, \"\"b\"\"\nc\",ship,site 1,x\r\n"
             "a.wav,,rain,,y\r\n");
  for (const fs::path &path : {folder, folder / "manifest.csv"}) {
    const auto list = list_dataset(path.string());
    fail_unless_equals_int(list.size(), 2);
    fail_unless(list[0].path == (folder / "a.wav").string());
    fail_unless(list[0].label == "rain" && list[0].group == "a.wav");
    fail_unless(list[1].label == "ship" && list[1].group == "site 1");
  }
  fail_unless(list_dataset(folder.string(), "kind")[1].label == "x");
  // labels.csv comes before manifest.csv
  write_text("labels.csv", "path,class\nz.wav,fish\n");
  fail_unless(list_dataset(folder.string())[0].label == "fish");
}
GST_END_TEST

GST_START_TEST(a_csv_that_cannot_be_used_says_where) {
  const auto refused = [](const std::string &text, const char *words) {
    write_text("labels.csv", text);
    const std::string what =
        error_of(Errc::kBadArgument, [] { list_dataset(folder.string()); });
    ck_assert_msg(what.find(words) != what.npos, "no \"%s\" in: %s", words,
                  what.c_str());
  };
  refused("", "is empty");
  refused("path,label\na,b\n", "no column \"class\", it has label, path");
  refused("path,class\na,b\nc\n", "row 3 has 1 fields, its first row 2");
  refused("path,class\n,b\n", "row 2 has no path");
  refused("path,class\n\"a,b\n", "quoted");
  refused("path,class\n", "lists no recording");
  error_of(Errc::kNotFound, [] { list_dataset("/no/such/folder"); });
}
GST_END_TEST

GST_START_TEST(labels_are_renamed_merged_and_chosen) {
  const std::vector<Recording> list = {
      {"a", "tanker", "1"}, {"b", "tug", "2"}, {"c", "rain", "3"}};
  const auto merged =
      relabel(list, {{"tanker", "vessel"}, {"tug", "vessel"}}, {"vessel"});
  fail_unless_equals_int(merged.size(), 2);
  fail_unless(merged[0].label == "vessel" && merged[1].path == "b");
  const std::string what = error_of(Errc::kBadArgument, [&] {
    relabel(list, {{"tankr", "vessel"}}, {});
  });
  fail_unless(what.find("\"tankr\", it has rain, tanker, tug") != what.npos);
  error_of(Errc::kBadArgument, [&] { relabel(list, {}, {"vessel"}); });
}
GST_END_TEST

GST_START_TEST(channels_are_averaged) {
  const std::string path = write_wav("a.wav", {1, 0, 0.5f, -0.5f}, 1000, 2);
  const auto got = load_audio(path, 1000);
  fail_unless_equals_int(got.size(), 2);
  fail_unless(got[0] == 0.5f && got[1] == 0.0f);
}
GST_END_TEST

GST_START_TEST(another_rate_keeps_the_tone_and_the_length) {
  const int from = 48000, to = 16000;
  const std::string path = write_wav("a.wav", tone(96000, 440, from), from);
  const auto got = load_audio(path, to);
  const auto want = tone(32000, 440, to);
  fail_unless_equals_int(got.size(), want.size());
  // soxr VHQ passes its band to 1e-6; its filter rings at the ends only.
  for (std::size_t i = 2000; i < 30000; ++i)
    ASSERT_NEAR_AT(i, got[i], want[i], 1e-5);
}
GST_END_TEST

GST_START_TEST(audio_that_cannot_be_used_is_named) {
  const auto names = [](Errc code, const std::string &path, const char *words) {
    const std::string what = error_of(code, [&] { load_audio(path, 1000); });
    ck_assert_msg(what.find(path) != what.npos && what.find(words) != what.npos,
                  "%s", what.c_str());
  };
  names(Errc::kNotFound, (folder / "none.wav").string(), "does not exist");
  write_text("text.wav", "this is not audio");
  names(Errc::kBadArgument, (folder / "text.wav").string(), "cannot read");
  names(Errc::kBadArgument, write_wav("empty.wav", {}, 1000), "no samples");
  names(Errc::kNumeric, write_wav("nan.wav", {0, 0, NAN, 0}, 1000), "frame 2");
  names(Errc::kNumeric, write_wav("inf.wav", {INFINITY}, 1000), "frame 0");
}
GST_END_TEST

/* Columns of valid signal of each tile of a recording of @p samples. */
static std::vector<std::size_t> tiles_of(std::size_t samples) {
  const std::string a = write_wav("a.wav", tone(samples, 100, 1024), 1024);
  const std::string b = write_wav("b.wav", tone(samples, 200, 1024), 1024);
  const Dataset data =
      load_dataset({{a, "x", "1"}, {b, "y", "2"}}, small_recipe(), {});
  std::vector<std::size_t> out;
  for (const Tile &tile : data.tiles) {
    fail_unless_equals_int(tile.pixels.size(), 16 * 16);
    fail_unless(tile.label == tile.recording && tile.group == tile.recording);
    if (tile.recording == 0) out.push_back(tile.valid.count());
  }
  return out;
}

GST_START_TEST(pictures_lie_side_by_side) {
  using Counts = std::vector<std::size_t>;
  fail_unless(tiles_of(samples_of(16)) == Counts({16}));
  fail_unless(tiles_of(samples_of(32)) == Counts({16, 16}));
  fail_unless(tiles_of(samples_of(18)) == Counts({16, 2}));
  // below an eighth of a picture the rest is left out, unless it is all
  fail_unless(tiles_of(samples_of(17)) == Counts({16}));
  fail_unless(tiles_of(samples_of(1)) == Counts({1}));
  fail_unless(tiles_of(5) == Counts({1}));
}
GST_END_TEST

GST_START_TEST(a_tile_holds_its_fine_spectrum_within_half_a_step_of_a_pixel) {
  Recipe recipe = small_recipe();
  const auto samples = tone(samples_of(32), 200, 1024);
  const std::string a = write_wav("a.wav", samples, 1024);
  const std::vector<Recording> two = {{a, "x", "1"}, {a, "y", "2"}};
  for (const Tile &tile : load_dataset(two, recipe, {}).tiles) {
    fail_unless(tile.fine_pixels.empty());
    fail_unless(decode_fine(tile, recipe).empty());
  }
  recipe.evidence_fft_size = 128;
  const Dataset data = load_dataset(two, recipe, {});
  recipe.advance = recipe.width;
  dsp::Spectrograph spectrograph(recipe);
  spectrograph.push(samples.data(), samples.size());
  spectrograph.drain();
  dsp::Picture picture;
  for (std::size_t i = 0; i < 2; ++i) {
    fail_unless(spectrograph.pop(picture));
    const Image got = decode_fine(data.tiles[i], recipe);
    fail_unless_equals_int(got.height(), 64);
    fail_unless(got.same_shape(picture.fine_db));
    const double low = recipe.floor_db, high = low + recipe.range_db;
    for (std::size_t p = 0; p < got.size(); ++p)
      // half a step, and a float's rounding of up to 50 dB
      ASSERT_NEAR_AT(p, got.data()[p],
                     std::clamp(double(picture.fine_db.data()[p]), low, high),
                     recipe.range_db / 65535 / 2 + 4e-6);
  }
}
GST_END_TEST

GST_START_TEST(labels_and_groups_are_sorted_and_progress_is_told) {
  const std::string a = write_wav("a.wav", tone(600, 100, 1024), 1024);
  std::vector<std::size_t> done;
  const Dataset data =
      load_dataset({{a, "y", "g2"}, {a, "x", "g1"}}, small_recipe(),
                   [&](std::size_t i, std::size_t n) {
                     done.push_back(i);
                     fail_unless_equals_int(n, 2);
                   });
  fail_unless(data.labels == std::vector<std::string>({"x", "y"}));
  fail_unless(data.groups == std::vector<std::string>({"g1", "g2"}));
  fail_unless_equals_int(data.tiles.front().label, 1);
  fail_unless(done == std::vector<std::size_t>({1, 2}));
  error_of(Errc::kBadArgument, [&] {
    load_dataset({{a, "x", "g"}}, small_recipe(), {});
  });
}
GST_END_TEST

/* A dataset of nothing but labels and groups. */
static Dataset grouped(const std::vector<std::pair<int, int>> &label_group) {
  Dataset data;
  for (const auto &[label, group] : label_group) {
    Tile tile{};
    tile.label = std::size_t(label);
    tile.group = std::size_t(group);
    data.tiles.push_back(tile);
    data.labels.resize(std::max(data.labels.size(), tile.label + 1));
    data.groups.resize(std::max(data.groups.size(), tile.group + 1));
  }
  return data;
}

GST_START_TEST(a_group_is_never_on_both_sides) {
  std::vector<std::pair<int, int>> tiles;
  for (int group = 0; group < 20; ++group)
    for (int i = 0; i < 3; ++i) tiles.emplace_back(group % 2, group);
  tiles.emplace_back(2, 20);  // a class of one group
  tiles.emplace_back(3, 21);  // a class of two
  tiles.emplace_back(3, 22);
  const Dataset data = grouped(tiles);
  const Split split = split_by_group(data, 0.2, 1);
  fail_unless_equals_int(split.train.size() + split.validation.size(),
                         data.tiles.size());
  std::set<std::size_t> train;
  std::vector<std::set<std::size_t>> held(4);
  for (const std::size_t i : split.train) train.insert(data.tiles[i].group);
  for (const std::size_t i : split.validation) {
    fail_unless(!train.count(data.tiles[i].group));
    held[data.tiles[i].label].insert(data.tiles[i].group);
  }
  const std::size_t want[] = {2, 2, 0, 1};
  for (std::size_t c = 0; c < 4; ++c)
    fail_unless_equals_int(held[c].size(), want[c]);
  fail_unless(split_by_group(data, 0.2, 1).train == split.train);
  fail_unless(split_by_group(data, 0.2, 2).train != split.train);
  fail_unless(split_by_group(data, 0, 1).validation.empty());
}
GST_END_TEST

GST_START_TEST(a_shared_group_leaves_every_class_something_to_learn_from) {
  // Group 0 holds both classes; class 1 has nothing else.
  const Dataset data = grouped({{0, 0}, {0, 1}, {1, 0}});
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    std::set<std::size_t> labels;
    for (const std::size_t i : split_by_group(data, 0.5, seed).train)
      labels.insert(data.tiles[i].label);
    fail_unless_equals_int(labels.size(), 2);
  }
}
GST_END_TEST

static Suite *dataset_suite(void) {
  Suite *s = suite_create("dataset");
  TCase *tc = tcase_create("files");
  suite_add_tcase(s, tc);
  tcase_add_checked_fixture(tc, make_folder, remove_folder);
  tcase_add_test(tc, a_folder_per_class_is_a_dataset);
  tcase_add_test(tc, a_csv_names_path_class_and_group);
  tcase_add_test(tc, a_csv_that_cannot_be_used_says_where);
  tcase_add_test(tc, labels_are_renamed_merged_and_chosen);
  tcase_add_test(tc, channels_are_averaged);
  tcase_add_test(tc, another_rate_keeps_the_tone_and_the_length);
  tcase_add_test(tc, audio_that_cannot_be_used_is_named);
  tcase_add_test(tc, pictures_lie_side_by_side);
  tcase_add_test(tc,
                 a_tile_holds_its_fine_spectrum_within_half_a_step_of_a_pixel);
  tcase_add_test(tc, labels_and_groups_are_sorted_and_progress_is_told);
  TCase *split = tcase_create("split");
  suite_add_tcase(s, split);
  tcase_add_test(split, a_group_is_never_on_both_sides);
  tcase_add_test(split,
                 a_shared_group_leaves_every_class_something_to_learn_from);
  return s;
}
GST_CHECK_MAIN(dataset)
