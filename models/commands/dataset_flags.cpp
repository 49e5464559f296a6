/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/commands/dataset_flags.h"

#include <filesystem>
#include <sstream>

#include "models/train/spectra.h"
#include "sonar/core/error.h"

namespace sonar::models::commands {
std::map<std::string, std::string> renames(const DatasetFlags &flags) {
  std::map<std::string, std::string> out;
  for (const std::string &rule : flags.merge) {
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

void add_dataset_flags(CLI::App *app, DatasetFlags &flags) {
  app->add_option("--label-column", flags.label_column,
                  "column of the CSV file that names the class")
      ->capture_default_str();
  app->add_option("--merge", flags.merge,
                  "rename or merge: tanker=vessel,a+b=new,...")
      ->delimiter(',');
  app->add_option("--only", flags.only, "classes to keep (new names): a,b")
      ->delimiter(',');
}

std::vector<Recording> list_recordings(const std::string &dataset,
                                       const DatasetFlags &flags) {
  return relabel(holds_spectra(dataset)
                     ? list_spectra(dataset, flags.label_column)
                     : list_dataset(dataset, flags.label_column),
                 renames(flags), flags.only);
}

Dataset load(const std::string &dataset, const DatasetFlags &flags,
             const Recipe &recipe, Progress &progress) {
  const std::vector<Recording> recordings = list_recordings(dataset, flags);
  const auto show = [&](std::size_t done, std::size_t total) {
    throw_if_interrupted();
    progress.bar(
        double(done) / double(total),
        "recording " + std::to_string(done) + " of " + std::to_string(total));
  };
  Dataset data = holds_spectra(dataset)
                     ? load_spectra(dataset, recordings, recipe)
                     : load_dataset(recordings, recipe, show);
  progress.line(std::to_string(recordings.size()) + " recordings, " +
                std::to_string(data.tiles.size()) + " pictures, " +
                std::to_string(data.labels.size()) + " classes, " +
                std::to_string(data.groups.size()) + " groups");
  return data;
}

std::string folder_name(const std::string &path) {
  const auto whole =
      std::filesystem::weakly_canonical(std::filesystem::path(path));
  return whole.filename().string();
}

}  // namespace sonar::models::commands
