/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "sonar/core/image.h"
#include "sonar/core/recipe.h"

namespace sonar::models {

/** One recording of a dataset, before it is read. */
struct Recording {
  std::string path, label, group;
};

/**
 * Lists a dataset, sorted by path: a folder with one sub-folder per class
 * (group = the recording itself), or a folder holding labels.csv or
 * manifest.csv, or a CSV file, with the columns path, @p label_column and
 * (optionally) group; paths are relative to the CSV's folder. Throws
 * Error(kNotFound / kBadArgument).
 */
std::vector<Recording> list_dataset(const std::string &path,
                                    const std::string &label_column = "class");

/**
 * Renames labels (several to one name merges them), then keeps only those of
 * @p only (empty: all). Throws Error(kBadArgument) for a label that is not
 * there, naming those that are.
 */
std::vector<Recording> relabel(
    std::vector<Recording> recordings,
    const std::map<std::string, std::string> &renamed,
    const std::vector<std::string> &only);

/** Samples of a file as mono float at @p rate_hz: any format libsndfile
 *  reads, channels averaged, soxr for the rate (very high quality). Throws
 *  Error(kNotFound) for a missing file, kBadArgument for one that is no audio
 *  or holds none, kNumeric at a NaN or infinity. */
std::vector<float> load_audio(const std::string &path, int rate_hz);

/** One picture of a dataset, kept compact: what the stream would show. */
struct Tile {
  std::vector<std::uint16_t> pixels;
  Image background_db;
  ColumnRange valid;
  std::size_t label, group, recording;
  /** The fine spectrum as pixels of the recipe's scale; empty without one. */
  std::vector<std::uint16_t> fine_pixels = {};
};

struct Dataset {
  std::vector<std::string> labels;  ///< sorted
  std::vector<std::string> groups;
  std::vector<Recording> recordings;
  std::vector<Tile> tiles;  ///< non-overlapping: advance = width
};

/** The labels and groups of @p recordings, and no tiles. Throws
 *  Error(kBadArgument) below two labels. */
Dataset empty_dataset(const std::vector<Recording> &recordings);

/** Reads and analyses every recording with the streams' own Spectrograph.
 *  Throws Error(kBadArgument) below two labels, and as load_audio().
 *  @p progress(done, total) may be empty. A recording of which less than an
 *  eighth of a picture is valid at the end leaves that picture out, unless it
 *  is its only one. */
Dataset load_dataset(
    const std::vector<Recording> &recordings, const Recipe &recipe,
    const std::function<void(std::size_t, std::size_t)> &progress);

/** Splits by group, never by recording: about @p fraction of each class'
 *  groups (at least one where a class has two) goes to validation. */
struct Split {
  std::vector<std::size_t> train, validation;  ///< indices into tiles
};
Split split_by_group(const Dataset &data, double fraction, std::uint64_t seed);

}  // namespace sonar::models
