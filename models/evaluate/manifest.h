/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "models/evaluate/figures.h"
#include "models/model.h"
#include "models/train/dataset.h"
#include "sonar/metrics/classification.h"

namespace sonar::models {

/** What was said of a recording whose class is known but not its pixels. */
struct ClassifiedRecording {
  std::string path, group;
  metrics::Decision decision;
};

/**
 * Classifies every recording, several side by side (which does not change the
 * result). A label is a class of the model, several ("a+b"), or "none".
 * @p progress(done, total) may be empty or throw.
 * Throws as load_audio(), and Error(kBadArgument) for a label with a class that
 * the model lacks.
 */
std::vector<ClassifiedRecording> classify_recordings(
    const Model &model, const std::vector<Recording> &recordings,
    std::size_t threads,
    const std::function<void(std::size_t, std::size_t)> &progress);

/** The same of a data set's pictures, which need not come from recordings
 *  (load_spectra()); its labels are as those above. */
std::vector<ClassifiedRecording> classify_dataset(const Model &model,
                                                  const Dataset &data);

/** The recordings of one group, such as a vessel or a site. */
struct GroupScore {
  std::string group;
  metrics::ClassificationScore score;
};
/** Sorted by name. */
std::vector<GroupScore> score_groups(
    const std::vector<ClassifiedRecording> &recordings);

/** Mean over the groups of their accuracy: each counts once, however many
 *  recordings it has. Absent where no recording holds a class. */
std::optional<double> group_accuracy(const std::vector<GroupScore> &groups);

Json manifest_json(const Model &model,
                   const std::vector<ClassifiedRecording> &recordings,
                   bool per_file);
std::string manifest_text(const Model &model,
                          const std::vector<ClassifiedRecording> &recordings,
                          bool per_file);

}  // namespace sonar::models
