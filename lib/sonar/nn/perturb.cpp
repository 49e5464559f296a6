/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/nn/perturb.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <string>

#include "sonar/core/error.h"
#include "sonar/nn/margin.h"
#include "sonar/nn/resize.h"

namespace sonar::nn {
namespace {

void require_options(const SubbandOptions &o) {
  if (o.masks >= 2 && o.masks % 2 == 0 && o.min_band_rows >= 1 &&
      o.min_band_rows <= o.max_band_rows && o.kept_fraction > 0 &&
      o.kept_fraction < 1)
    return;
  throw Error(Errc::kBadArgument,
              "a sub-band profile needs an even number of masks >= 2, bands "
              "of 1 <= min <= max rows and a kept fraction between 0 and 1; "
              "got " +
                  std::to_string(o.masks) + " masks, bands of " +
                  std::to_string(o.min_band_rows) + " to " +
                  std::to_string(o.max_band_rows) + " rows, kept fraction " +
                  std::to_string(o.kept_fraction));
}

void copy_block(const float *from, const Shape &shape, const Block &block,
                float *out) {
  for (std::size_t c = 0; c < shape.channels; ++c)
    for (std::size_t y = block.row_begin; y < block.row_end; ++y) {
      const std::size_t row = (c * shape.height + y) * shape.width;
      std::copy(from + row + block.column_begin, from + row + block.column_end,
                out + row + block.column_begin);
    }
}

/* std::uniform_*_distribution differs between C++ libraries; these do not. */
std::size_t draw_below(std::mt19937_64 &random, std::size_t n) {
  return std::size_t(random() % n);
}
double draw_unit(std::mt19937_64 &random) {
  return double(random() >> 11) * 0x1p-53;
}

using KeptRows = std::vector<char>;

/** Bands of one random width from a random offset on, each kept or removed. */
KeptRows draw_bands(std::mt19937_64 &random, std::size_t height,
                    const SubbandOptions &options) {
  const std::size_t band =
      options.min_band_rows +
      draw_below(random, options.max_band_rows - options.min_band_rows + 1);
  const std::size_t offset = draw_below(random, band);
  KeptRows kept(height);
  bool keep = false;
  for (std::size_t y = 0; y < height; ++y) {
    if (y == 0 || (y + offset) % band == 0)
      keep = draw_unit(random) < options.kept_fraction;
    kept[y] = keep;
  }
  return kept;
}

/* Ridge per pair. A row's variance under the masks is 1; a tenth of it holds
 * the solution together when there are fewer pairs than rows. */
constexpr double kRidge = 0.1;

/** Cholesky factor of a positive definite matrix, in its lower triangle. */
void factorize(std::vector<double> &a, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j <= i; ++j) {
      double sum = a[i * n + j];
      for (std::size_t k = 0; k < j; ++k) sum -= a[i * n + k] * a[j * n + k];
      a[i * n + j] = i == j ? std::sqrt(sum) : sum / a[j * n + j];
    }
}

/** Solves the system whose Cholesky factor is @p a. */
std::vector<double> substitute(const std::vector<double> &a, std::size_t n,
                               std::vector<double> b) {
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < i; ++k) b[i] -= a[i * n + k] * b[k];
    b[i] /= a[i * n + i];
  }
  for (std::size_t i = n; i-- > 0;) {
    for (std::size_t k = i + 1; k < n; ++k) b[i] -= a[k * n + i] * b[k];
    b[i] /= a[i * n + i];
  }
  return b;
}

double standard_deviation(const Image &image) {
  double sum = 0, squares = 0;
  for (std::size_t i = 0; i < image.size(); ++i) sum += image.data()[i];
  const double mean = sum / double(image.size());
  for (std::size_t i = 0; i < image.size(); ++i)
    squares += (image.data()[i] - mean) * (image.data()[i] - mean);
  return std::sqrt(squares / double(image.size()));
}

}  // namespace

SubbandProfile::SubbandProfile(const Network &network, std::size_t target,
                               const SubbandOptions &options)
    : network_(network),
      target_(target),
      height_(network.input().height),
      options_(options),
      random_(options.seed),
      gram_(height_ * height_),
      response_(height_) {
  require_target(network, target, options.effort.batch_size);
  require_options(options);
}

void SubbandProfile::add(const float *input, const float *blank) {
  const Shape shape = network_.input();
  std::vector<KeptRows> masks;
  for (std::size_t pair = 0; pair < options_.masks / 2; ++pair) {
    masks.push_back(draw_bands(random_, height_, options_));
    // the complement: what the class scores anyway cancels within the pair
    masks.push_back(masks.back());
    for (char &kept : masks.back()) kept = !kept;
  }
  const std::vector<double> scores = margins(
      network_, blank, masks.size(), target_,
      [&](std::size_t i, float *out) {
        for (std::size_t y = 0; y < height_; ++y)
          if (masks[i][y])
            copy_block(input, shape, {y, y + 1, 0, shape.width}, out);
        return Block{0, height_, 0, shape.width};
      },
      options_.effort);
  for (std::size_t i = 0; i < masks.size(); i += 2, ++pairs_) {
    const KeptRows &kept = masks[i];
    const double difference = (scores[i] - scores[i + 1]) / 2;
    squares_ += difference * difference;
    for (std::size_t y = 0; y < height_; ++y) {
      response_[y] += kept[y] ? difference : -difference;
      for (std::size_t x = 0; x <= y; ++x)
        gram_[y * height_ + x] += kept[x] == kept[y] ? 1 : -1;
    }
  }
}

std::vector<RowEffect> SubbandProfile::solve() const {
  std::vector<RowEffect> out(height_);
  if (pairs_ == 0) return out;
  std::vector<double> system = gram_;
  for (std::size_t y = 0; y < height_; ++y)
    system[y * height_ + y] += kRidge * double(pairs_);
  factorize(system, height_);
  const std::vector<double> effect = substitute(system, height_, response_);
  // residual of the fit, from the sums: d^2 - 2 effect.zd + effect' zz' effect
  double residual = squares_;
  for (std::size_t y = 0; y < height_; ++y) {
    residual -= 2 * effect[y] * response_[y];
    for (std::size_t x = 0; x < height_; ++x)
      residual += effect[y] * effect[x] *
                  gram_[std::max(x, y) * height_ + std::min(x, y)];
  }
  const double freedom =
      std::max(1.0, double(pairs_) - double(height_) / (1 + kRidge));
  const double variance = std::max(0.0, residual) / freedom;
  for (std::size_t y = 0; y < height_; ++y) {
    std::vector<double> unit(height_);
    unit[y] = 1;
    const double inverse = substitute(system, height_, unit)[y];
    out[y] = {float(effect[y]), float(std::sqrt(variance * inverse))};
  }
  return out;
}

Image keep_one_map(const Network &network, const float *input,
                   const float *blank, std::size_t target, std::size_t rows,
                   std::size_t columns, const Effort &effort) {
  require_target(network, target, effort.batch_size);
  const Shape shape = network.input();
  if (rows < 1 || rows > shape.height || columns < 1 || columns > shape.width)
    throw Error(Errc::kBadArgument,
                "a class map needs 1 to " + std::to_string(shape.height) +
                    " rows and 1 to " + std::to_string(shape.width) +
                    " columns of patches on this network's input, got " +
                    std::to_string(rows) + " x " + std::to_string(columns));
  const std::size_t patch_height = shape.height / rows;
  const std::size_t patch_width = shape.width / columns;
  const auto patch = [&](std::size_t i) {
    const std::size_t r = i / columns, c = i % columns;
    return Block{
        r * patch_height,
        r + 1 == rows ? shape.height : (r + 1) * patch_height,
        c * patch_width,
        c + 1 == columns ? shape.width : (c + 1) * patch_width,
    };
  };
  const std::size_t patches = rows * columns;  // the last input is the blank
  const std::vector<double> scores = margins(
      network, blank, patches + 1, target,
      [&](std::size_t i, float *out) {
        if (i == patches) return Block{};
        copy_block(input, shape, patch(i), out);
        return patch(i);
      },
      effort);
  std::vector<float> grid(patches);
  for (std::size_t i = 0; i < patches; ++i)
    grid[i] = float(scores[i] - scores[patches]);
  Image map =
      resize_bilinear(grid.data(), rows, columns, shape.height, shape.width);
  const double deviation = standard_deviation(map);
  const auto ends = std::minmax_element(grid.begin(), grid.end());
  const bool flat = !(*ends.first < *ends.second) || !(deviation > 0);
  for (std::size_t i = 0; i < map.size(); ++i)
    map.data()[i] = flat ? 0.0f : float(map.data()[i] / deviation);
  return map;
}

}  // namespace sonar::nn
