/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/evaluate/evaluate.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>

#include "models/evaluate/recording.h"
#include "models/evaluate/separation.h"
#include "models/parallel.h"
#include "models/synth/truth_set.h"
#include "models/train/dataset.h"
#include "sonar/core/error.h"

namespace sonar::models {
namespace {

using Clock = std::chrono::steady_clock;

double milliseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start)
      .count();
}

void check(const EvaluateOptions &options) {
  if (options.methods.empty() || options.thresholds.empty())
    throw Error(Errc::kBadArgument,
                "nothing to evaluate: needed at least one method and one "
                "threshold");
  for (const double t : options.thresholds)
    if (!(t >= 0 && t <= 1))
      throw Error(Errc::kBadArgument,
                  "threshold is " + std::to_string(t) + ", needed 0 to 1");
}

void check_grid(const std::string &name, const AnalysedRecording &recording,
                const Recipe &recipe, const metrics::Truth &truth) {
  const auto height = std::size_t(recipe.height());
  if (truth.target.height == height && truth.target.width == recording.columns)
    return;
  throw Error(
      Errc::kBadArgument,
      "the truth of " + name + " is " +
          shape_text(truth.target.height, truth.target.width) +
          " (frequency x time), the model's picture of the recording " +
          shape_text(height, recording.columns) +
          "; needed a model of the truth's rate, FFT, hop and frequencies");
}

void forget_target(metrics::Truth &truth) {
  for (mask::Binary *pixels : {&truth.target, &truth.weak})
    std::fill(pixels->values.begin(), pixels->values.end(), 0);
}

std::vector<std::size_t> classes_of(const Model &model,
                                    const metrics::LabelSet &labels) {
  std::vector<std::size_t> classes;
  for (const std::string &label : labels)
    classes.push_back(model.label_index(label));
  return classes;
}

/** What one recording needs for all its methods. */
struct Case {
  const TruthRecording &about;
  AnalysedRecording recording;
  metrics::Truth truth;
  std::vector<Classification> seen;
  Verdict verdict;
  std::optional<Separation> separation;  ///< where there is a target
};

class Evaluator {
 public:
  Evaluator(const Model &model, const std::string &folder,
            const EvaluateOptions &options, const EvaluateHooks &hooks)
      : model_(model), options_(options), hooks_(hooks), truths_(folder) {}

  /** Not const: it reads the truth's file. One instance per thread. */
  RecordingResult run(const TruthRecording &about) {
    if (options_.threads > 1 && !entered_)
      model_.network().enter_worker_thread();
    entered_ = true;
    RecordingResult result;
    const Case c = read(about, result);
    for (const Method &method : options_.methods) run(c, method, result);
    return result;
  }

 private:
  Case read(const TruthRecording &about, RecordingResult &result) {
    const Recipe &recipe = model_.settings().recipe;
    Case c{about,
           analyse_recording(about.path, recipe),
           truths_.read(about.name),
           {},
           {},
           {}};
    check_grid(about.name, c.recording, recipe, c.truth);
    if (about.labels.empty()) forget_target(c.truth);
    const mask::Binary &target = c.truth.target;
    if (metrics::score(target, c.truth).f1) {
      c.separation.emplace(c.recording, truths_.target_wave(about.name),
                           recipe);
      result.ideal_gain_db = c.separation->gain_db(target);
    }
    const auto start = Clock::now();
    c.seen = classify_pictures(model_, c.recording);
    result.classify_ms =
        milliseconds_since(start) / double(c.recording.pictures.size());
    c.verdict = judge_recording(model_, c.recording, c.seen);
    result.name = about.name;
    result.decision = {about.labels,
                       names_of(model_.settings(), c.verdict.classes),
                       c.verdict.confidence, c.verdict.rejected};
    return c;
  }

  void run(const Case &c, const Method &method, RecordingResult &result) {
    const auto start = Clock::now();
    const Image confidence = recording_confidence(
        model_, c.recording, c.seen, c.verdict.classes, method.options, true);
    result.mask_ms.push_back(milliseconds_since(start) /
                             double(c.recording.pictures.size()));
    Image given;
    if (options_.class_given) {
      given = recording_confidence(model_, c.recording, c.seen,
                                   classes_of(model_, c.about.labels),
                                   method.options, false);
    }
    result.soft.push_back(soft_outcome(c, confidence, given));
    result.outcomes.emplace_back();
    for (const double threshold : options_.thresholds) {
      const mask::Binary mask = mask::threshold(confidence, float(threshold));
      result.outcomes.back().push_back(
          outcome(mask, c, given, float(threshold)));
      if (hooks_.take_mask)
        hooks_.take_mask(
            {c.about.name, method, threshold, mask, result.decision});
    }
  }

  static SoftOutcome soft_outcome(const Case &c, const Image &confidence,
                                  const Image &given) {
    if (!c.separation) return {};
    SoftOutcome o;
    o.best_db = c.separation->gain_db(mask::soft_gain(confidence));
    if (!given.empty())
      o.class_given_db = c.separation->gain_db(mask::soft_gain(given));
    return o;
  }

  MaskOutcome outcome(const mask::Binary &mask, const Case &c,
                      const Image &given, float threshold) const {
    MaskOutcome o;
    o.best = metrics::score(mask, c.truth);
    o.reported = o.best;
    if (c.verdict.rejected) {
      mask::Binary blank = mask;
      std::fill(blank.values.begin(), blank.values.end(), 0);
      o.reported = metrics::score(blank, c.truth);
    }
    if (!given.empty()) {
      const mask::Binary own = mask::threshold(given, threshold);
      o.class_given = metrics::score(own, c.truth);
      if (c.separation) o.class_given_gain_db = c.separation->gain_db(own);
    }
    o.bands = metrics::snr_bands();
    metrics::count_overwritten(mask, c.truth, o.bands);
    if (c.separation) o.si_sdr_gain_db = c.separation->gain_db(mask);
    return o;
  }

  const Model &model_;
  const EvaluateOptions &options_;
  const EvaluateHooks &hooks_;
  TruthReader truths_;
  bool entered_ = false;  ///< its thread is known to the network
};

/** Methods that the model can run, tried on one recording; the others go to
 *  @p skipped. */
std::vector<Method> runnable(const Model &model, const TruthRecording &about,
                             const std::vector<Method> &wanted,
                             std::vector<SkippedMethod> &skipped) {
  if (wanted.size() == 1) return wanted;
  const AnalysedRecording recording =
      analyse_recording(about.path, model.settings().recipe);
  const PictureData &p = recording.pictures.front();
  const Classification seen = model.classify(p);
  std::vector<Method> out;
  for (const Method &method : wanted) {
    try {
      model.make_mask(p, seen.best, &seen, method.options);
      out.push_back(method);
    } catch (const Error &e) {
      if (e.code() != Errc::kBadArgument) throw;
      skipped.push_back({method.name, e.what()});
    }
  }
  return out;
}

}  // namespace

std::vector<TruthRecording> list_truth_set(
    const std::string &folder,
    const std::map<std::string, std::string> &renamed) {
  std::vector<TruthRecording> out;
  for (const Recording &r : relabel(list_dataset(folder), renamed, {}))
    out.push_back({std::filesystem::path(r.path).stem().string(), r.path,
                   metrics::parse_label_set(r.label)});
  std::sort(out.begin(), out.end(),
            [](const TruthRecording &a, const TruthRecording &b) {
              return a.name < b.name;
            });
  std::vector<std::string> listed;
  for (const TruthRecording &r : out) listed.push_back(r.name);
  const std::vector<std::string> known = TruthReader(folder).names();
  const auto [missing, extra] =
      std::mismatch(known.begin(), known.end(), listed.begin(), listed.end());
  if (missing == known.end() && extra == listed.end()) return out;
  throw Error(Errc::kBadArgument,
              "truth set " + folder + " has a truth for " +
                  std::to_string(known.size()) + " recordings and lists " +
                  std::to_string(listed.size()) + ", which differ from \"" +
                  (missing == known.end() ? *extra : *missing) +
                  "\" on; needed every recording once in both");
}

Evaluation evaluate(const Model &model, const std::string &folder,
                    const EvaluateOptions &options,
                    const EvaluateHooks &hooks) {
  check(options);
  const std::vector<TruthRecording> recordings =
      list_truth_set(folder, options.renamed);
  for (const TruthRecording &r : recordings)
    require_known(model, r.labels, r.path);
  Evaluation out;
  EvaluateOptions runs = options;
  runs.methods =
      runnable(model, recordings.front(), options.methods, out.skipped);
  out.recordings.resize(recordings.size());
  for_each_in_parallel(recordings.size(), options.threads, hooks.progress, [&] {
    return [evaluator = std::make_shared<Evaluator>(model, folder, runs, hooks),
            &recordings, &out](std::size_t i) {
      out.recordings[i] = evaluator->run(recordings[i]);
    };
  });
  out.methods = runs.methods;
  out.thresholds = runs.thresholds;
  return out;
}

}  // namespace sonar::models
