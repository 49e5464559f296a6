/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/evaluate/figures.h"
#include "models/model.h"

namespace sonar::models {

/** How well a number per structure tells the target's from others'. */
struct StructureRanking {
  std::string name, description;
  std::optional<double> auc;         ///< over all structures
  std::optional<double> auc_within;  ///< mean over pictures with both kinds
};

/** Structures that got one of the three answers. */
struct StructureAnswer {
  std::string name;  ///< "for", "against", "nothing"
  std::size_t structures = 0, of_target = 0;
};

/** What the structures of a truth set's pictures say, against the truth. */
struct StructureFigures {
  std::size_t pictures = 0;
  std::size_t structures = 0, of_target = 0;
  std::size_t mixed = 0;  ///< of several sources, left out of the rest
  std::vector<StructureRanking> rankings;
  std::vector<StructureAnswer> answers;
  std::optional<double> explain_ms;  ///< a picture; absent without one
};

/**
 * Explains the structures of the first picture of @p count of the recordings of
 * the truth set @p folder, evenly over it (all where there are fewer), for the
 * class that the recording is labelled with; recordings without one are left
 * out. A structure is the target's where half of its pixels or more are at
 * least weakly the target's, another's where a fifth or less are, else mixed.
 * Beside the score of explain_structures() stand other numbers that one could
 * take.
 *
 * Recordings side by side on @p threads, which does not change the result but
 * the time. @p progress may be empty or throw. Throws as list_truth_set(),
 * TruthReader and load_audio(), and Error(kBadArgument) for a label that the
 * model has not.
 */
StructureFigures score_structures(
    const Model &model, const std::string &folder,
    const std::map<std::string, std::string> &renamed, std::size_t count,
    std::size_t threads,
    const std::function<void(std::size_t, std::size_t)> &progress);

Json to_json(const StructureFigures &figures);
std::string structures_text(const StructureFigures &figures);

}  // namespace sonar::models
