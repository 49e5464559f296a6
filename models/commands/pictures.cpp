/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/commands/pictures.h"

#include <cstdint>
#include <filesystem>
#include <fstream>

#include "models/commands/dataset_flags.h"
#include "models/commands/recipe_flags.h"
#include "models/network_input.h"
#include "models/own_settings.h"
#include "models/train/augment.h"
#include "models/train/npy.h"
#include "sonar/core/error.h"
#include "sonar/core/new_file.h"

namespace sonar::models::commands {
namespace {

namespace fs = std::filesystem;

struct PicturesCommand {
  std::string dataset, output;
  DatasetFlags names;
  RecipeFlags recipe;
  int channels = 1;
  std::vector<double> mean, deviation;
};

Settings settings_of(const PicturesCommand &c) {
  Settings s;
  s.recipe = recipe_of(c.recipe);
  s.mask_recipe = MaskRecipe::kEvidence;
  s.made_with = "sonar-model " SONAR_VERSION;
  s.architecture.network = Architecture::Network::kTorchScript;
  s.architecture.input_channels = c.channels;
  GrayScaling &scaling = s.architecture.scaling;
  scaling = {s.recipe.floor_db, s.recipe.floor_db + s.recipe.range_db, c.mean,
             c.deviation};
  const auto channels = std::size_t(c.channels);
  if (scaling.mean.empty()) scaling.mean.assign(channels, 0);
  if (scaling.deviation.empty()) scaling.deviation.assign(channels, 1);
  return s;
}

/** Refuses, before anything is read, what no model could have. */
void require_readable(Settings settings) {
  settings.labels = {"one", "another"};  // those of the data set come later
  try {
    own_settings_from_json(own_settings_to_json(settings));
  } catch (const Error &e) {
    throw Error(
        Errc::kBadArgument,
        std::string("with these flags no model can be made: it ") + e.what());
  }
}

template <class T>
void append(std::ofstream &out, const std::vector<T> &values) {
  out.write(reinterpret_cast<const char *>(values.data()),
            std::streamsize(values.size() * sizeof(T)));
}

/** Picture by picture: together they may be more than memory holds. */
void write_pictures(const std::string &path, const Dataset &data,
                    const Settings &s, Progress &progress) {
  NewFile file(path, "the pictures");
  std::ofstream out(file.temporary(), std::ios::binary);
  out << npy_header(
      "<f4", {data.tiles.size(), std::size_t(s.architecture.input_channels),
              std::size_t(s.recipe.height()), std::size_t(s.recipe.width)});
  for (std::size_t i = 0; i < data.tiles.size(); ++i) {
    throw_if_interrupted();
    const Tile &tile = data.tiles[i];
    Decoded picture = decode(tile, s.recipe);
    append(out,
           network_input(s, {std::move(picture.value_db),
                             std::move(picture.background_db), tile.valid}));
    progress.bar(double(i + 1) / double(data.tiles.size()), "writing");
  }
  if (!out.flush()) file.fail("the disk may be full");
  out.close();
  file.keep();
}

template <class Number>
void write_numbers(const std::string &path, const Dataset &data,
                   const Number &number) {
  std::string bytes = npy_header("<i8", {data.tiles.size()});
  for (const Tile &tile : data.tiles) {
    const auto value = std::int64_t(number(tile));
    bytes.append(reinterpret_cast<const char *>(&value), sizeof value);
  }
  write_file(path, "the numbers of the pictures", bytes);
}

void run_pictures(const PicturesCommand &c) {
  Settings settings = settings_of(c);
  require_readable(settings);
  catch_interrupt();
  Progress progress;
  const Dataset data = load(c.dataset, c.names, settings.recipe, progress);
  settings.labels = data.labels;
  std::error_code failed;
  fs::create_directories(c.output, failed);
  if (failed)
    throw Error(Errc::kResource,
                "cannot make the folder " + c.output + ": " + failed.message());
  const auto path = [&](const char *name) {
    return (fs::path(c.output) / name).string();
  };
  write_pictures(path("pictures.npy"), data, settings, progress);
  write_numbers(path("labels.npy"), data,
                [](const Tile &tile) { return tile.label; });
  write_numbers(path("groups.npy"), data,
                [](const Tile &tile) { return tile.group; });
  write_file(path(kOwnSettings), "the settings",
             own_settings_to_json(settings));
  progress.line("wrote " + std::to_string(data.tiles.size()) + " pictures of " +
                std::to_string(settings.recipe.height()) + " rows x " +
                std::to_string(settings.recipe.width) + " columns to " +
                c.output);
}

}  // namespace

Command add_pictures(CLI::App &app) {
  const auto c = std::make_shared<PicturesCommand>();
  CLI::App *pictures = app.add_subcommand(
      "pictures",
      "Write what a network of your own sees of recordings, for its training "
      "(docs/own-models.md)");
  pictures
      ->add_option("dataset", c->dataset,
                   "folder of one folder per class, or with labels.csv or "
                   "manifest.csv, or a CSV file (path, class, group)")
      ->required();
  pictures
      ->add_option("-o,--output", c->output,
                   "folder for pictures.npy, labels.npy, groups.npy and "
                   "gst-sonar.json")
      ->required();
  pictures
      ->add_option("--channels", c->channels,
                   "1, or 3: the gray picture three times")
      ->check(CLI::IsMember({1, 3}))
      ->capture_default_str();
  pictures
      ->add_option("--mean", c->mean,
                   "taken from gray (0 to 1), one a channel: a,b,c")
      ->delimiter(',');
  pictures
      ->add_option("--std", c->deviation,
                   "divides what is left, one a channel: a,b,c")
      ->delimiter(',');
  add_dataset_flags(pictures, c->names);
  c->recipe.preset = "broad";
  add_recipe_flags(pictures, c->recipe);
  return {pictures, [c] { run_pictures(*c); }, {}};
}

}  // namespace sonar::models::commands
