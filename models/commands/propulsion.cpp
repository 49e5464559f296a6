/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/commands/propulsion.h"

#include <filesystem>

#include "models/propulsion/held_out.h"
#include "models/train/dataset.h"
#include "sonar/core/error.h"
#include "sonar/core/new_file.h"

namespace sonar::models::commands {
namespace {

namespace fs = std::filesystem;

/* Above so many recordings the figures are what is looked for. */
constexpr std::size_t kMostLines = 40;

struct PropulsionCommand {
  std::vector<std::string> inputs;
  DemonOptions demon;
  bool as_json = false, each = false;
  std::string weights;  // file to fit them for
  std::size_t folds = 0, threads = 1;
  std::uint64_t seed = 0;
};

tonal::Propulsion estimate(const DemonSpectrum &s) {
  return tonal::estimate_propulsion(s.power.data(), s.power.size(), s.bin_hz);
}

void add_spectra(const std::string &folder,
                 std::vector<PropulsionResult> &results) {
  for (const AnnotatedSpectrum &s : read_annotated_spectra(folder))
    results.push_back(
        {s.id, s.shaft_hz, s.blades, s.clear, estimate(s.spectrum)});
}

void add_recording(const AnnotatedRecording &r, const DemonOptions &options,
                   std::vector<PropulsionResult> &results) {
  throw_if_interrupted();
  const DemonSpectrum s =
      demon_spectrum(load_audio(r.path, options.rate_hz), options);
  results.push_back({fs::path(r.path).filename().string(), r.shaft_hz, r.blades,
                     true, estimate(s)});
}

void print(const std::vector<PropulsionResults> &all, const std::string &by,
           bool as_json) {
  Json figures = Json::object();
  std::string text;
  for (const PropulsionResults &r : all) {
    figures[r.name] = propulsion_json(r.results);
    text += "spectra " + r.name + ", " + by + ":\n" +
            propulsion_text(r.results, false) + "\n";
  }
  std::fputs((as_json ? figures.dump(1) + "\n" : text).c_str(), stdout);
}

void fit_weights(const PropulsionCommand &c) {
  if (c.inputs.size() != 1 || !fs::is_directory(c.inputs[0]))
    throw Error(Errc::kBadArgument,
                "A fit got " + std::to_string(c.inputs.size()) +
                    " inputs, it needs one folder with spectra.npy and "
                    "labels.csv and nothing else.");
  const PropulsionFitter fitter(read_annotated_spectra(c.inputs[0]), c.seed,
                                c.threads);
  if (c.folds > 0) {
    print(fitter.held_out(c.folds, c.seed), "held out", c.as_json);
    return;
  }
  const tonal::PropulsionWeights weights = fitter.fit();
  write_file(c.weights, "the weights",
             propulsion_weights_header(weights, fitter.size()));
  print(fitter.results(weights), "fitted to", c.as_json);
}

void run_propulsion(PropulsionCommand &c) {
  catch_interrupt();
  if (c.folds > 0 || !c.weights.empty()) return fit_weights(c);
  std::vector<PropulsionResult> results;
  for (const std::string &input : c.inputs) {
    if (fs::is_directory(input)) {
      add_spectra(input, results);
    } else if (fs::path(input).extension() == ".csv") {
      for (const AnnotatedRecording &r : list_annotated_recordings(input))
        add_recording(r, c.demon, results);
    } else {
      add_recording({input, 0, 0}, c.demon, results);
    }
  }
  const std::string text =
      c.as_json
          ? propulsion_json(results).dump(1) + "\n"
          : propulsion_text(results, c.each || results.size() <= kMostLines);
  std::fputs(text.c_str(), stdout);
}

}  // namespace

Command add_propulsion(CLI::App &app) {
  const auto c = std::make_shared<PropulsionCommand>();
  c->demon.sub_bands = 4;
  CLI::App *flags = app.add_subcommand(
      "propulsion", "Shaft rate and blades from DEMON spectra");
  flags
      ->add_option("inputs", c->inputs,
                   "recordings; a CSV with path, shaft_hz and blades; or a "
                   "folder with spectra.npy and labels.csv")
      ->required();
  DemonOptions &o = c->demon;
  flags->add_option("--rate", o.rate_hz, "recordings are brought to, Hz")
      ->check(CLI::Range(1000, 1000000))
      ->capture_default_str();
  flags
      ->add_option("--min-frequency", o.min_frequency_hz,
                   "lower edge of the band that is demodulated, Hz")
      ->capture_default_str();
  flags->add_option("--max-frequency", o.max_frequency_hz, "its upper edge, Hz")
      ->capture_default_str();
  flags->add_option("--sub-bands", o.sub_bands, "that it is divided into")
      ->check(CLI::Range(1, 32))
      ->capture_default_str();
  flags->add_flag("--square-law", o.square_law,
                  "the root of the low-passed square as envelope");
  flags->add_option("--resolution", o.resolution_hz, "of the spectrum, Hz")
      ->check(CLI::Range(0.01, 0.25))
      ->capture_default_str();
  CLI::Option *fit =
      flags->add_option("--fit", c->weights,
                        "fit the weights to a folder, write them as a header");
  flags
      ->add_option("--folds", c->folds,
                   "fit them so often, and score each fold's vessels by the "
                   "weights fitted to the others")
      ->excludes(fit);
  flags->add_option("--seed", c->seed, "of folds and of the noise on copies")
      ->capture_default_str();
  flags->add_option("--threads", c->threads, "of a fit")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  flags->add_flag("--each", c->each, "a line a recording however many");
  flags->add_flag("--json", c->as_json, "for programs");
  return {flags, [c] { run_propulsion(*c); }, {}};
}

}  // namespace sonar::models::commands
