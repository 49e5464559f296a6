/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/propulsion/published.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "models/train/csv.h"
#include "models/train/npy.h"
#include "sonar/core/error.h"

namespace sonar::models {
namespace {

constexpr double kPublishedBinHz = 0.1;

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

std::vector<AnnotatedRecording> list_annotated_recordings(
    const std::string &csv) {
  const std::vector<Row> rows = read_csv(csv);
  if (rows.empty()) throw Error(Errc::kBadArgument, csv + " is empty");
  const Fields fields(csv, rows[0]);
  const auto folder = std::filesystem::path(csv).parent_path();
  std::vector<AnnotatedRecording> out;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    const double shaft_hz = fields.number(rows[i], "shaft_hz");
    if (shaft_hz > 0)
      out.push_back({(folder / fields.text(rows[i], "path")).string(), shaft_hz,
                     int(fields.number(rows[i], "blades"))});
  }
  return out;
}

}  // namespace sonar::models
