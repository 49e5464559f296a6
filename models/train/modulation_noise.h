/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/synth/random.h"
#include "models/train/dataset.h"

namespace sonar::models {

/**
 * What chance does to a spectrum that is averaged over @p transforms of noise
 * behind a Hann window without overlap: a factor of mean 1 for each of
 * @p rows, chi-squared with 2 x transforms degrees of freedom, neighbours
 * correlated as the window's main lobe has them (Harris 1978).
 */
std::vector<float> averaged_noise(std::size_t rows, int transforms,
                                  synth::Random &random);

/**
 * @p tile as it would look in a stream: its mean spectrum over the valid
 * columns, seen again in @p columns columns (1 to recipe.width) that are each
 * averaged over @p transforms, over the background that the normaliser then
 * finds. What is already rough, because the recording was short, only gets
 * rougher.
 */
Tile seen_again(const Tile &tile, const Recipe &recipe, int columns,
                int transforms, synth::Random &random);

/** Every tile as a stream shows it once it has filled a picture: recipe.width
 *  columns of recipe.average transforms. Spectra of recordings shorter than
 * that stay rougher than the others. */
Dataset as_streamed(const Dataset &data, const Recipe &recipe,
                    std::uint64_t seed);

}  // namespace sonar::models
