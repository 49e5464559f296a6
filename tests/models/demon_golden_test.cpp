/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>

#include "models/propulsion/published.h"
#include "models/propulsion/recording.h"
#include "models/train/dataset.h"
#include "support/testing.h"

using namespace sonar::models;

namespace fs = std::filesystem;

/* Recordings lie beside the project where they are at all. */
static fs::path data_folder() {
  const char *root = std::getenv("GST_SONAR_SOURCE_ROOT");
  return fs::path(root ? root : ".") / "../shared/data";
}

static bool skipped(const fs::path &needed) {
  if (fs::exists(needed)) return false;
  std::printf("SKIPPED: no %s\n", needed.c_str());
  return true;
}

/* hydrophone/.../deepship_Tanker_10.flac is the published recording 2_10. */
static std::string published_id(const fs::path &path) {
  const std::string name = path.stem().string();
  for (const auto &[word, number] :
       {std::pair<std::string, std::string>{"Passengership_", "1_"},
        {"Tanker_", "2_"}}) {
    const std::size_t at = name.find(word);
    if (at != std::string::npos) return number + name.substr(at + word.size());
  }
  return "";
}

/* Correlation of the amplitudes at the published frequencies, 1 to 45 Hz. */
static double shape_correlation(const DemonSpectrum &ours,
                                const DemonSpectrum &theirs) {
  double n = 0, x = 0, y = 0, xx = 0, yy = 0, xy = 0;
  for (std::size_t k = 0; k < theirs.power.size(); ++k) {
    const double hz = double(k) * theirs.bin_hz;
    if (hz < 1 || hz > 45) continue;
    const auto bin = std::size_t(hz / ours.bin_hz + 0.5);
    const double a = std::sqrt(ours.power[bin]);
    const double b = std::sqrt(theirs.power[k]);
    n += 1, x += a, y += b, xx += a * a, yy += b * b, xy += a * b;
  }
  return (n * xy - x * y) / std::sqrt((n * xx - x * x) * (n * yy - y * y));
}

/* Published: band-pass 50 to 5,000 Hz, Hilbert envelope, Welch at 0.1 Hz. */
GST_START_TEST(demon_of_real_ships_is_the_published_one) {
  const fs::path list = data_folder() / "hydrophone/manifest.csv";
  if (skipped(list) || skipped(data_folder() / "demon/spectra.npy")) return;
  std::map<std::string, AnnotatedSpectrum> published;
  for (auto &s : read_annotated_spectra((data_folder() / "demon").string()))
    published[s.id] = s;
  std::size_t annotated = 0;
  for (const Recording &r : list_dataset(list.string())) {
    const auto found = published.find(published_id(r.path));
    if (found == published.end()) continue;
    const DemonOptions options;
    const DemonSpectrum ours =
        demon_spectrum(load_audio(r.path, options.rate_hz), options);
    ASSERT_NEAR_AT(0, ours.bin_hz, 0.1, 1e-12);
    const double same = shape_correlation(ours, found->second.spectrum);
    fail_unless(same >= 0.99, "%s: correlation %.4f", r.path.c_str(), same);
    annotated += found->second.shaft_hz > 0;
  }
  fail_unless(annotated >= 8);
}
GST_END_TEST

static Suite *demon_golden_suite(void) {
  Suite *s = suite_create("demon_golden");
  TCase *tc = tcase_create("real recordings");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, demon_of_real_ships_is_the_published_one);
  return s;
}
GST_CHECK_MAIN(demon_golden)
