/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <sndfile.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <functional>
#include <map>
#include <random>
#include <set>
#include <sstream>

#include "models/evaluate/evaluate.h"
#include "models/mixtures/mixture.h"
#include "models/mixtures/mixture_set.h"
#include "models/synth/truth_set.h"
#include "models/train/fold_sides.h"
#include "sonar/core/error.h"
#include "support/folder.h"
#include "support/testing.h"

using namespace sonar;
using namespace sonar::models;
namespace fs = std::filesystem;
using Sound = std::vector<float>;

static void assert_refused(const std::function<void()> &call,
                           const char *words) {
  try {
    call();
    ck_abort_msg("accepted, wanted: %s", words);
  } catch (const Error &e) {
    fail_unless(e.code() == Errc::kBadArgument);
    ck_assert_msg(std::strstr(e.what(), words), "\"%s\" lacks \"%s\"", e.what(),
                  words);
  }
}

/* Bins of 31.25 Hz, every bin but DC a row: row y shows bin 32 - y. */
static Recipe recipe() {
  Recipe r;
  r.rate_hz = 2000;
  r.fft_size = 64;
  r.hop_size = 32;
  r.axis = FrequencyAxis::kLinear;
  r.min_frequency_hz = 31;
  r.max_frequency_hz = 1000;
  r.width = 16;
  r.advance = 16;
  return r;
}
constexpr std::size_t kSamples = 15 * 32 + 64;

static Sound noise(unsigned seed, float level, std::size_t count = kSamples) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, level);
  Sound out(count);
  for (float &v : out) v = normal(random);
  return out;
}

static Sound tone(int bin, float amplitude, std::size_t count = kSamples) {
  Sound out(count);
  for (std::size_t i = 0; i < count; ++i)
    out[i] = amplitude * float(std::cos(2 * M_PI * bin * double(i) / 64));
  return out;
}

/* ---- truth of a pixel ---- */

/* One row: levels and values by hand. */
static Spectrum row(std::vector<float> level, std::vector<float> value) {
  Spectrum out{Image(1, level.size()), Image(1, level.size())};
  std::copy(level.begin(), level.end(), out.level_db.row(0));
  std::copy(value.begin(), value.end(), out.value_db.row(0));
  return out;
}

GST_START_TEST(a_signature_stands_over_its_background_or_its_rows_median) {
  /* median of the level 0 */
  const Spectrum own =
      row({0, 0, 6.1f, 5.9f, -9, 0, 0}, {3, 3.1f, -5, -5, 9, 0, 0});
  const std::vector<std::uint8_t> want = {0, 1, 1, 0, 1, 0, 0};
  fail_unless(own_signature(own).values == want);
}
GST_END_TEST

GST_START_TEST(a_pixel_is_the_louder_ones_and_counts_where_that_one_shows) {
  /*                    target's  weak    other's  neither  quieter  below */
  const Spectrum target = row({10, 10, -20, 10, -20, 10}, {9, 9, 9, 1, 1, -1});
  const Spectrum other = row({0, 6.5f, 0, 0, 0, 0}, {9, 9, 9, 1, 1, 9});
  const metrics::Truth truth = mixture_truth(target, other, 3);
  const std::vector<std::uint8_t> wanted = {1, 1, 0, 0, 0, 0},
                                  weak = {1, 1, 0, 0, 0, 1},
                                  interferer = {0, 0, 1, 0, 0, 0};
  fail_unless(truth.target.values == wanted);
  fail_unless(truth.weak.values == weak);
  fail_unless(truth.interferer.values == interferer);
  /* 10 - 3, 10 - 6.5 - 3 rounded down, ... */
  const std::vector<std::int8_t> snr = {7, 0, -23, 7, -23, 7};
  fail_unless(truth.snr_db == snr);
}
GST_END_TEST

GST_START_TEST(a_masked_signal_is_what_lies_in_the_mask) {
  const Sound low = tone(8, 0.5f), high = tone(24, 0.3f);
  Sound both = low;
  for (std::size_t i = 0; i < both.size(); ++i) both[i] += high[i];
  mask::Binary upper{32, 16, std::vector<std::uint8_t>(32 * 16)};
  std::fill(upper.values.begin(), upper.values.begin() + 16 * 16, 1);  // > 16
  const Sound got = masked_signal(both, upper, recipe());
  /* A Hann window's lobe is four bins wide, so nothing of the other tone is in
   * the mask but rounding; a window away from both ends. */
  for (std::size_t i = 64; i + 64 < got.size(); ++i)
    ASSERT_NEAR_AT(i, got[i], high[i], 1e-5);
}
GST_END_TEST

/* ---- mixing ---- */

GST_START_TEST(a_mixture_has_the_ratio_that_was_asked_for) {
  /* Whole periods: orthogonal, so each one's share can be read off. */
  const Sound target = tone(8, 0.5f), other = tone(24, 0.01f);
  for (const double snr : {-5.0, 0.0, 5.0}) {
    const Sound mixed = mix(target, other, snr, recipe()).samples;
    double own = 0, others = 0, peak = 0;
    for (std::size_t i = 0; i < mixed.size() / 64 * 64; ++i) {
      own += double(mixed[i]) * double(target[i]) / 0.5;
      others += double(mixed[i]) * double(other[i]) / 0.01;
      peak = std::max(peak, double(std::fabs(mixed[i])));
    }
    /* float sums over 512 samples */
    ASSERT_NEAR_AT(0, 20 * std::log10(own / others), snr, 1e-3);
    ASSERT_NEAR_AT(1, peak, 0.5, 1e-6);
  }
}
GST_END_TEST

GST_START_TEST(a_tone_mixed_with_another_is_found_on_its_row) {
  Sound target = noise(1, 0.01f), other = noise(2, 0.01f);
  const Sound line = tone(8, 0.5f), foreign = tone(24, 0.5f);
  for (std::size_t i = 0; i < kSamples; ++i) {
    target[i] += line[i];
    other[i] += foreign[i];
  }
  const KnownSound mixed = mix(target, other, 0, recipe());
  for (std::size_t x = 0; x < 16; ++x) {
    fail_unless(mixed.truth.target.at(24, x) && mixed.truth.weak.at(24, x));
    fail_unless(mixed.truth.interferer.at(8, x) &&
                !mixed.truth.target.at(8, x));
  }
  fail_unless_equals_int(mixed.target_wave.size(), kSamples);
  /* Its signature is the tone and what noise is 3 dB up: of 4e-5 in 31 bins
   * against 0.125. */
  for (std::size_t i = 128; i + 128 < kSamples; i += 64)
    ASSERT_NEAR_AT(i, mixed.target_wave[i] / mixed.target_wave[128], 1, 0.1);
}
GST_END_TEST

GST_START_TEST(silence_cannot_be_mixed) {
  assert_refused([] { mix(Sound(kSamples), tone(8, 1), 0, recipe()); },
                 "is silent between");
}
GST_END_TEST

/* ---- sets ---- */

static void write_wav(const fs::path &path, const Sound &samples) {
  SF_INFO info{};
  info.samplerate = recipe().rate_hz;
  info.channels = 1;
  info.format = SF_FORMAT_WAV | SF_FORMAT_FLOAT;
  SNDFILE *out = sf_open(path.c_str(), SFM_WRITE, &info);
  fail_unless(out != nullptr);
  sf_write_float(out, samples.data(), sf_count_t(samples.size()));
  sf_close(out);
}

/* Three classes of three groups each; the last class shares a group with the
 * first. Some recordings are shorter than a picture. */
static std::vector<Recording> recordings() {
  std::vector<Recording> out;
  for (int c = 0; c < 3; ++c)
    for (int g = 0; g < 3; ++g) {
      const std::string name =
          std::string(1, char('a' + c)) + std::to_string(g);
      const std::size_t count = g ? 3 * kSamples : kSamples / 3;
      Sound sound = noise(unsigned(10 * c + g), 0.02f, count);
      const Sound line = tone(6 + 8 * c, 0.2f, count);
      for (std::size_t i = 0; i < count; ++i) sound[i] += line[i];
      write_wav(folder / (name + ".wav"), sound);
      out.push_back({(folder / (name + ".wav")).string(),
                     std::string(1, char('a' + c)),
                     c == 2 && g == 0 ? "a0" : name});
    }
  return out;
}

static MixtureSetOptions options() {
  MixtureSetOptions o;
  o.recipe = recipe();
  o.targets = {"a", "c"};
  o.per_class = 4;
  o.seed = 3;
  return o;
}

static std::string read_file(const fs::path &path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

GST_START_TEST(a_set_of_mixtures_reads_back_as_a_truth_set) {
  write_mixtures((folder / "set").string(), recordings(), options());
  const auto set = list_truth_set((folder / "set").string());
  fail_unless_equals_int(set.size(), 2 * 4 * 3);
  TruthReader truths((folder / "set").string());
  std::map<std::string, int> of_class;
  for (const TruthRecording &r : set) {
    ++of_class[r.labels.front()];
    const metrics::Truth truth = truths.read(r.name);
    fail_unless_equals_int(truth.target.height, 32);
    fail_unless_equals_int(truth.target.width, 16);
    fail_unless_equals_int(truths.target_wave(r.name).size(), kSamples);
    fail_unless_equals_int(load_audio(r.path, 2000).size(), kSamples);
    const std::size_t line = 32 - (r.labels.front() == "a" ? 6 : 22);
    fail_unless(truth.target.at(line, 8), "%s", r.name.c_str());
  }
  fail_unless(of_class["a"] == 12 && of_class["c"] == 12);
}
GST_END_TEST

GST_START_TEST(what_interferes_is_of_another_class_and_group) {
  const std::vector<Recording> all = recordings();
  std::map<std::string, Recording> by_name;
  for (const Recording &r : all)
    by_name[fs::path(r.path).filename().string()] = r;
  write_mixtures((folder / "set").string(), all, options());
  std::istringstream rows(read_file(folder / "set" / "labels.csv"));
  std::string row;
  std::getline(rows, row);
  fail_unless(row == "path,class,group,interferer,recording,interfering");
  std::set<std::string> groups;
  int count = 0;
  for (; std::getline(rows, row); ++count) {
    std::istringstream in(row);
    std::vector<std::string> f;
    for (std::string field; std::getline(in, field, ',');) f.push_back(field);
    const Recording &own = by_name.at(f[4]), &other = by_name.at(f[5]);
    fail_unless(own.label == f[1] && own.group == f[2] && other.label == f[3]);
    fail_unless(own.label != other.label && own.group != other.group);
    groups.insert(f[1] + f[2]);
  }
  fail_unless_equals_int(count, 24);
  fail_unless_equals_int(groups.size(), 6);  // every group took its turn
}
GST_END_TEST

GST_START_TEST(the_seed_alone_decides_the_mixtures) {
  const std::vector<Recording> all = recordings();
  const auto written = [&](const char *name, std::uint64_t seed) {
    MixtureSetOptions o = options();
    o.seed = seed;
    write_mixtures((folder / name).string(), all, o);
    return read_file(folder / name / kTruthFile) +
           read_file(folder / name / "labels.csv");
  };
  const std::string once = written("one", 3);
  fail_unless(once == written("two", 3));
  fail_unless(once != written("three", 4));
}
GST_END_TEST

GST_START_TEST(a_set_that_cannot_be_made_is_refused) {
  const std::vector<Recording> all = recordings();
  const std::string set = (folder / "set").string();
  MixtureSetOptions o = options();
  o.targets = {"d"};
  assert_refused([&] { write_mixtures(set, all, o); },
                 "no recording of class \"d\"");
  o = options();
  o.per_class = 0;
  assert_refused([&] { write_mixtures(set, all, o); }, "0 mixtures a class");
  o = options();
  o.snr_db.clear();
  assert_refused([&] { write_mixtures(set, all, o); }, "at least one SNR");
  assert_refused(
      [&] {
        write_mixtures(set, {all[0], all[1]}, options());
      },
      "made of two classes");
  assert_refused(
      [&] {
        write_mixtures(set, {all[0], all[6]}, options());
      },
      "another class and group");
}
GST_END_TEST

/* ---- folds ---- */

GST_START_TEST(every_group_is_held_out_once_and_never_learnt_then) {
  const std::vector<Recording> all = recordings();
  std::map<std::string, int> times;
  for (std::size_t fold = 0; fold < 3; ++fold) {
    const FoldSides sides = sides_of(all, 3, fold, 1);
    fail_unless_equals_int(sides.learnt.size() + sides.held_out.size(), 9);
    std::set<std::string> learnt;
    for (const Recording &r : sides.learnt) learnt.insert(r.group);
    for (const Recording &r : sides.held_out) {
      fail_unless(!learnt.count(r.group));
      ++times[r.path];
    }
  }
  fail_unless_equals_int(times.size(), 9);
  for (const auto &[path, count] : times) fail_unless_equals_int(count, 1);
  fail_unless_equals_int(sides_of(all, 0, 0, 0).held_out.size(), 9);
  assert_refused([&] { sides_of(all, 3, 3, 1); }, "needed 0 to 2");
}
GST_END_TEST

static Suite *mixtures_suite(void) {
  Suite *s = suite_create("mixtures");
  TCase *tc = tcase_create("mixtures");
  tcase_add_checked_fixture(tc, make_folder, remove_folder);
  suite_add_tcase(s, tc);
  tcase_add_test(tc, a_signature_stands_over_its_background_or_its_rows_median);
  tcase_add_test(tc,
                 a_pixel_is_the_louder_ones_and_counts_where_that_one_shows);
  tcase_add_test(tc, a_masked_signal_is_what_lies_in_the_mask);
  tcase_add_test(tc, a_mixture_has_the_ratio_that_was_asked_for);
  tcase_add_test(tc, a_tone_mixed_with_another_is_found_on_its_row);
  tcase_add_test(tc, silence_cannot_be_mixed);
  tcase_add_test(tc, a_set_of_mixtures_reads_back_as_a_truth_set);
  tcase_add_test(tc, what_interferes_is_of_another_class_and_group);
  tcase_add_test(tc, the_seed_alone_decides_the_mixtures);
  tcase_add_test(tc, a_set_that_cannot_be_made_is_refused);
  tcase_add_test(tc, every_group_is_held_out_once_and_never_learnt_then);
  return s;
}
GST_CHECK_MAIN(mixtures)
