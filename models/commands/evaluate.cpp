/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/commands/evaluate.h"

#include <algorithm>
#include <cstdio>

#include "models/commands/dataset_flags.h"
#include "models/evaluate/dump.h"
#include "models/evaluate/explanations.h"
#include "models/evaluate/manifest.h"
#include "models/evaluate/report.h"
#include "models/evaluate/structure_scores.h"
#include "models/registry.h"
#include "models/train/spectra.h"
#include "sonar/core/error.h"

namespace sonar::models::commands {
namespace {

constexpr double kLooser = 0.65, kTighter = 0.85;  // the paper's, Table I

struct EvaluateCommand {
  std::string model, truth, manifest, dump;
  DatasetFlags names;
  std::vector<std::string> methods;
  std::vector<double> thresholds;
  bool class_given = false, no_abstain = false, as_json = false,
       per_file = false;
  std::size_t threads = 1, explained = 0;
};

EvaluateOptions options_of(const EvaluateCommand &c, const Settings &settings) {
  EvaluateOptions o;
  for (const std::string &name : c.methods)
    if (name == "all")
      o.methods.insert(o.methods.end(), methods().begin(), methods().end());
    else
      o.methods.push_back(find_method(name));
  if (c.methods.empty()) o.methods = {find_method(nick(settings.mask_recipe))};
  o.thresholds = c.thresholds;
  if (o.thresholds.empty()) {
    o.thresholds = {settings.threshold};
    for (const double t : {kLooser, kTighter})
      if (t != settings.threshold) o.thresholds.push_back(t);
  }
  o.renamed = renames(c.names);
  o.class_given = c.class_given;
  o.threads = c.threads;
  return o;
}

/** Where the masks asked for go; those at the default's other thresholds,
 *  which nobody asked for, are not written. */
std::function<void(const MadeMask &)> make_dump(const EvaluateCommand &c,
                                                const EvaluateOptions &o) {
  if (c.dump.empty()) return {};
  const std::size_t thresholds = std::max<std::size_t>(1, c.thresholds.size());
  const bool flat = o.methods.size() == 1 && thresholds == 1;
  const auto dump = std::make_shared<MaskDump>(c.dump, flat, !c.no_abstain);
  const std::vector<double> wanted(
      o.thresholds.begin(), o.thresholds.begin() + std::ptrdiff_t(thresholds));
  return [dump, wanted](const MadeMask &made) {
    if (std::count(wanted.begin(), wanted.end(), made.threshold))
      dump->write(made);
  };
}

std::function<void(std::size_t, std::size_t)> show(Progress &progress) {
  return [&progress](std::size_t done, std::size_t total) {
    throw_if_interrupted();
    progress.bar(
        double(done) / double(total),
        "recording " + std::to_string(done) + " of " + std::to_string(total));
  };
}

void print(const EvaluateCommand &c, Json figures, std::string text,
           const std::vector<ExplanationScore> &explanations,
           const std::string &more = "") {
  if (!explanations.empty()) {
    figures["explanations"] = to_json(explanations);
    text += explanations_text(explanations);
  }
  text += more;
  std::fputs(c.as_json ? (figures.dump(1) + "\n").c_str() : text.c_str(),
             stdout);
}

std::vector<ExplanationScore> explain(const EvaluateCommand &c,
                                      const Model &model,
                                      const std::vector<std::string> &paths) {
  if (!c.explained) return {};
  Progress progress;
  return score_explanations(model, paths, c.explained, c.threads,
                            show(progress));
}

/** Against known truth. */
void run_truth(const EvaluateCommand &c, const Model &model) {
  if (!c.names.only.empty())
    throw Error(Errc::kBadArgument,
                "--only goes with --manifest; a truth set is scored whole");
  const EvaluateOptions options = options_of(c, model.settings());
  EvaluateHooks hooks;
  hooks.take_mask = make_dump(c, options);
  Evaluation evaluation;
  {
    Progress progress;
    hooks.progress = show(progress);
    evaluation = evaluate(model, c.truth, options, hooks);
  }
  std::vector<std::string> paths;
  for (const TruthRecording &r : list_truth_set(c.truth))
    paths.push_back(r.path);
  Json figures = report_json(model, evaluation, c.per_file);
  figures["truth"] = c.truth;
  const std::vector<ExplanationScore> explanations = explain(c, model, paths);
  std::string text = report_text(model, evaluation);
  std::string structures;
  if (c.explained) {
    Progress progress;
    const StructureFigures scored =
        score_structures(model, c.truth, options.renamed, c.explained,
                         c.threads, show(progress));
    figures["structures"] = to_json(scored);
    structures = structures_text(scored);
  }
  print(c, figures, text, explanations, structures);
}

/** @p paths: of the recordings whose sound can be read. */
std::vector<ClassifiedRecording> classify_manifest(
    const EvaluateCommand &c, const Model &model,
    std::vector<std::string> &paths) {
  Progress progress;
  if (holds_spectra(c.manifest)) {
    if (c.explained)
      throw Error(Errc::kBadArgument,
                  "--faithfulness needs recordings, not spectra");
    return classify_dataset(
        model, load(c.manifest, c.names, model.settings().recipe, progress));
  }
  const std::vector<Recording> recordings =
      list_recordings(c.manifest, c.names);
  for (const Recording &r : recordings) paths.push_back(r.path);
  return classify_recordings(model, recordings, c.threads, show(progress));
}

/** Where only the classes are known. */
void run_manifest(const EvaluateCommand &c, const Model &model) {
  std::vector<std::string> paths;
  const std::vector<ClassifiedRecording> classified =
      classify_manifest(c, model, paths);
  Json figures = manifest_json(model, classified, c.per_file);
  figures["manifest"] = c.manifest;
  print(c, figures, manifest_text(model, classified, c.per_file),
        explain(c, model, paths));
}

void run_evaluate(const EvaluateCommand &c) {
  const std::shared_ptr<const Model> model = open(c.model, "cpu");
  catch_interrupt();
  keep_freed_memory();
  if (c.manifest.empty())
    run_truth(c, *model);
  else
    run_manifest(c, *model);
}

}  // namespace

Command add_evaluate(CLI::App &app) {
  const auto c = std::make_shared<EvaluateCommand>();
  CLI::App *evaluate = app.add_subcommand(
      "evaluate",
      "Score a model's answers and masks on recordings that are known");
  evaluate->add_option("model", c->model, "name or file")->required();
  CLI::Option_group *what = evaluate->add_option_group("Recordings", "one of");
  what->add_option("--truth", c->truth,
                   "folder with labels.csv, audio/ and truth.safetensors");
  what->add_option("--manifest", c->manifest,
                   "recordings of which only the class is known: a data set "
                   "as train takes it");
  what->require_option(1);
  add_dataset_flags(evaluate, c->names);
  evaluate
      ->add_option("--method", c->methods,
                   "how masks are made: a name, a,b or all (default: the "
                   "model's own)")
      ->delimiter(',');
  evaluate
      ->add_option("--threshold", c->thresholds,
                   "of the mask, 0 to 1 (default: the model's, then 0.65 and "
                   "0.85)")
      ->delimiter(',');
  evaluate->add_flag("--class-given", c->class_given,
                     "also with the true class' masks");
  evaluate->add_option("--dump-masks", c->dump,
                       "folder for NAME.npy and NAME.class.txt");
  evaluate->add_flag("--no-abstain", c->no_abstain,
                     "dump the best answer where unknown is reported");
  evaluate->add_flag("--json", c->as_json, "everything, as JSON");
  evaluate->add_flag("--per-file", c->per_file,
                     "also each recording's (and group's) figures");
  evaluate
      ->add_option("--faithfulness", c->explained,
                   "pictures on which explanation maps and, against a truth, "
                   "structures are scored")
      ->capture_default_str();
  evaluate
      ->add_option("--threads", c->threads,
                   "recordings side by side; times grow, figures stay")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  return {evaluate, [c] { run_evaluate(*c); }, {}};
}

}  // namespace sonar::models::commands
