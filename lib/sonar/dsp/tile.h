/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "sonar/core/recipe.h"

/* For the .cpp files of this folder only. */
namespace sonar::dsp {

/** Rows of @p width values, @p stride apart, one after the other. */
void copy_picture(const std::uint16_t *from, std::size_t stride,
                  std::size_t rows, std::size_t width, std::uint16_t *to);
void copy_picture(const float *from, std::size_t stride, std::size_t rows,
                  std::size_t width, float *to);

/* As many columns of values as fit a register, turned into rows. */
template <typename T>
struct Square {
  static constexpr std::size_t kSide = 16 / sizeof(T);
  typedef T Lane __attribute__((vector_size(16)));
  Lane lanes[kSide];

  /* Interleaving the halves log2(kSide) times transposes. */
  void transpose() {
    for (std::size_t done = 1; done < kSide; done *= 2) {
      Lane next[kSide];
      for (std::size_t i = 0; i < kSide / 2; ++i)
        interleave(lanes[i], lanes[i + kSide / 2], next[2 * i],
                   next[2 * i + 1]);
      std::copy(next, next + kSide, lanes);
    }
  }

 private:
  static void interleave(const Lane &a, const Lane &b, Lane &low, Lane &high) {
    if constexpr (kSide == 8) {
      low = __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
      high = __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
    } else {
      low = __builtin_shufflevector(a, b, 0, 4, 1, 5);
      high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
    }
  }
};

/* The last picture's values and, behind them, the columns that will come into
 * the next one. The picture moves on along rows that are longer than it, so
 * that what it keeps need not be moved each time. */
template <typename T>
class Tile {
 public:
  Tile(const Recipe &r, T no_signal)
      : rows_(std::size_t(r.height())),
        width_(std::size_t(r.width)),
        advance_(std::size_t(r.advance)),
        stride_(2 * width_ + advance_),
        no_signal_(no_signal),
        strip_(rows_ * stride_, no_signal),
        fresh_(rows_ * advance_) {}

  /** The next column to be filled, lowest frequency first. */
  T *fresh(std::size_t column) { return fresh_.data() + column * rows_; }

  /** Moves the picture on by `advance` columns, @p count of them with signal,
   *  and turns it over: row 0 becomes the highest frequency. */
  void slide(std::size_t count) {
    std::fill(fresh_.begin() + std::ptrdiff_t(count * rows_), fresh_.end(),
              no_signal_);
    if (begin_ + advance_ + width_ > stride_) move_to_front();
    begin_ += advance_;
    std::size_t x = 0;
    for (; x + kSide <= advance_; x += kSide) turn_over_squares(x);
    turn_over(x, advance_, 0, rows_);
  }

  /** The picture, row-major, highest frequency first. */
  void copy_to(T *picture) const {
    copy_picture(strip_.data() + begin_, stride_, rows_, width_, picture);
  }

  void reset() { std::fill(strip_.begin(), strip_.end(), no_signal_); }

 private:
  void move_to_front() {
    for (std::size_t y = 0; y < rows_; ++y) {
      T *row = strip_.data() + y * stride_;
      std::copy(row + begin_, row + begin_ + width_, row);
    }
    begin_ = 0;
  }

  static constexpr std::size_t kSide = Square<T>::kSide;

  T *row_of_fresh(std::size_t y) {
    return strip_.data() + y * stride_ + begin_ + width_ - advance_;
  }

  /* Fresh columns into rows @p top to @p bottom of the picture. */
  void turn_over(std::size_t begin, std::size_t end, std::size_t top,
                 std::size_t bottom) {
    for (std::size_t y = top; y < bottom; ++y) {
      T *row = row_of_fresh(y);
      const T *from = fresh_.data() + rows_ - 1 - y;
      for (std::size_t x = begin; x < end; ++x) row[x] = from[x * rows_];
    }
  }

  /* kSide fresh columns from @p x on. */
  void turn_over_squares(std::size_t x) {
    Square<T> square;
    std::size_t from = 0;
    for (; from + kSide <= rows_; from += kSide) {
      for (std::size_t i = 0; i < kSide; ++i)
        std::memcpy(&square.lanes[i], fresh(x + i) + from, 16);
      square.transpose();
      for (std::size_t i = 0; i < kSide; ++i)
        std::memcpy(row_of_fresh(rows_ - 1 - from - i) + x, &square.lanes[i],
                    16);
    }
    turn_over(x, x + kSide, 0, rows_ - from);
  }

  std::size_t rows_, width_, advance_, stride_;
  std::size_t begin_ = 0;  // of the picture in each row of the strip
  T no_signal_;
  std::vector<T> strip_;  // row-major, highest frequency first
  std::vector<T> fresh_;  // column-major, lowest frequency first
};

}  // namespace sonar::dsp
