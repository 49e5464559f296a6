/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/train/trainer.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "models/line_tensors.h"
#include "models/speccnn.h"
#include "models/statistics.h"
#include "models/train/about.h"
#include "models/train/ahead.h"
#include "models/train/augment.h"
#include "models/train/centroids.h"
#include "models/train/checkpoint.h"
#include "models/train/class_model.h"
#include "models/train/descent.h"
#include "models/train/fingerprint.h"
#include "models/train/harmonic_trainer.h"
#include "models/train/line_trainer.h"
#include "models/train/logistic.h"
#include "models/train/optimizer.h"
#include "models/train/validation.h"
#include "sonar/core/error.h"
#include "sonar/nn/input.h"

namespace sonar::models {
namespace {

using nlohmann::json;
using Clock = std::chrono::steady_clock;

// Streams of the seed; epoch e draws from stream e.
constexpr std::uint64_t kDropoutStream = 1u << 30;

// docs/method.md section 2.3
constexpr double kStatisticsPenalty = 0.13, kNetworkShare = 0.3;

void require(bool good, const std::string &what) {
  if (!good) throw Error(Errc::kBadArgument, "cannot train: " + what);
}

void check_options(const Dataset &data, const TrainOptions &o) {
  require(data.labels.size() >= 2 && !data.tiles.empty(),
          "the data set needs two classes with recordings");
  const int height = o.settings.recipe.height();
  const int width = o.settings.recipe.width;
  const Architecture &a = o.settings.architecture;
  const int least = a.network == Architecture::Network::kHarmonics ? 1 : 8;
  require(height >= 16 && width >= least,
          "pictures are " + std::to_string(height) + " rows x " +
              std::to_string(width) + " columns, needed at least 16 x " +
              std::to_string(least));
  require(o.epochs >= 1,
          "epochs is " + std::to_string(o.epochs) + ", needed at least 1");
  require(o.batch_size >= 2, "batch-size is " + std::to_string(o.batch_size) +
                                 ", needed at least 2");
  require(o.subband_masks >= 2 && o.subband_masks % 2 == 0,
          "sub-band masks come in pairs, needed an even number, got " +
              std::to_string(o.subband_masks));
  require(o.clusters >= 0, "clusters is " + std::to_string(o.clusters) +
                               ", needed 0 (the elbow) or more");
  require(o.clusters == 0 || o.cluster != cluster::Method::kDensity,
          "clusters is " + std::to_string(o.clusters) +
              ", but density clustering finds their number by itself: leave "
              "it at 0");
  require(o.validation_fraction >= 0 && o.validation_fraction < 1,
          "the validation fraction needs to be in 0 to below 1");
  require(o.decoder_epochs >= 1, "decoder-epochs is " +
                                     std::to_string(o.decoder_epochs) +
                                     ", needed at least 1");
  require(o.augment_share >= 0 && o.augment_share <= 1,
          "the share of generated tiles is " + std::to_string(o.augment_share) +
              ", needed 0 to 1");
  require(o.settings.recipe.normalizer != Normalizer::kNone,
          "the networks see dB over background, so the recipe needs a "
          "normalizer");
  require(!a.statistics || !a.exclusive,
          "the statistics head gives each class a probability of its own, the "
          "network is to choose one class");
  require(o.settings.mask_recipe != MaskRecipe::kLines ||
              o.settings.recipe.evidence_fft_size > 0,
          "the mask recipe lines needs an evidence-fft-size; set it, or choose "
          "another recipe");
}

/** Found out before the epochs, not after them. */
void check_clusters(const Dataset &data, const Split &split, int clusters) {
  std::vector<int> pictures(data.labels.size(), 0);
  for (const std::size_t i : split.train) ++pictures[data.tiles[i].label];
  for (std::size_t c = 0; c < pictures.size(); ++c)
    require(clusters <= pictures[c], "clusters is " + std::to_string(clusters) +
                                         ", but class " + data.labels[c] +
                                         " has " + std::to_string(pictures[c]) +
                                         " training pictures");
}

std::string fingerprint(const Dataset &data, const TrainOptions &o) {
  const Settings &s = o.settings;
  const Architecture &a = s.architecture;
  const json options = {s.recipe.to_json(),
                        a.input_channels,
                        a.conv_channels,
                        int(a.head),
                        a.dense,
                        a.exclusive,
                        a.statistics,
                        o.epochs,
                        o.batch_size,
                        o.learning_rate,
                        o.weight_decay,
                        o.validation_fraction,
                        o.mix,
                        o.distort,
                        o.equalizer,
                        o.seed,
                        data.labels,
                        o.augment ? o.augment->fingerprint() : "",
                        o.augment ? o.augment_share : 0};
  Fingerprint out;
  out.add(options.dump());
  out.add(data);
  return out.hex();
}

void check_unseen(const Dataset &data, const Split &split,
                  const TileSource &generated) {
  for (const std::size_t i : split.validation) {
    const std::string &group = data.groups[data.tiles[i].group];
    require(generated.groups().count(group) == 0,
            "the generator has learnt from the group \"" + group +
                "\", which is to validate this training; give both the same "
                "data set, validation share and seed");
  }
}

struct Batch {
  at::Tensor inputs, labels;
};

/** Everything that changes while training. */
class Session {
 public:
  Session(const Dataset &data, Split split, const TrainOptions &options,
          const std::atomic<bool> &interrupted)
      : data_(data),
        options_(options),
        interrupted_(interrupted),
        split_(std::move(split)),
        augmenter_(data, split_.train, options),
        net_(options.settings.architecture, height(), width(), classes(),
             options.seed),
        optimizer_(net_.weights(), options.weight_decay),
        fingerprint_(fingerprint(data, options)) {}

  int height() const { return options_.settings.recipe.height(); }
  int width() const { return options_.settings.recipe.width; }
  int classes() const { return int(data_.labels.size()); }
  int epochs_done() const { return epochs_done_; }
  /** Figures of the epochs done, those before an interruption included. */
  const json &history() const { return history_; }
  SpecCnn &net() { return net_; }

  bool resume();
  void save_checkpoint();
  EpochReport run_epoch();
  /** Once the epochs are done, if the architecture has one. */
  void fit_statistics_head();
  std::unique_ptr<nn::Network> inference() const {
    return make_inference_network(options_.settings.architecture, height(),
                                  width(), classes(), net_.to_tensors(), "cpu");
  }

 private:
  Batch draw_batch(synth::Random &random) const;
  at::Tensor loss(const at::Tensor &logits, const at::Tensor &labels) const;

  const Dataset &data_;
  const TrainOptions &options_;
  const std::atomic<bool> &interrupted_;
  Split split_;
  Augmenter augmenter_;
  SpecCnn net_;
  AdamW optimizer_;
  std::string fingerprint_;
  int epochs_done_ = 0;
  json history_ = json::object();
};

/** A ten-thousandth is finer than any plot, and keeps the header short. */
void append_figures(json &history, const EpochReport &epoch, bool validated) {
  const auto add = [&](const char *name, double value) {
    history[name].push_back(std::round(value * 1e4) / 1e4);
  };
  add("loss", epoch.loss);
  add("training_accuracy", epoch.train_accuracy);
  if (validated) add("validation_accuracy", epoch.validation_accuracy);
}

Batch Session::draw_batch(synth::Random &random) const {
  const Architecture &a = options_.settings.architecture;
  const std::int64_t count = options_.batch_size;
  Batch batch{at::empty({count, a.input_channels, height(), width()}),
              at::empty({count, classes()})};
  float *inputs = batch.inputs.data_ptr<float>();
  float *labels = batch.labels.data_ptr<float>();
  for (std::int64_t i = 0; i < count; ++i) {
    const Augmenter::Example one = augmenter_.draw(random);
    inputs = std::copy(one.input.begin(), one.input.end(), inputs);
    labels = std::copy(one.labels.begin(), one.labels.end(), labels);
  }
  return batch;
}

at::Tensor Session::loss(const at::Tensor &logits,
                         const at::Tensor &labels) const {
  if (options_.settings.architecture.exclusive)
    return -(labels * at::log_softmax(logits, 1)).sum(1).mean();
  return at::binary_cross_entropy_with_logits(logits, labels);
}

EpochReport Session::run_epoch() {
  synth::Random random(options_.seed, std::uint64_t(epochs_done_ + 1));
  net_.seed_dropout(synth::mix(options_.seed ^ kDropoutStream) +
                    std::uint64_t(epochs_done_));
  const auto batch_size = std::size_t(options_.batch_size);
  const std::size_t batches =
      (split_.train.size() + batch_size - 1) / batch_size;
  Ahead<Batch> examples(int(batches), [&](int) { return draw_batch(random); });
  double right = 0;
  const Descent descent{net_.weights(), optimizer_, options_.learning_rate,
                        options_.epochs, interrupted_};
  const double mean_loss =
      descent.run_epoch(epochs_done_ + 1, int(batches), [&](int) {
        const Batch batch = examples.next();
        const at::Tensor logits = net_.forward(batch.inputs, true).logits;
        right +=
            logits.argmax(1).eq(batch.labels.argmax(1)).sum().item<double>();
        return loss(logits, batch.labels);
      });
  ++epochs_done_;
  EpochReport out{};
  out.epoch = epochs_done_;
  out.epochs = options_.epochs;
  out.loss = mean_loss;
  out.train_accuracy = right / double(batches * batch_size);
  out.validation_accuracy = accuracy(score_recordings(
      *inference(), data_, options_.settings.recipe, split_.validation));
  append_figures(history_, out, !split_.validation.empty());
  return out;
}

/* Convex and small enough for Newton's method, so it is not trained along
 * with the network, which would stop it anywhere. It learns from the pictures
 * as they are: mixed ones make it worse (docs/method.md section 2.3). */
void Session::fit_statistics_head() {
  const Architecture &a = options_.settings.architecture;
  if (!a.statistics) return;
  const PictureStatistics statistics(height(), width(), a.input_channels);
  const auto count = std::int64_t(split_.train.size());
  std::vector<at::Tensor> features;
  const at::Tensor labels = at::zeros({count, classes()});
  for (std::int64_t i = 0; i < count; ++i) {
    if (interrupted_)
      throw Error(Errc::kResource, "interrupted after the last epoch");
    const Tile &tile = data_.tiles[split_.train[std::size_t(i)]];
    const Decoded picture = decode(tile, options_.settings.recipe);
    std::vector<float> input =
        nn::make_input(picture.value_db, picture.background_db, tile.valid,
                       std::size_t(a.input_channels));
    features.push_back(statistics(
        at::from_blob(input.data(), {1, a.input_channels, height(), width()})));
    labels[i][std::int64_t(tile.label)] = 1;
  }
  std::vector<float> importance = drawing_probabilities(data_, split_.train);
  const LinearHead head = fit_logistic(
      at::cat(features), labels, at::from_blob(importance.data(), {count}),
      kStatisticsPenalty);
  net_.set_statistics_head((1 - kNetworkShare) * head.weight,
                           (1 - kNetworkShare) * head.bias, kNetworkShare);
}

void Session::save_checkpoint() {
  if (options_.checkpoint.empty()) return;
  Bundle bundle{options_.settings, net_.to_tensors()};
  bundle.settings.labels = data_.labels;
  bundle.settings.training_json = json{
      {"checkpoint", fingerprint_},
      {"epochs_done", epochs_done_},
      {"history", history_},
      {"steps", optimizer_.steps}}.dump();
  for (const auto &[name, average] : optimizer_.averages)
    bundle.tensors.merge(to_tensors(name + ".", average));
  write_bundle(options_.checkpoint, bundle);
}

bool Session::resume() {
  if (!std::filesystem::exists(options_.checkpoint)) return false;
  const Bundle bundle = read_bundle(options_.checkpoint);
  const json about = json::parse(bundle.settings.training_json);
  if (about.value("checkpoint", "") != fingerprint_) return false;
  epochs_done_ = about.at("epochs_done").get<int>();
  history_ = about.value("history", json::object());
  optimizer_.steps = about.at("steps").get<std::int64_t>();
  restore(net_.weights(), "net.", bundle.tensors);
  for (auto &[name, average] : optimizer_.averages)
    restore(average, name + ".", bundle.tensors);
  return true;
}

Tensor make_centroid_masks(
    const nn::Network &network, const Dataset &data,
    const std::vector<std::size_t> &tiles, const ClassModel &class_model,
    const TrainOptions &options,
    const std::function<void(const std::string &)> &stage,
    const std::atomic<bool> &interrupted) {
  std::vector<std::vector<float>> centres;
  for (const ClassSummary &summary : class_model.classes)
    centres.push_back(summary.centres);
  CentroidOptions decoder;
  decoder.recipe = options.settings.recipe;
  decoder.epochs = options.decoder_epochs;
  decoder.seed = options.seed;
  return centroid_masks(network, data, tiles, centres, decoder, stage,
                        interrupted);
}

/** The line model, whose thresholds lie at the confidence of one half. */
void add_lines(const Dataset &data, const std::vector<std::size_t> &tiles,
               const TrainOptions &options,
               const std::atomic<bool> &interrupted, Bundle &bundle,
               json &about) {
  const Recipe &recipe = options.settings.recipe;
  const double bin_hz = recipe.evidence_recipe().bin_hz();
  const lines::LineModel model =
      learn_lines(data, tiles, recipe, options.seed, interrupted);
  add_line_tensors(model, bin_hz, bundle.tensors);
  about["lines"] = describe_lines(model, bin_hz, data.labels);
  bundle.settings.min_confidence = 0.5;
  about["min_confidence_rule"] =
      "the evidence that 98.5 % of the training pictures have for their own "
      "class";
}

bool is_harmonic(const TrainOptions &o) {
  return o.settings.architecture.network == Architecture::Network::kHarmonics;
}

TrainedNetwork train_speccnn(
    const Dataset &data, const Split &split, const TrainOptions &options,
    const std::function<void(const EpochReport &)> &report,
    const std::function<void(const std::string &)> &stage,
    const std::atomic<bool> &interrupted) {
  Session session(data, split, options, interrupted);
  const bool resumed = session.resume();
  say_beginning(resumed, session.epochs_done(), options.checkpoint, stage);
  const auto start = Clock::now();
  const int first = session.epochs_done();
  while (session.epochs_done() < options.epochs) {
    EpochReport done = session.run_epoch();
    session.save_checkpoint();
    const std::chrono::duration<double> spent = Clock::now() - start;
    done.seconds_left =
        spent.count() / (done.epoch - first) * (options.epochs - done.epoch);
    if (report) report(done);
  }
  session.fit_statistics_head();
  return {session.net().to_tensors(), session.inference(), session.history()};
}

}  // namespace

Model train_classifier(const Dataset &data,
                       const std::vector<std::size_t> &tiles,
                       const TrainOptions &options,
                       const std::atomic<bool> &interrupted) {
  check_options(data, options);
  TrainedNetwork trained;
  if (is_harmonic(options)) {
    trained = train_harmonics(data, {tiles, {}}, options, {}, interrupted);
  } else {
    Session session(data, {tiles, {}}, options, interrupted);
    while (session.epochs_done() < options.epochs) session.run_epoch();
    session.fit_statistics_head();
    trained.network = session.inference();
  }
  Bundle bundle{options.settings, {}};
  bundle.settings.labels = data.labels;
  if (options.settings.recipe.evidence_fft_size > 0) {
    json ignored;
    add_lines(data, tiles, options, interrupted, bundle, ignored);
  }
  return Model(bundle.settings, std::move(trained.network), bundle.tensors);
}

Bundle train(const Dataset &data, const TrainOptions &options,
             const std::function<void(const EpochReport &)> &report,
             const std::function<void(const std::string &)> &stage,
             const std::atomic<bool> &interrupted) {
  check_options(data, options);
  const Split split =
      split_by_group(data, options.validation_fraction, options.seed);
  if (options.augment) check_unseen(data, split, *options.augment);
  check_clusters(data, split, options.clusters);
  TrainedNetwork trained =
      is_harmonic(options)
          ? train_harmonics(data, split, options, report, interrupted)
          : train_speccnn(data, split, options, report, stage, interrupted);

  const ClassModel class_model = build_class_model(
      *trained.network, data, split.train,
      {options.settings.recipe, options.subband_masks, options.seed,
       options.cluster, std::size_t(options.clusters)},
      stage, interrupted);
  Bundle bundle{options.settings, std::move(trained.tensors)};
  bundle.tensors.insert(class_model.tensors.begin(), class_model.tensors.end());
  if (options.centroids)
    bundle.tensors["class.mask_centroids"] =
        make_centroid_masks(*trained.network, data, split.train, class_model,
                            options, stage, interrupted);
  bundle.settings.labels = data.labels;
  json about = about_training(data, options);
  about["history"] = trained.history;
  if (options.settings.recipe.evidence_fft_size > 0) {
    if (stage) stage("lines of every class");
    add_lines(data, split.train, options, interrupted, bundle, about);
  }
  const Model model(bundle.settings, std::move(trained.network),
                    without_networks(bundle.tensors));
  const auto scores = score_recordings(model, data, split.validation);
  if (!scores.empty())
    about["validation"] = validation_figures(scores, data.labels);
  if (!scores.empty() && is_harmonic(options)) {
    bundle.settings.min_confidence = median_confidence(scores);
    about["min_confidence_rule"] =
        "median confidence in validation recordings: the half that the model "
        "is less sure of is not named";
  } else if (!scores.empty() &&
             options.settings.recipe.evidence_fft_size == 0) {
    bundle.settings.min_confidence = choose_min_confidence(scores);
    about["min_confidence_rule"] =
        "smallest confidence from which on validation recordings are right "
        "90 % of the time, within 0.5 to 0.9";
  }
  if (options.augment)
    about["augment"] = {{"generator", options.augment->fingerprint()},
                        {"share", options.augment_share}};
  about["class_model"] =
      class_model_figures(class_model, data, options.cluster);
  bundle.settings.training_json = about.dump();
  return bundle;
}

}  // namespace sonar::models
