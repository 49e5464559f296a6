/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/bundle.h"

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>

#include "sonar/core/error.h"
#include "support/folder.h"
#include "support/testing.h"

using namespace sonar;
using namespace sonar::models;
namespace fs = std::filesystem;

static Bundle example() {
  Bundle b;
  b.settings.name = "example";
  b.settings.labels = {"tanker", "wal \"q\" \xc3\xa9"};
  b.settings.architecture.head = Architecture::Head::kBands;
  b.settings.architecture.exclusive = false;
  b.settings.architecture.statistics = true;
  b.settings.mask_recipe = MaskRecipe::kEvidence;
  b.settings.threshold = 0.65;
  b.settings.min_confidence = 0.7;
  b.settings.made_with = "test";
  b.settings.training_json = R"({"seed":7})";
  b.tensors["net.a"] = {{2, 3}, {1, -2, 3.5f, 0, 1e-30f, -1e30f}};
  b.tensors["class.gate"] = {{1}, {0.25f}};
  return b;
}

static std::string write_example() {
  const std::string path = (folder / "m.safetensors").string();
  write_bundle(path, example());
  return path;
}

static std::string slurp(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

static void spit(const std::string &path, const std::string &bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

/* The message, or a failed test when nothing or something else is thrown. */
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

static void assert_refused(const std::string &bytes, const char *words) {
  const std::string path = (folder / "bad.safetensors").string();
  spit(path, bytes);
  const std::string settings =
      error_of(Errc::kBadModel, [&] { read_settings(path); });
  const std::string whole =
      error_of(Errc::kBadModel, [&] { read_bundle(path); });
  ck_assert_msg(settings.find(words) != std::string::npos, "no \"%s\" in: %s",
                words, settings.c_str());
  ck_assert_str_eq(settings.c_str(), whole.c_str());
}

/* The example's bytes with @p from replaced (same length) in its header. */
static std::string changed(const std::string &from, const std::string &to) {
  std::string bytes = slurp(write_example());
  const std::size_t at = bytes.find(from);
  fail_unless(at != std::string::npos && from.size() == to.size());
  return bytes.replace(at, from.size(), to);
}

GST_START_TEST(what_is_written_is_read_back) {
  const std::string path = write_example();
  const Bundle want = example(), got = read_bundle(path);
  fail_unless_equals_int(got.tensors.size(), 2);
  for (const auto &[name, tensor] : want.tensors) {
    fail_unless(got.tensors.at(name).shape == tensor.shape);
    fail_unless(got.tensors.at(name).values == tensor.values);
  }
  for (const Settings &s : {got.settings, read_settings(path)}) {
    ck_assert_str_eq(s.name.c_str(), "example");
    fail_unless(s.labels == want.settings.labels);
    fail_unless(s.recipe.to_json() == want.settings.recipe.to_json());
    fail_unless(s.architecture.head == Architecture::Head::kBands);
    fail_unless(!s.architecture.exclusive);
    fail_unless(s.architecture.statistics);
    fail_unless(s.architecture.conv_channels == std::vector<int>({8, 16, 32}));
    fail_unless(s.mask_recipe == MaskRecipe::kEvidence);
    fail_unless(s.threshold == 0.65 && s.min_confidence == 0.7);
    ck_assert_str_eq(s.training_json.c_str(), R"({"seed":7})");
  }
  // Nothing but the model is left in the folder, and writing repeats itself.
  const std::string first = slurp(path);
  fail_unless(slurp(write_example()) == first);
  fail_unless_equals_int(std::distance(fs::directory_iterator(folder), {}), 1);
}
GST_END_TEST

GST_START_TEST(the_file_is_plain_safetensors) {
  const std::string bytes = slurp(write_example());
  std::uint64_t length;
  std::memcpy(&length, bytes.data(), 8);
  fail_unless_equals_int(length % 8, 0);
  fail_unless_equals_int(bytes[8], '{');
  fail_unless_equals_int(bytes.size(), 8 + length + 4 * 7);
  // Tensors lie in the order of their names: class.gate first.
  float first;
  std::memcpy(&first, bytes.data() + 8 + length, 4);
  fail_unless(first == 0.25f);
}
GST_END_TEST

GST_START_TEST(every_flipped_header_byte_is_a_bad_model) {
  const std::string good = slurp(write_example());
  const std::string path = (folder / "flipped.safetensors").string();
  std::uint64_t length;
  std::memcpy(&length, good.data(), 8);
  for (std::size_t i = 0; i < 8 + length; ++i)
    for (const int bits : {0x01, 0x20, 0x80}) {
      std::string bytes = good;
      bytes[i] = char(bytes[i] ^ bits);
      spit(path, bytes);
      error_of(Errc::kBadModel, [&] { read_bundle(path); });
    }
}
GST_END_TEST

GST_START_TEST(a_flipped_weight_is_a_bad_model_but_leaves_the_settings) {
  const std::string good = slurp(write_example());
  const std::string path = (folder / "flipped.safetensors").string();
  for (std::size_t i = good.size() - 28; i < good.size(); ++i) {
    std::string bytes = good;
    bytes[i] = char(bytes[i] ^ 1);
    spit(path, bytes);
    const std::string what =
        error_of(Errc::kBadModel, [&] { read_bundle(path); });
    fail_unless(what.find("CRC-32") != std::string::npos);
    fail_unless(read_settings(path).name == "example");
  }
}
GST_END_TEST

GST_START_TEST(a_truncated_file_is_a_bad_model) {
  const std::string good = slurp(write_example());
  const std::string path = (folder / "cut.safetensors").string();
  for (std::size_t size = 0; size < good.size(); size += 97) {
    spit(path, good.substr(0, size));
    error_of(Errc::kBadModel, [&] { read_bundle(path); });
    error_of(Errc::kBadModel, [&] { read_settings(path); });
  }
}
GST_END_TEST

GST_START_TEST(each_defect_has_its_own_words) {
  const std::string good = slurp(write_example());
  const std::string missing = (folder / "none.safetensors").string();
  const std::string what =
      error_of(Errc::kNotFound, [&] { read_settings(missing); });
  fail_unless(what.find("does not exist") != std::string::npos);
  error_of(Errc::kBadModel, [&] { read_settings(folder.string()); });

  assert_refused("", "is empty (0 bytes)");
  assert_refused("\x89PNG\r\n\x1a\n and so on", "safetensors header");
  assert_refused(good.substr(0, 100), "is cut short");
  assert_refused(good + "x", "29 bytes of data");
  assert_refused(good.substr(0, good.size() - 1), "outside its data");
  assert_refused(changed("gst-sonar", "gst-snore"), "not a gst-sonar model");
  assert_refused(changed("format_version\":\"2", "format_version\":\"1"),
                 "format version 1, this program reads 2; train");
  assert_refused(changed("\"F32\"", "\"I32\""), "needed F32");
  assert_refused(changed("[0,4]", "[0,8]"), "shape and bytes disagree");
  assert_refused(changed("[4,28]", "[0,24]"), "overlap");
  assert_refused(changed("\"shape\":[1]", "\"shape\":[9]"), "larger than");
  assert_refused(changed("bands", "brand"), "setting head");
  assert_refused(changed("0.65", "1.65"), "threshold");
}
GST_END_TEST

GST_START_TEST(settings_that_could_not_be_read_back_are_not_written) {
  const auto refused = [](const std::function<void(Settings &)> &spoil,
                          const char *words) {
    Bundle b = example();
    spoil(b.settings);
    const std::string what = error_of(Errc::kBadArgument, [&] {
      write_bundle((folder / "m.safetensors").string(), b);
    });
    ck_assert_msg(what.find(words) != std::string::npos, "no \"%s\" in: %s",
                  words, what.c_str());
  };
  refused([](Settings &s) { s.labels = {"one"}; }, "1 labels");
  refused([](Settings &s) { s.labels = {"a", "a"}; }, "\"a\" twice");
  refused([](Settings &s) { s.labels = {"a", ""}; }, "empty label");
  refused([](Settings &s) { s.threshold = 1.5; }, "threshold");
  refused([](Settings &s) { s.min_confidence = -1; }, "min_confidence");
  refused([](Settings &s) { s.architecture.input_channels = 3; }, "3 input");
  refused([](Settings &s) { s.architecture.dense = {0, 4}; }, "dense");
  refused([](Settings &s) { s.recipe.hop_size = 0; }, "hop");
  refused([](Settings &s) { s.recipe.width = s.recipe.advance = 4; },
          "4 columns");
}
GST_END_TEST

GST_START_TEST(an_unwritable_place_is_a_resource_error_and_leaves_nothing) {
  const std::string path = (folder / "no/such/m.safetensors").string();
  const std::string what =
      error_of(Errc::kResource, [&] { write_bundle(path, example()); });
  fail_unless(what.find(path) != std::string::npos);
  fail_unless(fs::is_empty(folder));
}
GST_END_TEST

GST_START_TEST(a_name_is_looked_up_in_the_model_path) {
  fs::create_directory(folder / "b");
  const std::string path = (folder / "b/ship.safetensors").string();
  write_bundle(path, example());
  const std::string search = folder.string() + ":" + (folder / "b").string();
  setenv("GST_SONAR_MODEL_PATH", search.c_str(), 1);
  fail_unless(resolve_model("ship") == path);
  fail_unless(resolve_model(path) == path);

  const std::string what =
      error_of(Errc::kNotFound, [] { resolve_model("shop"); });
  for (const std::string &part :
       {std::string("shop.safetensors"), folder.string(), std::string("ship")})
    fail_unless(what.find(part) != std::string::npos, "%s", what.c_str());
  const std::string slash =
      error_of(Errc::kNotFound, [] { resolve_model("./shop"); });
  fail_unless(slash.find("./shop does not exist") != std::string::npos);
  error_of(Errc::kNotFound, [] { resolve_model(""); });
}
GST_END_TEST

static Suite *bundle_suite(void) {
  Suite *s = suite_create("bundle");
  TCase *tc = tcase_create("file");
  suite_add_tcase(s, tc);
  tcase_add_checked_fixture(tc, make_folder, remove_folder);
  tcase_add_test(tc, what_is_written_is_read_back);
  tcase_add_test(tc, the_file_is_plain_safetensors);
  tcase_add_test(tc, every_flipped_header_byte_is_a_bad_model);
  tcase_add_test(tc, a_flipped_weight_is_a_bad_model_but_leaves_the_settings);
  tcase_add_test(tc, a_truncated_file_is_a_bad_model);
  tcase_add_test(tc, each_defect_has_its_own_words);
  tcase_add_test(tc, settings_that_could_not_be_read_back_are_not_written);
  tcase_add_test(tc,
                 an_unwritable_place_is_a_resource_error_and_leaves_nothing);
  tcase_add_test(tc, a_name_is_looked_up_in_the_model_path);
  return s;
}
GST_CHECK_MAIN(bundle)
