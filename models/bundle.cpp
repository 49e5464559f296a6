/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/bundle.h"

#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "models/archive.h"
#include "models/own_settings.h"
#include "models/safetensors.h"
#include "models/settings_text.h"
#include "sonar/core/error.h"
#include "sonar/core/new_file.h"

namespace sonar::models {
namespace {

using nlohmann::json;

constexpr char kFormat[] = "gst-sonar";
constexpr char kCrcKey[] = "\"crc32\":\"";
constexpr std::size_t kCrcDigits = 8;

[[noreturn]] void bad(const std::string &path, const std::string &what) {
  throw Error(Errc::kBadModel, "model file " + path + " " + what);
}

void need(bool good, const std::string &what) {
  if (!good) throw Error(Errc::kBadModel, what);
}

// ---- header --------------------------------------------------------------

struct Entry {
  std::vector<std::int64_t> shape;
  std::uint64_t begin, end;  // bytes after the header
};

struct Header {
  Settings settings;
  std::map<std::string, Entry> entries;
  std::string crc;             // as written
  std::size_t crc_offset = 0;  // of its digits in the file
  std::size_t data_offset = 0;
};

std::uint64_t file_size(const std::string &path) {
  std::error_code failed;
  const auto status = std::filesystem::status(path, failed);
  if (status.type() == std::filesystem::file_type::not_found)
    throw Error(Errc::kNotFound, "model file " + path + " does not exist");
  if (!std::filesystem::is_regular_file(status))
    bad(path, "is not a regular file");
  const std::uint64_t size = std::filesystem::file_size(path, failed);
  if (failed)
    throw Error(Errc::kResource,
                "cannot read model file " + path + ": " + failed.message());
  return size;
}

std::string read_bytes(const std::string &path, std::ifstream &file,
                       std::uint64_t count) {
  std::string bytes(count, '\0');
  file.read(bytes.data(), std::streamsize(count));
  if (std::uint64_t(file.gcount()) != count)
    throw Error(Errc::kResource,
                "cannot read model file " + path + ": " + std::strerror(errno));
  return bytes;
}

/** Opens @p path and returns its header's text. */
std::string read_header_text(const std::string &path, std::uint64_t size,
                             std::ifstream &file) {
  if (size == 0) bad(path, "is empty (0 bytes): copy or train it again");
  file.open(path, std::ios::binary);
  if (!file)
    throw Error(Errc::kResource,
                "cannot open model file " + path + ": " + std::strerror(errno));
  if (size < kSafetensorsSizeBytes + 2)
    bad(path, "has " + std::to_string(size) +
                  " bytes, too few for a safetensors header");
  const std::string prefix = read_bytes(path, file, kSafetensorsSizeBytes);
  std::uint64_t length;
  std::memcpy(&length, prefix.data(), kSafetensorsSizeBytes);
  if (is_archive(path))
    bad(path,
        "is a ZIP archive, not safetensors: a TorchScript model, which runs "
        "code, must be named .pt");
  if (length < 2 || length > kSafetensorsMaxHeader || file.peek() != '{')
    bad(path, "does not begin with a safetensors header");
  if (length > size - kSafetensorsSizeBytes)
    bad(path, "is cut short: it has " + std::to_string(size) +
                  " bytes, its header alone needs " +
                  std::to_string(length + kSafetensorsSizeBytes) +
                  "; copy it again");
  return read_bytes(path, file, length);
}

Entry parse_entry(const std::string &name, const json &in,
                  std::uint64_t data_size) {
  const std::string what = "tensor " + name;
  need(in.at("dtype").get<std::string>() == "F32",
       "has " + what + " of type " + in.at("dtype").dump() + ", needed F32");
  Entry entry{in.at("shape").get<std::vector<std::int64_t>>(), 0, 0};
  std::uint64_t count = 1;
  for (const std::int64_t n : entry.shape) {
    need(n >= 1 && std::uint64_t(n) <= data_size / 4 / count,
         "has " + what + " of a shape larger than the file");
    count *= std::uint64_t(n);
  }
  const auto offsets = in.at("data_offsets").get<std::vector<std::uint64_t>>();
  need(offsets.size() == 2 && offsets[0] <= offsets[1] &&
           offsets[1] <= data_size,
       "has " + what + " outside its data (" + std::to_string(data_size) +
           " bytes); copy it again");
  entry.begin = offsets[0];
  entry.end = offsets[1];
  need(entry.end - entry.begin == 4 * count,
       "has " + what + " whose shape and bytes disagree");
  return entry;
}

/** As safetensors demands: every byte belongs to exactly one tensor. */
void check_layout(const std::map<std::string, Entry> &entries,
                  std::uint64_t data_size) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges;
  for (const auto &[name, entry] : entries)
    ranges.emplace_back(entry.begin, entry.end);
  std::sort(ranges.begin(), ranges.end());
  std::uint64_t at = 0;
  for (const auto &[begin, end] : ranges) {
    need(begin >= at, "has tensors that overlap");
    need(begin == at, "has bytes between its tensors");
    at = end;
  }
  need(at == data_size, "has " + std::to_string(data_size) +
                            " bytes of data, its header lists " +
                            std::to_string(at));
}

void parse_metadata(const json &in, const std::string &text, Header &header) {
  if (!in.contains("__metadata__") ||
      in["__metadata__"].value("format", "") != kFormat)
    throw Error(Errc::kBadModel,
                "is a safetensors file, but not a gst-sonar model: train one "
                "with sonar-model");
  const json &meta = in["__metadata__"];
  const std::string version = meta.at("format_version").get<std::string>();
  need(version == std::to_string(kFormatVersion),
       "has format version " + version + ", this program reads " +
           std::to_string(kFormatVersion) + "; train the model anew");
  header.crc = meta.at("crc32").get<std::string>();
  // Inside a JSON string the quotes would be escaped, so this is the key.
  const std::size_t key = text.find(kCrcKey);
  need(
      key != text.npos && text.find(kCrcKey, key + 1) == text.npos &&
          header.crc.size() == kCrcDigits &&
          text.compare(key + std::strlen(kCrcKey), kCrcDigits, header.crc) == 0,
      "has no readable crc32");
  header.crc_offset = kSafetensorsSizeBytes + key + std::strlen(kCrcKey);
  header.settings = settings_from_json(meta.at("settings").get<std::string>());
}

Header parse_header(const std::string &text, std::uint64_t size) {
  const json in = json::parse(text);
  Header header;
  header.data_offset = kSafetensorsSizeBytes + text.size();
  const std::uint64_t data_size = size - header.data_offset;
  parse_metadata(in, text, header);
  for (const auto &[name, value] : in.items())
    if (name != "__metadata__")
      header.entries[name] = parse_entry(name, value, data_size);
  check_layout(header.entries, data_size);
  return header;
}

Header read_header(const std::string &path, std::uint64_t size,
                   std::ifstream &file) {
  const std::string text = read_header_text(path, size, file);
  try {
    return parse_header(text, size);
  } catch (const Error &e) {
    bad(path, e.what());
  } catch (const json::exception &e) {
    bad(path, std::string("has a header that cannot be read: ") + e.what());
  }
}

std::string crc_of(std::string bytes, std::size_t digits_at) {
  std::fill_n(bytes.begin() + std::ptrdiff_t(digits_at), kCrcDigits, '0');
  uLong crc = crc32(0, nullptr, 0);
  // zlib counts in unsigned int; files beyond 4 GiB need more than one call.
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t count =
        std::min<std::size_t>(bytes.size() - at, 1u << 30);
    crc = crc32(crc, reinterpret_cast<const Bytef *>(bytes.data() + at),
                uInt(count));
    at += count;
  }
  char digits[kCrcDigits + 1];
  std::snprintf(digits, sizeof digits, "%08lx", crc & 0xffffffffUL);
  return digits;
}

std::string serialize(const Bundle &bundle) {
  json header = json::object();
  header["__metadata__"] = {{"format", kFormat},
                            {"format_version", std::to_string(kFormatVersion)},
                            {"settings", settings_to_json(bundle.settings)},
                            {"crc32", std::string(kCrcDigits, '0')}};
  std::uint64_t at = 0;
  for (const auto &[name, tensor] : bundle.tensors)
    list_tensor(header, name, "F32", tensor.shape, 4 * tensor.values.size(),
                at);
  std::string bytes = safetensors_prefix(header);
  for (const auto &[name, tensor] : bundle.tensors)
    bytes.append(reinterpret_cast<const char *>(tensor.values.data()),
                 4 * tensor.values.size());
  const std::size_t digits_at = bytes.find(kCrcKey) + std::strlen(kCrcKey);
  bytes.replace(digits_at, kCrcDigits, crc_of(bytes, digits_at));
  return bytes;
}

}  // namespace

Settings read_settings(const std::string &path) {
  if (is_own_model(path)) return read_own_settings(path);
  std::ifstream file;
  return read_header(path, file_size(path), file).settings;
}

Bundle read_bundle(const std::string &path) {
  if (is_own_model(path))
    bad(path,
        "is a TorchScript archive, which this command cannot use: it needs a "
        "model of sonar-model train");
  const std::uint64_t size = file_size(path);
  std::ifstream file;
  const Header header = read_header(path, size, file);
  file.seekg(0);
  const std::string bytes = read_bytes(path, file, size);
  const std::string crc = crc_of(bytes, header.crc_offset);
  if (crc != header.crc)
    bad(path, "is corrupt: its CRC-32 is " + crc + ", it says " + header.crc +
                  "; copy it again");
  Bundle bundle;
  bundle.settings = header.settings;
  for (const auto &[name, entry] : header.entries) {
    Tensor tensor{entry.shape,
                  std::vector<float>((entry.end - entry.begin) / 4)};
    std::memcpy(tensor.values.data(),
                bytes.data() + header.data_offset + entry.begin,
                entry.end - entry.begin);
    for (const float v : tensor.values)
      if (!std::isfinite(v))
        bad(path, "has a NaN or infinity in tensor " + name);
    bundle.tensors[name] = std::move(tensor);
  }
  return bundle;
}

void write_bundle(const std::string &path, const Bundle &bundle) {
  try {
    check_settings(bundle.settings);
  } catch (const Error &e) {
    throw Error(Errc::kBadArgument,
                "cannot write model file " + path + ": it " + e.what());
  }
  write_file(path, "the model file", serialize(bundle));
}

}  // namespace sonar::models
