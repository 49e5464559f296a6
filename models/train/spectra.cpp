/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/train/spectra.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>

#include "models/train/csv.h"
#include "models/train/npy.h"
#include "sonar/core/error.h"
#include "sonar/dsp/level.h"
#include "sonar/dsp/normalizer.h"

namespace sonar::models {
namespace {

namespace fs = std::filesystem;

constexpr char kSpectra[] = "spectra.npy", kLabels[] = "labels.csv";
// a recording's path is its spectrum's place: FOLDER/spectra.npy#ROW
constexpr char kRowMark = '#';

std::size_t column_of(const std::string &path, const Row &head,
                      const std::string &name) {
  const auto found = std::find(head.begin(), head.end(), name);
  if (found == head.end())
    throw Error(Errc::kBadArgument, path + " has no column \"" + name + "\"");
  return std::size_t(found - head.begin());
}

/** The first of @p names that is there, or head.size(). */
std::size_t optional_column(const Row &head,
                            const std::vector<std::string> &names) {
  for (const std::string &name : names) {
    const auto found = std::find(head.begin(), head.end(), name);
    if (found != head.end()) return std::size_t(found - head.begin());
  }
  return head.size();
}

bool is_count(const std::string &text) {
  return !text.empty() && text.size() <= 9 &&
         text.find_first_not_of("0123456789") == text.npos;
}

std::size_t row_of(const Recording &recording) {
  return std::stoul(recording.path.substr(recording.path.rfind(kRowMark) + 1));
}

void require_recipe(const Recipe &recipe) {
  if (recipe.axis != FrequencyAxis::kLinear ||
      recipe.normalizer == Normalizer::kNone)
    throw Error(Errc::kBadArgument,
                "a folder of spectra needs a recipe with a linear axis and a "
                "normalizer: use the preset ship-type");
}

/** Powers of the recipe's rows, lowest first. */
std::vector<float> rows_of(const float *amplitudes, const Recipe &recipe,
                           const std::string &where) {
  const float *const first = amplitudes + recipe.first_bin();
  std::vector<float> power(std::size_t(recipe.height()));
  double sum = 0;
  for (std::size_t i = 0; i < power.size(); ++i) {
    if (!(first[i] >= 0) || !std::isfinite(first[i]))
      throw Error(Errc::kBadArgument,
                  where + " has the value " + std::to_string(first[i]) +
                      ", needed finite amplitudes of 0 or more");
    power[i] = first[i] * first[i];
    sum += double(power[i]);
  }
  if (!(sum > 0))
    throw Error(Errc::kBadArgument,
                where + " is silent in the recipe's rows: leave it out");
  return power;
}

std::size_t index_of(const std::vector<std::string> &sorted,
                     const std::string &name) {
  return std::size_t(std::lower_bound(sorted.begin(), sorted.end(), name) -
                     sorted.begin());
}

}  // namespace

bool holds_spectra(const std::string &path) {
  return fs::exists(fs::path(path) / kSpectra);
}

std::vector<Recording> list_spectra(const std::string &folder,
                                    const std::string &label_column) {
  const std::string path = (fs::path(folder) / kLabels).string();
  const std::vector<Row> rows = read_csv(path);
  if (rows.size() < 2) throw Error(Errc::kBadArgument, path + " has no rows");
  const Row &head = rows[0];
  const std::size_t row = column_of(path, head, "row"),
                    label = column_of(path, head, label_column),
                    group = optional_column(head, {"vessel", "group"});
  std::vector<Recording> out;
  std::set<std::string> seen;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    const std::string where = path + " row " + std::to_string(i + 1);
    if (rows[i].size() != head.size())
      throw Error(Errc::kBadArgument,
                  where + " has " + std::to_string(rows[i].size()) +
                      " fields, its first row " + std::to_string(head.size()));
    if (!is_count(rows[i][row]) || !seen.insert(rows[i][row]).second)
      throw Error(Errc::kBadArgument,
                  where + " names the spectrum \"" + rows[i][row] +
                      "\", needed a row of spectra.npy, from 0, once");
    if (rows[i][label].empty())
      throw Error(Errc::kBadArgument, where + " has no label");
    const std::string place =
        (fs::path(folder) / kSpectra).string() + kRowMark + rows[i][row];
    const bool grouped = group < head.size() && !rows[i][group].empty();
    out.push_back({place, rows[i][label], grouped ? rows[i][group] : place});
  }
  return out;
}

Tile spectrum_tile(const float *power, const Recipe &recipe) {
  const std::size_t height = std::size_t(recipe.height()),
                    width = std::size_t(recipe.width);
  Recipe alone = recipe;
  alone.normalizer_smooth = 1;  // there are no columns beside it
  dsp::BackgroundNormalizer normalizer(alone);
  std::vector<float> value(height), background(height);
  normalizer.push(power);
  normalizer.drain();
  normalizer.pop(value.data(), background.data());
  Tile tile{
      std::vector<std::uint16_t>(
          height * width, dsp::encode_db(0, recipe.floor_db, recipe.range_db)),
      Image(height, width, dsp::kSilenceDb),
      {0, 1},
      0,
      0,
      0};
  for (std::size_t i = 0; i < height; ++i) {
    const std::size_t y = height - 1 - i;
    tile.pixels[y * width] =
        dsp::encode_db(value[i], recipe.floor_db, recipe.range_db);
    tile.background_db.at(y, 0) = background[i];
  }
  return tile;
}

Dataset load_spectra(const std::string &folder,
                     const std::vector<Recording> &recordings,
                     const Recipe &recipe) {
  require_recipe(recipe);
  const std::string path = (fs::path(folder) / kSpectra).string();
  const Matrix spectra = read_npy(path);
  const std::size_t needed = std::size_t(recipe.first_bin() + recipe.height());
  if (spectra.columns < needed)
    throw Error(Errc::kBadArgument,
                path + " has " + std::to_string(spectra.columns) +
                    " bins, the recipe needs " + std::to_string(needed) +
                    " of " + std::to_string(recipe.bin_hz()) + " Hz from 0 Hz");
  Dataset data = empty_dataset(recordings);
  for (std::size_t i = 0; i < recordings.size(); ++i) {
    const std::size_t row = row_of(recordings[i]);
    if (row >= spectra.rows)
      throw Error(Errc::kBadArgument,
                  "labels.csv names row " + std::to_string(row) + " of " +
                      path + ", which has " + std::to_string(spectra.rows) +
                      " (from 0)");
    Tile tile =
        spectrum_tile(rows_of(spectra.values.data() + row * spectra.columns,
                              recipe, recordings[i].path)
                          .data(),
                      recipe);
    tile.label = index_of(data.labels, recordings[i].label);
    tile.group = index_of(data.groups, recordings[i].group);
    tile.recording = i;
    data.tiles.push_back(std::move(tile));
  }
  return data;
}

}  // namespace sonar::models
