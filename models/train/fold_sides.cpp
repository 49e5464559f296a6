/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/train/fold_sides.h"

#include <map>
#include <string>

#include "models/train/folds.h"
#include "sonar/core/error.h"

namespace sonar::models {
namespace {

/** What folds_by_group() looks at: a tile a recording, and no pixels. */
Dataset outline(const std::vector<Recording> &recordings) {
  std::map<std::string, std::size_t> labels, groups;
  for (const Recording &r : recordings) {
    labels.emplace(r.label, 0);
    groups.emplace(r.group, 0);
  }
  Dataset data;
  const auto number = [](auto &names, std::vector<std::string> &list) {
    for (auto &[name, index] : names) {
      index = list.size();
      list.push_back(name);
    }
  };
  number(labels, data.labels);
  number(groups, data.groups);
  data.recordings = recordings;
  for (std::size_t i = 0; i < recordings.size(); ++i)
    data.tiles.push_back({{},
                          {},
                          {},
                          labels.at(recordings[i].label),
                          groups.at(recordings[i].group),
                          i});
  return data;
}

}  // namespace

FoldSides sides_of(const std::vector<Recording> &recordings, std::size_t folds,
                   std::size_t fold, std::uint64_t seed) {
  if (folds == 0) return {recordings, recordings};
  const std::vector<Split> all =
      folds_by_group(outline(recordings), folds, seed);
  if (fold >= all.size())
    throw Error(Errc::kBadArgument, "fold is " + std::to_string(fold) +
                                        ", needed 0 to " +
                                        std::to_string(all.size() - 1));
  FoldSides out;
  for (const std::size_t i : all[fold].train)
    out.learnt.push_back(recordings[i]);
  for (const std::size_t i : all[fold].validation)
    out.held_out.push_back(recordings[i]);
  return out;
}

}  // namespace sonar::models
