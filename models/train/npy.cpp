/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/train/npy.h"

#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <regex>

#include "sonar/core/error.h"

namespace sonar::models {
namespace {

constexpr char kMagic[] = "\x93NUMPY";
constexpr std::size_t kMagicBytes = 6, kFirstSizeBytes = 2, kSizeBytes = 4;

[[noreturn]] void refuse(const std::string &path, const std::string &what) {
  throw Error(Errc::kBadArgument,
              path + " " + what +
                  "; needed a matrix of float32 ('<f4') in C order, as "
                  "numpy.save writes it");
}

std::uint8_t byte(const std::string &bytes, std::size_t i) {
  return std::uint8_t(bytes[i]);
}

/** The dictionary's text; @p start becomes the first byte behind it. */
std::string header_of(const std::string &path, const std::string &bytes,
                      std::size_t &start) {
  const std::size_t version = kMagicBytes;
  if (bytes.size() < version + 2 ||
      bytes.compare(0, kMagicBytes, kMagic) != 0 || byte(bytes, version) < 1 ||
      byte(bytes, version) > 3)
    refuse(path, "is no NumPy file");
  const std::size_t size_bytes =
      byte(bytes, version) == 1 ? kFirstSizeBytes : kSizeBytes;
  start = version + 2 + size_bytes;
  if (bytes.size() < start) refuse(path, "ends inside its header");
  std::size_t size = 0;
  for (std::size_t i = size_bytes; i-- > 0;)
    size = size * 256 + byte(bytes, version + 2 + i);
  if (bytes.size() - start < size) refuse(path, "ends inside its header");
  const std::string header = bytes.substr(start, size);
  start += size;
  return header;
}

std::string field(const std::string &path, const std::string &header,
                  const std::string &name, const std::string &value) {
  std::smatch found;
  if (!std::regex_search(header, found,
                         std::regex("'" + name + "': *(" + value + ")")))
    refuse(path, "has no " + name + " in its header");
  return found[1];
}

std::size_t count(const std::string &path, const std::string &digits) {
  // far more than any memory holds, and far from an overflow
  if (digits.size() > 9) refuse(path, "has " + digits + " rows or columns");
  return std::stoul(digits);
}

}  // namespace

Matrix read_npy(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error(Errc::kNotFound, "cannot open " + path);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  std::size_t start = 0;
  const std::string header = header_of(path, bytes, start);
  const std::string type = field(path, header, "descr", "'[^']*'|\\[.*\\]");
  if (type != "'<f4'") refuse(path, "holds values of type " + type);
  if (field(path, header, "fortran_order", "True|False") == "True")
    refuse(path, "is in Fortran order");
  const std::string shape = field(path, header, "shape", "\\([^)]*\\)");
  std::smatch sizes;
  if (!std::regex_match(shape, sizes,
                        std::regex("\\( *([0-9]+) *, *([0-9]+) *,? *\\)")))
    refuse(path, "is of shape " + shape);
  Matrix out{count(path, sizes[1]), count(path, sizes[2]), {}};
  const std::size_t needed = out.rows * out.columns * sizeof(float);
  if (needed == 0) refuse(path, "is of shape " + shape);
  if (bytes.size() - start != needed)
    refuse(path, "has " + std::to_string(bytes.size() - start) +
                     " bytes of values where its shape " + shape + " takes " +
                     std::to_string(needed));
  out.values.resize(out.rows * out.columns);
  std::memcpy(out.values.data(), bytes.data() + start, needed);
  return out;
}

std::string npy_header(const std::string &type,
                       const std::vector<std::size_t> &shape) {
  std::string sizes;
  for (const std::size_t n : shape) sizes += std::to_string(n) + ", ";
  std::string header = "{'descr': '" + type +
                       "', 'fortran_order': False, 'shape': (" + sizes + "), }";
  // the first value at a multiple of 64 bytes
  constexpr std::size_t kPrefix = 10, kAlignment = 64;
  const std::size_t whole =
      (kPrefix + header.size() + kAlignment) / kAlignment * kAlignment;
  header.resize(whole - kPrefix - 1, ' ');
  header += '\n';
  std::string out = std::string(kMagic) + '\x01' + '\0';
  out += char(header.size() & 0xff);
  out += char(header.size() >> 8);
  return out + header;
}

}  // namespace sonar::models
