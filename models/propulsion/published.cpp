/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/propulsion/published.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>

#include "models/train/csv.h"
#include "sonar/core/error.h"

namespace sonar::models {
namespace {

constexpr double kPublishedBinHz = 0.1;

/* A float32 matrix in NumPy's format 1.0, row-major. */
struct Matrix {
  std::size_t rows = 0, columns = 0;
  std::vector<float> values;
};

[[noreturn]] void refuse(const std::string &path) {
  throw Error(Errc::kBadArgument,
              path +
                  " is not a NumPy file of a [recordings, bins] float32 "
                  "matrix ('<f4', C order); write it with numpy.save.");
}

Matrix read_npy(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error(Errc::kNotFound, "cannot open " + path);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  if (bytes.size() < 10 || bytes.compare(0, 7, "\x93NUMPY\x01", 7) != 0)
    refuse(path);
  const std::size_t start = 10 + std::size_t(std::uint8_t(bytes[8])) +
                            256 * std::size_t(std::uint8_t(bytes[9]));
  if (bytes.size() < start) refuse(path);
  const std::string head = bytes.substr(10, start - 10);
  const std::size_t shape = head.find("'shape': (");
  if (head.find("'<f4'") == std::string::npos || shape == std::string::npos ||
      head.find("'fortran_order': False") == std::string::npos)
    refuse(path);
  unsigned long long rows = 0, columns = 0;
  if (std::sscanf(head.c_str() + shape, "'shape': (%llu, %llu)", &rows,
                  &columns) != 2)
    refuse(path);
  Matrix m{rows, columns, {}};
  if (columns == 0 ||
      (bytes.size() - start) / sizeof(float) / columns != rows ||
      bytes.size() - start != rows * columns * sizeof(float))
    refuse(path);
  m.values.resize(rows * columns);
  std::memcpy(m.values.data(), bytes.data() + start, bytes.size() - start);
  return m;
}

/* A row's field by its column's name. */
class Fields {
 public:
  Fields(std::string path, Row head)
      : path_(std::move(path)), head_(std::move(head)) {}

  const std::string &text(const Row &row, const std::string &name) const {
    const auto at = std::find(head_.begin(), head_.end(), name);
    const auto index = std::size_t(at - head_.begin());
    if (index >= head_.size() || index >= row.size())
      throw Error(Errc::kBadArgument,
                  path_ + " has no column \"" + name + "\" in every row.");
    return row[index];
  }
  double number(const Row &row, const std::string &name) const {
    const std::string &field = text(row, name);
    if (field.empty()) return 0.0;
    char *end = nullptr;
    const double value = std::strtod(field.c_str(), &end);
    if (*end || !(value >= 0.0 && value < 1e6))
      throw Error(Errc::kBadArgument, path_ + " has " + name + " '" + field +
                                          "', it needs a number from 0 on.");
    return value;
  }

 private:
  std::string path_;
  Row head_;
};

DemonSpectrum spectrum_of(const Matrix &m, std::size_t row) {
  DemonSpectrum s{kPublishedBinHz, {}};
  for (std::size_t k = 0; k < m.columns; ++k) {
    const float amplitude = m.values[row * m.columns + k];
    s.power.push_back(amplitude * amplitude);
  }
  return s;
}

}  // namespace

std::vector<AnnotatedSpectrum> read_annotated_spectra(
    const std::string &folder) {
  const Matrix matrix = read_npy(folder + "/spectra.npy");
  const std::string path = folder + "/labels.csv";
  const std::vector<Row> rows = read_csv(path);
  if (rows.empty()) throw Error(Errc::kBadArgument, path + " is empty");
  const Fields fields(path, rows[0]);
  std::vector<AnnotatedSpectrum> out;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    const auto row = std::size_t(fields.number(rows[i], "row"));
    if (row >= matrix.rows)
      throw Error(Errc::kBadArgument, path + " names row " +
                                          std::to_string(row) + " of " +
                                          std::to_string(matrix.rows) +
                                          " (from 0) in spectra.npy.");
    out.push_back({fields.text(rows[i], "id"), fields.text(rows[i], "class"),
                   fields.text(rows[i], "vessel"),
                   fields.text(rows[i], "is_clear") == "True",
                   fields.number(rows[i], "shaft_hz"),
                   int(fields.number(rows[i], "blades")),
                   spectrum_of(matrix, row)});
  }
  return out;
}

}  // namespace sonar::models
