/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/render/waterfall.h"

#include <algorithm>
#include <string>
#include <type_traits>

#include "sonar/core/error.h"

namespace sonar::render {

namespace {

std::string shape(std::size_t rows, std::size_t columns) {
  return std::to_string(rows) + " x " + std::to_string(columns) +
         " (rows x columns)";
}

[[noreturn]] void refuse(const std::string &what) {
  throw Error(Errc::kBadArgument, "waterfall: " + what);
}

/** Moves a plane's columns left; the picture then fills those that come in. */
template <class T>
void shift_left(T *plane, std::size_t rows, std::size_t columns,
                std::size_t by) {
  for (T *row = plane; row != plane + rows * columns; row += columns)
    std::copy(row + by, row + columns, row);
}

}  // namespace

Waterfall::Waterfall(std::size_t rows, std::size_t columns)
    : value_(rows, columns), explanation_(rows, columns) {
  if (rows == 0 || columns == 0)
    refuse("got " + shape(rows, columns) + "; give at least 1 x 1");
  signature_.height = rows;
  signature_.width = columns;
  structures_.height = rows;
  structures_.width = columns;
  clear();
}

void Waterfall::clear() {
  std::fill_n(value_.data(), value_.size(), 0.0f);
  std::fill_n(explanation_.data(), explanation_.size(), 0.0f);
  signature_.values.assign(value_.size(), 0);
  structures_.says.assign(value_.size(), mask::Speaks::kNoStructure);
  valid_ = {value_.width(), value_.width()};
  first_column_ = 0;
  notes_.clear();
  empty_ = true;
}

void Waterfall::put(std::int64_t first_column, ColumnRange valid,
                    const Image &value_db, const mask::Binary *signature,
                    const Image *explanation, const StructureMap *structures,
                    const std::vector<StructureNote> &notes) {
  const std::size_t rows = value_.height(), columns = value_.width();
  const std::string picture =
      "the picture is " + shape(value_db.height(), value_db.width());
  if (value_db.height() != rows || value_db.width() > columns)
    refuse(picture + ", the waterfall " + shape(rows, columns) +
           "; give as many rows and no more columns");
  if (valid.begin > valid.end || valid.end > value_db.width())
    refuse(picture + ", its valid columns are " + std::to_string(valid.begin) +
           " to " + std::to_string(valid.end));
  if ((signature &&
       (signature->height != rows || signature->width != value_db.width())) ||
      (explanation && !explanation->same_shape(value_db)) ||
      (structures &&
       (structures->height != rows || structures->width != value_db.width())))
    refuse(picture +
           "; its signature, explanation and structures must have that shape");

  if (!empty_ && first_column < picture_) clear();
  if (valid.count() == 0) return;
  advance(first_column + std::int64_t(valid.begin),
          first_column + std::int64_t(valid.end));
  picture_ = first_column;

  const auto x0 =
      std::size_t(first_column + std::int64_t(valid.begin) - first_column_);
  for (std::size_t y = 0; y < rows; ++y) {
    const auto copy = [&](const auto *from, auto *to) {
      from += y * value_db.width() + valid.begin;
      std::copy(from, from + valid.count(), to + y * columns + x0);
    };
    const auto blank = [&](auto *to) {
      using Value = std::remove_pointer_t<decltype(to)>;
      std::fill_n(to + y * columns + x0, valid.count(), Value{});
    };
    copy(value_db.data(), value_.data());
    if (signature)
      copy(signature->values.data(), signature_.values.data());
    else
      blank(signature_.values.data());
    if (explanation)
      copy(explanation->data(), explanation_.data());
    else
      blank(explanation_.data());
    if (structures)
      copy(structures->says.data(), structures_.says.data());
    else
      blank(structures_.says.data());
  }
  valid_.begin = std::min(valid_.begin, x0);
  put_notes(first_column, valid, notes);
}

void Waterfall::put_notes(std::int64_t first_column, ColumnRange valid,
                          const std::vector<StructureNote> &notes) {
  const std::int64_t begin = first_column + std::int64_t(valid.begin);
  const auto gone = [&](const Noted &noted) {
    const auto width = std::int64_t(noted.note.column_end) -
                       std::int64_t(noted.note.column_begin);
    return noted.begin + width > begin || noted.begin < first_column_;
  };
  notes_.erase(std::remove_if(notes_.begin(), notes_.end(), gone),
               notes_.end());
  for (const StructureNote &note : notes)
    notes_.push_back({first_column + std::int64_t(note.column_begin), note});
}

std::vector<StructureNote> Waterfall::notes() const {
  std::vector<StructureNote> out;
  for (const Noted &noted : notes_) {
    if (noted.begin < first_column_) continue;
    StructureNote note = noted.note;
    note.column_end -= note.column_begin;
    note.column_begin = std::size_t(noted.begin - first_column_);
    note.column_end += note.column_begin;
    out.push_back(note);
  }
  return out;
}

void Waterfall::advance(std::int64_t begin, std::int64_t end) {
  const std::size_t rows = value_.height(), columns = value_.width();
  const std::int64_t newest = first_column_ + std::int64_t(columns);
  if (!empty_ && begin > newest) clear();
  if (empty_) {
    first_column_ = end - std::int64_t(columns);
    empty_ = false;
    return;
  }
  if (end <= newest) return;
  const auto by = std::min(columns, std::size_t(end - newest));
  shift_left(value_.data(), rows, columns, by);
  shift_left(explanation_.data(), rows, columns, by);
  shift_left(signature_.values.data(), rows, columns, by);
  shift_left(structures_.says.data(), rows, columns, by);
  first_column_ += std::int64_t(by);
  valid_.begin -= std::min(valid_.begin, by);
}

}  // namespace sonar::render
