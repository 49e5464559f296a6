/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/evaluate/explained_recording.h"

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "models/train/npy.h"
#include "sonar/core/error.h"
#include "sonar/core/new_file.h"

namespace sonar::models {
namespace {

using Floats =
    std::function<const std::vector<float> &(const ExplainedPicture &)>;

/** The values of all pictures one after the other. */
void write_array(const std::string &path, const ExplainedRecording &all,
                 std::vector<std::size_t> shape, const Floats &values) {
  NewFile file(path, "an array");
  std::ofstream out(file.temporary(), std::ios::binary);
  shape.insert(shape.begin(), all.pictures.size());
  out << npy_header("<f4", shape);
  for (const ExplainedPicture &p : all.pictures) {
    const std::vector<float> &own = values(p);
    out.write(reinterpret_cast<const char *>(own.data()),
              std::streamsize(own.size() * sizeof(float)));
  }
  if (!out.flush()) file.fail("the disk may be full");
  out.close();
  file.keep();
}

std::vector<std::size_t> dimensions(const nn::Shape &s) {
  return {s.channels, s.height, s.width};
}

/** Of the middle of a picture's first valid window and of its last one. */
std::pair<double, double> seconds_of(const ExplainedPicture &p,
                                     const Recipe &recipe) {
  const auto at = [&](std::size_t column) {
    const double samples = double(p.first_column + std::int64_t(column)) *
                               double(recipe.column_samples()) +
                           double(recipe.span_samples()) / 2;
    return samples / recipe.rate_hz;
  };
  return {at(p.valid.begin), at(p.valid.end - 1)};
}

}  // namespace

ExplainedRecording explain_recording(
    const Model &model, const std::string &path, const std::string &target,
    nn::ScoreCamPreset preset, bool keep_arrays,
    const std::function<void(std::size_t, std::size_t)> &progress) {
  if (model.network().maps().size() == 0)
    throw Error(Errc::kBadArgument,
                "Score-CAM needs the feature maps of a convolution, and this "
                "model's network has none that gives a picture");
  ExplainedRecording out{preset, {}};
  nn::ScoreCamOptions options;
  options.effort.precision = nn::Precision::kFloat32;
  options.preset = preset;
  const bool named = !target.empty();
  const std::size_t wanted = named ? model.label_index(target) : 0;
  AnalysedRecording recording =
      analyse_recording(path, model.settings().recipe);
  const std::size_t count = recording.pictures.size();
  for (PictureData &picture : recording.pictures) {
    progress(out.pictures.size(), count);
    Classification seen = model.classify(picture);
    ExplainedPicture p;
    p.target = named ? wanted : seen.best;
    p.probability = seen.probabilities[p.target];
    p.cam = nn::score_cam(model.network(), seen.input.data(), seen.maps.data(),
                          p.target, options);
    p.first_column = picture.first_column;
    p.valid = picture.valid;
    picture = {};
    if (keep_arrays) {
      p.input = std::move(seen.input);
      p.maps = std::move(seen.maps);
    } else {
      p.cam = {{}, {}, {}, p.cam.valid};
    }
    out.pictures.push_back(std::move(p));
  }
  return out;
}

void write_explained(const std::string &folder, const Model &model,
                     const ExplainedRecording &explained) {
  std::error_code failure;
  std::filesystem::create_directories(folder, failure);
  if (failure)
    throw Error(Errc::kResource, "cannot write the maps to " + folder + ": " +
                                     failure.message());
  const nn::Network &network = model.network();
  const auto path = [&](const char *name) {
    return (std::filesystem::path(folder) / name).string();
  };
  std::vector<float> map;
  const Image &first = explained.pictures.front().cam.returned;
  write_array(path("map.npy"), explained, {first.height(), first.width()},
              [&](const ExplainedPicture &p) -> const std::vector<float> & {
                const Image &own = p.cam.returned;
                map.assign(own.data(), own.data() + own.size());
                return map;
              });
  write_array(path("weights.npy"), explained, {network.maps().channels},
              [](const ExplainedPicture &p) -> const std::vector<float> & {
                return p.cam.weights;
              });
  write_array(path("input.npy"), explained, dimensions(network.input()),
              [](const ExplainedPicture &p) -> const std::vector<float> & {
                return p.input;
              });
  write_array(path("feature_maps.npy"), explained, dimensions(network.maps()),
              [](const ExplainedPicture &p) -> const std::vector<float> & {
                return p.maps;
              });
  write_file(path("about.json"), "what the maps are",
             to_json(model, explained).dump(1) + "\n");
}

Json to_json(const Model &model, const ExplainedRecording &explained) {
  const Settings &s = model.settings();
  Json pictures = Json::array();
  for (const ExplainedPicture &p : explained.pictures)
    pictures.push_back(
        {{"class", s.labels[p.target]},
         {"probability", p.probability},
         {"valid", p.cam.valid},
         {"first_column", p.first_column},
         {"valid_columns", {p.valid.begin, p.valid.end}},
         {"seconds",
          {seconds_of(p, s.recipe).first, seconds_of(p, s.recipe).second}}});
  return {{"model", s.name},
          {"score_cam", nick(explained.preset)},
          {"labels", s.labels},
          {"column_seconds", s.recipe.column_seconds()},
          {"row_edges_hz", s.recipe.row_edges_hz()},
          {"pictures", pictures}};
}

std::string explained_text(const Model &model,
                           const ExplainedRecording &explained) {
  char line[200];
  std::string out;
  std::snprintf(line, sizeof line, "%-9s %15s  %-16s %11s  %s\n", "picture",
                "seconds", "class", "probability", nick(explained.preset));
  out += line;
  for (std::size_t i = 0; i < explained.pictures.size(); ++i) {
    const ExplainedPicture &p = explained.pictures[i];
    const auto seconds = seconds_of(p, model.settings().recipe);
    std::snprintf(line, sizeof line, "%-9zu %6.2f to %5.2f  %-16s %11.3f  %s\n",
                  i, seconds.first, seconds.second,
                  model.settings().labels[p.target].c_str(),
                  double(p.probability), p.cam.valid ? "map" : "flat, no map");
    out += line;
  }
  return out;
}

}  // namespace sonar::models
