/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <vector>

#include "sonar/core/image.h"
#include "sonar/lines/line_model.h"

namespace sonar::lines {

/**
 * What the line recipe sees of a picture: the fine spectrum's power over
 * background, on the columns of the picture it belongs to.
 *
 * Unlike pictures, rows ascend in frequency: row k is the fine transform's bin
 * k + 1 (DC is left out), and frequencies in this namespace are counted in fine
 * bins unless their name ends in `_hz`.
 */
struct Evidence {
  Image power;        ///< bins x columns, >= 0, mean 1 in noise
  double bin_hz = 1;  ///< width of a fine bin
  std::size_t bins() const noexcept { return power.height(); }
  std::size_t columns() const noexcept { return power.width(); }
};

/**
 * @p fine_db: dB over background of the fine transform, row 0 the highest
 * frequency (dsp::Picture::fine_db); the columns of @p valid are taken.
 * Each column is divided by its median over ln 2 (1 in noise), or by 0.9 where
 * that is more: a click lifts a whole column. Throws Error(kBadArgument) on an
 * empty picture or a valid range that is empty or past it.
 */
Evidence make_evidence(const Image &fine_db, ColumnRange valid, double bin_hz);

/**
 * Mean spectrum of a picture in dB over its own median, one value per bin:
 * 10 log10 of the mean over time of min(power, 100), clipped to -1..20 dB
 * (docs/method.md section 5.4).
 */
std::vector<float> mean_profile(const Evidence &evidence);

/**
 * Power of a line per frequency and column: the matched filter of a Hann
 * window's main lobe over the bins around each place of a half-bin grid, noise
 * taken off. Unit: noise power in a fine bin; 0 in the mean where there is no
 * line.
 */
class LineMap {
 public:
  /** Where a line of all classes is (@p common), no track is attracted. Throws
   *  Error(kBadArgument) on fewer than 10 bins. */
  explicit LineMap(const Evidence &evidence,
                   const std::vector<CommonLine> &common = {});

  std::size_t columns() const noexcept { return values_.width(); }
  /** Frequencies between which lines can be followed, fine bins: from 8 to the
   *  grid's last place at most 1.5 bins below the last bin. */
  double lowest() const noexcept { return kLowestBin; }
  double highest() const noexcept {
    return kLowestBin + double(values_.height() - 1) / 2;
  }

  /** A place on the grid between two of its rows; clamped to it. */
  struct Place {
    const float *below, *above;  ///< columns() values each
    float share;                 ///< of above
    float at(std::size_t column) const {
      return below[column] + share * (above[column] - below[column]);
    }
  };
  Place power(double frequency) const { return place(values_, frequency); }
  /** ln(1 + clip(power, 0, 12)) - 0.55: what a track collects. Positive where
   *  there rather is a line than not. */
  Place merit(double frequency) const { return place(merits_, frequency); }

 private:
  static constexpr double kLowestBin = 8;
  static Place place(const Image &of, double frequency);

  Image values_, merits_;  // half-bin steps up x columns
};

/** Power response of a Hann window to a tone @p distance bins away,
 *  [sinc(d) / (1 - d^2)]^2: 1 at 0, 1/4 at 1, 0 at 2 (Harris, On the use of
 *  windows for harmonic analysis with the DFT, Proc. IEEE 66, 1978). */
double hann_response(double distance);

}  // namespace sonar::lines
