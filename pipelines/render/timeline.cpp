/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "timeline.h"

#include <algorithm>

namespace sonar::pipelines {

Timeline::Timeline(std::size_t rows, std::size_t max_columns)
    : rows_(rows), max_columns_(max_columns) {}

void Timeline::put(std::int64_t first_column, ColumnRange valid,
                   const Image &value, const Image &confidence,
                   const mask::Binary &kept) {
  const std::int64_t moved = first_column - open_first_;
  if (open_.count() && moved >= 0)
    settle(std::min(std::size_t(moved), open_.end));
  else
    finish();
  open_first_ = first_column;
  open_value_ = value;
  open_confidence_ = confidence;
  open_kept_ = kept;
  open_ = valid;
}

void Timeline::finish() {
  settle(open_.end);
  open_ = {};
}

/* Columns of the open frame before @p end will not change any more. */
void Timeline::settle(std::size_t end) {
  for (std::size_t x = open_.begin; x < end; ++x) append(x);
}

void Timeline::append(std::size_t x) {
  if (in_last_ == 0) {
    if (columns() == max_columns_) halve();
    value_.resize(value_.size() + rows_, -1e9f);
    confidence_.resize(confidence_.size() + rows_, 0);
    kept_.resize(kept_.size() + rows_, 0);
  }
  float *value = value_.data() + value_.size() - rows_;
  float *confidence = confidence_.data() + confidence_.size() - rows_;
  std::uint8_t *kept = kept_.data() + kept_.size() - rows_;
  for (std::size_t y = 0; y < rows_; ++y) {
    value[y] = std::max(value[y], open_value_.at(y, x));
    confidence[y] = std::max(confidence[y], open_confidence_.at(y, x));
    kept[y] = std::max<std::uint8_t>(kept[y], open_kept_.at(y, x));
  }
  in_last_ = (in_last_ + 1) % merged_;
}

void Timeline::halve() {
  const auto merge = [this](auto &plane) {
    const std::size_t pairs = plane.size() / (2 * rows_);
    for (std::size_t c = 0; c < pairs; ++c)
      for (std::size_t y = 0; y < rows_; ++y)
        plane[c * rows_ + y] =
            std::max(plane[2 * c * rows_ + y], plane[(2 * c + 1) * rows_ + y]);
    plane.resize(pairs * rows_);
  };
  merge(value_);
  merge(confidence_);
  merge(kept_);
  merged_ *= 2;
}

Image Timeline::plane(const std::vector<float> &columns) const {
  const std::size_t width = columns.size() / rows_;
  Image image(rows_, width);
  for (std::size_t x = 0; x < width; ++x)
    for (std::size_t y = 0; y < rows_; ++y)
      image.at(y, x) = columns[x * rows_ + y];
  return image;
}

mask::Binary Timeline::kept() const {
  const std::size_t width = columns();
  mask::Binary out{rows_, width, std::vector<std::uint8_t>(rows_ * width)};
  for (std::size_t x = 0; x < width; ++x)
    for (std::size_t y = 0; y < rows_; ++y)
      out.values[y * width + x] = kept_[x * rows_ + y];
  return out;
}

}  // namespace sonar::pipelines
