/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/train/wgan_trainer.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>

#include "models/train/augment.h"
#include "models/train/checkpoint.h"
#include "models/train/fingerprint.h"
#include "models/train/optimizer.h"
#include "models/wgan.h"
#include "sonar/core/error.h"
#include "sonar/nn/input.h"

namespace sonar::models {
namespace {

using nlohmann::json;
using Clock = std::chrono::steady_clock;

// Streams of the seed besides the epochs' own.
constexpr std::uint64_t kWeightStream = 1u << 29, kNoiseStream = 1u << 28;
constexpr int kJudged = 100;  // real and generated tiles an epoch is judged by
constexpr std::size_t kWindow = 10;  // epochs
constexpr double kFlat = 0.02, kFallen = 0.9, kNearHalf = 0.05;
constexpr std::int64_t kCurves = 5;

void require(bool good, const std::string &what) {
  if (!good) throw Error(Errc::kBadArgument, "cannot train a GAN: " + what);
}

void require_at_least(int value, int least, const std::string &name) {
  require(value >= least, name + " is " + std::to_string(value) +
                              ", needed at least " + std::to_string(least));
}

void check_options(const Dataset &data, const GanOptions &o) {
  require(data.labels.size() >= 2 && !data.tiles.empty(),
          "the data set needs two classes with recordings");
  require_at_least(o.epochs, 1, "epochs");
  require_at_least(o.batch_size, 2, "batch-size");
  require_at_least(o.latent, 1, "latent");
  require_at_least(o.critic_steps, 1, "critic-steps");
  require(o.learning_rate > 0, "the learning rate needs to be above 0");
  require(o.clip > 0, "the clipping limit needs to be above 0");
  require(o.penalty >= 0, "the gradient penalty needs to be 0 or more");
  require(o.validation_fraction >= 0 && o.validation_fraction < 1,
          "the validation fraction needs to be in 0 to below 1");
  require(o.settings.recipe.normalizer != Normalizer::kNone,
          "tiles are dB over background, so the recipe needs a normalizer");
}

std::string fingerprint(const Dataset &data, const GanOptions &o) {
  const json options = {o.settings.recipe.to_json(),
                        nick(o.variant),
                        o.epochs,
                        o.batch_size,
                        o.latent,
                        o.critic_steps,
                        o.learning_rate,
                        o.clip,
                        o.penalty,
                        o.pixel_noise,
                        o.spectral_norm,
                        o.stop,
                        o.validation_fraction,
                        o.seed,
                        data.labels};
  Fingerprint out;
  out.add(options.dump());
  out.add(data);
  return out.hex();
}

std::unique_ptr<Optimizer> make_optimizer(GanVariant variant,
                                          const Weights &weights) {
  switch (variant) {
    case GanVariant::kClip:
      return std::make_unique<RmsProp>(weights);
    case GanVariant::kGp:
      return std::make_unique<AdamW>(weights, 0, 0, 0.9);
    case GanVariant::kBce:
      break;
  }
  return std::make_unique<AdamW>(weights, 0, 0.5, 0.999);
}

struct Batch {
  at::Tensor tiles, classes;  // N x 1 x height x width; N x classes
};

double mean(const std::vector<float> &values) {
  return std::accumulate(values.begin(), values.end(), 0.0) /
         double(values.size());
}

double window_mean(const std::vector<GanEpoch> &history, std::size_t end,
                   GanVariant variant) {
  double sum = 0;
  for (std::size_t i = end - kWindow; i < end; ++i)
    sum += variant == GanVariant::kBce
               ? (history[i].accuracy_real + history[i].accuracy_generated) / 2
               : history[i].distance;
  return sum / double(kWindow);
}

/** Everything that changes while training. */
class Session {
 public:
  Session(const Dataset &data, const GanOptions &options,
          const std::atomic<bool> &interrupted)
      : data_(data),
        options_(options),
        interrupted_(interrupted),
        split_(split_by_group(data, options.validation_fraction, options.seed)),
        augmenter_(data, split_.train, augmenter_options(options)),
        random_(at::detail::createCPUGenerator(
            synth::mix(options.seed ^ kWeightStream))),
        generator_({options.latent + classes(), height(), width(),
                    options.pixel_noise},
                   random_),
        critic_({height(), width(), classes(), options.spectral_norm}, random_),
        generator_steps_(make_optimizer(options.variant, generator_.weights())),
        critic_steps_(make_optimizer(options.variant, critic_.weights())),
        fingerprint_(fingerprint(data, options)) {}

  const std::vector<GanEpoch> &history() const { return history_; }
  bool finished() const {
    return int(history_.size()) >= options_.epochs || converged();
  }
  bool converged() const {
    return options_.stop && gan_has_converged(history_, options_.variant);
  }
  bool resume();
  void save_checkpoint();
  GanEpoch run_epoch();
  Bundle result();

 private:
  static TrainOptions augmenter_options(const GanOptions &options) {
    TrainOptions out;
    out.settings.recipe = options.settings.recipe;
    return out;
  }
  int height() const { return options_.settings.recipe.height(); }
  int width() const { return options_.settings.recipe.width; }
  int classes() const { return int(data_.labels.size()); }

  Batch draw_real(std::int64_t count, synth::Random &random) const;
  at::Tensor generate(const at::Tensor &classes, bool training);
  double critic_step(const Batch &real);
  double generator_step(const at::Tensor &classes);
  GanEpoch judge_epoch(synth::Random &random);
  void check(double loss) const;
  Tensor curves() const;

  const Dataset &data_;
  const GanOptions &options_;
  const std::atomic<bool> &interrupted_;
  Split split_;
  Augmenter augmenter_;
  at::Generator random_;
  TileDecoder generator_;
  Critic critic_;
  std::unique_ptr<Optimizer> generator_steps_, critic_steps_;
  std::string fingerprint_;
  std::vector<GanEpoch> history_;
};

Batch Session::draw_real(std::int64_t count, synth::Random &random) const {
  Batch out{at::empty({count, 1, height(), width()}),
            at::zeros({count, classes()})};
  float *tiles = out.tiles.data_ptr<float>();
  for (std::int64_t i = 0; i < count; ++i) {
    const Tile &tile = augmenter_.draw_tile(random);
    const Decoded picture = augmenter_.draw_shifted(tile, random);
    const std::vector<float> input =
        nn::make_input(picture.value_db, picture.background_db,
                       {0, picture.value_db.width()}, 1);
    tiles = std::copy(input.begin(), input.end(), tiles);
    out.classes[i][std::int64_t(tile.label)] = 1;
  }
  return out;
}

at::Tensor Session::generate(const at::Tensor &classes, bool training) {
  const at::Tensor latent =
      at::empty({classes.size(0), options_.latent}).uniform_(-1, 1, random_);
  return to_input_scale(
      generator_.forward(generator_input(latent, classes), training, random_));
}

void Session::check(double loss) const {
  if (std::isfinite(loss)) return;
  throw Error(Errc::kNumeric, "training diverged in epoch " +
                                  std::to_string(history_.size() + 1) +
                                  ": the loss is not finite; lower the "
                                  "learning rate");
}

double Session::critic_step(const Batch &real) {
  at::Tensor generated;
  {
    at::NoGradGuard no_grad;
    generated = generate(real.classes, true);
  }
  const std::int64_t count = real.tiles.size(0);
  const at::Tensor scores =
      critic_.forward(at::cat({real.tiles, generated}),
                      at::cat({real.classes, real.classes}), true);
  const at::Tensor of_real = scores.narrow(0, 0, count);
  const at::Tensor of_generated = scores.narrow(0, count, count);
  at::Tensor loss;
  if (options_.variant == GanVariant::kBce)
    loss = at::binary_cross_entropy_with_logits(
        scores, at::cat({at::ones(count), at::zeros(count)}));
  else
    loss = of_generated.mean() - of_real.mean();
  if (options_.variant == GanVariant::kGp)
    loss = loss + options_.penalty *
                      gradient_penalty(
                          critic_, real.tiles, generated, real.classes,
                          at::empty({count, 1, 1, 1}).uniform_(0, 1, random_));
  loss.backward({}, c10::nullopt, false, trained(critic_.weights()));
  critic_steps_->step(critic_.weights(), options_.learning_rate);
  if (options_.variant == GanVariant::kClip) {
    at::NoGradGuard no_grad;
    for (at::Tensor &w : trained(critic_.weights()))
      w.clamp_(-options_.clip, options_.clip);
  }
  return loss.item<double>();
}

double Session::generator_step(const at::Tensor &classes) {
  const at::Tensor scores =
      critic_.forward(generate(classes, true), classes, true);
  const at::Tensor loss =
      options_.variant == GanVariant::kBce
          ? at::binary_cross_entropy_with_logits(scores, at::ones_like(scores))
          : -scores.mean();
  loss.backward({}, c10::nullopt, false, trained(generator_.weights()));
  generator_steps_->step(generator_.weights(), options_.learning_rate);
  return loss.item<double>();
}

GanEpoch Session::judge_epoch(synth::Random &random) {
  at::NoGradGuard no_grad;
  const Batch real = draw_real(kJudged, random);
  const auto scores = [&](const at::Tensor &tiles) {
    return to_tensor(critic_.forward(tiles, real.classes, false)).values;
  };
  const std::vector<float> of_real = scores(real.tiles);
  const std::vector<float> of_generated = scores(generate(real.classes, false));
  return judge(
      of_real, of_generated,
      options_.variant == GanVariant::kBce ? 0 : midway(of_real, of_generated));
}

GanEpoch Session::run_epoch() {
  const std::uint64_t epoch = history_.size();
  synth::Random random(options_.seed, epoch + 1);
  random_ = at::detail::createCPUGenerator(
      synth::mix(options_.seed ^ kNoiseStream) + epoch);
  const auto batch_size = std::size_t(options_.batch_size);
  const std::size_t steps = (split_.train.size() + batch_size - 1) / batch_size;
  double critic_loss = 0, generator_loss = 0;
  for (std::size_t i = 0; i < steps; ++i) {
    at::Tensor classes;
    for (int k = 0; k < options_.critic_steps; ++k) {
      if (interrupted_)
        throw Error(Errc::kResource,
                    "interrupted in epoch " + std::to_string(epoch + 1));
      const Batch real = draw_real(options_.batch_size, random);
      critic_loss += critic_step(real);
      classes = real.classes;
    }
    generator_loss += generator_step(classes);
    check(critic_loss + generator_loss);
  }
  GanEpoch out = judge_epoch(random);
  out.critic_loss =
      float(critic_loss / double(steps * std::size_t(options_.critic_steps)));
  out.generator_loss = float(generator_loss / double(steps));
  history_.push_back(out);
  return out;
}

// ---- files ---------------------------------------------------------------

Tensor Session::curves() const {
  Tensor out{{std::int64_t(history_.size()), kCurves}, {}};
  for (const GanEpoch &e : history_)
    out.values.insert(out.values.end(),
                      {e.distance, e.accuracy_real, e.accuracy_generated,
                       e.critic_loss, e.generator_loss});
  return out;
}

void Session::save_checkpoint() {
  if (options_.checkpoint.empty()) return;
  Bundle bundle{options_.settings, {{"curves", curves()}}};
  bundle.settings.labels = data_.labels;
  bundle.settings.training_json = json{
      {"checkpoint", fingerprint_},
      {"generator_steps", generator_steps_->steps},
      {"critic_steps",
       critic_steps_->steps}}.dump();
  const auto add = [&](const std::string &prefix, Weights &weights,
                       const Optimizer &optimizer) {
    bundle.tensors.merge(to_tensors(prefix, weights));
    for (const auto &[name, average] : optimizer.averages)
      bundle.tensors.merge(to_tensors(prefix + name + "/", average));
  };
  add("generator/", generator_.weights(), *generator_steps_);
  add("critic/", critic_.weights(), *critic_steps_);
  write_bundle(options_.checkpoint, bundle);
}

bool Session::resume() {
  if (!std::filesystem::exists(options_.checkpoint)) return false;
  const Bundle bundle = read_bundle(options_.checkpoint);
  const json about = json::parse(bundle.settings.training_json);
  if (about.value("checkpoint", "") != fingerprint_) return false;
  const auto get = [&](const std::string &prefix, Weights &weights,
                       Optimizer &optimizer) {
    restore(weights, prefix, bundle.tensors);
    for (auto &[name, average] : optimizer.averages)
      restore(average, prefix + name + "/", bundle.tensors);
  };
  get("generator/", generator_.weights(), *generator_steps_);
  get("critic/", critic_.weights(), *critic_steps_);
  generator_steps_->steps = about.at("generator_steps").get<std::int64_t>();
  critic_steps_->steps = about.at("critic_steps").get<std::int64_t>();
  const std::vector<float> &v = bundle.tensors.at("curves").values;
  for (std::size_t i = 0; i < v.size(); i += std::size_t(kCurves))
    history_.push_back({v[i], v[i + 1], v[i + 2], v[i + 3], v[i + 4]});
  return true;
}

Bundle Session::result() {
  Bundle out{options_.settings, to_tensors("gan.", generator_.weights())};
  out.tensors["curves"] = curves();
  out.settings.labels = data_.labels;
  std::set<std::string> groups;
  for (const std::size_t i : split_.train)
    groups.insert(data_.groups[data_.tiles[i].group]);
  out.settings.training_json = json{
      {"data", options_.data_name},
      {"seed", options_.seed},
      {"validation_fraction", options_.validation_fraction},
      {"gan",
       {{"variant", nick(options_.variant)},
        {"latent", options_.latent},
        {"pixel_noise", options_.pixel_noise},
        {"spectral_norm", options_.spectral_norm},
        {"epochs", history_.size()},
        {"converged", converged()},
        {"batch_size", options_.batch_size},
        {"critic_steps", options_.critic_steps},
        {"learning_rate", options_.learning_rate},
        {"distance", history_.back().distance},
        {"accuracy_real", history_.back().accuracy_real},
        {"accuracy_generated", history_.back().accuracy_generated},
        {"groups", groups}}}}.dump();
  return out;
}

}  // namespace

const char *nick(GanVariant variant) noexcept {
  switch (variant) {
    case GanVariant::kClip:
      return "clip";
    case GanVariant::kGp:
      return "gp";
    case GanVariant::kBce:
      break;
  }
  return "bce";
}

GanOptions gan_defaults(GanVariant variant) {
  GanOptions out;
  out.variant = variant;
  if (variant == GanVariant::kClip) {
    out.learning_rate = 5e-5;
    out.critic_steps = 5;
  }
  if (variant == GanVariant::kBce) {
    out.learning_rate = 2e-4;
    out.critic_steps = 1;
  }
  out.pixel_noise = variant == GanVariant::kGp;
  return out;
}

double midway(const std::vector<float> &real,
              const std::vector<float> &generated) {
  return (mean(real) + mean(generated)) / 2;
}

GanEpoch judge(const std::vector<float> &real,
               const std::vector<float> &generated, double threshold) {
  const auto above = [&](const std::vector<float> &scores) {
    const auto count =
        std::count_if(scores.begin(), scores.end(),
                      [&](float score) { return score > threshold; });
    return double(count) / double(scores.size());
  };
  GanEpoch out{};
  out.distance = float(mean(real) - mean(generated));
  out.accuracy_real = float(above(real));
  out.accuracy_generated = float(1 - above(generated));
  return out;
}

bool gan_has_converged(const std::vector<GanEpoch> &history,
                       GanVariant variant) {
  if (variant == GanVariant::kBce)
    return history.size() >= kWindow &&
           std::abs(window_mean(history, history.size(), variant) - 0.5) <=
               kNearHalf;
  if (history.size() < 2 * kWindow) return false;
  double largest = 0;
  for (std::size_t end = kWindow; end <= history.size(); ++end)
    largest = std::max(largest, window_mean(history, end, variant));
  const double last = window_mean(history, history.size(), variant);
  const double before = window_mean(history, history.size() - kWindow, variant);
  return std::abs(last - before) < kFlat * largest && last < kFallen * largest;
}

Bundle train_gan(const Dataset &data, const GanOptions &options,
                 const std::function<void(const GanReport &)> &report,
                 const std::function<void(const std::string &)> &stage,
                 const std::atomic<bool> &interrupted) {
  check_options(data, options);
  Session session(data, options, interrupted);
  const bool resumed = session.resume();
  say_beginning(resumed, int(session.history().size()), options.checkpoint,
                stage);
  const auto start = Clock::now();
  const std::size_t first = session.history().size();
  while (!session.finished()) {
    const GanEpoch figures = session.run_epoch();
    session.save_checkpoint();
    const int epoch = int(session.history().size());
    const std::chrono::duration<double> spent = Clock::now() - start;
    if (report)
      report({epoch, options.epochs, figures,
              spent.count() / double(epoch - int(first)) *
                  (options.epochs - epoch)});
  }
  if (session.converged() && stage)
    stage("converged after epoch " + std::to_string(session.history().size()));
  return session.result();
}

}  // namespace sonar::models
