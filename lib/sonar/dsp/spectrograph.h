/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "sonar/core/image.h"
#include "sonar/core/recipe.h"

namespace sonar::dsp {

/**
 * One picture (tile): recipe.height() rows x recipe.width columns.
 *
 * Its newest `new_columns` columns have not been in an earlier picture; they
 * begin at column width - recipe.advance. Columns outside `valid` hold no
 * signal (before the stream's start, after its end): value 0 dB over
 * background (whose own level is kSilenceDb there), or the floor without one.
 */
struct Picture {
  std::vector<std::uint16_t> pixels;  ///< dB, 0 to floor_db; row-major
  double floor_db = 0;  ///< the recipe's, or with auto_range this picture's
  double range_db = 0;  ///< dB from the pixel 0 to the largest
  Image background_db;  ///< empty where recipe.has_background() is false
  /** The fine spectrum (Recipe::evidence_recipe()) in dB over its background,
   *  its rows x the picture's columns; empty where the recipe has none. */
  Image fine_db;
  std::int64_t first_column = 0;  ///< stream column of column 0; may be < 0
  int new_columns = 0;            ///< advance, or fewer at the end
  ColumnRange valid;
};

/** The pixels back in dB (not those of the fine spectrum), as every consumer
 * (trainer, elements) sees them. */
Image decode(const Picture &picture, const Recipe &recipe);

/**
 * Samples in, pictures out: decimation or demodulation, STFT, averaging,
 * frequency axis, dB, normaliser, gain control, tiling.
 * Trainer and sonarspectrogram share it, so they see the same pixels.
 *
 * The windows of the fine spectrum are centred where the picture's are; they
 * reach past the stream's ends, where the samples are mirrored.
 *
 * Column t covers input samples [t * recipe.column_samples(), ... +
 * recipe.span_samples()): filters' delays are taken off. A picture comes every
 * recipe.advance columns; the last column may be an average of fewer
 * transforms. Output is bit-identical for
 * any cut of the samples. A stream shorter than one window is padded with
 * zeros to one.
 */
class Spectrograph {
 public:
  /**
   * @p level_offsets_db: added to each row's level without a normaliser (with
   * one the pixels are the same whatever the level is), recipe.height() values,
   * highest row first, or none: level_offsets_db() of calibration.h. Throws
   * Error(kBadArgument) as Recipe::validate() does.
   */
  explicit Spectrograph(const Recipe &recipe,
                        std::vector<float> level_offsets_db = {});
  ~Spectrograph();
  Spectrograph(Spectrograph &&) noexcept;
  Spectrograph &operator=(Spectrograph &&) noexcept;

  const Recipe &recipe() const noexcept;

  /** Throws Error(kNumeric) as Stft::push() does, and Error(kBadArgument) after
   *  drain(). The work is done in pop(). */
  void push(const float *samples, std::size_t count);
  /** No more samples: the remaining columns pop as a last, partly valid
   *  picture. */
  void drain();
  bool pop(Picture &picture);
  /** Forgets everything; the next sample is sample 0 of column 0. */
  void reset();

  /** Samples from the first of a picture's newest columns to the sample that
   *  completes the picture: what an element must report as latency. */
  std::int64_t latency_samples() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sonar::dsp
