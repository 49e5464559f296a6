/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/train/denoiser_trainer.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "models/denoiser.h"
#include "models/synth/random.h"
#include "models/train/augment.h"
#include "models/train/denoiser_loss.h"
#include "models/train/descent.h"
#include "models/train/optimizer.h"
#include "sonar/core/error.h"

namespace sonar::models {
namespace {

using nlohmann::json;

constexpr std::int64_t kPatch = 64;  // rows and columns at most
constexpr std::int64_t kLeastPatchColumns = 8;
constexpr std::size_t kCalibrationPictures = 128;
// Where the operating point is looked for, dB.
constexpr double kLowestPointDb = -40, kHighestPointDb = 12, kPointStepDb = 0.1;
constexpr std::uint64_t kProbeStream = 1u << 30, kFloorStream = 1u << 31;

void require(bool good, const std::string &what) {
  if (!good)
    throw Error(Errc::kBadArgument, "cannot train a denoiser: " + what);
}

/** Columns whose windows overlap by half at most: their noise is as good as
 *  independent (a Hann window's correlation there is 1/6 in amplitude). */
std::int64_t independent_lag(const Recipe &recipe) {
  const std::int64_t half = recipe.window_samples() / 2;
  const std::int64_t hop = std::int64_t(recipe.hop_size) * recipe.average;
  return (half + hop - 1) / hop;
}

void check(const Dataset &data, const Recipe &recipe,
           const std::vector<CleanPicture> &clean, const DenoiserOptions &o) {
  const auto &kinds = denoiser_recipes();
  require(std::find(kinds.begin(), kinds.end(), o.kind) != kinds.end(),
          std::string("\"") + nick(o.kind) + "\" is none");
  require(!data.tiles.empty(), "the data set has no pictures");
  require(o.epochs >= 1,
          "epochs is " + std::to_string(o.epochs) + ", needed at least 1");
  require(o.batch_size >= 1, "batch-size is " + std::to_string(o.batch_size) +
                                 ", needed at least 1");
  require(recipe.normalizer != Normalizer::kNone,
          "it sees dB over background, so the recipe needs a normalizer");
  require(!is_supervised(o.kind) || clean.size() == data.tiles.size(),
          std::string(nick(o.kind)) +
              " learns from truth: it needs a clean "
              "picture for each of the " +
              std::to_string(data.tiles.size()) + ", got " +
              std::to_string(clean.size()));
  const std::int64_t lag = independent_lag(recipe);
  require(o.kind != MaskRecipe::kDncnnSure || lag == 1,
          "SURE takes the noise of columns for independent: hop-size is " +
              std::to_string(recipe.hop_size) + ", needed at least half of " +
              std::to_string(recipe.window_samples()) + "; choose noise2noise");
  require(o.kind != MaskRecipe::kNoise2noise ||
              recipe.width / (2 * lag) >= kLeastPatchColumns,
          "pictures of " + std::to_string(recipe.width) +
              " columns are too narrow to be halved, needed at least " +
              std::to_string(2 * lag * kLeastPatchColumns));
}

/** All pictures, N x 1 x height x width. */
template <class Each>
at::Tensor stack(std::size_t count, const Recipe &recipe, const Each &each) {
  at::Tensor out =
      at::empty({std::int64_t(count), 1, recipe.height(), recipe.width});
  float *at = out.data_ptr<float>();
  for (std::size_t i = 0; i < count; ++i) {
    const std::vector<float> one = each(i);
    at = std::copy(one.begin(), one.end(), at);
  }
  return out;
}

ColumnRange all_columns(const Image &image) { return {0, image.width()}; }

class Session {
 public:
  Session(const Dataset &data, const Recipe &recipe,
          const std::vector<CleanPicture> &clean,
          const DenoiserOptions &options, const std::atomic<bool> &interrupted)
      : options_(options),
        interrupted_(interrupted),
        lag_(independent_lag(recipe)),
        exponent_(scale_exponent(options.kind)),
        net_(options.kind, options.seed),
        optimizer_(net_.weights(), 0),
        noisy_(stack(data.tiles.size(), recipe, [&](std::size_t i) {
          const Image value = decode(data.tiles[i], recipe).value_db;
          return to_scale(value, all_columns(value), exponent_);
        })) {
    if (is_supervised(options.kind))
      clean_ = stack(clean.size(), recipe, [&](std::size_t i) {
        return to_scale(clean[i].value_db, data.tiles[i].valid, exponent_);
      });
    if (options.kind == MaskRecipe::kDncnnSure) {
      spread_floor(recipe);
      measure_noise();
    }
  }

  double run_epoch(int epoch);  // the mean loss
  const DenoiserNet &net() const { return net_; }
  /** What was measured of the noise. */
  json figures() const {
    if (!levels_.defined()) return json::object();
    return {{"noise_level", levels_.mean().item<double>()},
            {"row_correlation", correlation_}};
  }
  void throw_if_interrupted(int epoch) const {
    if (interrupted_)
      throw Error(Errc::kResource,
                  "interrupted in epoch " + std::to_string(epoch));
  }

 private:
  void spread_floor(const Recipe &recipe);
  void measure_noise();
  std::int64_t patch_rows() const { return std::min(kPatch, noisy_.size(2)); }
  std::int64_t patch_columns() const;
  at::Tensor loss_of_batch(synth::Random &random, at::Generator &probes);

  const DenoiserOptions &options_;
  const std::atomic<bool> &interrupted_;
  std::int64_t lag_;
  double exponent_;
  DenoiserNet net_;
  AdamW optimizer_;
  at::Tensor noisy_, clean_, levels_;
  double correlation_ = 0;
};

/* A tenth of the noise lies at the picture's floor, and sure_loss() needs a
 * density: exponential power is as good as uniform below that floor. */
void Session::spread_floor(const Recipe &recipe) {
  synth::Random random(options_.seed, kFloorStream);
  const double floor = std::pow(10.0, 0.1 * recipe.floor_db);
  const double least = std::pow(floor, exponent_);
  float *values = noisy_.data_ptr<float>();
  for (std::int64_t i = 0; i < noisy_.numel(); ++i)
    if (values[i] <= 1.0001 * least)  // rounding of the decoded dB
      values[i] = float(std::pow(floor * random.uniform(), exponent_));
}

void Session::measure_noise() {
  std::vector<float> levels;
  for (std::int64_t i = 0; i < noisy_.size(0); ++i)
    levels.push_back(float(noise_level(noisy_[i][0], lag_)));
  levels_ = at::tensor(levels);
  correlation_ = row_correlation(noisy_, lag_);
}

std::int64_t Session::patch_columns() const {
  if (options_.kind != MaskRecipe::kNoise2noise)
    return std::min(kPatch, noisy_.size(3));
  const std::int64_t step = 2 * lag_;
  return std::min(kPatch, noisy_.size(3) / step) * step;
}

at::Tensor Session::loss_of_batch(synth::Random &random,
                                  at::Generator &probes) {
  std::vector<at::Tensor> noisy, clean, levels;
  for (int i = 0; i < options_.batch_size; ++i) {
    const int picture = random.below(int(noisy_.size(0)));
    const int y = random.below(int(noisy_.size(2) - patch_rows()) + 1);
    const int x = random.below(int(noisy_.size(3) - patch_columns()) + 1);
    const auto cut = [&](const at::Tensor &from) {
      return from[picture]
          .narrow(1, y, patch_rows())
          .narrow(2, x, patch_columns());
    };
    noisy.push_back(cut(noisy_));
    if (clean_.defined()) clean.push_back(cut(clean_));
    if (levels_.defined()) levels.push_back(levels_[picture]);
  }
  const at::Tensor y = at::stack(noisy);
  const Denoise f = [this](const at::Tensor &in) {
    return net_.forward(in, true);
  };
  if (clean_.defined()) return (f(y) - at::stack(clean)).square().mean();
  if (levels_.defined())
    return sure_loss(f, y, y.lt(to_scale(HUGE_VALF, exponent_)),
                     at::stack(levels), correlation_, probes);
  return neighbour_loss(f, y, lag_, random.chance(0.5));
}

double Session::run_epoch(int epoch) {
  synth::Random random(options_.seed, std::uint64_t(epoch));
  at::Generator probes = at::detail::createCPUGenerator(
      synth::mix(options_.seed ^ kProbeStream) + std::uint64_t(epoch));
  const double pixels = double(patch_rows() * patch_columns());
  const auto batches =
      int(std::ceil(double(noisy_.numel()) / pixels / options_.batch_size));
  const Descent descent{net_.weights(), optimizer_, options_.learning_rate,
                        options_.epochs, interrupted_};
  return descent.run_epoch(epoch, batches,
                           [&](int) { return loss_of_batch(random, probes); });
}

// ---- operating point -----------------------------------------------------

/** Some of the training pictures, denoised. */
struct Denoised {
  std::vector<std::size_t> tiles;
  std::vector<Image> value_db;
};

Denoised denoise_some(const Dataset &data, const Recipe &recipe,
                      const nn::Denoiser &denoiser, const Session &session,
                      int epoch) {
  Denoised out;
  const std::size_t count = std::min(data.tiles.size(), kCalibrationPictures);
  for (std::size_t i = 0; i < count; ++i) {
    session.throw_if_interrupted(epoch);
    const std::size_t tile = i * data.tiles.size() / count;
    const Tile &t = data.tiles[tile];
    out.tiles.push_back(tile);
    out.value_db.push_back(
        denoiser.denoise(decode(t, recipe).value_db, t.valid));
  }
  return out;
}

/** Values of the pixels that @p wanted(tile, y, x) picks, ascending. */
template <class Wanted>
std::vector<float> sorted_values(const Denoised &denoised, const Dataset &data,
                                 const Wanted &wanted) {
  std::vector<float> out;
  for (std::size_t i = 0; i < denoised.tiles.size(); ++i) {
    const std::size_t tile = denoised.tiles[i];
    const Image &image = denoised.value_db[i];
    const ColumnRange valid = data.tiles[tile].valid;
    for (std::size_t y = 0; y < image.height(); ++y)
      for (std::size_t x = valid.begin; x < valid.end; ++x)
        if (wanted(tile, y, x)) out.push_back(image.at(y, x));
  }
  std::sort(out.begin(), out.end());
  return out;
}

double count_from(const std::vector<float> &sorted, double least) {
  return double(sorted.end() -
                std::lower_bound(sorted.begin(), sorted.end(), float(least)));
}

struct OperatingPoint {
  double db = 0, f1 = 0;
};

/** The lowest point of the best F1, pixels pooled, weak ones not judged. */
OperatingPoint best_point(const Denoised &denoised, const Dataset &data,
                          const std::vector<CleanPicture> &clean) {
  const auto on = sorted_values(denoised, data, [&](auto t, auto y, auto x) {
    return clean[t].target.at(y, x);
  });
  const auto off = sorted_values(denoised, data, [&](auto t, auto y, auto x) {
    return !clean[t].weak.at(y, x);
  });
  require(!on.empty(), "no pixel of the training pictures is a target's");
  OperatingPoint best{kHighestPointDb, 0};
  const int steps = int((kHighestPointDb - kLowestPointDb) / kPointStepDb);
  for (int i = 0; i <= steps; ++i) {
    const double db = kLowestPointDb + i * kPointStepDb;
    const double right = count_from(on, db);
    const double f1 =
        2 * right / (right + count_from(off, db) + double(on.size()));
    if (f1 > best.f1) best = {db, f1};
  }
  return best;
}

/** A tone as strong as the noise doubles the power. */
double doubled_median(const Denoised &denoised, const Dataset &data) {
  const auto all =
      sorted_values(denoised, data, [](auto, auto, auto) { return true; });
  return double(all[all.size() / 2]) + 10 * std::log10(2.0);
}

}  // namespace

TrainedDenoiser train_denoiser(
    const Dataset &data, const Recipe &recipe,
    const std::vector<CleanPicture> &clean, const DenoiserOptions &options,
    const std::function<void(const LossReport &)> &report,
    const std::atomic<bool> &interrupted) {
  check(data, recipe, clean, options);
  Session session(data, recipe, clean, options, interrupted);
  const double loss = run_epochs(
      options.epochs, [&](int epoch) { return session.run_epoch(epoch); },
      report);

  TrainedDenoiser out;
  out.tensors = session.net().to_tensors();
  Tensor &point = out.tensors[operating_point_name(options.kind)];
  point = {{1}, {0.0f}};
  const auto denoiser = make_denoiser(options.kind, out.tensors, "cpu");
  const Denoised denoised =
      denoise_some(data, recipe, *denoiser, session, options.epochs);
  json about = session.figures();
  if (is_supervised(options.kind)) {
    const OperatingPoint best = best_point(denoised, data, clean);
    out.operating_point_db = best.db;
    about["training_f1"] = best.f1;
  } else {
    out.operating_point_db = doubled_median(denoised, data);
  }
  point.values[0] = float(out.operating_point_db);
  about.update({{"data", options.data_name},
                {"pictures", data.tiles.size()},
                {"truth", is_supervised(options.kind)},
                {"epochs", options.epochs},
                {"batch_size", options.batch_size},
                {"learning_rate", options.learning_rate},
                {"seed", options.seed},
                {"loss", loss},
                {"operating_point_db", out.operating_point_db}});
  out.about_json = about.dump();
  return out;
}

void add_denoiser(Bundle &model, MaskRecipe kind,
                  const TrainedDenoiser &denoiser) {
  const std::string prefix = denoiser_prefix(kind);
  auto &tensors = model.tensors;
  for (auto it = tensors.lower_bound(prefix);
       it != tensors.end() && it->first.rfind(prefix, 0) == 0;)
    it = tensors.erase(it);
  tensors.insert(denoiser.tensors.begin(), denoiser.tensors.end());
  json about = model.settings.training_json.empty()
                   ? json::object()
                   : json::parse(model.settings.training_json);
  about["denoisers"][nick(kind)] = json::parse(denoiser.about_json);
  model.settings.training_json = about.dump();
}

}  // namespace sonar::models
