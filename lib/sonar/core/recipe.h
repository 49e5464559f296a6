/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sonar {

/** What is analysed: the sound, or with kDemon the envelope of its noise.
 *  kLofar is the analysis of kSpectrogram under the name of its use. */
enum class Mode { kSpectrogram, kLofar, kDemon };
enum class Window { kHann, kHamming, kBlackmanHarris, kKaiser, kFlatTop };
enum class Detrend { kNone, kMean, kLine };
enum class FrequencyAxis { kLinear, kGeometric, kThirdOctave, kMel };
enum class Normalizer { kNone, kTpsw, kMedian, kOta };
enum class Agc { kNone, kColumn, kBand };
enum class Envelope { kHilbert, kSquareLaw };

/**
 * The analysis settings: everything that turns samples into the pixels a model
 * sees. A model file carries one; trainer and element build the same picture
 * from it because both hand it to dsp::Spectrograph.
 *
 * Sizes named "samples" count samples at the analysis rate, rate / decimation.
 */
struct Recipe {
  Mode mode = Mode::kSpectrogram;
  int rate_hz = 16000;
  int decimation = 1;  ///< input samples an analysis sample; 1 to 4096

  /** Band whose noise is demodulated; kDemon only, as the next two. */
  double demon_min_frequency_hz = 50.0, demon_max_frequency_hz = 5000.0;
  int demon_sub_bands = 1;  ///< demodulated one by one; 1 to 32
  Envelope envelope = Envelope::kHilbert;

  int fft_size = 2048;  ///< samples; even, 16 to 65536
  int window_size = 0;  ///< samples, zeros fill the rest; 0: fft_size
  int hop_size = 512;   ///< samples; 1 to the window's
  Window window = Window::kHann;
  double kaiser_beta = 8.6;  ///< 0 to 40; 8.6: side lobes 90 dB down
  Detrend detrend = Detrend::kNone;
  int average = 1;  ///< transforms whose powers make a column; >= 1

  FrequencyAxis axis = FrequencyAxis::kGeometric;
  int bands = 128;  ///< rows of a geometric or mel axis; a linear one has a
                    ///< row a bin, a third-octave one a row a band
  double min_frequency_hz = 60.0;    ///< lower edge of the lowest row
  double max_frequency_hz = 7000.0;  ///< upper edge of the highest row

  Normalizer normalizer = Normalizer::kTpsw;
  int normalizer_half_width = 14;  ///< rows on either side
  int normalizer_gap = 3;  ///< rows left out on either side of the centre; tpsw
  int normalizer_smooth = 9;        ///< columns averaged before it; odd
  double normalizer_factor_db = 3;  ///< what stands out by more is left out of
                                    ///< the background; tpsw and ota

  Agc agc = Agc::kNone;
  double agc_time_s = 30.0;  ///< time constant of kBand

  /** Window in samples of a second, finer transform on the same columns, which
   *  the mask recipe `lines` measures tonals in; 0: none. Even, at least
   *  fft_size; a linear axis and a normaliser only. */
  int evidence_fft_size = 0;

  int width = 64;   ///< columns of a picture (tile)
  int advance = 8;  ///< columns from one picture to the next; 1 to width

  double floor_db = -10.0;  ///< dB value of the pixel 0
  double range_db = 60.0;   ///< dB from the pixel 0 to the largest; > 0
  /** Where above 0, each picture has a floor and a range of its own: from this
   *  percentile of its values to 100 less it. Below 50. */
  double auto_range_percent = 0.0;

  /** Throws Error(kBadArgument) naming the first setting out of its domain. */
  void validate() const;

  int height() const;  ///< rows

  /** height() + 1 row edges in Hz, highest first; row y spans [y + 1], [y]. */
  std::vector<double> row_edges_hz() const;
  /** height() row centres in Hz, highest first: half-way between the edges on
   *  a linear and a mel axis (in mel), else their geometric mean. */
  std::vector<double> row_centres_hz() const;

  /** First FFT bin of a linear axis' lowest row; bins whose centre lies in
   *  [min_frequency_hz, max_frequency_hz], DC never. */
  int first_bin() const;

  double analysis_rate_hz() const { return double(rate_hz) / decimation; }
  double bin_hz() const { return analysis_rate_hz() / fft_size; }
  /** Samples of an analysis window, without the zeros behind it. */
  int window_samples() const { return window_size ? window_size : fft_size; }
  /** Input samples from one column to the next. */
  std::int64_t column_samples() const {
    return std::int64_t(hop_size) * average * decimation;
  }
  /** Input samples that a column covers with all its windows. */
  std::int64_t span_samples() const {
    return (std::int64_t(average - 1) * hop_size + window_samples()) *
           decimation;
  }
  double column_seconds() const { return double(column_samples()) / rate_hz; }

  /** Whether pixels are dB over a background that was divided out. */
  bool has_background() const {
    return normalizer != Normalizer::kNone || agc != Agc::kNone;
  }

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

/**
 * Says how @p got differs from @p needed in what decides the pixels (not
 * advance), e.g. "fft-size is 1024, the model needs 2048; ..."; empty when a
 * model made for @p needed can take pictures made with @p got.
 */
std::string describe_mismatch(const Recipe &got, const Recipe &needed);

}  // namespace sonar
