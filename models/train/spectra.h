/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <string>
#include <vector>

#include "models/train/dataset.h"

namespace sonar::models {

/** Whether @p path is a folder of spectra, not of recordings. */
bool holds_spectra(const std::string &path);

/**
 * The spectra of a folder as a dataset of one picture a recording, whose one
 * valid column is what the streams' normaliser makes of the spectrum.
 *
 * spectra.npy   [recordings, bins], float32: amplitudes from 0 Hz on, in bins
 *               of recipe.bin_hz(), averaged over a recording
 * labels.csv    row (of spectra.npy, from 0), @p label_column, and optionally
 *               id and vessel (else group); recordings without one are each a
 *               group of their own
 *
 * Throws Error(kNotFound) for a missing file; Error(kBadArgument) for a
 * malformed one, a row that is not there or twice, a negative, infinite or
 * silent spectrum, fewer bins than the recipe's rows need, or a recipe whose
 * axis is not linear or that has no normaliser.
 */
std::vector<Recording> list_spectra(const std::string &folder,
                                    const std::string &label_column);
/** @p recordings: those of list_spectra(), relabelled. */
Dataset load_spectra(const std::string &folder,
                     const std::vector<Recording> &recordings,
                     const Recipe &recipe);

/** A spectrum as a tile: @p power of recipe.height() rows, lowest first, in
 *  column 0. Its label, group and recording are 0. */
Tile spectrum_tile(const float *power, const Recipe &recipe);

}  // namespace sonar::models
