/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/mask/structures.h"

#include <algorithm>
#include <string>

#include "sonar/core/error.h"
#include "sonar/mask/confidence.h"
#include "sonar/mask/evidence.h"
#include "sonar/mask/flood.h"

namespace sonar::mask {
namespace {

constexpr std::size_t kMostOwners = 65535;
constexpr int kEvidenceHalfWidth = 3;

using Pixels = std::vector<std::size_t>;  // ascending

Binary strong_pixels(const Image &value_db, const Image &background_db,
                     ColumnRange valid, const StructureOptions &options) {
  const Image evidence = line_evidence(value_db, valid, kEvidenceHalfWidth);
  const Image excess = excess_over_median(value_db, background_db, valid);
  Binary out{value_db.height(), value_db.width(),
             std::vector<std::uint8_t>(value_db.size())};
  for (std::size_t y = 0; y < out.height; ++y)
    for (std::size_t x = valid.begin; x < valid.end; ++x)
      out.values[y * out.width + x] = evidence.at(y, x) > options.line_db ||
                                      excess.at(y, x) > options.transient_db;
  return out;
}

/** The pixels of @p line that no earlier one has; takes them from @p strong. */
Pixels take_line(const Binary &line, ColumnRange valid,
                 std::vector<std::uint8_t> &taken, Binary &strong) {
  Pixels out;
  for (std::size_t i = 0; i < line.values.size(); ++i) {
    const std::size_t x = i % line.width;
    if (!line.values[i] || taken[i] || x < valid.begin || x >= valid.end)
      continue;
    out.push_back(i);
    taken[i] = 1;
    strong.values[i] = 0;
  }
  return out;
}

Structure describe(const Pixels &pixels, const Image &value_db) {
  Structure out;
  out.row_begin = value_db.height();
  out.column_begin = value_db.width();
  double sum = 0;
  for (const std::size_t i : pixels) {
    const std::size_t y = i / value_db.width(), x = i % value_db.width();
    out.row_begin = std::min(out.row_begin, y);
    out.row_end = std::max(out.row_end, y + 1);
    out.column_begin = std::min(out.column_begin, x);
    out.column_end = std::max(out.column_end, x + 1);
    sum += double(value_db.data()[i]);
  }
  out.pixels = pixels.size();
  out.mean_db = float(sum / double(pixels.size()));
  return out;
}

void check(const Image &value_db, const Image &background_db, ColumnRange valid,
           const std::vector<Binary> &lines, const StructureOptions &options) {
  require_valid("structures", value_db, valid);
  require_background(value_db, background_db);
  for (const Binary &line : lines)
    if (line.height != value_db.height() || line.width != value_db.width())
      throw Error(Errc::kBadArgument,
                  "structures of a picture of " + shape_text(value_db) +
                      " pixels (height x width): a line is " +
                      shape_text(line.height, line.width) +
                      "; needed the picture's shape");
  if (options.most < 1 || options.most > kMostOwners)
    throw Error(Errc::kBadArgument, "a picture may have 1 to " +
                                        std::to_string(kMostOwners) +
                                        " structures, asked for at most " +
                                        std::to_string(options.most));
}

}  // namespace

Structures find_structures(const Image &value_db, const Image &background_db,
                           ColumnRange valid, const std::vector<Binary> &lines,
                           const StructureOptions &options) {
  check(value_db, background_db, valid, lines, options);
  Binary strong = strong_pixels(value_db, background_db, valid, options);
  std::vector<Pixels> pieces;
  std::vector<std::uint8_t> taken(value_db.size());
  for (const Binary &line : lines)
    pieces.push_back(take_line(line, valid, taken, strong));
  for (std::size_t i = 0; i < strong.values.size(); ++i) {
    if (!strong.values[i]) continue;
    pieces.emplace_back();
    take_region(strong, i, pieces.back());
    std::sort(pieces.back().begin(), pieces.back().end());
  }
  const auto small = [&](const Pixels &p) {
    return p.empty() || p.size() < options.min_pixels;
  };
  pieces.erase(std::remove_if(pieces.begin(), pieces.end(), small),
               pieces.end());
  std::sort(pieces.begin(), pieces.end(), [](const Pixels &a, const Pixels &b) {
    return a.size() != b.size() ? a.size() > b.size() : a < b;
  });
  if (pieces.size() > options.most) pieces.resize(options.most);
  Structures out{{},
                 value_db.height(),
                 value_db.width(),
                 std::vector<std::uint16_t>(value_db.size())};
  for (const Pixels &pixels : pieces) {
    out.found.push_back(describe(pixels, value_db));
    for (const std::size_t i : pixels)
      out.owner[i] = std::uint16_t(out.found.size());
  }
  return out;
}

}  // namespace sonar::mask
