/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/train/harmonic_trainer.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "models/harmonic_network.h"
#include "models/train/augment.h"
#include "models/train/descent.h"
#include "models/train/modulation_noise.h"
#include "models/train/optimizer.h"
#include "models/train/validation.h"
#include "models/weights.h"
#include "sonar/core/error.h"
#include "sonar/nn/harmonic_features.h"
#include "sonar/nn/input.h"

namespace sonar::models {
namespace {

using nn::HarmonicFeatures;

constexpr int kAsTheyAre = 2, kOneColumn = 3, kColumns = 5;  // copies
constexpr double kFewestTransforms = 3, kMostTransforms = 40;
constexpr double kInputDropped = 0.2, kDropped = 0.4, kFeatureNoise = 0.3;
constexpr double kLargest = 4;  // standard deviations of a feature

std::vector<float> features_of(const Tile &tile, const Recipe &recipe,
                               const HarmonicFeatures &features) {
  const Decoded picture = decode(tile, recipe);
  const std::vector<float> input =
      nn::make_input(picture.value_db, picture.background_db, tile.valid, 2);
  std::vector<float> out(HarmonicFeatures::kSize);
  features.compute(input.data(), out.data());
  return out;
}

/** @p tile as the trainer shows it. */
std::vector<Tile> copies_of(const Tile &tile, const TrainOptions &options,
                            synth::Random &random) {
  const Recipe &recipe = options.settings.recipe;
  std::vector<Tile> out(options.distort ? kAsTheyAre : 1, tile);
  if (!options.distort) return out;
  for (int i = 0; i < kOneColumn; ++i)
    out.push_back(seen_again(
        tile, recipe, 1,
        int(random.log_uniform(kFewestTransforms, kMostTransforms)), random));
  for (int i = 0; i < kColumns; ++i)
    out.push_back(seen_again(tile, recipe, 1 + random.below(recipe.width),
                             recipe.average, random));
  return out;
}

/** Classes alike, groups ~ root of their size; sums to 1. */
std::vector<float> draw_shares(const Dataset &data,
                               const std::vector<std::size_t> &tiles) {
  std::map<std::pair<std::size_t, std::size_t>, std::size_t> sizes;
  const auto key = [&](std::size_t i) {
    return std::make_pair(data.tiles[i].label, data.tiles[i].group);
  };
  for (const std::size_t i : tiles) ++sizes[key(i)];
  std::map<std::size_t, double> of_class;
  for (const auto &[of, size] : sizes)
    of_class[of.first] += std::sqrt(double(size));
  std::vector<float> out;
  for (const std::size_t i : tiles)
    out.push_back(float(1 / std::sqrt(double(sizes.at(key(i)))) /
                        of_class.at(data.tiles[i].label) /
                        double(of_class.size())));
  return out;
}

/** Examples x features, their labels (one-hot) and how likely each is drawn. */
struct Examples {
  at::Tensor features, labels, shares;
};

Examples make_examples(const Dataset &data,
                       const std::vector<std::size_t> &tiles,
                       const TrainOptions &options,
                       const std::atomic<bool> &interrupted) {
  const HarmonicFeatures features(options.settings.recipe);
  const std::vector<float> share = draw_shares(data, tiles);
  std::vector<float> rows, shares;
  std::vector<std::int64_t> labels;
  for (std::size_t t = 0; t < tiles.size(); ++t) {
    if (interrupted)
      throw Error(Errc::kResource, "interrupted before the first epoch");
    // a tile's own stream: what is drawn does not depend on the others
    synth::Random random(options.seed, (1u << 20) + tiles[t]);
    for (const Tile &copy : copies_of(data.tiles[tiles[t]], options, random)) {
      const auto row = features_of(copy, options.settings.recipe, features);
      rows.insert(rows.end(), row.begin(), row.end());
      shares.push_back(share[t]);
      labels.push_back(std::int64_t(copy.label));
    }
  }
  const auto count = std::int64_t(labels.size());
  Examples out;
  out.features =
      at::from_blob(rows.data(), {count, std::int64_t(HarmonicFeatures::kSize)})
          .clone();
  out.labels = at::zeros({count, std::int64_t(data.labels.size())});
  for (std::int64_t i = 0; i < count; ++i)
    out.labels[i][labels[std::size_t(i)]] = 1;
  out.shares = at::from_blob(shares.data(), {count}).clone();
  out.shares /= out.shares.sum();
  return out;
}

class Session {
 public:
  Session(const Dataset &data, const Split &split, const TrainOptions &options,
          const std::atomic<bool> &interrupted)
      : data_(data),
        split_(split),
        options_(options),
        interrupted_(interrupted),
        generator_(at::detail::createCPUGenerator(options.seed)),
        examples_(make_examples(data, split.train, options, interrupted)),
        weights_(fresh(examples_)),
        optimizer_(weights_, options.weight_decay) {
    seen_ = ((examples_.features - weights_.at("mean")) / weights_.at("scale"))
                .clamp(-kLargest, kLargest);
  }

  EpochReport run_epoch(int epoch);
  std::map<std::string, Tensor> tensors() const {
    return to_tensors("net.", weights_);
  }
  std::unique_ptr<nn::Network> inference() const {
    return make_harmonic_network(options_.settings, data_.labels.size(),
                                 tensors());
  }

 private:
  Weights fresh(const Examples &examples);
  at::Tensor draw(at::Tensor &labels);
  at::Tensor dropout(const at::Tensor &x, double dropped);
  at::Tensor forward(at::Tensor x);

  const Dataset &data_;
  const Split &split_;
  const TrainOptions &options_;
  const std::atomic<bool> &interrupted_;
  at::Generator generator_;
  Examples examples_;
  Weights weights_;
  AdamW optimizer_;
  at::Tensor seen_;  ///< features as the layers see them
};

Weights Session::fresh(const Examples &examples) {
  Weights out;
  for (const auto &[name, shape] :
       harmonic_layout(options_.settings.architecture, data_.labels.size())) {
    at::Tensor w = at::zeros(shape);
    if (name.find(".weight") != name.npos)
      w.normal_(0, std::sqrt(2.0 / double(shape.back())), generator_);
    if (name.find('.') != name.npos) w.set_requires_grad(true);
    out[name] = w;
  }
  const at::Tensor shares = examples.shares.unsqueeze(1);
  out.at("mean") = (examples.features * shares).sum(0);
  const at::Tensor square =
      ((examples.features - out.at("mean")).square() * shares).sum(0);
  // a feature that never changes says nothing, whatever it is divided by
  out.at("scale") =
      at::where(square > 1e-12, square, at::ones_like(square)).sqrt();
  return out;
}

at::Tensor Session::dropout(const at::Tensor &x, double dropped) {
  return x * at::empty(x.sizes()).bernoulli_(1 - dropped, generator_) /
         (1 - dropped);
}

/** members x batch x features; @p labels: members x batch x classes. */
at::Tensor Session::draw(at::Tensor &labels) {
  const std::int64_t members = options_.settings.architecture.members,
                     batch = options_.batch_size;
  const auto pick = [&] {
    return at::multinomial(examples_.shares, members * batch, true, generator_);
  };
  const auto take = [&](const at::Tensor &from, const at::Tensor &which) {
    return from.index_select(0, which).reshape({members, batch, -1});
  };
  const at::Tensor one = pick();
  at::Tensor x = take(seen_, one);
  labels = take(examples_.labels, one);
  if (!options_.mix) return x;
  const at::Tensor other = pick();
  // its distribution is Beta(1/2, 1/2)
  const at::Tensor share =
      (1 - at::cos(M_PI *
                   at::empty({members, batch, 1}).uniform_(0, 1, generator_))) /
      2;
  labels = share * labels + (1 - share) * take(examples_.labels, other);
  return share * x + (1 - share) * take(seen_, other);
}

at::Tensor Session::forward(at::Tensor x) {
  x = x + kFeatureNoise * at::empty(x.sizes()).normal_(0, 1, generator_);
  x = dropout(x, kInputDropped);
  const auto layer = [&](const std::string &name) {
    return at::baddbmm(weights_.at(name + ".bias"), x,
                       weights_.at(name + ".weight").transpose(1, 2));
  };
  for (const char *name : {"dense1", "dense2"})
    x = dropout(at::relu(layer(name)), kDropped);
  return layer("out");
}

EpochReport Session::run_epoch(int epoch) {
  const std::int64_t count = seen_.size(0), batch = options_.batch_size;
  const auto batches = int((count + batch - 1) / batch);
  double right = 0;
  const Descent descent{weights_, optimizer_, options_.learning_rate,
                        options_.epochs, interrupted_};
  EpochReport out{};
  out.loss = descent.run_epoch(epoch, batches, [&](int) {
    at::Tensor labels;
    const at::Tensor x = draw(labels);
    const at::Tensor logits = forward(x);
    right += logits.argmax(2).eq(labels.argmax(2)).sum().item<double>();
    // a sum over the members, each of which descends on its own
    return -(labels * at::log_softmax(logits, 2)).sum(2).mean(1).sum();
  });
  const int members = options_.settings.architecture.members;
  out.loss /= members;
  out.epoch = epoch;
  out.epochs = options_.epochs;
  out.train_accuracy = right / double(batches * batch * members);
  out.validation_accuracy = accuracy(score_recordings(
      *inference(), data_, options_.settings.recipe, split_.validation));
  return out;
}

double rounded(double v) { return std::round(v * 1e4) / 1e4; }

}  // namespace

TrainedNetwork train_harmonics(
    const Dataset &data, const Split &split, const TrainOptions &options,
    const std::function<void(const EpochReport &)> &report,
    const std::atomic<bool> &interrupted) {
  Session session(data, split, options, interrupted);
  TrainedNetwork out;
  const auto start = std::chrono::steady_clock::now();
  for (int epoch = 1; epoch <= options.epochs; ++epoch) {
    EpochReport done = session.run_epoch(epoch);
    out.history["loss"].push_back(rounded(done.loss));
    out.history["training_accuracy"].push_back(rounded(done.train_accuracy));
    if (!split.validation.empty())
      out.history["validation_accuracy"].push_back(
          rounded(done.validation_accuracy));
    const std::chrono::duration<double> spent =
        std::chrono::steady_clock::now() - start;
    done.seconds_left = spent.count() / epoch * (options.epochs - epoch);
    if (report) report(done);
  }
  out.tensors = session.tensors();
  out.network = session.inference();
  return out;
}

}  // namespace sonar::models
