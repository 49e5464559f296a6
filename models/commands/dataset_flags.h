/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <CLI/CLI.hpp>
#include <map>
#include <string>
#include <vector>

#include "models/commands/command.h"
#include "models/train/dataset.h"

namespace sonar::models::commands {

/** What is read of a data set, and under which names. */
struct DatasetFlags {
  std::string label_column = "class";
  std::vector<std::string> merge, only;
};

/** --label-column, --merge and --only. @p flags must outlive the parsing. */
void add_dataset_flags(CLI::App *app, DatasetFlags &flags);

/** The rules of --merge, "a=x" and "a+b=x", as old name to new one. Throws
 *  Error(kBadArgument) for any other form. */
std::map<std::string, std::string> renames(const DatasetFlags &flags);

/** list_dataset(), or list_spectra() of a folder that holds spectra, and
 *  relabel(). Throws as they and renames() do. */
std::vector<Recording> list_recordings(const std::string &dataset,
                                       const DatasetFlags &flags);

/** Reads and analyses them under @p progress. Throws as load_dataset() or
 *  load_spectra(), and when interrupted. */
Dataset load(const std::string &dataset, const DatasetFlags &flags,
             const Recipe &recipe, Progress &progress);
/** "scenes" of "data/scenes/". */
std::string folder_name(const std::string &path);

}  // namespace sonar::models::commands
