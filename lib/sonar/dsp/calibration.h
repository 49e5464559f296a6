/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <istream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sonar/core/image.h"
#include "sonar/core/recipe.h"

namespace sonar::dsp {

/** What a row's level is the level of (terms of ISO 18405:2017). */
enum class LevelType {
  kSoundPressure,    ///< mean-square sound pressure in the row's band
  kSpectralDensity,  ///< mean-square sound pressure spectral density
};
/** "sound-pressure", "spectral-density" */
const char *nick(LevelType) noexcept;

/**
 * How a hydrophone's sensitivity depends on frequency: dB to be added to the
 * nominal sensitivity. Between the points interpolated in dB over the logarithm
 * of frequency, held beyond them; without points 0 dB everywhere.
 */
class FrequencyResponse {
 public:
  FrequencyResponse() = default;
  /**
   * A CSV file, "Hz, dB" a line, frequencies above 0 and rising; empty lines,
   * those that begin with # and one header line (words before the first
   * numbers) are passed over. Throws Error(kNotFound) for a missing file,
   * Error(kBadArgument) naming file and line for one that is malformed.
   */
  static FrequencyResponse read(const std::string &path);
  /** The same from a stream; @p name stands in messages. */
  static FrequencyResponse parse(std::istream &in, const std::string &name);

  double at(double hz) const;

 private:
  std::vector<std::pair<double, double>> points_;  // Hz, dB
};

/** What turns samples into sound pressure. */
struct Calibration {
  double sensitivity_db = 0;      ///< of the hydrophone, dB re 1 V/uPa; < 0
  double gain_db = 0;             ///< from hydrophone to converter
  double full_scale_voltage = 1;  ///< V, peak, that give the sample value 1
  FrequencyResponse response;     ///< added to the sensitivity

  /** Throws Error(kBadArgument) naming the first value out of its domain. */
  void validate() const;
  /** Level of the mean-square sound pressure, dB re 1 uPa, of a full-scale sine
   *  (0 dBFS) at @p hz. */
  double full_scale_level_db(double hz) const;
};

/** Sensitivities above this, in dB re 1 V/uPa, are those of no hydrophone; with
 *  120 dB less they are in dB re 1 V/Pa. */
constexpr double kLargestUsualSensitivityDb = -100;

/** Equivalent noise bandwidth of the recipe's analysis window in Hz (Harris
 *  1978): analysis rate * sum(w^2) / sum(w)^2. */
double noise_bandwidth_hz(const Recipe &recipe);

/**
 * What to add to each row's dBFS (10 log10 of the power that AxisMap gives), so
 * that it is a level of @p type; recipe.height() values in dB, highest row
 * first. Without @p calibration the level stays relative to full scale.
 *
 * A row's power is the mean of its bins'. Its mean-square sound pressure is
 * that times the row's width over the noise bandwidth where the row is wider
 * (the sum of its bins, each of which sees a noise bandwidth), else as it is,
 * so that a row of one bin gives the level of a tone. Its spectral density is
 * the mean over the noise bandwidth. Uncalibrated sound pressure is the dBFS
 * that it always was, without a band's width: all zeros. With mode kDemon it is
 * the same of the envelope, calibrated in the middle of its band.
 */
std::vector<float> level_offsets_db(
    const Recipe &recipe, const std::optional<Calibration> &calibration,
    LevelType type);

/** @p level_db with a row's offset added to each of its columns. */
Image plus_offsets(const Image &level_db, const std::vector<float> &offsets_db);

/** "dBFS", "dBFS/Hz", "dB re 1 uPa", "dB re 1 uPa^2/Hz" */
const char *level_unit(bool calibrated, LevelType type) noexcept;

}  // namespace sonar::dsp
