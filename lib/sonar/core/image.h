/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace sonar {

/**
 * An owning height x width picture of floats, row-major.
 *
 * One orientation everywhere (lib, models, metas, frames): row 0 is the
 * highest frequency, column 0 the earliest time.
 */
class Image {
 public:
  Image() = default;
  Image(std::size_t height, std::size_t width, float fill = 0.0f)
      : height_(height), width_(width), values_(height * width, fill) {}
  Image(const Image &) = default;
  Image &operator=(const Image &) = default;
  /** An image that was moved from is empty. */
  Image(Image &&other) noexcept { *this = std::move(other); }
  Image &operator=(Image &&other) noexcept {
    height_ = std::exchange(other.height_, 0);
    width_ = std::exchange(other.width_, 0);
    values_ = std::exchange(other.values_, {});
    return *this;
  }

  std::size_t height() const noexcept { return height_; }
  std::size_t width() const noexcept { return width_; }
  std::size_t size() const noexcept { return values_.size(); }
  bool empty() const noexcept { return values_.empty(); }

  float *data() noexcept { return values_.data(); }
  const float *data() const noexcept { return values_.data(); }
  float *row(std::size_t y) noexcept { return values_.data() + y * width_; }
  const float *row(std::size_t y) const noexcept {
    return values_.data() + y * width_;
  }
  float &at(std::size_t y, std::size_t x) noexcept {
    return values_[y * width_ + x];
  }
  float at(std::size_t y, std::size_t x) const noexcept {
    return values_[y * width_ + x];
  }
  bool same_shape(const Image &other) const noexcept {
    return height_ == other.height_ && width_ == other.width_;
  }

 private:
  std::size_t height_ = 0, width_ = 0;
  std::vector<float> values_;
};

/** "128 x 64", height x width, for messages. */
inline std::string shape_text(std::size_t height, std::size_t width) {
  return std::to_string(height) + " x " + std::to_string(width);
}
inline std::string shape_text(const Image &image) {
  return shape_text(image.height(), image.width());
}

/** The image moved @p columns to the left; what comes in on the right is 0.
 *  0 or fewer columns, or an empty image: a copy. */
inline Image shift_left(const Image &image, std::ptrdiff_t columns) {
  if (columns <= 0 || image.empty()) return image;
  Image moved(image.height(), image.width());
  const auto by = std::size_t(columns);
  for (std::size_t y = 0; by < image.width() && y < image.height(); ++y)
    std::copy(image.row(y) + by, image.row(y) + image.width(), moved.row(y));
  return moved;
}

/** A half-open range of columns, begin <= end. */
struct ColumnRange {
  std::size_t begin = 0, end = 0;
  std::size_t count() const noexcept { return end - begin; }
};

/** The column of a not empty @p valid that stands at column @p x where those
 *  outside it are filled by repeating it in turn. */
inline std::size_t repeated_column(std::size_t x, ColumnRange valid) noexcept {
  if (x >= valid.begin && x < valid.end) return x;  // without dividing
  const std::size_t n = valid.count();
  return valid.begin + (x + n - valid.begin % n) % n;
}

}  // namespace sonar
