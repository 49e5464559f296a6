/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/commands/train.h"

#include <unistd.h>

#include <filesystem>

#include "models/bundle.h"
#include "models/commands/dataset_flags.h"
#include "models/train/trainer.h"
#include "sonar/core/error.h"

namespace sonar::models::commands {
namespace {

struct TrainCommand {
  std::string dataset, output, preset = "narrow";
  DatasetFlags names;
  /** What the user changes in the preset, in the order of the flags. */
  std::vector<std::function<void(TrainOptions &)>> changes;
};

constexpr int kUnset = -1;  // evidence_fft_size
constexpr int kFiner = 4;   // docs/method.md section 5.4

/** docs/method.md section 3, narrow: classes with lines of their own. */
TrainOptions narrow_preset() {
  TrainOptions o;
  Recipe &r = o.settings.recipe;
  r.rate_hz = 1024;
  r.fft_size = 256;
  r.hop_size = 128;
  r.axis = FrequencyAxis::kLinear;
  r.min_frequency_hz = r.max_frequency_hz = 0;  // see fill_in()
  r.width = 128;
  r.advance = 16;
  r.evidence_fft_size = kUnset;  // see fill_in()
  o.settings.mask_recipe = MaskRecipe::kLines;
  return o;
}

/** docs/method.md section 3, broad: classes of many different sources. */
TrainOptions broad_preset() {
  TrainOptions o;
  Architecture &a = o.settings.architecture;
  a.input_channels = 2;
  a.head = Architecture::Head::kBands;
  a.dense = {96, 48};
  a.exclusive = false;
  o.settings.mask_recipe = MaskRecipe::kEvidence;
  o.epochs = 7;
  o.batch_size = 24;
  o.weight_decay = 1e-3;
  o.equalizer = true;
  return o;
}

/** Unless the user says otherwise, a linear axis takes every bin but DC, and
 *  lines are measured four times as finely. */
void fill_in(Recipe &recipe) {
  if (recipe.min_frequency_hz == 0 && recipe.fft_size > 0)
    recipe.min_frequency_hz = recipe.bin_hz();
  if (recipe.max_frequency_hz == 0)
    recipe.max_frequency_hz = recipe.rate_hz / 2.0;
  if (recipe.evidence_fft_size == kUnset)
    recipe.evidence_fft_size = kFiner * recipe.fft_size;
}

template <class T, class Get>
void add_number(CLI::App *app, TrainCommand &command, const std::string &flag,
                const std::string &text, Get get) {
  app->add_option_function<T>(
      flag,
      [&command, get](const T &value) {
        command.changes.push_back(
            [get, value](TrainOptions &o) { get(o) = value; });
      },
      text);
}

template <class Enum, class Get>
void add_choice(CLI::App *app, TrainCommand &command, const std::string &flag,
                const std::string &text, const std::vector<Enum> &values,
                Get get) {
  std::vector<std::string> nicks;
  for (const Enum value : values) nicks.push_back(nick(value));
  app->add_option_function<std::string>(
         flag,
         [&command, values, get](const std::string &chosen) {
           for (const Enum value : values)
             if (chosen == nick(value))
               command.changes.push_back(
                   [get, value](TrainOptions &o) { get(o) = value; });
         },
         text)
      ->check(CLI::IsMember(nicks));
}

void add_recipe_flags(CLI::App *app, TrainCommand &c) {
  const auto of = [](auto member) {
    return [member](TrainOptions & o) -> auto & {
      return o.settings.recipe.*member;
    };
  };
  add_number<int>(app, c, "--rate", "sampling rate, Hz", of(&Recipe::rate_hz));
  add_number<int>(app, c, "--fft-size", "window, samples",
                  of(&Recipe::fft_size));
  add_number<int>(app, c, "--hop-size", "column to column, samples",
                  of(&Recipe::hop_size));
  add_choice<Window>(app, c, "--window", "window function",
                     {Window::kHann, Window::kHamming, Window::kBlackmanHarris},
                     of(&Recipe::window));
  add_choice<FrequencyAxis>(app, c, "--axis", "frequency axis",
                            {FrequencyAxis::kLinear, FrequencyAxis::kGeometric},
                            of(&Recipe::axis));
  add_number<int>(app, c, "--bands", "rows of a geometric axis",
                  of(&Recipe::bands));
  add_number<double>(app, c, "--min-frequency", "lowest frequency, Hz",
                     of(&Recipe::min_frequency_hz));
  add_number<double>(app, c, "--max-frequency", "highest frequency, Hz",
                     of(&Recipe::max_frequency_hz));
  add_choice<Normalizer>(app, c, "--normalizer", "background normaliser",
                         {Normalizer::kNone, Normalizer::kTpsw},
                         of(&Recipe::normalizer));
  add_number<int>(app, c, "--evidence-fft-size",
                  "window of the finer transform that the recipe lines needs, "
                  "samples; 0 = none (default: 4 x fft-size)",
                  of(&Recipe::evidence_fft_size));
  add_number<int>(app, c, "--width", "columns of a picture",
                  of(&Recipe::width));
  add_number<int>(app, c, "--advance", "columns from picture to picture",
                  of(&Recipe::advance));
  add_number<double>(app, c, "--floor-db", "dB of the darkest pixel",
                     of(&Recipe::floor_db));
  add_number<double>(app, c, "--range-db", "dB from darkest to brightest",
                     of(&Recipe::range_db));
}

void add_training_flags(CLI::App *app, TrainCommand &c) {
  const auto of = [](auto member) {
    return [member](TrainOptions & o) -> auto & { return o.*member; };
  };
  std::vector<MaskRecipe> recipes;
  for (const MaskRecipeInfo &info : mask_recipes())
    if (!learns_from_recording(info.recipe)) recipes.push_back(info.recipe);
  add_choice<MaskRecipe>(
      app, c, "--recipe", "mask recipe the model names", recipes,
      [](TrainOptions & o) -> auto & { return o.settings.mask_recipe; });
  add_number<double>(
      app, c, "--threshold", "operating point of the mask, 0 to 1",
      [](TrainOptions & o) -> auto & { return o.settings.threshold; });
  add_number<int>(app, c, "--epochs", "passes over the data",
                  of(&TrainOptions::epochs));
  add_number<int>(app, c, "--batch-size", "pictures in a step",
                  of(&TrainOptions::batch_size));
  add_number<double>(app, c, "--learning-rate", "the one-cycle's maximum",
                     of(&TrainOptions::learning_rate));
  add_number<double>(app, c, "--weight-decay", "of AdamW",
                     of(&TrainOptions::weight_decay));
  add_number<double>(app, c, "--validation", "share of the groups kept back",
                     of(&TrainOptions::validation_fraction));
  add_number<bool>(app, c, "--mix", "mix pictures (true, false)",
                   of(&TrainOptions::mix));
  add_number<bool>(app, c, "--equalizer", "random colouring (true, false)",
                   of(&TrainOptions::equalizer));
  add_number<int>(app, c, "--subband-masks", "per picture, even",
                  of(&TrainOptions::subband_masks));
  std::vector<cluster::Method> methods;
  for (const cluster::MethodInfo &info : cluster::methods())
    methods.push_back(info.method);
  add_choice<cluster::Method>(app, c, "--cluster",
                              "how representatives are chosen", methods,
                              of(&TrainOptions::cluster));
  add_number<int>(app, c, "--clusters",
                  "representatives per class; 0: at the elbow",
                  of(&TrainOptions::clusters));
  add_number<std::uint64_t>(app, c, "--seed", "same seed, same model",
                            of(&TrainOptions::seed));
}

std::string folder_name(const std::string &path) {
  const auto whole =
      std::filesystem::weakly_canonical(std::filesystem::path(path));
  return whole.filename().string();
}

Dataset load(const TrainCommand &c, const Recipe &recipe, Progress &progress) {
  const std::vector<Recording> recordings = list_recordings(c.dataset, c.names);
  Dataset data = load_dataset(
      recordings, recipe, [&](std::size_t done, std::size_t total) {
        throw_if_interrupted();
        progress.bar(double(done) / double(total),
                     "recording " + std::to_string(done) + " of " +
                         std::to_string(total));
      });
  progress.line(std::to_string(recordings.size()) + " recordings, " +
                std::to_string(data.tiles.size()) + " pictures, " +
                std::to_string(data.labels.size()) + " classes, " +
                std::to_string(data.groups.size()) + " groups");
  return data;
}

std::string describe(const EpochReport &r) {
  char text[160];
  std::snprintf(text, sizeof text,
                "epoch %d of %d  loss %.4f  right: training %.3f, validation "
                "%.3f  %d:%02d left",
                r.epoch, r.epochs, r.loss, r.train_accuracy,
                r.validation_accuracy, int(r.seconds_left) / 60,
                int(r.seconds_left) % 60);
  return text;
}

void run_train(const TrainCommand &c) {
  TrainOptions options = c.preset == "broad" ? broad_preset() : narrow_preset();
  for (const auto &change : c.changes) change(options);
  Settings &s = options.settings;
  fill_in(s.recipe);
  s.recipe.validate();
  s.name = std::filesystem::path(c.output).stem().string();
  s.made_with = "sonar-model " SONAR_VERSION;
  options.data_name = folder_name(c.dataset);
  options.checkpoint = c.output + ".checkpoint";

  catch_interrupt();
  keep_freed_memory();
  Progress progress;
  const Dataset data = load(c, s.recipe, progress);
  const bool terminal = isatty(STDERR_FILENO) == 1;
  const Bundle bundle = train(
      data, options,
      [&](const EpochReport &r) {
        if (!terminal || r.epoch == r.epochs) progress.line(describe(r));
        progress.bar(double(r.epoch) / r.epochs, describe(r));
      },
      [&](const std::string &text) { progress.line(text); }, interrupted());
  write_bundle(c.output, bundle);
  std::error_code ignored;
  std::filesystem::remove(options.checkpoint, ignored);
  progress.line("wrote " + c.output);
}

/** What to do after an interruption. */
std::string advice(const TrainCommand &c) {
  const std::string checkpoint = c.output + ".checkpoint";
  return std::filesystem::exists(checkpoint)
             ? "; run the same command again to go on from " + checkpoint
             : "; nothing was trained yet";
}

}  // namespace

Command add_train(CLI::App &app) {
  const auto c = std::make_shared<TrainCommand>();
  CLI::App *train = app.add_subcommand("train", "Train a model on recordings");
  train
      ->add_option("dataset", c->dataset,
                   "folder of one folder per class, or with labels.csv or "
                   "manifest.csv, or a CSV file (path, class, group)")
      ->required();
  train->add_option("-o,--output", c->output, "the model file")->required();
  train
      ->add_option("--preset", c->preset,
                   "narrow: classes with lines of their own; broad: classes "
                   "of many different sources")
      ->check(CLI::IsMember({"narrow", "broad"}))
      ->capture_default_str();
  add_dataset_flags(train, c->names);
  add_recipe_flags(train, *c);
  add_training_flags(train, *c);
  return {train, [c] { run_train(*c); }, [c] { return advice(*c); }};
}

}  // namespace sonar::models::commands
