/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/synth/write.h"

#include <sndfile.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "models/safetensors.h"
#include "models/synth/random.h"
#include "models/synth/truth_set.h"
#include "sonar/core/error.h"
#include "sonar/core/new_file.h"
#include "sonar/metrics/classification.h"

namespace sonar::models {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

/** A scene of a set that is yet to be made. */
struct Planned {
  std::string name, classes;
  std::uint64_t seed;
};

/** Size of the truth's arrays, the same for every scene of a set. */
struct Shape {
  std::size_t bins, columns, samples;

  std::size_t pixels() const { return bins * columns; }
};

}  // namespace

// -------------------------------------------------------------------- writing

/* What the scenes hold: the classes, or every pair of them. */
static std::vector<std::string> label_sets(
    const std::vector<std::string> &classes, int vessels) {
  if (vessels != 1 && vessels != 2)
    throw Error(Errc::kBadArgument, "cannot write scenes of " +
                                        std::to_string(vessels) +
                                        " vessels, needed 1 or 2");
  if (vessels == 1) return classes;
  if (classes.size() < 2)
    throw Error(Errc::kBadArgument,
                "scenes of two vessels need two classes, got one");
  std::vector<std::string> pairs;
  for (std::size_t i = 0; i < classes.size(); ++i)
    for (std::size_t j = i + 1; j < classes.size(); ++j)
      pairs.push_back(metrics::text(
          metrics::parse_label_set(classes[i] + "+" + classes[j])));
  return pairs;
}

static std::vector<Planned> plan(const WriteOptions &options) {
  if (options.per_class < 1)
    throw Error(Errc::kBadArgument, "cannot write " +
                                        std::to_string(options.per_class) +
                                        " scenes a class, needed at least 1");
  const std::vector<std::string> classes =
      options.classes.empty() ? scene_classes() : options.classes;
  if (std::set<std::string>(classes.begin(), classes.end()).size() !=
      classes.size())
    throw Error(Errc::kBadArgument,
                "a class is named twice, its scenes would overwrite each "
                "other; name every class once");
  std::vector<Planned> scenes;
  for (const std::string &label : label_sets(classes, options.vessels))
    for (int i = 0; i < options.per_class; ++i) {
      char number[16];
      std::snprintf(number, sizeof number, "_%03d", i);
      scenes.push_back(
          {label + number, label,
           synth::mix(synth::mix(options.scene.seed) + std::uint64_t(i))});
    }
  return scenes;
}

static std::vector<std::int16_t> to_pcm(const std::vector<float> &samples) {
  std::vector<std::int16_t> pcm(samples.size());
  std::transform(samples.begin(), samples.end(), pcm.begin(), [](float v) {
    const long full_scale = std::lround(double(v) * 32768);
    return std::int16_t(std::clamp(full_scale, -32768L, 32767L));
  });
  return pcm;
}

static void write_wav(const fs::path &path, const std::vector<float> &samples,
                      int rate_hz) {
  const std::vector<std::int16_t> pcm = to_pcm(samples);
  NewFile file(path.string(), "the recording");
  SF_INFO info{};
  info.samplerate = rate_hz;
  info.channels = 1;
  info.format = SF_FORMAT_WAV | SF_FORMAT_PCM_16;
  SNDFILE *out = sf_open(file.temporary().c_str(), SFM_WRITE, &info);
  if (!out) file.fail(sf_strerror(nullptr));
  const auto count = sf_count_t(pcm.size());
  const bool whole = sf_write_short(out, pcm.data(), count) == count;
  const bool closed = sf_close(out) == 0;
  if (!whole || !closed) file.fail("the disk may be full");
  file.keep();
}

static json describe(const Planned &planned, const SynthScene &scene) {
  json vessels = json::array();
  for (const SceneVessel &vessel : scene.vessels)
    vessels.push_back({{"label", vessel.label},
                       {"speed_ratio", vessel.speed_ratio},
                       {"shaft_ratio", vessel.shaft_ratio}});
  json lines = json::array();
  for (const SceneLine &line : scene.lines)
    lines.push_back({{"frequency_hz", line.frequency_hz},
                     {"snr_db", line.snr_db},
                     {"family", line.family},
                     {"vessel", line.vessel}});
  return {{"name", planned.name},
          {"label", scene.label},
          {"seed", planned.seed},
          {"vessels", vessels},
          {"lines", lines}};
}

static json describe(const SceneOptions &o) {
  return {{"recipe", json::parse(o.recipe.to_json())},
          {"seconds", o.seconds},
          {"speed_spread", o.speed_spread},
          {"line_dropout", o.line_dropout},
          {"level_offset_db", o.level_offset_db},
          {"unknown_vessel", o.unknown_vessel},
          {"second_vessel", o.second_vessel},
          {"target_present", o.target_present},
          {"independent_wander", o.independent_wander},
          {"second_shaft", o.second_shaft},
          {"own_ship", o.own_ship},
          {"seed", o.seed}};
}

static std::string truth_prefix(const std::vector<Planned> &scenes,
                                const Shape &shape) {
  json header = json::object();
  std::uint64_t at = 0;
  const json grid = {shape.bins, shape.columns};
  for (const Planned &scene : scenes) {
    list_tensor(header, scene.name + ".labels", "U8", grid, shape.pixels(), at);
    list_tensor(header, scene.name + ".target_snr_db", "I8", grid,
                shape.pixels(), at);
    list_tensor(header, scene.name + ".target_wave", "I16",
                json::array({shape.samples}), 2 * shape.samples, at);
  }
  return safetensors_prefix(header);
}

template <class Value>
static void append(std::ofstream &out, const std::vector<Value> &values) {
  out.write(reinterpret_cast<const char *>(values.data()),
            std::streamsize(values.size() * sizeof(Value)));
}

static void append_truth(std::ofstream &out, const SynthScene &scene) {
  const metrics::Truth &truth = scene.truth;
  std::vector<std::uint8_t> labels(truth.snr_db.size());
  for (std::size_t i = 0; i < labels.size(); ++i)
    labels[i] = std::uint8_t((truth.target.values[i] ? kTargetBit : 0) |
                             (truth.weak.values[i] ? kWeakBit : 0) |
                             (truth.interferer.values[i] ? kInterfererBit : 0));
  append(out, turned_over(labels, truth.target.width));
  append(out, turned_over(truth.snr_db, truth.target.width));
  append(out, to_pcm(scene.target_wave));
}

static void make_folders(const fs::path &folder) {
  std::error_code failure;
  fs::create_directories(folder / "audio", failure);
  if (failure)
    throw Error(Errc::kResource, "cannot write " + (folder / "audio").string() +
                                     ": " + failure.message());
}

namespace {

/** truth.safetensors, grown scene by scene: the header is known beforehand. */
class TruthFile {
 public:
  TruthFile(const fs::path &path, const std::vector<Planned> &scenes)
      : scenes_(scenes), file_(path.string(), "the truth") {}

  void append(const SynthScene &scene) {
    if (!out_.is_open()) begin(scene);
    append_truth(out_, scene);
  }
  void keep() {
    out_.close();
    if (!out_) file_.fail(std::strerror(errno));
    file_.keep();
  }

 private:
  void begin(const SynthScene &scene) {
    out_.open(file_.temporary(), std::ios::binary);
    out_ << truth_prefix(scenes_,
                         {scene.truth.target.height, scene.truth.target.width,
                          scene.target_wave.size()});
  }

  const std::vector<Planned> &scenes_;
  NewFile file_;
  std::ofstream out_;
};

}  // namespace

void write_scenes(
    const std::string &folder, const WriteOptions &options,
    const std::function<void(std::size_t, std::size_t)> &progress) {
  const std::vector<Planned> scenes = plan(options);
  const fs::path root(folder);
  make_folders(root);

  TruthFile truth(root / kTruthFile, scenes);
  json described = json::array();
  std::string labels = "path,class,group\n";
  for (std::size_t i = 0; i < scenes.size(); ++i) {
    const Planned &planned = scenes[i];
    SceneOptions own = options.scene;
    own.seed = planned.seed;
    const SynthScene scene = make_scene(planned.classes, own);
    const std::string audio = "audio/" + planned.name + ".wav";
    write_wav(root / audio, scene.samples, own.recipe.rate_hz);
    if (options.truth) truth.append(scene);
    described.push_back(describe(planned, scene));
    labels += audio + "," + scene.label + "," + planned.name + "\n";
    if (progress) progress(i + 1, scenes.size());
  }
  if (options.truth) truth.keep();
  write_file(
      (root / "scenes.json").string(), "the scenes' description",
      json{{"options", describe(options.scene)}, {"scenes", described}}.dump(
          1) +
          "\n");
  write_file((root / "labels.csv").string(), "the labels", labels);
}

}  // namespace sonar::models
