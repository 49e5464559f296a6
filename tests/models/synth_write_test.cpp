/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <sndfile.h>
#include <unistd.h>

#include <algorithm>
#include <complex>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <sstream>

#include "models/synth/ambient.h"
#include "models/synth/scene.h"
#include "models/synth/truth_set.h"
#include "models/synth/vessel.h"
#include "models/synth/write.h"
#include "sonar/core/error.h"
#include "sonar/dsp/stft.h"
#include "support/testing.h"

namespace fs = std::filesystem;
using nlohmann::json;
using sonar::Recipe;
using namespace sonar::models;

static SceneOptions options_with_seed(std::uint64_t seed) {
  SceneOptions options;
  options.recipe = synthetic_recipe();
  options.seed = seed;
  return options;
}

static void assert_refused(const std::function<void()> &call, sonar::Errc code,
                           const char *words) {
  try {
    call();
    ck_abort_msg("accepted, wanted: %s", words);
  } catch (const sonar::Error &e) {
    fail_unless(e.code() == code);
    ck_assert_msg(std::strstr(e.what(), words), "\"%s\" lacks \"%s\"", e.what(),
                  words);
  }
}

class Folder {
 public:
  Folder() {
    char name[] = "/tmp/sonar-synth-XXXXXX";
    path_ = mkdtemp(name);
  }
  ~Folder() { fs::remove_all(path_); }
  std::string operator/(const std::string &name) const {
    return path_ + "/" + name;
  }
  const std::string &path() const { return path_; }

 private:
  std::string path_;
};

static std::string read_file(const std::string &path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  fail_unless(bool(in));
  return text.str();
}

static WriteOptions small_set() {
  WriteOptions options;
  options.scene = options_with_seed(5);
  options.scene.seconds = 4;
  options.per_class = 2;
  options.classes = {"tanker", "cargo"};
  return options;
}

/* The scene of a set again, from the seed in scenes.json. */
static SynthScene made_again(const Folder &folder, const std::string &name,
                             const WriteOptions &options) {
  const json described = json::parse(read_file(folder / "scenes.json"));
  for (const json &scene : described.at("scenes"))
    if (scene.at("name") == name) {
      SceneOptions own = options.scene;
      own.seed = scene.at("seed");
      return make_scene(scene.at("label"), own);
    }
  ck_abort_msg("%s is not in scenes.json", name.c_str());
  return {};
}

GST_START_TEST(written_truth_reads_back_equal) {
  const Folder folder;
  write_scenes(folder.path(), small_set());
  const auto want = made_again(folder, "cargo_001", small_set()).truth;
  const auto got = read_truth(folder.path(), "cargo_001");
  fail_unless_equals_int(got.target.height, want.target.height);
  fail_unless_equals_int(got.target.width, want.target.width);
  fail_unless(got.target.values == want.target.values);
  fail_unless(got.weak.values == want.weak.values);
  fail_unless(got.interferer.values == want.interferer.values);
  fail_unless(got.snr_db == want.snr_db);
}
GST_END_TEST

GST_START_TEST(written_audio_is_the_scene_in_16_bit) {
  const Folder folder;
  write_scenes(folder.path(), small_set());
  const auto scene = made_again(folder, "tanker_000", small_set());
  SF_INFO info{};
  SNDFILE *in =
      sf_open((folder / "audio/tanker_000.wav").c_str(), SFM_READ, &info);
  fail_unless(in != nullptr);
  fail_unless_equals_int(info.samplerate, 1024);
  fail_unless_equals_int(info.channels, 1);
  fail_unless_equals_int(info.frames, 4096);
  std::vector<float> got(4096);
  fail_unless_equals_int(sf_read_float(in, got.data(), 4096), 4096);
  sf_close(in);
  for (std::size_t i = 0; i < got.size(); ++i)  // half a step of 16 bit
    ASSERT_NEAR_AT(i, got[i], scene.samples[i], 0.5 / 32768 + 1e-9);
}
GST_END_TEST

/* As the published truth sets have it, and score.py reads: no gap, no overlap,
 * rows from the lowest frequency. */
GST_START_TEST(truth_file_has_the_layout_of_the_truth_sets) {
  const Folder folder;
  write_scenes(folder.path(), small_set());
  const std::string file = read_file(folder / "truth.safetensors");
  std::uint64_t size;
  std::memcpy(&size, file.data(), sizeof size);
  fail_unless_equals_int(size % 8, 0);
  const json header = json::parse(file.substr(8, size));
  const json grid = {128, 31};
  std::size_t bytes = 0;
  for (const char *name : {"cargo_000", "cargo_001", "tanker_000"}) {
    const std::string stem = name;
    fail_unless(header.at(stem + ".labels").at("dtype") == "U8");
    fail_unless(header.at(stem + ".labels").at("shape") == grid);
    fail_unless(header.at(stem + ".target_snr_db").at("dtype") == "I8");
    fail_unless(header.at(stem + ".target_snr_db").at("shape") == grid);
    fail_unless(header.at(stem + ".target_wave").at("dtype") == "I16");
    fail_unless(header.at(stem + ".target_wave").at("shape") == json{4096});
  }
  for (const json &tensor : header)
    bytes += std::size_t(tensor.at("data_offsets")[1]) -
             std::size_t(tensor.at("data_offsets")[0]);
  fail_unless_equals_int(header.size(), 4 * 3);
  fail_unless_equals_int(bytes, file.size() - 8 - size);

  const auto scene = made_again(folder, "cargo_000", small_set());
  const std::size_t begin = 8 + size;
  const std::size_t labels =
      begin + std::size_t(header["cargo_000.labels"]["data_offsets"][0]);
  const std::size_t wave =
      begin + std::size_t(header["cargo_000.target_wave"]["data_offsets"][0]);
  for (std::size_t t = 0; t < 31; ++t)
    for (std::size_t k = 0; k < 128; ++k) {
      const std::size_t i = (127 - k) * 31 + t;
      fail_unless_equals_int(file[labels + k * 31 + t],
                             scene.truth.target.values[i] +
                                 2 * scene.truth.weak.values[i] +
                                 4 * scene.truth.interferer.values[i]);
    }
  for (std::size_t i = 0; i < 4096; ++i) {
    std::int16_t sample;
    std::memcpy(&sample, file.data() + wave + 2 * i, 2);
    fail_unless_equals_int(sample,
                           std::lround(double(scene.target_wave[i]) * 32768));
  }
}
GST_END_TEST

GST_START_TEST(labels_list_every_scene_with_its_class) {
  const Folder folder;
  std::size_t told = 0;
  write_scenes(folder.path(), small_set(),
               [&](std::size_t done, std::size_t total) {
                 fail_unless_equals_int(done, ++told);
                 fail_unless_equals_int(total, 4);
               });
  fail_unless_equals_int(told, 4);
  const std::string labels = read_file(folder / "labels.csv");
  fail_unless_equals_string(labels.c_str(),
                            "path,class,group\n"
                            "audio/tanker_000.wav,tanker,tanker_000\n"
                            "audio/tanker_001.wav,tanker,tanker_001\n"
                            "audio/cargo_000.wav,cargo,cargo_000\n"
                            "audio/cargo_001.wav,cargo,cargo_001\n");
}
GST_END_TEST

GST_START_TEST(scenes_of_two_vessels_are_labelled_with_both) {
  const Folder folder;
  WriteOptions options = small_set();
  options.classes = {"tanker", "cargo", "ferry"};
  options.per_class = 1;
  options.vessels = 2;
  write_scenes(folder.path(), options);
  const std::string labels = read_file(folder / "labels.csv");
  fail_unless_equals_string(
      labels.c_str(),
      "path,class,group\n"
      "audio/cargo+tanker_000.wav,cargo+tanker,cargo+tanker_000\n"
      "audio/ferry+tanker_000.wav,ferry+tanker,ferry+tanker_000\n"
      "audio/cargo+ferry_000.wav,cargo+ferry,cargo+ferry_000\n");
  fail_unless_equals_int(TruthReader(folder.path()).names().size(), 3);
}
GST_END_TEST

GST_START_TEST(scenes_without_a_target_are_labelled_none) {
  const Folder folder;
  WriteOptions options = small_set();
  options.classes = {"cargo"};
  options.per_class = 1;
  options.scene.target_present = false;
  write_scenes(folder.path(), options);
  const std::string labels = read_file(folder / "labels.csv");
  fail_unless_equals_string(
      labels.c_str(), "path,class,group\naudio/cargo_000.wav,none,cargo_000\n");
}
GST_END_TEST

GST_START_TEST(target_wave_reads_back_at_the_scale_of_the_recording) {
  const Folder folder;
  write_scenes(folder.path(), small_set());
  const auto scene = made_again(folder, "tanker_001", small_set());
  const auto wave = TruthReader(folder.path()).target_wave("tanker_001");
  fail_unless_equals_int(wave.size(), scene.target_wave.size());
  for (std::size_t i = 0; i < wave.size(); ++i)  // rounded to 16 bits
    ASSERT_NEAR_AT(i, wave[i], scene.target_wave[i], 0.5001 / 32768);
}
GST_END_TEST

GST_START_TEST(scenes_do_not_depend_on_the_rest_of_their_set) {
  const Folder large, single;
  write_scenes(large.path(), small_set());
  WriteOptions options = small_set();
  options.classes = {"cargo"};
  options.per_class = 1;
  options.truth = false;
  write_scenes(single.path(), options);
  fail_unless(read_file(large / "audio/cargo_000.wav") ==
              read_file(single / "audio/cargo_000.wav"));
  fail_if(read_file(large / "audio/cargo_000.wav") ==
          read_file(large / "audio/cargo_001.wav"));
  fail_if(fs::exists(single / "truth.safetensors"));
}
GST_END_TEST

GST_START_TEST(nothing_unfinished_is_left_behind) {
  const Folder folder;
  WriteOptions options = small_set();
  write_scenes(folder.path(), options);
  options.classes = {"cargo", "submarine"};
  try {
    write_scenes(folder / "broken", options);
    ck_abort_msg("a submarine was accepted");
  } catch (const sonar::Error &) {
  }
  for (const auto &entry : fs::recursive_directory_iterator(folder.path()))
    fail_unless(entry.path().extension() != ".part");
  fail_if(fs::exists(folder / "broken/labels.csv"));
  fail_if(fs::exists(folder / "broken/truth.safetensors"));
}
GST_END_TEST

// ------------------------------------------------------------------ the errors

GST_START_TEST(options_outside_their_domain_are_refused) {
  const auto bad = sonar::Errc::kBadArgument;
  const SceneOptions good = options_with_seed(0);
  assert_refused([&] { make_scene("submarine", good); }, bad,
                 "class \"submarine\": needed one of cargo, ferry, outboard, "
                 "tanker, trawler");
  const auto refused = [&](auto change, const char *words) {
    SceneOptions options = good;
    change(options);
    assert_refused([&] { make_scene("cargo", options); }, bad, words);
  };
  refused([](SceneOptions &o) { o.recipe = Recipe(); }, "axis linear");
  refused(
      [](SceneOptions &o) {
        o.recipe.rate_hz = 1000;
        o.recipe.max_frequency_hz = 400;
      },
      "rate is 1000 Hz, needed at least 1024");
  refused([](SceneOptions &o) { o.seconds = 0.2; },
          "seconds is 0.200000, needed 0.250000 (one window)");
  refused([](SceneOptions &o) { o.second_vessel = 1.5; }, "needed 0 to 1");
  refused([](SceneOptions &o) { o.speed_spread = -1; }, "speed spread is -1");
  refused([](SceneOptions &o) { o.own_ship = 2; }, "needed 0 to 1");
  refused([](SceneOptions &o) { o.second_shaft = 0.2; },
          "second shaft is 0.200000, needed 0 to 0.1");
  refused([](SceneOptions &o) { o.level_offset_db = NAN; }, "not finite");
}
GST_END_TEST

GST_START_TEST(sets_that_cannot_be_written_are_refused) {
  const Folder folder;
  WriteOptions options = small_set();
  options.per_class = 0;
  assert_refused([&] { write_scenes(folder.path(), options); },
                 sonar::Errc::kBadArgument, "0 scenes a class");
  options = small_set();
  options.vessels = 3;
  assert_refused([&] { write_scenes(folder.path(), options); },
                 sonar::Errc::kBadArgument, "3 vessels, needed 1 or 2");
  options.vessels = 2;
  options.classes = {"cargo"};
  assert_refused([&] { write_scenes(folder.path(), options); },
                 sonar::Errc::kBadArgument, "need two classes");
  options = small_set();
  options.classes = {"cargo", "cargo"};
  assert_refused([&] { write_scenes(folder.path(), options); },
                 sonar::Errc::kBadArgument, "named twice");
  std::ofstream(folder / "file") << "in the way";
  assert_refused([&] { write_scenes(folder / "file", small_set()); },
                 sonar::Errc::kResource, "cannot write");
}
GST_END_TEST

GST_START_TEST(truth_that_is_missing_or_broken_is_refused) {
  const Folder folder;
  assert_refused([&] { read_truth(folder.path(), "cargo_000"); },
                 sonar::Errc::kNotFound, "needed a folder written with truth");
  write_scenes(folder.path(), small_set());
  assert_refused([&] { read_truth(folder.path(), "cargo_002"); },
                 sonar::Errc::kNotFound, "holds no cargo_002.labels");
  const std::string path = folder / "truth.safetensors";
  fs::resize_file(path, fs::file_size(path) - 4096 * 2 - 1);
  assert_refused([&] { read_truth(folder.path(), "cargo_001"); },
                 sonar::Errc::kBadArgument, "is cut short");
  fs::resize_file(path, 40);
  assert_refused([&] { read_truth(folder.path(), "cargo_001"); },
                 sonar::Errc::kBadArgument, "header that is not JSON");
}
GST_END_TEST

static Suite *synth_write_suite(void) {
  Suite *s = suite_create("synth_write");
  TCase *files = tcase_create("files");
  suite_add_tcase(s, files);
  tcase_add_test(files, written_truth_reads_back_equal);
  tcase_add_test(files, written_audio_is_the_scene_in_16_bit);
  tcase_add_test(files, truth_file_has_the_layout_of_the_truth_sets);
  tcase_add_test(files, labels_list_every_scene_with_its_class);
  tcase_add_test(files, scenes_of_two_vessels_are_labelled_with_both);
  tcase_add_test(files, scenes_without_a_target_are_labelled_none);
  tcase_add_test(files, target_wave_reads_back_at_the_scale_of_the_recording);
  tcase_add_test(files, scenes_do_not_depend_on_the_rest_of_their_set);
  tcase_add_test(files, nothing_unfinished_is_left_behind);

  TCase *errors = tcase_create("errors");
  suite_add_tcase(s, errors);
  tcase_add_test(errors, options_outside_their_domain_are_refused);
  tcase_add_test(errors, sets_that_cannot_be_written_are_refused);
  tcase_add_test(errors, truth_that_is_missing_or_broken_is_refused);
  return s;
}
GST_CHECK_MAIN(synth_write)
