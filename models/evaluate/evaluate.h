/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/evaluate/methods.h"
#include "models/model.h"
#include "sonar/metrics/classification.h"
#include "sonar/metrics/truth_table.h"

namespace sonar::models {

/** A recording of a truth set. */
struct TruthRecording {
  std::string name, path;
  metrics::LabelSet labels;
};

/**
 * The recordings of a folder with labels.csv, audio and truth.safetensors,
 * sorted by name (the file's stem, which is the truth's name). Throws as
 * list_dataset(), relabel() and TruthReader, and Error(kBadArgument) when the
 * truth knows a recording that is not listed or is listed twice.
 */
std::vector<TruthRecording> list_truth_set(
    const std::string &folder,
    const std::map<std::string, std::string> &renamed = {});

struct EvaluateOptions {
  std::vector<Method> methods;
  std::vector<double> thresholds;  ///< of the confidence, 0..1
  /** Labels of the set that go by another name in the model, or that it does
   *  not know ("none"). */
  std::map<std::string, std::string> renamed;
  bool class_given = false;  ///< also masks of the true classes
  std::size_t threads = 1;   ///< recordings side by side; never the result
};

/** One mask of one recording against its truth. */
struct MaskOutcome {
  metrics::TruthScore best;      ///< the mask of the best answer
  metrics::TruthScore reported;  ///< the same, blank where it is rejected
  std::optional<metrics::TruthScore> class_given;
  std::vector<metrics::SnrBand> bands;  ///< of the best answer's mask
  /** Of the best answer's mask and of the true classes', see Separation;
   *  absent as its F1. */
  std::optional<double> si_sdr_gain_db, class_given_gain_db;
};

/** What a method's confidence gains in SI-SDR as mask::soft_gain(). */
struct SoftOutcome {
  std::optional<double> best_db, class_given_db;
};

struct RecordingResult {
  std::string name;
  metrics::Decision decision;
  std::optional<double> ideal_gain_db;  ///< SI-SDR of the truth as a mask
  double classify_ms = 0;               ///< a picture
  std::vector<double> mask_ms;          ///< a picture, per method, class known
  std::vector<std::vector<MaskOutcome>> outcomes;  ///< [method][threshold]
  std::vector<SoftOutcome> soft;                   ///< [method]
};

/** A method that a model cannot run. */
struct SkippedMethod {
  std::string name, reason;
};

struct Evaluation {
  std::vector<Method> methods;  ///< those that ran
  std::vector<SkippedMethod> skipped;
  std::vector<double> thresholds;
  std::vector<RecordingResult> recordings;  ///< sorted by name
};

/** A mask as it was made for the best answer. */
struct MadeMask {
  const std::string &name;  ///< of the recording
  const Method &method;
  double threshold;
  const mask::Binary &mask;
  const metrics::Decision &decision;
};

struct EvaluateHooks {
  /** Recordings done, of all; may throw to end the run. May be empty. */
  std::function<void(std::size_t, std::size_t)> progress;
  /** Called from several threads at once, never twice for one mask. May be
   *  empty. */
  std::function<void(const MadeMask &)> take_mask;
};

/**
 * Classifies every recording of the truth set @p folder, makes its masks by
 * every method and scores them. A method that asks for what the model lacks is
 * skipped, unless it is the only one. Of a recording without a target (label
 * "none") nothing should be kept, whatever vessel its truth shows.
 *
 * Throws as list_truth_set(); Error(kBadArgument) for an empty list of methods
 * or thresholds, a threshold outside 0..1, a truth of another grid than the
 * model's, and a label that the model lacks.
 */
Evaluation evaluate(const Model &model, const std::string &folder,
                    const EvaluateOptions &options, const EvaluateHooks &hooks);

}  // namespace sonar::models
