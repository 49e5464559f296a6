/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/core/recipe.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

#include "sonar/core/error.h"

namespace sonar {
namespace {

using nlohmann::json;

/* Upper limits keep a damaged model file from asking for the whole memory. */
constexpr int kMaxRateHz = 10000000;
constexpr int kMaxBands = 32768;
constexpr int kMaxColumns = 65536;
constexpr int kMaxRows = 4096;

/* A bin counts as inside the band although the division that places it there
 * rounds; far below any step a user could mean. */
constexpr double kBinTolerance = 1e-9;

/* Every setting once: its name in files and messages, its unit, its member. */
template <typename R, typename Visit>
void for_each_setting(R &r, Visit &&visit) {
  visit("rate", " Hz", r.rate_hz);
  visit("fft-size", "", r.fft_size);
  visit("hop-size", "", r.hop_size);
  visit("window", "", r.window);
  visit("axis", "", r.axis);
  visit("bands", "", r.bands);
  visit("min-frequency", " Hz", r.min_frequency_hz);
  visit("max-frequency", " Hz", r.max_frequency_hz);
  visit("normalizer", "", r.normalizer);
  visit("tpsw-half-width", "", r.tpsw_half_width);
  visit("tpsw-gap", "", r.tpsw_gap);
  visit("tpsw-smooth", "", r.tpsw_smooth);
  visit("evidence-fft-size", "", r.evidence_fft_size);
  visit("width", "", r.width);
  visit("advance", "", r.advance);
  visit("floor", " dB", r.floor_db);
  visit("range", " dB", r.range_db);
}

std::string text(int value) { return std::to_string(value); }
std::string text(double value) {
  std::ostringstream out;
  out.precision(12);
  out << value;
  return out.str();
}
template <typename Enum, typename = std::enable_if_t<std::is_enum_v<Enum>>>
std::string text(Enum value) {
  return nick(value);
}

template <typename Enum>
struct Choices;
template <>
struct Choices<Window> {
  static constexpr std::array all{Window::kHann, Window::kHamming,
                                  Window::kBlackmanHarris};
};
template <>
struct Choices<FrequencyAxis> {
  static constexpr std::array all{FrequencyAxis::kLinear,
                                  FrequencyAxis::kGeometric};
};
template <>
struct Choices<Normalizer> {
  static constexpr std::array all{Normalizer::kNone, Normalizer::kTpsw};
};

[[noreturn]] void bad_field(const std::string &name, const json &got,
                            const std::string &needed) {
  throw Error(Errc::kBadModel,
              "Analysis recipe: field '" + name + "' is " +
                  got.dump(-1, ' ', false, json::error_handler_t::replace) +
                  ", it must be " + needed +
                  "; the file is damaged or was written by another version.");
}

void read(const std::string &name, const json &from, int &to) {
  const bool fits = from.is_number_integer() &&
                    from.get<double>() >= std::numeric_limits<int>::min() &&
                    from.get<double>() <= std::numeric_limits<int>::max();
  if (!fits) bad_field(name, from, "a whole number");
  to = from.get<int>();
}

void read(const std::string &name, const json &from, double &to) {
  if (!from.is_number()) bad_field(name, from, "a number");
  to = from.get<double>();
}

template <typename Enum, typename = std::enable_if_t<std::is_enum_v<Enum>>>
void read(const std::string &name, const json &from, Enum &to) {
  std::string choices;
  for (const Enum choice : Choices<Enum>::all) {
    if (from.is_string() &&
        from.get_ref<const std::string &>() == nick(choice)) {
      to = choice;
      return;
    }
    choices += (choices.empty() ? "" : " or ") + text(choice);
  }
  bad_field(name, from, choices);
}

void require(bool good, const std::string &name, const std::string &got,
             const std::string &needed) {
  if (!good)
    throw Error(Errc::kBadArgument, "Analysis recipe: " + name + " is " + got +
                                        ", it must be " + needed + ".");
}

void require_within(const std::string &name, int got, int low, int high,
                    const std::string &unit) {
  require(got >= low && got <= high, name, text(got),
          text(low) + " to " + text(high) + unit);
}

int last_bin(const Recipe &r) {
  return std::min(
      r.fft_size / 2,
      int(std::floor(r.max_frequency_hz / r.bin_hz() + kBinTolerance)));
}

/* Whether a setting has an influence on what a model made for @p b sees. */
bool matters(const std::string &name, const Recipe &a, const Recipe &b) {
  if (name == "advance") return false;
  if (name == "evidence-fft-size") return b.evidence_fft_size > 0;
  if (name == "bands")
    return a.axis == FrequencyAxis::kGeometric &&
           b.axis == FrequencyAxis::kGeometric;
  if (name.rfind("tpsw-", 0) == 0)
    return a.normalizer == Normalizer::kTpsw &&
           b.normalizer == Normalizer::kTpsw;
  return true;
}

void validate_frequencies(const Recipe &r) {
  const double nyquist = r.rate_hz / 2.0;
  require(std::isfinite(r.min_frequency_hz) && r.min_frequency_hz >= 0,
          "min-frequency", text(r.min_frequency_hz) + " Hz", "0 Hz or more");
  require(r.axis == FrequencyAxis::kLinear || r.min_frequency_hz > 0,
          "min-frequency", text(r.min_frequency_hz) + " Hz",
          "above 0 Hz on a geometric axis");
  require(r.max_frequency_hz > r.min_frequency_hz, "max-frequency",
          text(r.max_frequency_hz) + " Hz",
          "above min-frequency (" + text(r.min_frequency_hz) + " Hz)");
  require(r.max_frequency_hz <= nyquist, "max-frequency",
          text(r.max_frequency_hz) + " Hz",
          "at most half the rate (" + text(nyquist) + " Hz)");
  if (r.axis == FrequencyAxis::kGeometric)
    require_within("bands", r.bands, 1, kMaxBands, " rows");
  else
    require(
        last_bin(r) >= r.first_bin(), "the band",
        text(r.min_frequency_hz) + " to " + text(r.max_frequency_hz) + " Hz",
        "wide enough to hold the centre of a bin (" + text(r.bin_hz()) +
            " Hz apart, DC left out)");
}

void validate_tpsw(const Recipe &r) {
  require_within("tpsw-half-width", r.tpsw_half_width, 1, kMaxRows, " rows");
  require(
      r.tpsw_gap >= 0 && r.tpsw_gap < r.tpsw_half_width, "tpsw-gap",
      text(r.tpsw_gap),
      "0 to less than tpsw-half-width (" + text(r.tpsw_half_width) + ") rows");
  require(r.tpsw_smooth >= 1 && r.tpsw_smooth <= 999 && r.tpsw_smooth % 2 == 1,
          "tpsw-smooth", text(r.tpsw_smooth),
          "an odd number of columns, 1 to 999");
}

void validate_evidence(const Recipe &r) {
  require(r.evidence_fft_size >= r.fft_size && r.evidence_fft_size <= 65536 &&
              r.evidence_fft_size % 2 == 0,
          "evidence-fft-size", text(r.evidence_fft_size),
          "0 (none) or an even number of samples from fft-size (" +
              text(r.fft_size) + ") to 65536");
  require(r.axis == FrequencyAxis::kLinear && r.normalizer == Normalizer::kTpsw,
          "evidence-fft-size", text(r.evidence_fft_size),
          "0 unless the axis is linear and the normalizer tpsw");
}

/* Split window of the fine spectrum: a line's lobe is as many bins wide as in
 * the coarse one, the background changes over more of them (docs/method.md
 * section 5.4). */
constexpr int kEvidenceHalfWidth = 40, kEvidenceGap = 5, kEvidenceSmooth = 17;

}  // namespace

const char *nick(Window value) noexcept {
  switch (value) {
    case Window::kHann:
      return "hann";
    case Window::kHamming:
      return "hamming";
    case Window::kBlackmanHarris:
      return "blackman-harris";
  }
  return "unknown";
}

const char *nick(FrequencyAxis value) noexcept {
  return value == FrequencyAxis::kLinear ? "linear" : "geometric";
}

const char *nick(Normalizer value) noexcept {
  return value == Normalizer::kNone ? "none" : "tpsw";
}

void Recipe::validate() const {
  require_within("rate", rate_hz, 1, kMaxRateHz, " Hz");
  require(fft_size >= 16 && fft_size <= 65536 && fft_size % 2 == 0, "fft-size",
          text(fft_size), "an even number of samples, 16 to 65536");
  require_within("hop-size", hop_size, 1, fft_size, " samples (fft-size)");
  validate_frequencies(*this);
  if (normalizer == Normalizer::kTpsw) validate_tpsw(*this);
  if (evidence_fft_size != 0) validate_evidence(*this);
  require_within("width", width, 1, kMaxColumns, " columns");
  require_within("advance", advance, 1, width, " columns (width)");
  require(std::isfinite(floor_db), "floor", text(floor_db) + " dB", "finite");
  require(std::isfinite(range_db) && range_db > 0, "range",
          text(range_db) + " dB", "above 0 dB");
}

int Recipe::first_bin() const {
  return std::max(1,
                  int(std::ceil(min_frequency_hz / bin_hz() - kBinTolerance)));
}

int Recipe::height() const {
  return axis == FrequencyAxis::kGeometric ? bands
                                           : last_bin(*this) - first_bin() + 1;
}

std::vector<double> Recipe::row_edges_hz() const {
  const int rows = height();
  std::vector<double> edges(std::size_t(rows) + 1);
  for (int y = 0; y <= rows; ++y) {
    const int from_lowest = rows - y;
    edges[std::size_t(y)] =
        axis == FrequencyAxis::kLinear
            ? (first_bin() + from_lowest - 0.5) * bin_hz()
            : min_frequency_hz * std::pow(max_frequency_hz / min_frequency_hz,
                                          double(from_lowest) / rows);
  }
  return edges;
}

std::vector<double> Recipe::row_centres_hz() const {
  const std::vector<double> edges = row_edges_hz();
  std::vector<double> centres(edges.size() - 1);
  for (std::size_t y = 0; y < centres.size(); ++y)
    centres[y] = axis == FrequencyAxis::kLinear
                     ? 0.5 * (edges[y] + edges[y + 1])
                     : std::sqrt(edges[y] * edges[y + 1]);
  return centres;
}

Recipe Recipe::evidence_recipe() const {
  require(evidence_fft_size > 0, "evidence-fft-size", text(evidence_fft_size),
          "set to have a fine spectrum");
  Recipe fine = *this;
  fine.fft_size = evidence_fft_size;
  fine.evidence_fft_size = 0;
  fine.min_frequency_hz = fine.bin_hz();
  fine.max_frequency_hz = fine.rate_hz / 2.0;
  fine.tpsw_half_width = kEvidenceHalfWidth;
  fine.tpsw_gap = kEvidenceGap;
  fine.tpsw_smooth = kEvidenceSmooth;
  return fine;
}

const char *Recipe::unit() const {
  return normalizer == Normalizer::kNone ? "dBFS" : "dB re background";
}

std::string Recipe::to_json() const {
  json out;
  for_each_setting(*this, [&](const char *name, const char *, auto value) {
    if constexpr (std::is_enum_v<decltype(value)>)
      out[name] = nick(value);
    else
      out[name] = value;
  });
  return out.dump();
}

Recipe Recipe::from_json(const std::string &source) {
  const json in = json::parse(source, nullptr, false);
  if (!in.is_object())
    throw Error(Errc::kBadModel,
                "Analysis recipe: not a JSON object; the file is damaged.");
  Recipe recipe;
  for_each_setting(recipe, [&](const char *name, const char *, auto &value) {
    const auto found = in.find(name);
    if (found == in.end())
      throw Error(Errc::kBadModel,
                  "Analysis recipe: field '" + std::string(name) +
                      "' is missing; the file is damaged or was written by "
                      "another version.");
    read(name, *found, value);
  });
  recipe.validate();
  return recipe;
}

std::string describe_mismatch(const Recipe &got, const Recipe &needed) {
  std::vector<std::string> wanted;
  for_each_setting(needed, [&](const char *, const char *unit, auto value) {
    wanted.push_back(text(value) + unit);
  });
  std::string differences;
  auto want = wanted.begin();
  for_each_setting(got, [&](const char *name, const char *unit, auto value) {
    const std::string have = text(value) + unit;
    const std::string need = *want++;
    if (have == need || !matters(name, got, needed)) return;
    differences += std::string(differences.empty() ? "" : "; ") + name +
                   " is " + have + ", the model needs " + need;
  });
  return differences;
}

}  // namespace sonar
