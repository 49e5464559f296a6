/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/pooling.h"

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>

namespace sonar::models {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

constexpr std::int64_t kGrain = 16;  // planes a thread takes at least

bool is_ours(const at::Tensor &x) {
  return x.device().is_cpu() && x.scalar_type() == at::kFloat && x.dim() == 4 &&
         x.is_contiguous();
}

/** Calls @p run(plane) for every channel of every picture. */
template <class Run>
void for_planes(const at::Tensor &x, const Run &run) {
  at::parallel_for(0, x.size(0) * x.size(1), kGrain,
                   [&](std::int64_t begin, std::int64_t end) {
                     for (std::int64_t i = begin; i < end; ++i) run(i);
                   });
}

/* LibTorch's rule: the first of equals, the last NaN. */
bool wins(float value, float best) { return value > best || std::isnan(value); }

struct Plane {
  std::int64_t height, width;
  std::int64_t size() const { return height * width; }
};
Plane plane_of(const at::Tensor &x) { return {x.size(2), x.size(3)}; }

void max_row(const float *in, std::int64_t columns, float *out) {
  for (std::int64_t x = 0; x < columns; ++x)
    out[x] = wins(in[2 * x + 1], in[2 * x]) ? in[2 * x + 1] : in[2 * x];
}

void max_two_rows(const float *in, std::int64_t width, std::int64_t columns,
                  float *out) {
  const float *const next = in + width;
  for (std::int64_t x = 0; x < columns; ++x) {
    float best = in[2 * x];
    for (const float value : {in[2 * x + 1], next[2 * x], next[2 * x + 1]})
      best = wins(value, best) ? value : best;
    out[x] = best;
  }
}

at::Tensor maxima(const at::Tensor &x, std::int64_t rows) {
  const Plane from = plane_of(x), to{from.height / rows, from.width / 2};
  const at::Tensor out =
      at::empty({x.size(0), x.size(1), to.height, to.width}, x.options());
  const float *const in = x.data_ptr<float>();
  float *const maxima = out.data_ptr<float>();
  for_planes(x, [&](std::int64_t plane) {
    for (std::int64_t y = 0; y < to.height; ++y) {
      const float *row = in + plane * from.size() + y * rows * from.width;
      float *result = maxima + plane * to.size() + y * to.width;
      if (rows == 1)
        max_row(row, to.width, result);
      else
        max_two_rows(row, from.width, to.width, result);
    }
  });
  return out;
}

/* Adding to 0 makes a gradient of -0 the 0 that LibTorch makes of it. */
void spread_row(const float *in, const float *gradient, std::int64_t columns,
                float *out) {
  for (std::int64_t x = 0; x < columns; ++x) {
    const bool second = wins(in[2 * x + 1], in[2 * x]);
    out[2 * x] = second ? 0.0f : 0.0f + gradient[x];
    out[2 * x + 1] = second ? 0.0f + gradient[x] : 0.0f;
  }
}

void spread_two_rows(const float *in, const float *gradient, std::int64_t width,
                     std::int64_t columns, float *out) {
  const float *const next = in + width;
  float *const below = out + width;
  for (std::int64_t x = 0; x < columns; ++x) {
    const float values[] = {in[2 * x], in[2 * x + 1], next[2 * x],
                            next[2 * x + 1]};
    int best = 0;
    for (int i = 1; i < 4; ++i)
      if (wins(values[i], values[best])) best = i;
    const float g = 0.0f + gradient[x];
    out[2 * x] = best == 0 ? g : 0.0f;
    out[2 * x + 1] = best == 1 ? g : 0.0f;
    below[2 * x] = best == 2 ? g : 0.0f;
    below[2 * x + 1] = best == 3 ? g : 0.0f;
  }
}

at::Tensor spread_maxima(const at::Tensor &x, const at::Tensor &gradient,
                         std::int64_t rows) {
  const Plane from = plane_of(x), to = plane_of(gradient);
  const bool whole =
      from.height == to.height * rows && from.width == to.width * 2;
  const at::Tensor out = whole ? at::empty_like(x) : at::zeros_like(x);
  const float *const in = x.data_ptr<float>();
  const float *const given = gradient.data_ptr<float>();
  float *const spread = out.data_ptr<float>();
  for_planes(x, [&](std::int64_t plane) {
    for (std::int64_t y = 0; y < to.height; ++y) {
      const std::int64_t at = plane * from.size() + y * rows * from.width;
      const float *row = given + plane * to.size() + y * to.width;
      if (rows == 1)
        spread_row(in + at, row, to.width, spread + at);
      else
        spread_two_rows(in + at, row, from.width, to.width, spread + at);
    }
  });
  return out;
}

at::Tensor means(const at::Tensor &x, std::int64_t bands) {
  const Plane from = plane_of(x);
  const std::int64_t rows = from.height / bands, width = from.width;
  const at::Tensor out =
      at::empty({x.size(0), x.size(1), bands, width}, x.options());
  const float *const in = x.data_ptr<float>();
  float *const result = out.data_ptr<float>();
  for_planes(x, [&](std::int64_t plane) {
    for (std::int64_t band = 0; band < bands; ++band) {
      float *const sum = result + (plane * bands + band) * width;
      std::fill_n(sum, width, 0.0f);
      for (std::int64_t y = band * rows; y < (band + 1) * rows; ++y)
        for (std::int64_t i = 0; i < width; ++i)
          sum[i] += in[plane * from.size() + y * width + i];
      for (std::int64_t i = 0; i < width; ++i) sum[i] /= float(rows);
    }
  });
  return out;
}

at::Tensor spread_means(const at::Tensor &gradient, std::int64_t rows) {
  const Plane from = plane_of(gradient);
  const at::Tensor out = at::empty(
      {gradient.size(0), gradient.size(1), from.height * rows, from.width},
      gradient.options());
  const float *const given = gradient.data_ptr<float>();
  float *const spread = out.data_ptr<float>();
  for_planes(gradient, [&](std::int64_t plane) {
    for (std::int64_t y = 0; y < from.height * rows; ++y) {
      const float *row = given + plane * from.size() + y / rows * from.width;
      float *to = spread + plane * from.size() * rows + y * from.width;
      for (std::int64_t i = 0; i < from.width; ++i)
        to[i] = 0.0f + row[i] / float(rows);
    }
  });
  return out;
}

struct MaxPool : Function<MaxPool> {
  static at::Tensor forward(AutogradContext *context, const at::Tensor &x,
                            std::int64_t rows) {
    context->save_for_backward({x});
    context->saved_data["rows"] = rows;
    return maxima(x, rows);
  }
  static variable_list backward(AutogradContext *context,
                                const variable_list &gradient) {
    return {spread_maxima(context->get_saved_variables()[0],
                          gradient[0].contiguous(),
                          context->saved_data["rows"].toInt()),
            {}};
  }
};

struct BandMeans : Function<BandMeans> {
  static at::Tensor forward(AutogradContext *context, const at::Tensor &x,
                            std::int64_t bands) {
    context->saved_data["rows"] = x.size(2) / bands;
    return means(x, bands);
  }
  static variable_list backward(AutogradContext *context,
                                const variable_list &gradient) {
    return {spread_means(gradient[0].contiguous(),
                         context->saved_data["rows"].toInt()),
            {}};
  }
};

}  // namespace

at::Tensor max_pool(const at::Tensor &x, std::int64_t rows) {
  if (!is_ours(x)) return at::max_pool2d(x, {rows, 2});
  return x.requires_grad() ? MaxPool::apply(x, rows) : maxima(x, rows);
}

at::Tensor band_means(const at::Tensor &x, std::int64_t bands) {
  if (!is_ours(x) || x.size(2) % bands != 0)
    return at::adaptive_avg_pool2d(x, {bands, x.size(3)});
  return x.requires_grad() ? BandMeans::apply(x, bands) : means(x, bands);
}

}  // namespace sonar::models
