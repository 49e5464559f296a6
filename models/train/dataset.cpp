/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/train/dataset.h"

#include <sndfile.h>
#include <soxr.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <memory>
#include <random>
#include <set>

#include "models/train/csv.h"
#include "sonar/core/error.h"
#include "sonar/dsp/level.h"
#include "sonar/dsp/spectrograph.h"

namespace sonar::models {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBlockFrames = 65536;

std::string join(const std::set<std::string> &parts) {
  std::string out;
  for (const std::string &part : parts) out += (out.empty() ? "" : ", ") + part;
  return out;
}

// ---- listing -------------------------------------------------------------

std::vector<Recording> list_csv(const fs::path &path,
                                const std::string &label_column) {
  const std::vector<Row> rows = read_csv(path.string());
  if (rows.empty())
    throw Error(Errc::kBadArgument, path.string() + " is empty");
  const Row &head = rows[0];
  const auto column = [&](const std::string &name) {
    return std::size_t(std::find(head.begin(), head.end(), name) -
                       head.begin());
  };
  for (const std::string &name : {std::string("path"), label_column})
    if (column(name) == head.size())
      throw Error(Errc::kBadArgument, path.string() + " has no column \"" +
                                          name + "\", it has " +
                                          join({head.begin(), head.end()}));
  const std::size_t group = column("group");
  std::vector<Recording> out;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    const Row &row = rows[i];
    const std::string where = path.string() + " row " + std::to_string(i + 1);
    if (row.size() != head.size())
      throw Error(Errc::kBadArgument,
                  where + " has " + std::to_string(row.size()) +
                      " fields, its first row " + std::to_string(head.size()));
    const std::string &file = row[column("path")];
    const std::string &label = row[column(label_column)];
    if (file.empty() || label.empty())
      throw Error(Errc::kBadArgument, where + " has no path or no label");
    const bool grouped = group < row.size() && !row[group].empty();
    out.push_back({(path.parent_path() / file).string(), label,
                   grouped ? row[group] : file});
  }
  return out;
}

bool is_audio(const fs::path &path) {
  static const std::set<std::string> known = {
      ".wav",  ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif",
      ".aiff", ".au",   ".snd", ".w64", ".rf64", ".caf", ".wv"};
  std::string suffix = path.extension().string();
  std::transform(suffix.begin(), suffix.end(), suffix.begin(),
                 [](unsigned char c) { return char(std::tolower(c)); });
  return known.count(suffix) > 0;
}

std::vector<Recording> list_folders(const fs::path &root) {
  std::vector<Recording> out;
  for (const auto &folder : fs::directory_iterator(root)) {
    if (!folder.is_directory()) continue;
    for (const auto &file : fs::recursive_directory_iterator(folder.path()))
      if (file.is_regular_file() && is_audio(file.path()))
        out.push_back({file.path().string(), folder.path().filename().string(),
                       fs::relative(file.path(), root).string()});
  }
  return out;
}

// ---- audio ---------------------------------------------------------------

struct SndfileClose {
  void operator()(SNDFILE *file) const { sf_close(file); }
};
struct SoxrDelete {
  void operator()(soxr *resampler) const { soxr_delete(resampler); }
};

/** Appends mono samples to a vector, at another rate if need be. */
class Resampler {
 public:
  Resampler(int from_hz, int to_hz, std::vector<float> &out) : out_(out) {
    if (from_hz == to_hz) return;
    soxr_error_t failed = nullptr;
    const soxr_quality_spec_t quality = soxr_quality_spec(SOXR_VHQ, 0);
    soxr_.reset(
        soxr_create(from_hz, to_hz, 1, &failed, nullptr, &quality, nullptr));
    if (failed)
      throw Error(Errc::kBadArgument,
                  "cannot resample from " + std::to_string(from_hz) + " to " +
                      std::to_string(to_hz) + " Hz: " + failed);
    ratio_ = double(to_hz) / from_hz;
  }

  /** Null @p samples: no more will come. */
  void push(const float *samples, std::size_t count) {
    if (!soxr_) {
      out_.insert(out_.end(), samples, samples + count);
      return;
    }
    std::size_t written = 0;
    do {
      const std::size_t room = std::size_t(double(count) * ratio_) + 1024;
      const std::size_t at = out_.size();
      std::size_t read = 0;
      out_.resize(at + room);
      soxr_process(soxr_.get(), samples, count, &read, out_.data() + at, room,
                   &written);
      out_.resize(at + written);
      if (samples) samples += read;
      count -= read;
    } while (count > 0 || (!samples && written > 0));
  }

 private:
  std::vector<float> &out_;
  std::unique_ptr<soxr, SoxrDelete> soxr_;
  double ratio_ = 1;
};

void append_mono(const std::vector<float> &frames, std::size_t count,
                 std::size_t channels, std::vector<float> &mono) {
  mono.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    double sum = 0;
    for (std::size_t c = 0; c < channels; ++c) sum += frames[i * channels + c];
    mono[i] = float(sum / double(channels));
  }
}

// ---- tiles ---------------------------------------------------------------

/** Pictures of one recording, side by side. */
std::vector<dsp::Picture> analyse(const std::vector<float> &samples,
                                  dsp::Spectrograph &spectrograph) {
  spectrograph.reset();
  spectrograph.push(samples.data(), samples.size());
  spectrograph.drain();
  std::vector<dsp::Picture> pictures;
  pictures.emplace_back();
  while (spectrograph.pop(pictures.back())) pictures.emplace_back();
  pictures.pop_back();
  const std::size_t least = (std::size_t(spectrograph.recipe().width) + 7) / 8;
  if (pictures.size() > 1 && pictures.back().valid.count() < least)
    pictures.pop_back();
  return pictures;
}

/* Half the size of floats, and as fine as the stream's own pixels. */
std::vector<std::uint16_t> encode(const Image &db, const Recipe &recipe) {
  std::vector<std::uint16_t> pixels(db.size());
  dsp::encode_db(db.data(), db.size(), recipe.floor_db, recipe.range_db,
                 pixels.data());
  return pixels;
}

std::size_t index_of(const std::vector<std::string> &sorted,
                     const std::string &name) {
  return std::size_t(std::lower_bound(sorted.begin(), sorted.end(), name) -
                     sorted.begin());
}

}  // namespace

std::vector<Recording> list_dataset(const std::string &path,
                                    const std::string &label_column) {
  if (!fs::exists(path))
    throw Error(Errc::kNotFound, "dataset " + path + " does not exist");
  fs::path csv = path;
  if (fs::is_directory(path)) {
    csv = fs::path(path) / "labels.csv";
    if (!fs::exists(csv)) csv = fs::path(path) / "manifest.csv";
  }
  std::vector<Recording> out =
      fs::exists(csv) ? list_csv(csv, label_column) : list_folders(path);
  if (out.empty())
    throw Error(Errc::kBadArgument,
                "dataset " + path +
                    " lists no recording: needed one sub-folder of audio "
                    "files per class, or a labels.csv or manifest.csv");
  // A folder's order is the file system's; the result must not depend on it.
  std::sort(out.begin(), out.end(), [](const Recording &a, const Recording &b) {
    return a.path < b.path;
  });
  return out;
}

std::vector<Recording> relabel(
    std::vector<Recording> recordings,
    const std::map<std::string, std::string> &renamed,
    const std::vector<std::string> &only) {
  const auto check = [&](const std::string &label) {
    std::set<std::string> known;
    for (const Recording &r : recordings) known.insert(r.label);
    if (!known.count(label))
      throw Error(Errc::kBadArgument, "the dataset has no class \"" + label +
                                          "\", it has " + join(known));
  };
  for (const auto &[from, to] : renamed) check(from);
  for (Recording &r : recordings) {
    const auto found = renamed.find(r.label);
    if (found != renamed.end()) r.label = found->second;
  }
  for (const std::string &label : only) check(label);
  const std::set<std::string> keep(only.begin(), only.end());
  std::vector<Recording> out;
  for (Recording &r : recordings)
    if (keep.empty() || keep.count(r.label)) out.push_back(std::move(r));
  return out;
}

std::vector<float> load_audio(const std::string &path, int rate_hz) {
  if (!fs::exists(path))
    throw Error(Errc::kNotFound, "audio file " + path + " does not exist");
  SF_INFO info{};
  const std::unique_ptr<SNDFILE, SndfileClose> file(
      sf_open(path.c_str(), SFM_READ, &info));
  if (!file)
    throw Error(Errc::kBadArgument,
                "cannot read audio file " + path + ": " + sf_strerror(nullptr));
  const std::size_t channels = std::size_t(info.channels);
  std::vector<float> out, frames(kBlockFrames * channels), mono;
  Resampler resampler(info.samplerate, rate_hz, out);
  std::size_t total = 0;
  while (const sf_count_t count =
             sf_readf_float(file.get(), frames.data(), kBlockFrames)) {
    if (count < 0) break;
    append_mono(frames, std::size_t(count), channels, mono);
    for (std::size_t i = 0; i < mono.size(); ++i)
      if (!std::isfinite(mono[i]))
        throw Error(Errc::kNumeric, "audio file " + path +
                                        " has a NaN or infinity at frame " +
                                        std::to_string(total + i));
    resampler.push(mono.data(), mono.size());
    total += mono.size();
  }
  resampler.push(nullptr, 0);
  if (sf_error(file.get()) != SF_ERR_NO_ERROR)
    throw Error(Errc::kBadArgument, "audio file " + path +
                                        " is damaged after " +
                                        std::to_string(total) +
                                        " frames: " + sf_strerror(file.get()));
  if (total == 0)
    throw Error(Errc::kBadArgument, "audio file " + path + " has no samples");
  return out;
}

Dataset empty_dataset(const std::vector<Recording> &recordings) {
  std::set<std::string> labels, groups;
  for (const Recording &r : recordings) {
    labels.insert(r.label);
    groups.insert(r.group);
  }
  if (labels.size() < 2)
    throw Error(Errc::kBadArgument,
                "the dataset has " + std::to_string(labels.size()) +
                    " class(es), needed at least 2 to tell apart");
  Dataset data;
  data.labels.assign(labels.begin(), labels.end());
  data.groups.assign(groups.begin(), groups.end());
  data.recordings = recordings;
  return data;
}

Dataset load_dataset(
    const std::vector<Recording> &recordings, const Recipe &recipe,
    const std::function<void(std::size_t, std::size_t)> &progress) {
  Dataset data = empty_dataset(recordings);
  Recipe side_by_side = recipe;
  side_by_side.advance = recipe.width;
  dsp::Spectrograph spectrograph(side_by_side);
  for (std::size_t i = 0; i < recordings.size(); ++i) {
    const Recording &r = recordings[i];
    for (dsp::Picture &picture :
         analyse(load_audio(r.path, recipe.rate_hz), spectrograph))
      data.tiles.push_back(
          {std::move(picture.pixels), std::move(picture.background_db),
           picture.valid, index_of(data.labels, r.label),
           index_of(data.groups, r.group), i, encode(picture.fine_db, recipe)});
    if (progress) progress(i + 1, recordings.size());
  }
  return data;
}

Split split_by_group(const Dataset &data, double fraction, std::uint64_t seed) {
  // Which groups each class has: a group may hold several classes.
  std::vector<std::vector<std::size_t>> groups_of(data.labels.size());
  std::vector<std::set<std::size_t>> classes_of(data.groups.size());
  for (const Tile &tile : data.tiles)
    if (classes_of[tile.group].insert(tile.label).second)
      groups_of[tile.label].push_back(tile.group);
  std::vector<std::size_t> left(data.labels.size());
  for (std::size_t c = 0; c < left.size(); ++c) left[c] = groups_of[c].size();

  std::mt19937_64 random(seed);
  std::vector<bool> held_out(data.groups.size());
  for (std::size_t c = 0; c < groups_of.size(); ++c) {
    std::vector<std::size_t> &own = groups_of[c];
    std::sort(own.begin(), own.end());
    for (std::size_t i = own.size(); i > 1; --i)
      std::swap(own[i - 1], own[random() % i]);
    std::size_t wanted = 0;
    if (fraction > 0 && own.size() > 1)
      wanted = std::max<std::size_t>(
          1, std::size_t(std::lround(fraction * double(own.size()))));
    for (const std::size_t group : own) {
      if (own.size() - left[c] >= wanted) break;
      const std::set<std::size_t> &touched = classes_of[group];
      // No class may lose its last group of training material.
      if (held_out[group] ||
          std::any_of(touched.begin(), touched.end(),
                      [&](std::size_t k) { return left[k] < 2; }))
        continue;
      held_out[group] = true;
      for (const std::size_t k : touched) --left[k];
    }
  }
  Split split;
  for (std::size_t i = 0; i < data.tiles.size(); ++i)
    (held_out[data.tiles[i].group] ? split.validation : split.train)
        .push_back(i);
  return split;
}

}  // namespace sonar::models
