/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstdint>
#include <vector>

#include "sonar/core/image.h"
#include "sonar/mask/threshold.h"
#include "sonar/render/scene.h"

namespace sonar::render {

/**
 * The last columns of a recording, gathered from overlapping pictures: later
 * pictures overwrite the columns they share with earlier ones. The newest valid
 * column is at the right edge; invalid columns are not taken.
 */
class Waterfall {
 public:
  /** @p columns at least the pictures' width. */
  Waterfall(std::size_t rows, std::size_t columns);

  /** Null @p signature, @p explanation or @p structures leaves those planes at
   *  0. A jump back in time, or forward past the newest column, starts afresh.
   */
  void put(std::int64_t first_column, ColumnRange valid, const Image &value_db,
           const mask::Binary *signature, const Image *explanation,
           const StructureMap *structures = nullptr,
           const std::vector<StructureNote> &notes = {});
  void clear();

  const Image &value_db() const { return value_; }
  const mask::Binary &signature() const { return signature_; }
  const Image &explanation() const { return explanation_; }
  const StructureMap &structures() const { return structures_; }
  /** Of the newest picture, and of structures of earlier ones that ended before
   *  it; without those that begin before the window. Columns as here. */
  std::vector<StructureNote> notes() const;
  ColumnRange valid() const { return valid_; }
  /** Of the recording, at column 0 here; negative until the window is full. */
  std::int64_t first_column() const { return first_column_; }

 private:
  /** Makes the columns up to @p end part of the window. */
  void advance(std::int64_t begin, std::int64_t end);
  void put_notes(std::int64_t first_column, ColumnRange valid,
                 const std::vector<StructureNote> &notes);

  Image value_, explanation_;
  mask::Binary signature_;
  StructureMap structures_;
  struct Noted {
    std::int64_t begin;  ///< column of the recording
    StructureNote note;  ///< columns of its picture
  };
  std::vector<Noted> notes_;
  ColumnRange valid_;
  std::int64_t first_column_ = 0;
  std::int64_t picture_ = 0;  ///< first column of the latest picture
  bool empty_ = true;
};

}  // namespace sonar::render
