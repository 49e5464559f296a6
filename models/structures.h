/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <vector>

#include "models/model.h"
#include "sonar/mask/structures.h"

namespace sonar::models {

/** How a structure speaks about the classes of a mask. */
struct StructureScore {
  /** > 0 for the class, < 0 against it, -1..1; see structure_score(). */
  float score = 0;
  std::size_t which = 0;  ///< index into the targets: whom it speaks for most
};

/** The strong structures of a picture and what each says of its class. */
struct ExplainedStructures {
  mask::Structures structures;
  std::vector<StructureScore> scores;  ///< one a structure
};

/**
 * The score of an effect of @p nats on the class' margin
 * (nn::structure_effects()): 2 P - 1, P the probability that the structure is
 * the class' and not another source's where both were equally likely before.
 * What a nat is worth, and how sure one can get, differs between the heads;
 * both were measured on recordings with known truth (docs/method.md
 * section 5.7).
 */
float structure_score(double nats, Architecture::Head head);

/** The pixels of one followed tonal: its row and the rows beside it, which the
 *  window's main lobe covers, in the valid columns in which it stands over the
 *  background. */
mask::Binary track_pixels(const TonalTrack &track, const Recipe &recipe,
                          ColumnRange valid);

/**
 * Finds the strong structures of a picture, @p tracks among them, and asks the
 * network for each what it says of the classes @p targets, the best first.
 * Network::forward() of 2 x structures + 2 inputs, whatever the targets.
 *
 * Throws Error(kBadArgument) for a target that the model has not, no target,
 * and a picture of another shape than the model's.
 */
ExplainedStructures explain_structures(const Model &model,
                                       const PictureData &picture,
                                       const std::vector<std::size_t> &targets,
                                       const std::vector<TonalTrack> &tracks,
                                       const nn::Effort &effort);

/** The structures moved @p columns to the left; what leaves the picture is gone
 *  and what comes in on the right is none. */
ExplainedStructures shift_left(const ExplainedStructures &explained,
                               std::ptrdiff_t columns);

}  // namespace sonar::models
