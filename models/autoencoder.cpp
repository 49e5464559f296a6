/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/autoencoder.h"

#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>

namespace sonar::models {

Autoencoder::Autoencoder(const nn::Network &encoder, std::uint64_t seed)
    : encoder_(encoder),
      random_(at::detail::createCPUGenerator(seed)),
      decoder_({int(encoder.embedding()), int(encoder.input().height),
                int(encoder.input().width), false},
               random_) {}

std::vector<float> Autoencoder::encode(const std::vector<float> &input) const {
  return encoder_.forward(input.data(), 1, nn::Network::Want::kEverything)
      .embedding;
}

Image Autoencoder::decode(const std::vector<float> &embedding) const {
  at::InferenceMode guard;
  const at::Tensor x =
      at::from_blob(const_cast<float *>(embedding.data()),
                    {1, std::int64_t(embedding.size())}, at::kFloat);
  const at::Tensor picture =
      at::sigmoid(decoder_.forward(x, false, random_)).contiguous();
  Image out(encoder_.input().height, encoder_.input().width);
  std::copy_n(picture.data_ptr<float>(), out.size(), out.data());
  return out;
}

at::Tensor Autoencoder::loss(const at::Tensor &embeddings,
                             const at::Tensor &pictures) {
  return at::binary_cross_entropy_with_logits(
      decoder_.forward(embeddings, true, random_), pictures);
}

}  // namespace sonar::models
