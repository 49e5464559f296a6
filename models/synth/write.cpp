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
#include "sonar/core/error.h"
#include "sonar/core/new_file.h"

namespace sonar::models {

namespace fs = std::filesystem;
using nlohmann::json;

static constexpr std::uint8_t kTargetBit = 1, kWeakBit = 2, kInterfererBit = 4;
static constexpr char kTruthFile[] = "truth.safetensors";

namespace {

/** A scene of a set that is yet to be made. */
struct Planned {
  std::string name, label;
  std::uint64_t seed;
};

/** Size of the truth's arrays, the same for every scene of a set. */
struct Shape {
  std::size_t bins, columns, samples;

  std::size_t pixels() const { return bins * columns; }
};

}  // namespace

// -------------------------------------------------------------------- writing

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
  for (const std::string &label : classes)
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
  json lines = json::array();
  for (const SceneLine &line : scene.lines)
    lines.push_back({{"frequency_hz", line.frequency_hz},
                     {"snr_db", line.snr_db},
                     {"family", line.family}});
  return {{"name", planned.name},
          {"label", planned.label},
          {"seed", planned.seed},
          {"speed_ratio", scene.speed_ratio},
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

/* Rows of a picture run down from the highest frequency, rows of the file up
 * from the lowest. */
template <class Value>
static std::vector<Value> turned_over(const std::vector<Value> &values,
                                      std::size_t width) {
  std::vector<Value> turned(values.size());
  for (std::size_t i = 0; i < values.size(); i += width)
    std::copy_n(values.begin() + std::ptrdiff_t(values.size() - width - i),
                width, turned.begin() + std::ptrdiff_t(i));
  return turned;
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
    const SynthScene scene = make_scene(planned.label, own);
    const std::string audio = "audio/" + planned.name + ".wav";
    write_wav(root / audio, scene.samples, own.recipe.rate_hz);
    if (options.truth) truth.append(scene);
    described.push_back(describe(planned, scene));
    labels += audio + "," + planned.label + "," + planned.name + "\n";
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

// -------------------------------------------------------------------- reading

[[noreturn]] static void malformed(const fs::path &path,
                                   const std::string &what) {
  throw Error(Errc::kBadArgument,
              "truth file " + path.string() + " " + what +
                  "; write it again with write_scenes or sonar-model synth");
}

namespace {

struct TensorRange {
  std::size_t bins, columns, begin, end;
};

}  // namespace

static json read_header(std::ifstream &in, const fs::path &path) {
  std::uint64_t size = 0;
  in.read(reinterpret_cast<char *>(&size), sizeof size);
  if (!in || size > kSafetensorsMaxHeader)
    malformed(path, "has no safetensors header");
  std::string text(size, ' ');
  in.read(text.data(), std::streamsize(size));
  json header = in ? json::parse(text, nullptr, false) : json();
  if (!header.is_object()) malformed(path, "has a header that is not JSON");
  return header;
}

static TensorRange find_tensor(const json &header, const std::string &name,
                               const char *type, const fs::path &path) {
  const auto found = header.find(name);
  if (found == header.end())
    throw Error(Errc::kNotFound, "truth file " + path.string() + " holds no " +
                                     name +
                                     "; needed the name of one of its "
                                     "recordings, such as cargo_000");
  try {
    const auto &shape = found->at("shape"),
               &offsets = found->at("data_offsets");
    if (found->at("dtype") != type || shape.size() != 2 || offsets.size() != 2)
      malformed(path, "holds " + name + " in a form other than " + type +
                          " [frequency, time]");
    const TensorRange r{shape[0], shape[1], offsets[0], offsets[1]};
    if (r.end < r.begin || r.columns == 0 ||
        (r.end - r.begin) / r.columns != r.bins ||
        (r.end - r.begin) % r.columns != 0)
      malformed(path, "holds " + name + " with a size that is not its shape's");
    return r;
  } catch (const json::exception &e) {
    malformed(path, "describes " + name + " wrongly (" + e.what() + ")");
  }
}

static std::vector<std::uint8_t> read_tensor(std::ifstream &in,
                                             std::streamoff data,
                                             const TensorRange &range,
                                             std::uintmax_t file_size,
                                             const fs::path &path) {
  if (range.end > file_size - std::uintmax_t(data))
    malformed(path, "is cut short");
  std::vector<std::uint8_t> bytes(range.end - range.begin);
  in.seekg(data + std::streamoff(range.begin));
  in.read(reinterpret_cast<char *>(bytes.data()),
          std::streamsize(bytes.size()));
  if (!in) malformed(path, "cannot be read to its end");
  return turned_over(bytes, range.columns);
}

static mask::Binary pixels_with(const std::vector<std::uint8_t> &labels,
                                std::uint8_t bit, const TensorRange &grid) {
  mask::Binary mask{grid.bins, grid.columns, labels};
  for (std::uint8_t &v : mask.values) v = (v & bit) != 0;
  return mask;
}

metrics::Truth read_truth(const std::string &folder, const std::string &name) {
  const fs::path path = fs::path(folder) / kTruthFile;
  std::ifstream in(path, std::ios::binary);
  if (!in)
    throw Error(Errc::kNotFound, "cannot open " + path.string() +
                                     "; needed a folder written with truth");
  const json header = read_header(in, path);
  const std::streamoff data = in.tellg();
  const TensorRange labels = find_tensor(header, name + ".labels", "U8", path);
  const TensorRange snr =
      find_tensor(header, name + ".target_snr_db", "I8", path);
  if (labels.bins != snr.bins || labels.columns != snr.columns)
    malformed(path, "holds labels and levels of different shapes for " + name);

  std::error_code ignored;
  const std::uintmax_t size = fs::file_size(path, ignored);
  const auto bits = read_tensor(in, data, labels, size, path);
  const auto levels = read_tensor(in, data, snr, size, path);
  return {pixels_with(bits, kTargetBit, labels),
          pixels_with(bits, kWeakBit, labels),
          pixels_with(bits, kInterfererBit, labels),
          std::vector<std::int8_t>(levels.begin(), levels.end())};
}

}  // namespace sonar::models
