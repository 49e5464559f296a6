/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/core/recipe.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "sonar/core/error.h"
#include "sonar/core/number_text.h"

namespace sonar {
namespace {

/* Upper limits keep a damaged model file from asking for the whole memory. */
constexpr int kMaxRateHz = 10000000;
constexpr int kMaxDecimation = 4096;
constexpr int kMaxAverage = 1000000;
constexpr int kMaxBands = 32768;
constexpr int kMaxColumns = 65536;
constexpr int kMaxRows = 4096;
constexpr int kMaxSubBands = 32;
constexpr double kMaxKaiserBeta = 40;

/* A bin counts as inside the band although the division that places it there
 * rounds; far below any step a user could mean. */
constexpr double kBinTolerance = 1e-9;

/* IEC 61260-1: octave ratio and reference frequency of base-ten bands. */
constexpr double kOctaveRatio = 1.9952623149688795;  // 10^0.3
constexpr double kReferenceHz = 1000.0;
/* Exact mid-band frequencies and nominal ones (31.5 Hz) differ by up to 0.8 %:
 * a limit given as either takes the same bands. */
constexpr double kThirdOctaveTolerance = 0.05;  // of a band

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

void require_within(const std::string &name, double got, double low,
                    double high, const std::string &unit) {
  require(got >= low && got <= high, name, text(got) + unit,
          text(low) + " to " + text(high) + unit);
}

int last_bin(const Recipe &r) {
  return std::min(
      r.fft_size / 2,
      int(std::floor(r.max_frequency_hz / r.bin_hz() + kBinTolerance)));
}

/* Mel after O'Shaughnessy (1987), the one most tools use. */
double mel_of(double hz) { return 2595.0 * std::log10(1.0 + hz / 700.0); }
double hz_of_mel(double mel) {
  return 700.0 * (std::pow(10.0, mel / 2595.0) - 1.0);
}

/* A one-third-octave band's number: 0 at the reference, edges at -+ 1/2. */
double third_octave_of(double hz) {
  return 3.0 * std::log(hz / kReferenceHz) / std::log(kOctaveRatio);
}
double hz_of_third_octave(double number) {
  return kReferenceHz * std::pow(kOctaveRatio, number / 3.0);
}

int first_third_octave(const Recipe &r) {
  return int(std::ceil(third_octave_of(r.min_frequency_hz) + 0.5 -
                       kThirdOctaveTolerance));
}
int last_third_octave(const Recipe &r) {
  return int(std::floor(third_octave_of(r.max_frequency_hz) - 0.5 +
                        kThirdOctaveTolerance));
}

/* The axis as a scale on which a row is 1 wide: edges are at low, low + 1 ...
 * from the lowest on. */
struct Scale {
  double low;
  std::function<double(double)> hz;
};

Scale scale_of(const Recipe &r) {
  switch (r.axis) {
    case FrequencyAxis::kGeometric: {
      const double low = r.min_frequency_hz;
      const double ratio = r.max_frequency_hz / low;
      const int bands = r.bands;
      return {0.0, [=](double x) { return low * std::pow(ratio, x / bands); }};
    }
    case FrequencyAxis::kThirdOctave:
      return {first_third_octave(r) - 0.5, hz_of_third_octave};
    case FrequencyAxis::kMel: {
      const double low = mel_of(r.min_frequency_hz);
      const double step = (mel_of(r.max_frequency_hz) - low) / r.bands;
      return {0.0, [=](double x) { return hz_of_mel(low + x * step); }};
    }
    case FrequencyAxis::kLinear:
      break;
  }
  const double bin = r.bin_hz();
  return {r.first_bin() - 0.5, [=](double x) { return x * bin; }};
}

void validate_axis(const Recipe &r) {
  const std::string band =
      text(r.min_frequency_hz) + " to " + text(r.max_frequency_hz) + " Hz";
  switch (r.axis) {
    case FrequencyAxis::kGeometric:
    case FrequencyAxis::kMel:
      require_within("bands", r.bands, 1, kMaxBands, " rows");
      break;
    case FrequencyAxis::kThirdOctave:
      require(last_third_octave(r) >= first_third_octave(r), "the band", band,
              "wide enough to hold a one-third-octave band");
      break;
    case FrequencyAxis::kLinear:
      require(last_bin(r) >= r.first_bin(), "the band", band,
              "wide enough to hold the centre of a bin (" + text(r.bin_hz()) +
                  " Hz apart, DC left out)");
      break;
  }
}

void validate_frequencies(const Recipe &r) {
  const double nyquist = r.analysis_rate_hz() / 2.0;
  const bool logarithmic = r.axis == FrequencyAxis::kGeometric ||
                           r.axis == FrequencyAxis::kThirdOctave;
  require(std::isfinite(r.min_frequency_hz) && r.min_frequency_hz >= 0,
          "min-frequency", text(r.min_frequency_hz) + " Hz", "0 Hz or more");
  require(!logarithmic || r.min_frequency_hz > 0, "min-frequency",
          text(r.min_frequency_hz) + " Hz",
          "above 0 Hz on a geometric or third-octave axis");
  require(r.max_frequency_hz > r.min_frequency_hz, "max-frequency",
          text(r.max_frequency_hz) + " Hz",
          "above min-frequency (" + text(r.min_frequency_hz) + " Hz)");
  require(r.max_frequency_hz <= nyquist, "max-frequency",
          text(r.max_frequency_hz) + " Hz",
          "at most half the " +
              std::string(r.decimation > 1 ? "decimated " : "") + "rate (" +
              text(nyquist) + " Hz)");
  validate_axis(r);
}

void validate_window(const Recipe &r) {
  require(r.fft_size >= 16 && r.fft_size <= 65536 && r.fft_size % 2 == 0,
          "fft-size", text(r.fft_size),
          "an even number of samples, 16 to 65536");
  require(
      r.window_size == 0 || (r.window_size >= 16 && r.window_size % 2 == 0 &&
                             r.window_size <= r.fft_size),
      "window-size", text(r.window_size),
      "0 (fft-size) or an even number of samples, 16 to fft-size (" +
          text(r.fft_size) + ")");
  require_within(
      "hop-size", r.hop_size, 1, r.window_samples(),
      r.window_size ? " samples (window-size)" : " samples (fft-size)");
  if (r.window == Window::kKaiser)
    require_within("kaiser-beta", r.kaiser_beta, 0.0, kMaxKaiserBeta, "");
  require_within("average", r.average, 1, kMaxAverage, " transforms");
}

void validate_demon(const Recipe &r) {
  require(r.demon_min_frequency_hz > 0, "demon-min-frequency",
          text(r.demon_min_frequency_hz) + " Hz", "above 0 Hz");
  require(
      r.demon_max_frequency_hz > r.demon_min_frequency_hz &&
          std::isfinite(r.demon_max_frequency_hz),
      "demon-max-frequency", text(r.demon_max_frequency_hz) + " Hz",
      "above demon-min-frequency (" + text(r.demon_min_frequency_hz) + " Hz)");
  require(r.demon_min_frequency_hz < r.rate_hz / 2.0, "demon-min-frequency",
          text(r.demon_min_frequency_hz) + " Hz",
          "below half the rate (" + text(r.rate_hz / 2.0) + " Hz)");
  require_within("demon-sub-bands", r.demon_sub_bands, 1, kMaxSubBands, "");
}

void validate_normalizer(const Recipe &r) {
  require_within("normalizer-half-width", r.normalizer_half_width, 1, kMaxRows,
                 " rows");
  if (r.normalizer == Normalizer::kTpsw)
    require(r.normalizer_gap >= 0 && r.normalizer_gap < r.normalizer_half_width,
            "normalizer-gap", text(r.normalizer_gap),
            "0 to less than normalizer-half-width (" +
                text(r.normalizer_half_width) + ") rows");
  require(r.normalizer_smooth >= 1 && r.normalizer_smooth <= 999 &&
              r.normalizer_smooth % 2 == 1,
          "normalizer-smooth", text(r.normalizer_smooth),
          "an odd number of columns, 1 to 999");
  require(r.normalizer_factor_db > 0 && r.normalizer_factor_db <= 100,
          "normalizer-factor", text(r.normalizer_factor_db) + " dB",
          "above 0 dB, 100 dB at most");
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
  require(r.mode != Mode::kDemon && r.window_size == 0 && r.average == 1,
          "evidence-fft-size", text(r.evidence_fft_size),
          "0 with mode demon, a window-size or an average");
}

/* Split window of the fine spectrum: a line's lobe is as many bins wide as in
 * the coarse one, the background changes over more of them (docs/method.md
 * section 5.4). */
constexpr int kEvidenceHalfWidth = 40, kEvidenceGap = 5, kEvidenceSmooth = 17;

}  // namespace

void Recipe::validate() const {
  require_within("rate", rate_hz, 1, kMaxRateHz, " Hz");
  require_within("decimation", decimation, 1, kMaxDecimation, "");
  validate_window(*this);
  validate_frequencies(*this);
  if (mode == Mode::kDemon) validate_demon(*this);
  if (normalizer != Normalizer::kNone) validate_normalizer(*this);
  if (agc == Agc::kBand)
    require(agc_time_s > 0 && std::isfinite(agc_time_s), "agc-time",
            text(agc_time_s) + " s", "above 0 s");
  if (evidence_fft_size != 0) validate_evidence(*this);
  require_within("width", width, 1, kMaxColumns, " columns");
  require_within("advance", advance, 1, width, " columns (width)");
  require(std::isfinite(floor_db), "floor", text(floor_db) + " dB", "finite");
  require(std::isfinite(range_db) && range_db > 0, "range",
          text(range_db) + " dB", "above 0 dB");
  require(auto_range_percent >= 0 && auto_range_percent < 50, "auto-range",
          text(auto_range_percent) + " %", "0 % (off) to below 50 %");
}

int Recipe::first_bin() const {
  return std::max(1,
                  int(std::ceil(min_frequency_hz / bin_hz() - kBinTolerance)));
}

int Recipe::height() const {
  switch (axis) {
    case FrequencyAxis::kGeometric:
    case FrequencyAxis::kMel:
      return bands;
    case FrequencyAxis::kThirdOctave:
      return last_third_octave(*this) - first_third_octave(*this) + 1;
    case FrequencyAxis::kLinear:
      break;
  }
  return last_bin(*this) - first_bin() + 1;
}

std::vector<double> Recipe::row_edges_hz() const {
  const int rows = height();
  const Scale scale = scale_of(*this);
  std::vector<double> edges(std::size_t(rows) + 1);
  for (int y = 0; y <= rows; ++y)
    edges[std::size_t(y)] = scale.hz(scale.low + (rows - y));
  return edges;
}

std::vector<double> Recipe::row_centres_hz() const {
  const std::vector<double> edges = row_edges_hz();
  const std::size_t rows = edges.size() - 1;
  const Scale scale = scale_of(*this);
  std::vector<double> centres(rows);
  for (std::size_t y = 0; y < rows; ++y) {
    if (axis == FrequencyAxis::kLinear)
      centres[y] = 0.5 * (edges[y] + edges[y + 1]);
    else if (axis == FrequencyAxis::kMel)
      centres[y] = scale.hz(scale.low + double(rows - y) - 0.5);
    else
      centres[y] = std::sqrt(edges[y] * edges[y + 1]);
  }
  return centres;
}

Recipe Recipe::evidence_recipe() const {
  require(evidence_fft_size > 0, "evidence-fft-size", text(evidence_fft_size),
          "set to have a fine spectrum");
  Recipe fine = *this;
  fine.fft_size = evidence_fft_size;
  fine.evidence_fft_size = 0;
  fine.auto_range_percent = 0;
  fine.min_frequency_hz = fine.bin_hz();
  fine.max_frequency_hz = fine.analysis_rate_hz() / 2.0;
  fine.normalizer_half_width = kEvidenceHalfWidth;
  fine.normalizer_gap = kEvidenceGap;
  fine.normalizer_smooth = kEvidenceSmooth;
  return fine;
}

const char *Recipe::unit() const {
  return has_background() ? "dB re background" : "dBFS";
}

}  // namespace sonar
