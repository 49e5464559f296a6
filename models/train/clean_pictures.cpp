/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/train/clean_pictures.h"

#include <algorithm>
#include <filesystem>

#include "models/synth/truth_set.h"
#include "sonar/core/error.h"
#include "sonar/dsp/spectrograph.h"

namespace sonar::models {
namespace {

namespace fs = std::filesystem;

/* Levels of the target alone: from digital silence to full scale and a bit. */
constexpr double kFloorDb = -200, kRangeDb = 210;

std::string stem(const std::string &path) {
  return fs::path(path).stem().string();
}

/** Levels in dBFS of a wave's pictures, side by side as a data set's tiles. */
std::vector<Image> level_pictures(const std::vector<float> &wave,
                                  Recipe recipe) {
  recipe.normalizer = Normalizer::kNone;
  recipe.floor_db = kFloorDb;
  recipe.range_db = kRangeDb;
  recipe.advance = recipe.width;
  dsp::Spectrograph spectrograph(recipe);
  spectrograph.push(wave.data(), wave.size());
  spectrograph.drain();
  std::vector<Image> out;
  for (dsp::Picture picture; spectrograph.pop(picture);)
    out.push_back(dsp::decode(picture, recipe));
  return out;
}

/** Columns @p first on of a mask, as wide as a picture; 0 past its end. */
mask::Binary columns_of(const mask::Binary &mask, std::size_t first,
                        std::size_t width) {
  mask::Binary out{mask.height, width,
                   std::vector<std::uint8_t>(mask.height * width)};
  for (std::size_t y = 0; y < mask.height; ++y)
    for (std::size_t x = 0; x < width && first + x < mask.width; ++x)
      out.values[y * width + x] = mask.at(y, first + x);
  return out;
}

CleanPicture make_clean(const Image &level_db, const metrics::Truth &truth,
                        std::size_t first_column, const Tile &tile) {
  CleanPicture out{level_db,
                   columns_of(truth.target, first_column, level_db.width()),
                   columns_of(truth.weak, first_column, level_db.width())};
  for (std::size_t i = 0; i < out.value_db.size(); ++i)
    out.value_db.data()[i] -= tile.background_db.data()[i];
  return out;
}

void require_grid(const metrics::Truth &truth, std::size_t height,
                  std::size_t columns, const std::string &name) {
  if (truth.target.height == height && truth.target.width >= columns) return;
  throw Error(Errc::kBadArgument,
              "the truth of " + name + " has " +
                  shape_text(truth.target.height, truth.target.width) +
                  " pixels (height x width), the model's pictures of it have " +
                  shape_text(height, columns) +
                  "; use a model and a truth of one recipe");
}

TruthReader open_truth(const std::string &folder) {
  if (!fs::exists(fs::path(folder) / kTruthFile))
    throw Error(Errc::kNotFound,
                folder + " has no " + kTruthFile +
                    ", and this denoiser learns from clean pictures: make "
                    "scenes with sonar-model synth, or choose dncnn-sure or "
                    "noise2noise, which need no truth");
  return TruthReader(folder);
}

}  // namespace

std::vector<CleanPicture> load_clean_pictures(
    const std::string &folder, const Dataset &data, const Recipe &recipe,
    const std::function<void(std::size_t, std::size_t)> &progress) {
  TruthReader reader = open_truth(folder);
  const auto height = std::size_t(recipe.height());
  const auto width = std::size_t(recipe.width);
  std::vector<CleanPicture> out;
  for (std::size_t i = 0; i < data.tiles.size();) {
    const std::size_t recording = data.tiles[i].recording;
    const std::string name = stem(data.recordings[recording].path);
    const metrics::Truth truth = reader.read(name);
    const std::vector<Image> levels =
        level_pictures(reader.target_wave(name), recipe);
    for (std::size_t at = 0;
         i < data.tiles.size() && data.tiles[i].recording == recording;
         ++at, ++i) {
      const Tile &tile = data.tiles[i];
      require_grid(truth, height, at * width + tile.valid.end, name);
      if (at >= levels.size())
        throw Error(Errc::kBadArgument,
                    "the target of " + name +
                        " is shorter than its recording; write the truth "
                        "again with sonar-model synth");
      out.push_back(make_clean(levels[at], truth, at * width, tile));
    }
    if (progress) progress(i, data.tiles.size());
  }
  return out;
}

}  // namespace sonar::models
