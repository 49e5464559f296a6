/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/plain_scorecam.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>

#include "bench/figures.h"
#include "models/speccnn.h"

namespace sonar::bench {

struct PlainScoreCam::Impl {
  models::Architecture architecture;
  mutable models::SpecCnn net;
  int height, width;
};

PlainScoreCam::PlainScoreCam(
    const models::Architecture &architecture, int height, int width,
    int classes, const std::map<std::string, models::Tensor> &tensors)
    : impl_(new Impl{
          architecture,
          models::SpecCnn(architecture, height, width, classes, tensors),
          height, width}) {}

PlainScoreCam::~PlainScoreCam() { delete impl_; }

std::vector<float> PlainScoreCam::weights(const std::vector<float> &values,
                                          std::size_t target,
                                          std::size_t batch) const {
  at::InferenceMode guard;
  const auto channels = std::int64_t(impl_->architecture.input_channels);
  const at::Tensor input =
      at::from_blob(const_cast<float *>(values.data()),
                    {1, channels, impl_->height, impl_->width}, at::kFloat);
  const at::Tensor maps = impl_->net.forward(input, false).maps;
  at::Tensor up = at::upsample_bilinear2d(
      maps, {std::int64_t(impl_->height), std::int64_t(impl_->width)}, false);
  const at::Tensor low = up.flatten(2).amin(2).reshape({1, -1, 1, 1}),
                   high = up.flatten(2).amax(2).reshape({1, -1, 1, 1});
  up = (up - low) / (high - low).clamp_min(1e-7);
  const at::Tensor masked = up.squeeze(0).unsqueeze(1) * input;
  std::vector<float> out;
  for (std::int64_t i = 0; i < masked.size(0); i += std::int64_t(batch)) {
    const std::int64_t n = std::min(std::int64_t(batch), masked.size(0) - i);
    const at::Tensor logits =
        impl_->net.forward(masked.narrow(0, i, n), false).logits;
    const at::Tensor p = impl_->architecture.exclusive ? at::softmax(logits, 1)
                                                       : at::sigmoid(logits);
    const at::Tensor column = p.select(1, std::int64_t(target)).contiguous();
    out.insert(out.end(), column.data_ptr<float>(),
               column.data_ptr<float>() + n);
  }
  return out;
}

double gemm_rate(std::size_t size, std::size_t threads) {
  set_torch_threads(threads);
  at::InferenceMode guard;
  const auto n = std::int64_t(size);
  const at::Tensor a = at::rand({n, n}), b = at::rand({n, n});
  double seconds = best_seconds([&] { at::mm(a, b); }, 0.5);
  if (at::hasMKLDNN()) {
    const at::Tensor blocked = a.to_mkldnn(), weight = b.to_mkldnn();
    seconds = std::min(
        seconds,
        best_seconds([&] { at::mkldnn_linear(blocked, weight); }, 0.5));
  }
  return 2.0 * double(size) * double(size) * double(size) / seconds;
}

void set_torch_threads(std::size_t threads) {
  at::set_num_threads(int(threads));
}

}  // namespace sonar::bench
