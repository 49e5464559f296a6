/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/nn/conv_stack.h"

#include <algorithm>
#include <string>

#include "sonar/core/error.h"
#include "sonar/nn/kernels/kernels.h"

namespace sonar::nn {
namespace {

std::size_t padded(std::size_t channels) {
  const std::size_t unit = kernels::kChannels;
  return (channels + unit - 1) / unit * unit;
}

/** out x in x rows x columns to out x (rows, columns, in with padding): a
 *  window as it lies in memory. */
std::vector<float> interleave(const ConvLayer &layer, std::size_t in) {
  const std::size_t window = layer.rows * layer.columns * in;
  std::vector<float> out(layer.out * window);
  for (std::size_t o = 0; o < layer.out; ++o)
    for (std::size_t i = 0; i < layer.in; ++i)
      for (std::size_t t = 0; t < layer.rows * layer.columns; ++t)
        out[o * window + t * in + i] =
            layer.weight[(o * layer.in + i) * layer.rows * layer.columns + t];
  return out;
}

/** G g of F(4, 3): three rows of a window to six, each with the taps of a row.
 *  @p weight: out x (3 rows, @p run). Gives six times out x run. */
std::vector<float> winograd_rows(const std::vector<float> &weight,
                                 std::size_t out, std::size_t run) {
  static constexpr double kTransform[6][3] = {{1.0 / 4, 0, 0},
                                              {-1.0 / 6, -1.0 / 6, -1.0 / 6},
                                              {-1.0 / 6, 1.0 / 6, -1.0 / 6},
                                              {1.0 / 24, 1.0 / 12, 1.0 / 6},
                                              {1.0 / 24, -1.0 / 12, 1.0 / 6},
                                              {0, 0, 1}};
  std::vector<float> rows;
  for (const auto &t : kTransform)
    for (std::size_t o = 0; o < out; ++o)
      for (std::size_t k = 0; k < run; ++k) {
        const float *const w = weight.data() + o * 3 * run + k;
        rows.push_back(float(t[0] * w[0] + t[1] * w[run] + t[2] * w[2 * run]));
      }
  return rows;
}

/** Where the sums of rows cost less than the products they save. */
bool suits_winograd(const ConvLayer &layer, std::size_t channels) {
  return layer.rows == 3 && channels >= kernels::kChannels;
}

void require(const ConvLayer &layer, std::size_t channels, std::size_t width) {
  const std::size_t taps = layer.rows * layer.columns;
  if (layer.in == channels && layer.out > 0 && layer.rows % 2 == 1 &&
      layer.columns % 2 == 1 && layer.bias.size() == layer.out &&
      layer.weight.size() == layer.out * layer.in * taps && width > 0)
    return;
  throw Error(
      Errc::kBadArgument,
      "a convolution of " + std::to_string(layer.out) + " x " +
          std::to_string(layer.in) + " channels and " +
          std::to_string(layer.rows) + " x " + std::to_string(layer.columns) +
          " taps with " + std::to_string(layer.weight.size()) +
          " weights and " + std::to_string(layer.bias.size()) +
          " biases does not take " + std::to_string(channels) +
          " channels of " + std::to_string(width) +
          " columns; needed odd kernels, out x in x rows x columns weights and "
          "a bias per output");
}

}  // namespace

AlignedVector<float> pack_weights(const float *weight, std::size_t out,
                                  std::size_t window) {
  AlignedVector<float> packed;
  const std::size_t all = padded(out);
  packed.reserve(all * window);
  for (std::size_t first = 0; first < all;) {
    const std::size_t block = kernels::best().block(all - first);
    for (std::size_t k = 0; k < window; ++k)
      for (std::size_t o = first; o < first + block; ++o)
        packed.push_back(o < out ? weight[o * window + k] : 0.0f);
    first += block;
  }
  return packed;
}

std::size_t ConvStack::Plane::size() const {
  // the last group of Winograd's rows may be less than whole
  const std::size_t rows = height + 2 * pad_rows + kernels::kWinogradOut - 1;
  return rows * row_step() + kernels::kOverrun * channels;
}

ConvStack::ConvStack(const Shape &input, const std::vector<ConvLayer> &layers)
    : input_(input), output_(input) {
  planes_.push_back({input.height, input.width, input.channels, 0, 0});
  for (const ConvLayer &layer : layers) {
    require(layer, output_.channels, output_.width);
    Plane &from = planes_.back();
    from.pad_rows = layer.rows / 2;
    from.pad_columns = layer.columns / 2;
    Layer made{layer.rows,
               layer.columns,
               padded(layer.out),
               layer.pool,
               suits_winograd(layer, from.channels),
               {},
               layer.bias};
    const std::vector<float> weight = interleave(layer, from.channels);
    const std::size_t run = layer.columns * from.channels;
    if (made.winograd) {
      const auto rows = winograd_rows(weight, layer.out, run);
      for (std::size_t k = 0; k < kernels::kWinogradIn; ++k) {
        const auto packed =
            pack_weights(rows.data() + k * layer.out * run, layer.out, run);
        made.weight.insert(made.weight.end(), packed.begin(), packed.end());
      }
    } else {
      made.weight = pack_weights(weight.data(), layer.out, layer.rows * run);
    }
    made.bias.resize(made.out);
    flops_ += 2.0 * double(layer.weight.size() * from.height * from.width);
    output_.channels = layer.out;
    if (layer.pool) output_.width /= 2;
    planes_.push_back({output_.height, output_.width, made.out, 0, 0});
    layers_.push_back(std::move(made));
  }
  if (output_.width == 0)
    throw Error(Errc::kBadArgument,
                "a picture of " + std::to_string(input.width) +
                    " columns is gone after pooling; needed more columns");
}

double ConvStack::flops() const noexcept { return flops_; }

ConvStack::Workspace ConvStack::make_workspace() const {
  Workspace w;
  for (const Plane &plane : planes_) w.planes_.emplace_back(plane.size());
  return w;
}

const float *ConvStack::output_row(const Workspace &w, std::size_t row) const {
  return w.planes_.back().data() + planes_.back().at(row, 0);
}

void ConvStack::take(const float *input, const Block &where,
                     Workspace &w) const {
  const Plane &plane = planes_.front();
  for (std::size_t c = 0; c < input_.channels; ++c)
    for (std::size_t y = where.row_begin; y < where.row_end; ++y) {
      const float *from = input + (c * input_.height + y) * input_.width;
      float *to = w.planes_.front().data() + plane.at(y, 0) + c;
      for (std::size_t x = where.column_begin; x < where.column_end; ++x)
        to[x * plane.channels] = from[x];
    }
}

/** What a change of @p where before layer @p i changes after it. */
Block ConvStack::reached(std::size_t i, const Block &where) const {
  const Layer &layer = layers_[i];
  const Plane &from = planes_[i], &to = planes_[i + 1];
  const auto less = [](std::size_t a, std::size_t b) {
    return a > b ? a - b : 0;
  };
  const std::size_t up = layer.rows / 2, side = layer.columns / 2;
  Block out{less(where.row_begin, up),
            std::min(where.row_end + up, from.height),
            less(where.column_begin, side),
            std::min(where.column_end + side, from.width)};
  if (layer.winograd) {  // a group's rows round together
    const std::size_t step = kernels::kWinogradOut;
    out.row_begin = out.row_begin / step * step;
    out.row_end = std::min((out.row_end + step - 1) / step * step, from.height);
  }
  if (!layer.pool) return out;
  out.column_begin /= 2;
  out.column_end = std::min((out.column_end + 1) / 2, to.width);
  return out;
}

/** Computes the block @p where of the plane after layer @p i. */
void ConvStack::layer(std::size_t i, const Block &where, Workspace &w) const {
  if (where.column_begin >= where.column_end) return;
  layers_[i].winograd ? winograd(i, where, w) : direct(i, where, w);
}

/* Groups of four rows lie where they lie whatever the block: reached() has
 * whole ones. */
void ConvStack::winograd(std::size_t i, const Block &where,
                         Workspace &w) const {
  const Layer &layer = layers_[i];
  const Plane &from = planes_[i], &to = planes_[i + 1];
  const std::size_t shrink = layer.pool ? 2 : 1;
  const std::size_t pixels = (where.column_end - where.column_begin) * shrink;
  const std::size_t run = layer.columns * from.channels;
  const std::size_t count = (pixels + layer.columns - 1) * from.channels;
  const std::size_t row = count + kernels::kOverrun * from.channels;
  w.rows_.resize(std::max(w.rows_.size(), kernels::kWinogradIn * row));
  w.products_.resize(
      std::max(w.products_.size(), kernels::kWinogradIn * pixels * layer.out));
  kernels::Rows rows{};
  rows.step = from.channels;
  rows.window_rows = 1;
  rows.window_run = run;
  rows.channels = layer.out;
  rows.pixels = pixels;
  rows.out_step = layer.out;
  const float *const in =
      w.planes_[i].data() + where.column_begin * shrink * from.channels;
  const std::size_t step = kernels::kWinogradOut;
  for (std::size_t y = where.row_begin; y < where.row_end; y += step) {
    kernels::best().winograd_input({in + y * from.row_step(), from.row_step(),
                                    count, w.rows_.data(), row});
    for (std::size_t k = 0; k < kernels::kWinogradIn; ++k) {
      rows.in = w.rows_.data() + k * row;
      rows.weights = layer.weight.data() + k * run * layer.out;
      rows.out = w.products_.data() + k * pixels * layer.out;
      kernels::best().rows(rows);
    }
    kernels::best().winograd_output(
        {w.products_.data(), layer.bias.data(), layer.out, pixels,
         std::min(step, to.height - y), layer.pool,
         w.planes_[i + 1].data() + to.at(y, where.column_begin),
         to.row_step()});
  }
}

void ConvStack::direct(std::size_t i, const Block &where, Workspace &w) const {
  const Layer &layer = layers_[i];
  const Plane &from = planes_[i], &to = planes_[i + 1];
  const std::size_t shrink = layer.pool ? 2 : 1;
  kernels::Rows rows{};
  rows.step = from.channels;
  rows.row_stride = from.row_step();
  rows.window_rows = layer.rows;
  rows.window_run = layer.columns * from.channels;
  rows.weights = layer.weight.data();
  rows.bias = layer.bias.data();
  rows.channels = layer.out;
  rows.pixels = (where.column_end - where.column_begin) * shrink;
  rows.relu = true;
  rows.pool = layer.pool;
  rows.out_step = to.channels;
  // the window's corner: the padding of `from` is half the kernel
  const float *in =
      w.planes_[i].data() + where.column_begin * shrink * from.channels;
  for (std::size_t y = where.row_begin; y < where.row_end; ++y) {
    rows.in = in + y * from.row_step();
    rows.out = w.planes_[i + 1].data() + to.at(y, where.column_begin);
    kernels::best().rows(rows);
  }
}

void ConvStack::run(const float *input, Workspace &w) const {
  run_near(input, {0, input_.height, 0, input_.width}, w);
}

void ConvStack::run_near(const float *input, const Block &where,
                         Workspace &w) const {
  take(input, where, w);
  Block block = where;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    block = reached(i, block);
    layer(i, block, w);
  }
}

void ConvStack::restore(const Workspace &base, const Block &where,
                        Workspace &w) const {
  Block block = where;
  for (std::size_t i = 0; i < planes_.size(); ++i) {
    if (i > 0) block = reached(i - 1, block);
    if (block.column_begin >= block.column_end) return;
    const Plane &plane = planes_[i];
    for (std::size_t y = block.row_begin; y < block.row_end; ++y) {
      const std::size_t begin = plane.at(y, block.column_begin);
      std::copy_n(base.planes_[i].data() + begin,
                  (block.column_end - block.column_begin) * plane.channels,
                  w.planes_[i].data() + begin);
    }
  }
}

}  // namespace sonar::nn
