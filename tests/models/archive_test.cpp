/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/archive.h"

#include <zlib.h>

#include <functional>

#include "models/bundle.h"
#include "models/own_settings.h"
#include "sonar/core/error.h"
#include "support/folder.h"
#include "support/testing.h"

using namespace sonar;
using namespace sonar::models;

static const char kText[] =
    R"({"labels": ["cargo", "tug"], "recipe": {"rate": 8000, "bands": 64,
        "max-frequency": 3900}, "input": {"channels": 3}, "threshold": 0.5})";

static std::string little(std::uint64_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i) out += char(value >> 8 * i & 255);
  return out;
}

static std::string deflated(const std::string &text) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 9, Z_DEFAULT_STRATEGY);
  std::string in = text, out(text.size() + 100, '\0');
  stream.next_in = reinterpret_cast<Bytef *>(in.data());
  stream.avail_in = uInt(in.size());
  stream.next_out = reinterpret_cast<Bytef *>(out.data());
  stream.avail_out = uInt(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(out.size() - stream.avail_out);
  deflateEnd(&stream);
  return out;
}

/* How an archive is written; the entries' bytes are what they are. */
struct Form {
  bool deflate = false, wide = false;
  std::string comment = {};
};

/* A writer of its own, after the format's description (APPNOTE 4.3). */
static std::string zip(
    const std::vector<std::pair<std::string, std::string>> &entries,
    const Form &form = {}) {
  std::string out, list;
  for (const auto &[name, text] : entries) {
    const std::string packed = form.deflate ? deflated(text) : text;
    const std::uint64_t crc = crc32(
        0, reinterpret_cast<const Bytef *>(text.data()), uInt(text.size()));
    const std::uint64_t at = out.size();
    const std::string method = little(form.deflate ? 8 : 0, 2);
    out += "PK\3\4" + little(20, 2) + little(0, 2) + method + little(0, 4) +
           little(crc, 4) + little(packed.size(), 4) + little(text.size(), 4) +
           little(name.size(), 2) + little(3, 2) + name + "pad" + packed;
    const std::string extra =
        form.wide ? little(0xcafe, 2) + little(1, 2) + "x" + little(1, 2) +
                        little(24, 2) + little(text.size(), 8) +
                        little(packed.size(), 8) + little(at, 8)
                  : "";
    const auto size = [&](std::uint64_t n) {
      return little(form.wide ? 0xffffffff : n, 4);
    };
    list += "PK\1\2" + little(20, 2) + little(20, 2) + little(0, 2) + method +
            little(0, 4) + little(crc, 4) + size(packed.size()) +
            size(text.size()) + little(name.size(), 2) +
            little(extra.size(), 2) + little(0, 2) + little(0, 4) +
            little(0, 4) + size(at) + name + extra;
  }
  const std::uint64_t begin = out.size(), count = entries.size();
  out += list;
  if (form.wide) {
    const std::uint64_t end = out.size();
    out += "PK\6\6" + little(44, 8) + little(45, 2) + little(45, 2) +
           little(0, 8) + little(count, 8) + little(count, 8) +
           little(list.size(), 8) + little(begin, 8);
    out += "PK\6\7" + little(0, 4) + little(end, 8) + little(1, 4);
  }
  return out + "PK\5\6" + little(0, 4) + little(form.wide ? 0xffff : count, 2) +
         little(form.wide ? 0xffff : count, 2) +
         little(form.wide ? 0xffffffff : list.size(), 4) +
         little(form.wide ? 0xffffffff : begin, 4) +
         little(form.comment.size(), 2) + form.comment;
}

static std::string model_bytes(const Form &form = {},
                               const std::string &text = kText) {
  return zip({{"m/extra/gst-sonar.json", text},
              {"m/data/0", std::string(300, 'w')},
              {"m/constants.pkl", "c"}},
             form);
}

static std::string put(const std::string &bytes) {
  const std::string path = (folder / "m.pt").string();
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

/* The words of the bad model that reading the settings and checking the whole
 * file find; empty where it is good. */
static std::string refusal(const std::string &bytes) {
  const std::string path = put(bytes);
  try {
    read_settings(path);
    verify_own_model(path);
  } catch (const Error &e) {
    fail_unless(e.code() == Errc::kBadModel, "wrong kind of error: %s",
                e.what());
    return e.what();
  }
  return {};
}

static void assert_refused(const std::string &bytes, const char *words) {
  const std::string what = refusal(bytes);
  ck_assert_msg(what.find(words) != std::string::npos, "no \"%s\" in: %s",
                words, what.c_str());
}

GST_START_TEST(the_settings_are_read_from_every_form_of_archive) {
  std::string noise;  // longer than the blocks it is read in
  for (unsigned i = 0; i < 200000; ++i) noise += char(i * 2654435761u >> 24);
  const std::string labels = R"({"labels": ["a", "b"], "made_with": ")" +
                             std::string(100000, 'x') + "\"}";
  for (const bool deflate : {false, true})
    for (const bool wide : {false, true})
      for (const char *comment : {"", "PK\5\6 is no end"}) {
        const Form form{deflate, wide, comment};
        const Settings s = read_settings(put(model_bytes(form)));
        fail_unless(s.labels == std::vector<std::string>({"cargo", "tug"}));
        fail_unless_equals_int(s.recipe.rate_hz, 8000);
        Archive archive(
            put(zip({{"m/a", noise}, {"m/b", labels}, {"m/c", ""}}, form)));
        archive.verify();
        fail_unless(archive.read(*archive.find("a"), noise.size()) == noise);
        fail_unless(archive.read(*archive.find("b"), labels.size()) == labels);
        fail_unless(archive.read(*archive.find("c"), 0).empty());
        fail_unless(!archive.find("d"));
      }
}
GST_END_TEST

GST_START_TEST(what_is_left_out_has_its_default) {
  const Settings s = read_settings(put(model_bytes()));
  Recipe want;
  want.rate_hz = 8000;
  want.bands = 64;
  want.max_frequency_hz = 3900;
  fail_unless(s.recipe.to_json() == want.to_json());
  ck_assert_str_eq(s.name.c_str(), "m");
  fail_unless(s.architecture.network == Architecture::Network::kTorchScript);
  fail_unless(s.architecture.input_channels == 3 && s.architecture.exclusive);
  const GrayScaling &gray = s.architecture.scaling;
  fail_unless(gray.low_db == want.floor_db &&
              gray.high_db == want.floor_db + want.range_db);
  fail_unless(gray.mean == std::vector<double>({0, 0, 0}) &&
              gray.deviation == std::vector<double>({1, 1, 1}));
  fail_unless(s.mask_recipe == MaskRecipe::kEvidence);
  fail_unless(s.threshold == 0.5 && s.min_confidence == 0.5);
  // written out, they say the same
  const Settings again = own_settings_from_json(own_settings_to_json(s));
  fail_unless(own_settings_to_json(again) == own_settings_to_json(s));
}
GST_END_TEST

/* Dates and versions may be anything; what is read is never something else. */
GST_START_TEST(a_flipped_byte_is_a_bad_model_or_changes_nothing) {
  for (const Form &form : {Form{}, Form{true, true, "end"}}) {
    const std::string good = model_bytes(form);
    const std::string want = own_settings_to_json(read_settings(put(good)));
    std::size_t refused = 0;
    for (std::size_t i = 0; i < good.size(); ++i)
      for (const int bits : {0x01, 0x80}) {
        std::string bytes = good;
        bytes[i] = char(bytes[i] ^ bits);
        if (!refusal(bytes).empty()) {
          ++refused;
          continue;
        }
        fail_unless(own_settings_to_json(
                        read_settings((folder / "m.pt").string())) == want);
      }
    fail_unless(refused > good.size(), "%zu of %zu refused", refused,
                2 * good.size());
  }
}
GST_END_TEST

GST_START_TEST(a_truncated_archive_is_a_bad_model_whatever_is_left) {
  for (const Form &form : {Form{}, Form{true, true, ""}}) {
    const std::string good = model_bytes(form);
    for (std::size_t size = 0; size < good.size(); ++size)
      fail_unless(!refusal(good.substr(0, size)).empty());
  }
}
GST_END_TEST

/* Good bytes, with @p from, of the same length, replaced where it last is. */
static std::string changed(std::string bytes, const std::string &from,
                           const std::string &to) {
  const std::size_t at = bytes.rfind(from);
  fail_unless(at != std::string::npos && from.size() == to.size());
  return bytes.replace(at, from.size(), to);
}

GST_START_TEST(each_defect_has_its_own_words) {
  const std::string good = model_bytes();
  assert_refused("", "is empty (0 bytes)");
  assert_refused("\x80\x02}q and so on", "no TorchScript archive");
  assert_refused(good.substr(0, 90), "cut short");
  assert_refused(changed(good, "wwww", "wwwv"), "data/0 is not what its CRC");
  assert_refused(zip({{"m/data.pkl", "x"}}), "with torch.jit.save");
  assert_refused(zip({{"m/constants.pkl", "x"}}),
                 "has no extra file gst-sonar.json (labels, recipe)");
  assert_refused(zip({{"m/constants.pkl", "x"},
                      {"m/extra/gst-sonar.json", kText},
                      {"n/extra/gst-sonar.json", kText}}),
                 "twice");
  std::string locked = good;
  locked[locked.rfind("PK\1\2") + 8] = 1;
  assert_refused(locked, "is encrypted");
  std::string odd = good;
  odd[odd.rfind("PK\1\2") + 10] = 12;
  assert_refused(odd, "packed by method 12");
  // entries that lie about their size unpack to no more than they say
  std::string bomb = model_bytes({true, false, ""});
  bomb.replace(bomb.rfind("PK\1\2") + 24, 4, little(1 << 30, 4));
  assert_refused(bomb, "is not what its CRC-32 and size say");
}
GST_END_TEST

GST_START_TEST(each_mistake_in_the_settings_has_its_own_words) {
  const auto wrong = [](const char *text, const char *words) {
    assert_refused(model_bytes({}, text), words);
  };
  wrong("{\"labels\": [", "cannot be read");
  wrong("[]", "whose settings is no object");
  wrong("{}", "without labels");
  wrong(R"({"labels": ["a"]})", "has 1 labels");
  wrong(R"({"labels": ["a", "a"]})", "\"a\" twice");
  wrong(R"({"labels": ["a", "b"], "lables": 1})", "unknown field \"lables\"");
  wrong(R"({"labels": ["a", "b"], "recipe": {"fft": 1}})",
        "unknown field \"fft\" in its recipe");
  wrong(R"({"labels": ["a", "b"], "recipe": {"fft-size": 5}})",
        "recipe that cannot be: Analysis recipe: fft-size is 5");
  wrong(R"({"labels": ["a", "b"], "input": {"channels": 2}})",
        "2 channels, needed 1, or 3");
  wrong(R"({"labels": ["a", "b"], "input": {"channels": 1.5}})",
        "1.5 channels, needed 1, or 3");
  wrong(R"({"labels": ["a", "b"], "input": {"mean": [0, 0]}})",
        "2 values of mean, needed one a channel (1)");
  wrong(R"({"labels": ["a", "b"], "input": {"std": [0]}})", "needed above 0");
  wrong(R"({"labels": ["a", "b"], "input": {"mean": [1e300]}})",
        "has mean [1e+300] and std null, which a picture is not finite by");
  wrong(R"({"labels": ["a", "b"], "input": {"std": [1e-300]}})",
        "has mean null and std [1e-300], which a picture is not finite by");
  wrong(R"({"labels": ["a", "b"], "input": {"low_db": 9, "high_db": 1}})",
        "needed low_db below high_db");
  wrong(R"({"labels": ["a", "b"], "mask_recipe": "best"})",
        "setting mask_recipe");
  wrong(R"({"labels": ["a", "b"], "threshold": 2})", "threshold");
  wrong(R"({"labels": ["a", "b"], "exclusive": 1})", "cannot be read");
}
GST_END_TEST

GST_START_TEST(a_name_finds_its_archive_and_one_of_ours_before_it) {
  const std::string path = put(model_bytes());
  setenv("GST_SONAR_MODEL_PATH", folder.c_str(), 1);
  fail_unless(resolve_model("m") == path);
  fail_unless(resolve_model("m.pt") == path);
  const std::string ours = (folder / "m.safetensors").string();
  std::ofstream(ours) << "x";
  fail_unless(resolve_model("m") == ours);
  try {
    resolve_model("n");
    ck_abort_msg("nothing was thrown");
  } catch (const Error &e) {
    const std::string what = e.what();
    fail_unless(e.code() == Errc::kNotFound);
    fail_unless(what.find("n.safetensors, n.pt in") != std::string::npos, "%s",
                e.what());
  }
}
GST_END_TEST

/* safetensors run no code, and nothing of that name does. */
GST_START_TEST(an_archive_of_another_name_is_refused) {
  const std::string path = (folder / "m.safetensors").string();
  std::filesystem::rename(put(model_bytes()), path);
  fail_unless(!is_own_model(path));
  try {
    read_settings(path);
    ck_abort_msg("nothing was thrown");
  } catch (const Error &e) {
    fail_unless(e.code() == Errc::kBadModel);
    fail_unless(std::string(e.what()).find("must be named .pt") !=
                std::string::npos);
  }
}
GST_END_TEST

GST_START_TEST(only_its_settings_can_be_had_of_it_as_a_bundle) {
  const std::string path = put(model_bytes());
  try {
    read_bundle(path);
    ck_abort_msg("nothing was thrown");
  } catch (const Error &e) {
    fail_unless(e.code() == Errc::kBadModel);
    fail_unless(std::string(e.what()).find("is a TorchScript archive") !=
                std::string::npos);
  }
}
GST_END_TEST

static Suite *archive_suite() {
  Suite *suite = suite_create("archive");
  TCase *tc = tcase_create("file");
  tcase_add_checked_fixture(tc, make_folder, remove_folder);
  suite_add_tcase(suite, tc);
  tcase_add_test(tc, the_settings_are_read_from_every_form_of_archive);
  tcase_add_test(tc, what_is_left_out_has_its_default);
  tcase_add_test(tc, a_flipped_byte_is_a_bad_model_or_changes_nothing);
  tcase_add_test(tc, a_truncated_archive_is_a_bad_model_whatever_is_left);
  tcase_add_test(tc, each_defect_has_its_own_words);
  tcase_add_test(tc, each_mistake_in_the_settings_has_its_own_words);
  tcase_add_test(tc, a_name_finds_its_archive_and_one_of_ours_before_it);
  tcase_add_test(tc, an_archive_of_another_name_is_refused);
  tcase_add_test(tc, only_its_settings_can_be_had_of_it_as_a_bundle);
  return suite;
}
GST_CHECK_MAIN(archive);
