/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/train/centroids.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "models/autoencoder.h"
#include "models/synth/random.h"
#include "models/train/augment.h"
#include "models/train/optimizer.h"
#include "sonar/core/error.h"
#include "sonar/nn/input.h"
#include "sonar/nn/scorecam.h"

namespace sonar::models {
namespace {

constexpr std::uint64_t kWeightStream = 1u << 27, kOrderStream = 1u << 26;

struct Examples {
  at::Tensor embeddings, pictures;  // N x embedding; N x 1 x height x width
};

Examples encode(const Autoencoder &autoencoder, const nn::Network &network,
                const Dataset &data, const std::vector<std::size_t> &tiles,
                const Recipe &recipe) {
  const nn::Shape in = network.input();
  const auto count = std::int64_t(tiles.size());
  Examples out{
      at::empty({count, std::int64_t(network.embedding())}),
      at::empty({count, 1, std::int64_t(in.height), std::int64_t(in.width)})};
  float *embeddings = out.embeddings.data_ptr<float>();
  float *pictures = out.pictures.data_ptr<float>();
  for (const std::size_t i : tiles) {
    const Decoded picture = decode(data.tiles[i], recipe);
    const std::vector<float> input =
        nn::make_input(picture.value_db, picture.background_db,
                       data.tiles[i].valid, in.channels);
    const std::vector<float> embedding = autoencoder.encode(input);
    embeddings = std::copy(embedding.begin(), embedding.end(), embeddings);
    pictures = std::copy_n(input.begin(), in.height * in.width, pictures);
  }
  return out;
}

/** Fisher and Yates. */
void shuffle(std::vector<std::int64_t> &order, synth::Random &random) {
  for (std::size_t i = order.size(); i > 1; --i)
    std::swap(order[i - 1], order[std::size_t(random.below(int(i)))]);
}

void fit(Autoencoder &autoencoder, const Examples &examples,
         const CentroidOptions &options, const std::atomic<bool> &interrupted) {
  AdamW optimizer(autoencoder.weights(), 0);
  const std::int64_t count = examples.embeddings.size(0);
  const std::int64_t batch = std::min<std::int64_t>(options.batch_size, count);
  std::vector<std::int64_t> order(std::size_t(count), 0);
  std::iota(order.begin(), order.end(), 0);
  for (int epoch = 0; epoch < options.epochs; ++epoch) {
    synth::Random random(options.seed ^ kOrderStream, std::uint64_t(epoch));
    shuffle(order, random);
    // a rest of fewer than a batch waits for the next epoch's order
    for (std::int64_t at = 0; at + batch <= count; at += batch) {
      if (interrupted)
        throw Error(Errc::kResource, "interrupted while training the decoder");
      const at::Tensor chosen =
          at::from_blob(order.data() + at, {batch}, at::kLong);
      const at::Tensor loss =
          autoencoder.loss(examples.embeddings.index_select(0, chosen),
                           examples.pictures.index_select(0, chosen));
      loss.backward();
      optimizer.step(autoencoder.weights(), options.learning_rate);
      if (!std::isfinite(loss.item<double>()))
        throw Error(Errc::kNumeric,
                    "the decoder's training diverged in epoch " +
                        std::to_string(epoch + 1) + ": its loss is not finite");
    }
  }
}

/** The network's input for a decoded picture. */
std::vector<float> as_input(Image picture, std::size_t channels) {
  for (std::size_t i = 0; i < picture.size(); ++i)
    picture.data()[i] *= nn::kInputRangeDb;
  const Image flat(picture.height(), picture.width());
  return nn::make_input(picture, flat, {0, picture.width()}, channels);
}

}  // namespace

Tensor centroid_masks(const nn::Network &network, const Dataset &data,
                      const std::vector<std::size_t> &tiles,
                      const std::vector<std::vector<float>> &centres,
                      const CentroidOptions &options,
                      const std::function<void(const std::string &)> &stage,
                      const std::atomic<bool> &interrupted) {
  if (options.epochs < 1 || options.batch_size < 2)
    throw Error(Errc::kBadArgument,
                "cannot train the decoder for " +
                    std::to_string(options.epochs) + " epochs in batches of " +
                    std::to_string(options.batch_size) +
                    ", needed at least 1 epoch and a batch of 2");
  if (stage) stage("decoder of the centroids");
  Autoencoder autoencoder(network, synth::mix(options.seed ^ kWeightStream));
  fit(autoencoder, encode(autoencoder, network, data, tiles, options.recipe),
      options, interrupted);

  const nn::Shape in = network.input();
  Tensor out{{std::int64_t(centres.size()), std::int64_t(in.height),
              std::int64_t(in.width)},
             {}};
  for (std::size_t c = 0; c < centres.size(); ++c) {
    if (stage) stage("centroid mask of " + data.labels[c]);
    std::vector<std::vector<float>> inputs;
    const std::size_t size = network.embedding();
    for (std::size_t at = 0; at < centres[c].size(); at += size)
      inputs.push_back(as_input(
          autoencoder.decode({centres[c].begin() + std::ptrdiff_t(at),
                              centres[c].begin() + std::ptrdiff_t(at + size)}),
          in.channels));
    const Image mask = nn::mean_score_cam(network, inputs, c);
    out.values.insert(out.values.end(), mask.data(), mask.data() + mask.size());
  }
  return out;
}

}  // namespace sonar::models
