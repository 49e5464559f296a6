/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/synth/set_writer.h"

#include <sndfile.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>

#include "models/safetensors.h"
#include "models/synth/truth_set.h"
#include "sonar/core/error.h"
#include "sonar/core/new_file.h"

namespace sonar::models {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

std::vector<std::int16_t> to_pcm(const std::vector<float> &samples) {
  std::vector<std::int16_t> pcm(samples.size());
  std::transform(samples.begin(), samples.end(), pcm.begin(), [](float v) {
    const long full_scale = std::lround(double(v) * 32768);
    return std::int16_t(std::clamp(full_scale, -32768L, 32767L));
  });
  return pcm;
}

void write_wav(const fs::path &path, const std::vector<float> &samples,
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

std::string truth_prefix(const std::vector<std::string> &names,
                         const KnownSound &sound) {
  const mask::Binary &target = sound.truth.target;
  json header = json::object();
  std::uint64_t at = 0;
  const json grid = {target.height, target.width};
  const std::size_t pixels = target.values.size(),
                    samples = sound.target_wave.size();
  for (const std::string &name : names) {
    list_tensor(header, name + ".labels", "U8", grid, pixels, at);
    list_tensor(header, name + ".target_snr_db", "I8", grid, pixels, at);
    list_tensor(header, name + ".target_wave", "I16", json::array({samples}),
                2 * samples, at);
  }
  return safetensors_prefix(header);
}

template <class Value>
void append(std::ofstream &out, const std::vector<Value> &values) {
  out.write(reinterpret_cast<const char *>(values.data()),
            std::streamsize(values.size() * sizeof(Value)));
}

void append_truth(std::ofstream &out, const KnownSound &sound) {
  const metrics::Truth &truth = sound.truth;
  std::vector<std::uint8_t> labels(truth.snr_db.size());
  for (std::size_t i = 0; i < labels.size(); ++i)
    labels[i] = std::uint8_t((truth.target.values[i] ? kTargetBit : 0) |
                             (truth.weak.values[i] ? kWeakBit : 0) |
                             (truth.interferer.values[i] ? kInterfererBit : 0));
  append(out, turned_over(labels, truth.target.width));
  append(out, turned_over(truth.snr_db, truth.target.width));
  append(out, to_pcm(sound.target_wave));
}

void make_folders(const fs::path &folder) {
  std::error_code failure;
  fs::create_directories(folder / "audio", failure);
  if (failure)
    throw Error(Errc::kResource, "cannot write " + (folder / "audio").string() +
                                     ": " + failure.message());
}

/** As RFC 4180 wants it. */
std::string csv_field(const std::string &text) {
  if (text.find_first_of(",\"\r\n") == text.npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + "\"";
}

std::string csv_row(const std::vector<std::string> &fields) {
  std::string out;
  for (const std::string &field : fields)
    out += (out.empty() ? "" : ",") + csv_field(field);
  return out + "\n";
}

}  // namespace

struct SetWriter::Impl {
  fs::path root;
  std::vector<std::string> names;
  Options options;
  std::size_t done = 0;
  std::string labels;
  std::optional<NewFile> file;
  std::ofstream truth;  ///< grown: its header is known beforehand
};

SetWriter::SetWriter(const std::string &folder, std::vector<std::string> names,
                     Options options)
    : impl_(new Impl{
          folder, std::move(names), std::move(options), 0, {}, {}, {}}) {
  Impl &m = *impl_;
  make_folders(m.root);
  std::vector<std::string> head = {"path", "class", "group"};
  head.insert(head.end(), m.options.columns.begin(), m.options.columns.end());
  m.labels = csv_row(head);
}

SetWriter::~SetWriter() = default;

void SetWriter::add(const KnownSound &sound,
                    const std::vector<std::string> &fields) {
  Impl &m = *impl_;
  const std::string audio = "audio/" + m.names.at(m.done++) + ".wav";
  write_wav(m.root / audio, sound.samples, m.options.rate_hz);
  std::vector<std::string> row = {audio};
  row.insert(row.end(), fields.begin(), fields.end());
  m.labels += csv_row(row);
  if (!m.options.truth) return;
  if (!m.file) {
    m.file.emplace((m.root / kTruthFile).string(), "the truth");
    m.truth.open(m.file->temporary(), std::ios::binary);
    m.truth << truth_prefix(m.names, sound);
  }
  append_truth(m.truth, sound);
}

void SetWriter::finish() {
  Impl &m = *impl_;
  if (m.file) {
    m.truth.close();
    if (!m.truth) m.file->fail(std::strerror(errno));
    m.file->keep();
  }
  write_file((m.root / "labels.csv").string(), "the labels", m.labels);
}

}  // namespace sonar::models
