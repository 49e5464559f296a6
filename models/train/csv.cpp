/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/train/csv.h"

#include <fstream>
#include <iterator>

#include "sonar/core/error.h"

namespace sonar::models {

std::vector<Row> read_csv(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error(Errc::kNotFound, "cannot open " + path);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  std::vector<Row> rows;
  Row row(1);
  bool quoted = false;
  const auto end_row = [&] {
    if (row.size() > 1 || !row[0].empty()) rows.push_back(row);
    row.assign(1, "");
  };
  const std::size_t start = text.rfind("\xef\xbb\xbf", 0) == 0 ? 3 : 0;
  for (std::size_t i = start; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && c == '"' && i + 1 < text.size() && text[i + 1] == '"') {
      row.back() += text[++i];
    } else if (c == '"') {
      quoted = !quoted;
    } else if (quoted) {
      row.back() += c;
    } else if (c == ',') {
      row.emplace_back();
    } else if (c == '\n') {
      end_row();
    } else if (c != '\r') {
      row.back() += c;
    }
  }
  if (quoted)
    throw Error(Errc::kBadArgument, path + " ends inside a quoted field");
  end_row();
  return rows;
}

}  // namespace sonar::models
