/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/bundle.h"
#include "models/model.h"
#include "models/train/dataset.h"
#include "models/train/tile_source.h"

namespace sonar::models::report {

/** What made up pictures that a model learnt from. */
struct Generator {
  Bundle file;  ///< for its `curves`, as train_gan() returns them
  std::shared_ptr<const TileSource> tiles;  ///< of the model's recipe, labels
};

struct Sources {
  const Model &model;
  /** Of the model file; those under `net.` are not looked at. */
  std::map<std::string, Tensor> tensors;
  std::string truth;  ///< folder of a truth set; empty: none
  /** Labels of the truth set, as EvaluateOptions::renamed. */
  std::map<std::string, std::string> renamed;
  /** What the model learnt from, for its representatives; empty: not given. */
  std::vector<Recording> data;
  std::optional<Generator> generator;
  std::size_t threads = 1;  ///< recordings of the truth set side by side
  std::string about;        ///< last line: what made the page, and when
};

struct Hooks {
  /** What is being done; may be empty or throw to end the run. */
  std::function<void(const std::string &)> stage;
  /** Recordings of the truth set done, of all; the same. */
  std::function<void(std::size_t, std::size_t)> progress;
};

/**
 * Writes index.html and its figures to @p folder: what the model is, what it
 * knows of its classes and how far it can be trusted. Figures for which a
 * source is missing are named as missing. When it throws, the folder is as it
 * was. Throws as ReportFolder, evaluate() and load_audio().
 */
void write_report(const Sources &sources, const std::string &folder,
                  const Hooks &hooks);

}  // namespace sonar::models::report
