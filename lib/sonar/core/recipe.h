/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <string>
#include <vector>

namespace sonar {

enum class Window { kHann, kHamming, kBlackmanHarris };
enum class FrequencyAxis { kLinear, kGeometric };
enum class Normalizer { kNone, kTpsw };

/**
 * The analysis settings: everything that turns samples into the pixels a model
 * sees. A model file carries one; trainer and element build the same picture
 * from it because both hand it to dsp::Spectrograph.
 */
struct Recipe {
  int rate_hz = 16000;
  int fft_size = 2048;  ///< samples; even, 16 to 65536
  int hop_size = 512;   ///< samples; 1 to fft_size
  Window window = Window::kHann;

  FrequencyAxis axis = FrequencyAxis::kGeometric;
  int bands =
      128;  ///< rows of a geometric axis; a linear axis has one row a bin
  double min_frequency_hz = 60.0;    ///< lower edge of the lowest row
  double max_frequency_hz = 7000.0;  ///< upper edge of the highest row

  Normalizer normalizer = Normalizer::kTpsw;
  int tpsw_half_width = 14;  ///< rows on either side of the split window
  int tpsw_gap = 3;          ///< rows left out on either side of its centre
  int tpsw_smooth = 9;       ///< columns averaged before it; odd

  /** Window in samples of a second, finer transform on the same columns, which
   *  the mask recipe `lines` measures tonals in; 0: none. Even, at least
   *  fft_size; a linear axis and a normaliser only. */
  int evidence_fft_size = 0;

  int width = 64;   ///< columns of a picture (tile)
  int advance = 8;  ///< columns from one picture to the next; 1 to width

  double floor_db = -10.0;  ///< dB value of the pixel 0
  double range_db = 60.0;   ///< dB from the pixel 0 to the largest; > 0

  /** Throws Error(kBadArgument) naming the first setting out of its domain. */
  void validate() const;

  int height() const;  ///< rows

  /** height() + 1 row edges in Hz, highest first; row y spans [y + 1], [y]. */
  std::vector<double> row_edges_hz() const;
  /** height() row centres in Hz, highest first (geometric mean of the edges on
   *  a geometric axis, bin frequency on a linear one). */
  std::vector<double> row_centres_hz() const;

  /** First FFT bin of a linear axis' lowest row (bin * rate / fft_size in Hz);
   *  bins whose centre lies in [min_frequency_hz, max_frequency_hz], DC never.
   */
  int first_bin() const;

  double column_seconds() const { return double(hop_size) / rate_hz; }
  double bin_hz() const { return double(rate_hz) / fft_size; }

  /** How the fine spectrum is made: every bin of the evidence transform but DC
   *  on a linear axis, over a background of its own. Needs evidence_fft_size.
   */
  Recipe evidence_recipe() const;

  /** Unit of a pixel's value: "dB re background" or "dBFS". */
  const char *unit() const;

  /** An object with one field a setting, named as in messages ("fft-size"). */
  std::string to_json() const;
  /** Throws Error(kBadModel) on malformed text, an unknown enum or a missing
   *  field, and as validate() does. Fields it does not know are left out. */
  static Recipe from_json(const std::string &text);
};

/** The nick of an enum value, as properties, files and flags spell it. */
const char *nick(Window) noexcept;
const char *nick(FrequencyAxis) noexcept;
const char *nick(Normalizer) noexcept;

/**
 * Says how @p got differs from @p needed in what decides the pixels (not
 * advance), e.g. "fft-size is 1024, the model needs 2048; ..."; empty when a
 * model made for @p needed can take pictures made with @p got.
 */
std::string describe_mismatch(const Recipe &got, const Recipe &needed);

}  // namespace sonar
