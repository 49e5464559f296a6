/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/dsp/calibration.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "sonar/core/error.h"
#include "sonar/dsp/window.h"

namespace sonar::dsp {
namespace {

/* Of a full-scale sine's mean square under the square of its amplitude. */
const double kSineDb = 10 * std::log10(0.5);

[[noreturn]] void refuse(const std::string &what) {
  throw Error(Errc::kBadArgument, what);
}

std::string text(double value) {
  char out[32];
  std::snprintf(out, sizeof out, "%g", value);
  return out;
}

std::string trimmed(const std::string &line) {
  const char *const blank = " \t\r";
  const auto first = line.find_first_not_of(blank);
  if (first == std::string::npos) return {};
  return line.substr(first, line.find_last_not_of(blank) - first + 1);
}

/* A number in the C locale, whatever the application's; infinities and NaN are
 * numbers here. */
std::optional<double> number(const std::string &field) {
  const std::string digits = trimmed(field);
  const char *begin = digits.data(), *end = begin + digits.size();
  if (begin != end && *begin == '+') ++begin;
  double value = 0;
  const auto [stop, problem] = std::from_chars(begin, end, value);
  if (begin == end || stop != end) return {};
  if (problem == std::errc::result_out_of_range) return HUGE_VAL;
  if (problem != std::errc()) return {};
  return value;
}

/* What a line holds, fit to be shown. */
std::string shown(const std::string &line) {
  constexpr std::size_t kMost = 40;
  std::string out = line.substr(0, kMost);
  for (char &c : out)
    if (static_cast<unsigned char>(c) < ' ' ||
        static_cast<unsigned char>(c) > '~')
      c = '?';
  return "\"" + out + (line.size() > kMost ? "...\"" : "\"");
}

using Point = std::pair<double, double>;

/* "Hz, dB" with numbers in both. */
std::optional<Point> point_of(const std::string &line) {
  const auto comma = line.find(',');
  if (comma == std::string::npos) return {};
  const auto hz = number(line.substr(0, comma));
  const auto db = number(line.substr(comma + 1));
  if (!hz || !db) return {};
  return Point{*hz, *db};
}

void require_next(const Point &point, const std::vector<Point> &before,
                  const std::string &where) {
  if (!std::isfinite(point.first) || !std::isfinite(point.second))
    refuse(where + "got " + text(point.first) + " Hz, " + text(point.second) +
           " dB, needed finite numbers.");
  if (point.first <= 0)
    refuse(where + "got " + text(point.first) +
           " Hz, needed a frequency above 0 (the curve is interpolated over "
           "its logarithm).");
  if (!before.empty() && point.first <= before.back().first)
    refuse(where + "got " + text(point.first) + " Hz after " +
           text(before.back().first) +
           " Hz, needed rising frequencies; sort the lines.");
}

bool is_header(const std::string &line) {
  return !number(line.substr(0, line.find(',')));
}

/* At half the rate a bin's two halves are one: Stft gives a sampled cosine its
 * A^2 (Stft::pop), which there is its mean square, and noise a quarter of what
 * it gives in other bins. */
double nyquist_db(const Recipe &recipe, double centre_hz, LevelType type) {
  const bool is_nyquist =
      recipe.axis == FrequencyAxis::kLinear &&
      centre_hz > recipe.analysis_rate_hz() / 2 - recipe.bin_hz() / 2;
  if (!is_nyquist) return 0;
  return type == LevelType::kSoundPressure ? -kSineDb : -2 * kSineDb;
}

/* Where the hydrophone's response to a row is: at the row's centre, or for the
 * modulation of a band of noise in the band's middle. */
double heard_hz(const Recipe &recipe, double centre_hz) {
  if (recipe.mode != Mode::kDemon) return centre_hz;
  return std::sqrt(
      recipe.demon_min_frequency_hz *
      std::min(recipe.demon_max_frequency_hz, recipe.rate_hz / 2.0));
}

}  // namespace

const char *nick(LevelType type) noexcept {
  return type == LevelType::kSoundPressure ? "sound-pressure"
                                           : "spectral-density";
}

FrequencyResponse FrequencyResponse::parse(std::istream &in,
                                           const std::string &name) {
  FrequencyResponse response;
  bool header_allowed = true;
  std::string line;
  for (int count = 1; std::getline(in, line); ++count) {
    if (count == 1 && line.compare(0, 3, "\xEF\xBB\xBF") == 0)
      line.erase(0, 3);  // a byte order mark, as spreadsheets write it
    line = trimmed(line);
    if (line.empty() || line[0] == '#') continue;
    const std::string where =
        "Frequency response " + name + ", line " + std::to_string(count) + ": ";
    const auto point = point_of(line);
    if (!point && header_allowed && is_header(line)) {
      header_allowed = false;
      continue;
    }
    header_allowed = false;
    if (!point)
      refuse(where + "got " + shown(line) +
             ", needed a frequency in Hz and dB with a comma between, e.g. "
             "\"1000, -0.5\".");
    require_next(*point, response.points_, where);
    response.points_.push_back(*point);
  }
  if (response.points_.empty())
    refuse("Frequency response " + name +
           " holds no points; needed lines of a frequency in Hz and dB to be "
           "added to the sensitivity, e.g. \"1000, -0.5\".");
  return response;
}

FrequencyResponse FrequencyResponse::read(const std::string &path) {
  namespace fs = std::filesystem;
  std::error_code problem;
  const auto status = fs::status(path, problem);
  if (!fs::exists(status))
    throw Error(Errc::kNotFound, "Frequency response " + path +
                                     " is not there; give the path of a CSV "
                                     "file of Hz and dB.");
  std::ifstream in(path, std::ios::binary);
  if (fs::is_directory(status) || !in)
    throw Error(Errc::kResource, "Frequency response " + path +
                                     " cannot be read; give the path of a "
                                     "CSV file of Hz and dB.");
  return parse(in, path);
}

double FrequencyResponse::at(double hz) const {
  if (points_.empty()) return 0;
  const auto above = std::upper_bound(
      points_.begin(), points_.end(), hz,
      [](double value, const Point &p) { return value < p.first; });
  if (above == points_.begin()) return above->second;
  const auto below = above - 1;
  if (above == points_.end()) return below->second;
  const double part =
      std::log(hz / below->first) / std::log(above->first / below->first);
  return below->second + part * (above->second - below->second);
}

void Calibration::validate() const {
  if (!std::isfinite(sensitivity_db) || sensitivity_db >= 0)
    refuse("sensitivity is " + text(sensitivity_db) +
           " dB re 1 V/uPa, it must be below 0: hydrophones have about -220 to "
           "-140. A value in dB re 1 V/Pa is 120 dB higher (subtract 120); a "
           "value without its sign is off by twice itself.");
  if (!std::isfinite(gain_db) || std::fabs(gain_db) > 200)
    refuse("gain is " + text(gain_db) + " dB, it must be -200 to 200.");
  if (!std::isfinite(full_scale_voltage) || full_scale_voltage <= 0)
    refuse("full-scale-voltage is " + text(full_scale_voltage) +
           " V, it must be above 0: the peak voltage at the converter that "
           "gives the sample value 1.");
}

double Calibration::full_scale_level_db(double hz) const {
  return kSineDb + 20 * std::log10(full_scale_voltage) - gain_db -
         sensitivity_db - response.at(hz);
}

double noise_bandwidth_hz(const Recipe &recipe) {
  const auto size = std::size_t(recipe.window_samples());
  const auto window = make_window(recipe.window, size, recipe.kaiser_beta);
  return noise_bandwidth_bins(window) * recipe.analysis_rate_hz() /
         double(size);
}

std::vector<float> level_offsets_db(
    const Recipe &recipe, const std::optional<Calibration> &calibration,
    LevelType type) {
  const auto edges = recipe.row_edges_hz(), centres = recipe.row_centres_hz();
  const double noise_hz = noise_bandwidth_hz(recipe);
  std::vector<float> offsets(centres.size());
  for (std::size_t y = 0; y < offsets.size(); ++y) {
    const double width_hz = edges[y] - edges[y + 1];
    double db = 0;
    if (calibration)
      db += calibration->full_scale_level_db(heard_hz(recipe, centres[y]));
    if (type == LevelType::kSpectralDensity)
      db -= 10 * std::log10(noise_hz);
    else if (calibration)
      db += 10 * std::log10(std::max(1.0, width_hz / noise_hz));
    if (calibration || type == LevelType::kSpectralDensity)
      db += nyquist_db(recipe, centres[y], type);
    offsets[y] = float(db);
  }
  return offsets;
}

Image plus_offsets(const Image &level_db,
                   const std::vector<float> &offsets_db) {
  Image out(level_db.height(), level_db.width());
  for (std::size_t y = 0; y < out.height(); ++y)
    for (std::size_t x = 0; x < out.width(); ++x)
      out.at(y, x) = level_db.at(y, x) + offsets_db[y];
  return out;
}

const char *level_unit(bool calibrated, LevelType type) noexcept {
  if (type == LevelType::kSpectralDensity)
    return calibrated ? "dB re 1 uPa^2/Hz" : "dBFS/Hz";
  return calibrated ? "dB re 1 uPa" : "dBFS";
}

}  // namespace sonar::dsp
