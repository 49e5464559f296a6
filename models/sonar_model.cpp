/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <signal.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <CLI/CLI.hpp>
#include <atomic>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "models/bundle.h"
#include "models/registry.h"
#include "models/synth/write.h"
#include "models/train/dataset.h"
#include "models/train/trainer.h"
#include "sonar/core/error.h"

namespace {

using namespace sonar;
using namespace sonar::models;
using nlohmann::json;

constexpr int kExitError = 1, kExitInterrupted = 130;
constexpr int kBarCharacters = 24;
constexpr std::size_t kMostListed = 32;  // values of an array on a line

std::atomic<bool> interrupted{false};

extern "C" void on_interrupt(int) { interrupted = true; }

/** The first interrupt asks for a clean end, the second one ends at once. */
void catch_interrupt() {
  struct sigaction action {};
  action.sa_handler = on_interrupt;
  action.sa_flags = int(SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
}

/** Training frees and takes the same few megabytes a thousand times; kept
 *  instead of given back, they cost no page faults (a fifth of the time). */
void keep_freed_memory() {
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, 32 << 20);  // the largest it takes
  mallopt(M_TRIM_THRESHOLD, 512 << 20);
#endif
}

// ---- progress ------------------------------------------------------------

/** A bar on a terminal; elsewhere only the lines that are worth keeping. */
class Progress {
 public:
  void bar(double share, const std::string &text) {
    if (!terminal_) return;
    const int full = int(share * kBarCharacters);
    std::fprintf(stderr, "\r\033[K[%s%s] %s",
                 std::string(std::size_t(full), '#').c_str(),
                 std::string(std::size_t(kBarCharacters - full), '.').c_str(),
                 text.c_str());
    std::fflush(stderr);
    open_ = true;
  }
  void line(const std::string &text) {
    if (open_) std::fputs("\r\033[K", stderr);
    open_ = false;
    std::fprintf(stderr, "%s\n", text.c_str());
  }
  ~Progress() {
    if (open_) std::fputs("\n", stderr);
  }

 private:
  const bool terminal_ = isatty(STDERR_FILENO) == 1;
  bool open_ = false;
};

void throw_if_interrupted() {
  if (interrupted) throw Error(Errc::kResource, "interrupted");
}

// ---- train ---------------------------------------------------------------

struct TrainCommand {
  std::string dataset, output, preset = "narrow", label_column = "class";
  std::vector<std::string> merge, only;
  /** What the user changes in the preset, in the order of the flags. */
  std::vector<std::function<void(TrainOptions &)>> changes;
};

/** docs/method.md section 3, narrow: classes with lines of their own. */
TrainOptions narrow_preset() {
  TrainOptions o;
  Recipe &r = o.settings.recipe;
  r.rate_hz = 1024;
  r.fft_size = 256;
  r.hop_size = 128;
  r.axis = FrequencyAxis::kLinear;
  r.min_frequency_hz = r.max_frequency_hz = 0;  // see fill_band()
  r.width = 128;
  r.advance = 16;
  o.settings.mask_recipe = MaskRecipe::kSubband;
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

/** A linear axis takes every bin but DC unless the user says otherwise. */
void fill_band(Recipe &recipe) {
  if (recipe.min_frequency_hz == 0 && recipe.fft_size > 0)
    recipe.min_frequency_hz = recipe.bin_hz();
  if (recipe.max_frequency_hz == 0)
    recipe.max_frequency_hz = recipe.rate_hz / 2.0;
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
    recipes.push_back(info.recipe);
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

CLI::App *add_train(CLI::App &app, TrainCommand &c) {
  CLI::App *train = app.add_subcommand("train", "Train a model on recordings");
  train
      ->add_option("dataset", c.dataset,
                   "folder of one folder per class, or with labels.csv or "
                   "manifest.csv, or a CSV file (path, class, group)")
      ->required();
  train->add_option("-o,--output", c.output, "the model file")->required();
  train
      ->add_option("--preset", c.preset,
                   "narrow: classes with lines of their own; broad: classes "
                   "of many different sources")
      ->check(CLI::IsMember({"narrow", "broad"}))
      ->capture_default_str();
  train
      ->add_option("--label-column", c.label_column,
                   "column of the CSV file that names the class")
      ->capture_default_str();
  train
      ->add_option("--merge", c.merge,
                   "rename or merge: tanker=vessel,a+b=new,...")
      ->delimiter(',');
  train->add_option("--only", c.only, "classes to keep (new names): a,b")
      ->delimiter(',');
  add_recipe_flags(train, c);
  add_training_flags(train, c);
  return train;
}

/** "a=x" and "a+b=x" to {a: x, b: x}. */
std::map<std::string, std::string> parse_renames(const TrainCommand &c) {
  std::map<std::string, std::string> out;
  for (const std::string &rule : c.merge) {
    const std::size_t equals = rule.find('=');
    if (equals == rule.npos || equals == 0 || equals + 1 == rule.size())
      throw Error(Errc::kBadArgument,
                  "cannot read \"" + rule + "\", needed old=new or a+b=new");
    std::istringstream names(rule.substr(0, equals));
    for (std::string name; std::getline(names, name, '+');)
      out[name] = rule.substr(equals + 1);
  }
  return out;
}

std::string folder_name(const std::string &path) {
  const auto whole =
      std::filesystem::weakly_canonical(std::filesystem::path(path));
  return whole.filename().string();
}

Dataset load(const TrainCommand &c, const Recipe &recipe, Progress &progress) {
  const std::vector<Recording> recordings = relabel(
      list_dataset(c.dataset, c.label_column), parse_renames(c), c.only);
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
  fill_band(s.recipe);
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
      [&](const std::string &text) { progress.line(text); }, interrupted);
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

// ---- info ----------------------------------------------------------------

struct InfoCommand {
  std::string model;
  bool as_json = false;
};

json describe_model(const Bundle &bundle, const std::string &path) {
  const Settings &s = bundle.settings;
  const Architecture &a = s.architecture;
  json tensors;
  for (const auto &[name, tensor] : bundle.tensors)
    tensors[name] = tensor.shape;
  return {
      {"file", path},
      {"name", s.name},
      {"made_with", s.made_with},
      {"labels", s.labels},
      {"recipe", json::parse(s.recipe.to_json())},
      {"picture", {s.recipe.height(), s.recipe.width}},
      {"architecture",
       {{"input_channels", a.input_channels},
        {"conv_channels", a.conv_channels},
        {"head", a.head == Architecture::Head::kFlat ? "flat" : "bands"},
        {"dense", a.dense},
        {"exclusive", a.exclusive}}},
      {"mask_recipe", nick(s.mask_recipe)},
      {"threshold", s.threshold},
      {"min_confidence", s.min_confidence},
      {"training", json::parse(s.training_json)},
      {"tensors", tensors},
      {"backend", backend_description()},
  };
}

std::string line_of(const json &value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_array() && value.size() > kMostListed)
    return std::to_string(value.size()) + " values (--json lists them)";
  return value.dump();
}

/** One "name: value" a line; objects are indented below their name. */
void print(const json &object, const std::string &indent) {
  for (const auto &[name, value] : object.items()) {
    if (value.is_object()) {
      std::printf("%s%s:\n", indent.c_str(), name.c_str());
      print(value, indent + "  ");
    } else {
      std::printf("%s%s: %s\n", indent.c_str(), name.c_str(),
                  line_of(value).c_str());
    }
  }
}

void run_info(const InfoCommand &c) {
  const std::string path = resolve_model(c.model);
  const json about = describe_model(read_bundle(path), path);
  if (c.as_json)
    std::printf("%s\n", about.dump(2).c_str());
  else
    print(about, "");
}

// ---- synth ---------------------------------------------------------------

struct SynthCommand {
  std::string folder;
  WriteOptions options;
  bool absent = false, no_truth = false;
};

CLI::App *add_synth(CLI::App &app, SynthCommand &c) {
  c.options.scene.recipe = synthetic_recipe();
  SceneOptions &scene = c.options.scene;
  CLI::App *synth = app.add_subcommand(
      "synth", "Make hydrophone scenes whose answer is known to the pixel");
  synth->add_option("folder", c.folder, "folder to write")->required();
  synth->add_option("--per-class", c.options.per_class, "scenes of a class")
      ->capture_default_str();
  synth->add_option("--classes", c.options.classes, "a,b (default: all)")
      ->delimiter(',');
  synth->add_option("--seconds", scene.seconds, "length of a scene, s")
      ->capture_default_str();
  synth
      ->add_option("--speed-spread", scene.speed_spread,
                   "sd of the engine speed, relative")
      ->capture_default_str();
  synth
      ->add_option("--level-offset", scene.level_offset_db,
                   "dB on all lines of the target")
      ->capture_default_str();
  synth->add_option("--seed", scene.seed, "same seed, same scenes")
      ->capture_default_str();
  synth->add_flag("--target-absent", c.absent, "leave the target out");
  synth->add_flag("--no-truth", c.no_truth, "write no truth");
  return synth;
}

void run_synth(SynthCommand c) {
  c.options.scene.target_present = !c.absent;
  c.options.truth = !c.no_truth;
  catch_interrupt();
  Progress progress;
  write_scenes(c.folder, c.options, [&](std::size_t done, std::size_t total) {
    throw_if_interrupted();
    progress.bar(
        double(done) / double(total),
        "scene " + std::to_string(done) + " of " + std::to_string(total));
  });
  progress.line("wrote " + c.folder);
}

int complain(const std::string &what) {
  std::fprintf(stderr, "sonar-model: %s\n", what.c_str());
  return interrupted ? kExitInterrupted : kExitError;
}

}  // namespace

int main(int argc, char **argv) {
  CLI::App app("Makes and describes the models of gst-sonar", "sonar-model");
  app.require_subcommand(1);
  app.set_version_flag("--version", "sonar-model " SONAR_VERSION);
  TrainCommand train_command;
  CLI::App *train = add_train(app, train_command);
  InfoCommand info_command;
  CLI::App *info = app.add_subcommand("info", "Describe a model file");
  info->add_option("model", info_command.model, "name or file")->required();
  info->add_flag("--json", info_command.as_json, "as JSON");
  SynthCommand synth_command;
  CLI::App *synth = add_synth(app, synth_command);

  try {
    app.parse(argc, argv);
    if (*train) run_train(train_command);
    if (*info) run_info(info_command);
    if (*synth) run_synth(synth_command);
  } catch (const CLI::ParseError &e) {
    return e.get_exit_code() == 0 ? app.exit(e) : complain(e.what());
  } catch (const std::exception &e) {
    return complain(e.what() +
                    (interrupted && *train ? advice(train_command) : ""));
  }
  return 0;
}
