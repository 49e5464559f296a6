/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/synth/truth_set.h"

#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "models/safetensors.h"
#include "sonar/core/error.h"

namespace sonar::models {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr float kFullScale = 32768;

/** Where a tensor lies in the data, and its shape. */
struct TensorRange {
  std::vector<std::size_t> shape;
  std::size_t begin = 0, end = 0;
};

[[noreturn]] void malformed(const fs::path &path, const std::string &what) {
  throw Error(Errc::kBadArgument,
              "truth file " + path.string() + " " + what +
                  "; write it again with write_scenes or sonar-model synth");
}

json read_header(std::ifstream &in, const fs::path &path) {
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

mask::Binary pixels_with(const std::vector<std::uint8_t> &labels,
                         std::uint8_t bit, const TensorRange &grid) {
  mask::Binary mask{grid.shape[0], grid.shape[1], labels};
  for (std::uint8_t &v : mask.values) v = (v & bit) != 0;
  return mask;
}

}  // namespace

struct TruthReader::Impl {
  fs::path path;
  std::ifstream in;
  json header;
  std::uintmax_t data = 0, file_size = 0;

  /** @p axes: number of them; @p item: bytes of a value. */
  TensorRange find(const std::string &name, const char *type, std::size_t axes,
                   std::size_t item) const {
    const auto found = header.find(name);
    if (found == header.end())
      throw Error(Errc::kNotFound, "truth file " + path.string() +
                                       " holds no " + name +
                                       "; needed the name of one of its "
                                       "recordings, such as cargo_000");
    try {
      const auto &offsets = found->at("data_offsets");
      TensorRange r;
      r.shape = found->at("shape").get<std::vector<std::size_t>>();
      if (found->at("dtype") != type || r.shape.size() != axes ||
          offsets.size() != 2)
        malformed(path, "holds " + name + " in a form other than " + type +
                            (axes == 2 ? " [frequency, time]" : " [samples]"));
      r.begin = offsets[0];
      r.end = offsets[1];
      // the product of a hostile shape may overflow, its quotients may not
      std::size_t left = r.end < r.begin ? 0 : (r.end - r.begin) / item;
      bool fits = r.end >= r.begin && (r.end - r.begin) % item == 0;
      for (const std::size_t n : r.shape) {
        fits = fits && n > 0 && left % n == 0;
        left = n ? left / n : 0;
      }
      if (!fits || left != 1)
        malformed(path,
                  "holds " + name + " with a size that is not its shape's");
      return r;
    } catch (const json::exception &e) {
      malformed(path, "describes " + name + " wrongly (" + e.what() + ")");
    }
  }

  std::vector<std::uint8_t> read(const TensorRange &range) {
    if (range.end > file_size - data) malformed(path, "is cut short");
    std::vector<std::uint8_t> bytes(range.end - range.begin);
    in.seekg(std::streamoff(data + range.begin));
    in.read(reinterpret_cast<char *>(bytes.data()),
            std::streamsize(bytes.size()));
    if (!in) malformed(path, "cannot be read to its end");
    return bytes;
  }
};

TruthReader::TruthReader(const std::string &folder) : impl_(new Impl) {
  Impl &m = *impl_;
  m.path = fs::path(folder) / kTruthFile;
  m.in.open(m.path, std::ios::binary);
  if (!m.in)
    throw Error(Errc::kNotFound, "cannot open " + m.path.string() +
                                     "; needed a folder written with truth");
  m.header = read_header(m.in, m.path);
  m.data = std::uintmax_t(m.in.tellg());
  std::error_code ignored;
  m.file_size = fs::file_size(m.path, ignored);
}

TruthReader::~TruthReader() = default;

std::vector<std::string> TruthReader::names() const {
  static const std::string kSuffix = ".labels";
  std::vector<std::string> names;
  for (const auto &[key, tensor] : impl_->header.items())
    if (key.size() > kSuffix.size() &&
        key.compare(key.size() - kSuffix.size(), key.npos, kSuffix) == 0)
      names.push_back(key.substr(0, key.size() - kSuffix.size()));
  return names;  // the keys of a JSON object are sorted
}

metrics::Truth TruthReader::read(const std::string &name) {
  Impl &m = *impl_;
  const TensorRange labels = m.find(name + ".labels", "U8", 2, 1);
  const TensorRange snr = m.find(name + ".target_snr_db", "I8", 2, 1);
  if (labels.shape != snr.shape)
    malformed(m.path,
              "holds labels and levels of different shapes for " + name);
  const std::size_t width = labels.shape[1];
  const auto bits = turned_over(m.read(labels), width);
  const auto levels = turned_over(m.read(snr), width);
  return {pixels_with(bits, kTargetBit, labels),
          pixels_with(bits, kWeakBit, labels),
          pixels_with(bits, kInterfererBit, labels),
          std::vector<std::int8_t>(levels.begin(), levels.end())};
}

std::vector<float> TruthReader::target_wave(const std::string &name) {
  Impl &m = *impl_;
  const std::vector<std::uint8_t> bytes =
      m.read(m.find(name + ".target_wave", "I16", 1, 2));
  std::vector<float> wave(bytes.size() / 2);
  for (std::size_t i = 0; i < wave.size(); ++i) {
    std::int16_t value;
    std::memcpy(&value, bytes.data() + 2 * i, sizeof value);
    wave[i] = float(value) / kFullScale;
  }
  return wave;
}

metrics::Truth read_truth(const std::string &folder, const std::string &name) {
  return TruthReader(folder).read(name);
}

}  // namespace sonar::models
