/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/train/share_trainer.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "models/mixtures/mixture.h"
#include "models/mixtures/mixture_set.h"
#include "models/parallel.h"
#include "models/sharenet.h"
#include "models/synth/random.h"
#include "models/train/ahead.h"
#include "models/train/descent.h"
#include "models/train/optimizer.h"
#include "sonar/core/error.h"
#include "sonar/dsp/level.h"
#include "sonar/dsp/resynthesis.h"

namespace sonar::models {
namespace {

using nlohmann::json;

constexpr std::size_t kKnots = 9;
constexpr double kMixRippleDb = 3, kMixTiltDb = 6;  // of each part
constexpr double kRippleDb = 2.5, kTiltDb = 5;      // of the mixture's level
constexpr double kClear = 0.15;                     // mixtures of 10 dB on
constexpr int kRowsMoved = 6;
constexpr std::uint64_t kPoolStream = 1u << 30, kDropStream = 1u << 31;
/** What a pixel of a mixture is: the first one's signature, the second one's,
 *  and whether it is left out for them. */
constexpr std::uint8_t kFirst = 1, kSecond = 2, kNotFirst = 4, kNotSecond = 8;
constexpr int kNoClass = -1;
constexpr std::size_t kPlanned = 64;  // mixtures that are made together

void require(bool good, const std::string &what) {
  if (!good)
    throw Error(Errc::kBadArgument, "cannot train a share network: " + what);
}

void check(const Settings &model, const ShareOptions &o) {
  const auto positive = [](const char *name, int value) {
    require(value >= 1, std::string(name) + " is " + std::to_string(value) +
                            ", needed at least 1");
  };
  positive("mixtures", o.mixtures);
  positive("epochs", o.epochs);
  positive("batch-size", o.batch_size);
  require(model.recipe.normalizer != Normalizer::kNone,
          "it sees dB over background, so the recipe needs a normalizer");
}

/** A smooth random colour: dB at @p u, 0 to 1 along log frequency. */
class Colour {
 public:
  Colour(double ripple_db, double tilt_db, synth::Random &random) {
    for (double &knot : knots_) knot = ripple_db * random.normal();
    tilt_ = tilt_db * random.normal();
  }
  double at(double u) const {
    const double place = u * double(kKnots - 1);
    const auto i = std::min(std::size_t(place), kKnots - 2);
    const double share = place - double(i);
    return knots_[i] * (1 - share) + knots_[i + 1] * share +
           tilt_ * (2 * u - 1);
  }

 private:
  double knots_[kKnots], tilt_;
};

std::vector<float> coloured(const std::vector<float> &samples,
                            const Recipe &recipe, const Colour &colour) {
  dsp::ComplexSpectrum spectrum =
      dsp::analyse(samples, dsp::sound_config(recipe));
  const double low = std::max(recipe.min_frequency_hz, recipe.bin_hz());
  const double octaves = std::log(recipe.max_frequency_hz / low);
  for (std::size_t k = 0; k < spectrum.bins(); ++k) {
    const double hz = std::max(low, double(k) * recipe.bin_hz());
    const double u = std::min(1.0, std::log(hz / low) / octaves);
    const auto gain = float(std::pow(10, colour.at(u) / 20));
    for (std::size_t t = 0; t < spectrum.columns; ++t)
      spectrum.values[t * spectrum.bins() + k] *= gain;
  }
  return dsp::resynthesise(spectrum);
}

// ---- mixtures ------------------------------------------------------------

/** One mixture, kept compact. */
struct Example {
  std::vector<std::uint16_t> value, background;  ///< pixels, see kScale
  std::vector<std::uint8_t> labels;              ///< kFirst, ...
  int first = kNoClass, second = kNoClass;       ///< of the model's labels
};

/** All that chance decides of a mixture. */
struct Plan {
  Stretch first, second;
  Colour first_colour, second_colour;
  double snr_db;
};

/* Any level, 0.004 dB fine. */
constexpr double kScaleFloorDb = -200, kScaleRangeDb = 260;

std::vector<std::uint16_t> encode(const Image &db) {
  std::vector<std::uint16_t> out(db.size());
  dsp::encode_db(db.data(), db.size(), kScaleFloorDb, kScaleRangeDb,
                 out.data());
  return out;
}

int class_of(const Settings &model, const std::string &label) {
  const auto &all = model.labels;
  const auto found = std::find(all.begin(), all.end(), label);
  return found == all.end() ? kNoClass : int(found - all.begin());
}

class Pool {
 public:
  Pool(const std::vector<Recording> &recordings, const Settings &model,
       std::uint64_t seed)
      : model_(model),
        recipe_(model.recipe),
        source_(recordings, recipe_),
        random_(seed, kPoolStream) {
    bool known = false;
    double sum = 0;
    for (const std::string &label : source_.labels()) {
      groups_.push_back(source_.groups_of(label));
      sum += std::sqrt(double(groups_.back().size()));
      limits_.push_back(sum);
      known = known || class_of(model, label) != kNoClass;
    }
    require(known, "the recordings are of none of the model's classes");
  }

  Plan plan() {
    Stretch first = draw_first();
    Stretch second = source_.draw_other(first.recording, random_);
    const Colour a(kMixRippleDb, kMixTiltDb, random_);
    const Colour b(kMixRippleDb, kMixTiltDb, random_);
    const double snr_db = random_.chance(kClear) ? random_.uniform(10, 30)
                                                 : random_.uniform(-10, 10);
    return {std::move(first), std::move(second), a, b, snr_db};
  }

  /** Nothing where a part is silent or neither is a class of the model. Safe
   *  from several threads at once. */
  std::optional<Example> mix(const Plan &plan) const {
    const int first = class_of(model_, label_of(plan.first)),
              second = class_of(model_, label_of(plan.second));
    if (first == kNoClass && second == kNoClass) return std::nullopt;
    const std::vector<float> a = coloured(plan.first.samples, recipe_,
                                          plan.first_colour),
                             b = coloured(plan.second.samples, recipe_,
                                          plan.second_colour);
    const double own = power_in_band(a, recipe_),
                 other = power_in_band(b, recipe_);
    if (!(own > 0 && other > 0)) return std::nullopt;
    Example out =
        mixed(a, b, std::sqrt(own / other * std::pow(10, -0.1 * plan.snr_db)));
    out.first = first;
    out.second = second;
    return out;
  }

 private:
  const std::string &label_of(const Stretch &s) const {
    return source_.recordings()[s.recording].label;
  }
  Stretch draw_first() {
    const double at = random_.uniform() * limits_.back();
    const auto c = std::size_t(
        std::upper_bound(limits_.begin(), limits_.end(), at) - limits_.begin());
    const std::vector<std::string> &groups = groups_[c];
    return source_.draw(source_.labels()[c],
                        groups[std::size_t(random_.below(int(groups.size())))],
                        random_);
  }
  Example mixed(const std::vector<float> &a, const std::vector<float> &b,
                double gain) const {
    std::vector<float> both(a.size());
    for (std::size_t i = 0; i < both.size(); ++i)
      both[i] = a[i] + float(gain) * b[i];
    const Spectrum own = analyse_spectrum(a, recipe_),
                   other = analyse_spectrum(b, recipe_),
                   heard = analyse_spectrum(both, recipe_);
    const auto gain_db = float(20 * std::log10(gain));
    const metrics::Truth first = mixture_truth(own, other, gain_db),
                         second = mixture_truth(other, own, -gain_db);
    Image background = heard.level_db;
    for (std::size_t i = 0; i < background.size(); ++i)
      background.data()[i] -= heard.value_db.data()[i];
    Example out{encode(heard.value_db), encode(background), {}};
    for (std::size_t i = 0; i < background.size(); ++i) {
      const auto bits = [i](const metrics::Truth &t, std::uint8_t is,
                            std::uint8_t is_not) {
        if (t.target.values[i]) return is;
        return t.weak.values[i] ? is_not : std::uint8_t(0);
      };
      out.labels.push_back(std::uint8_t(bits(first, kFirst, kNotFirst) |
                                        bits(second, kSecond, kNotSecond)));
    }
    return out;
  }

  const Settings &model_;
  Recipe recipe_;
  StretchSource source_;
  synth::Random random_;
  std::vector<std::vector<std::string>> groups_;  ///< of each label
  std::vector<double> limits_;                    ///< cumulative sqrt(groups)
};

/* Chance decides in one order, and the work is shared. */
std::vector<Example> make_pool(
    Pool &source, std::size_t count,
    const std::function<void(std::size_t, std::size_t)> &made,
    const std::atomic<bool> &interrupted) {
  std::vector<Example> pool;
  while (pool.size() < count) {
    if (interrupted) throw Error(Errc::kResource, "interrupted while mixing");
    std::vector<Plan> plans;
    while (plans.size() < std::min(kPlanned, count - pool.size()))
      plans.push_back(source.plan());
    std::vector<std::optional<Example>> mixed(plans.size());
    for_each_in_parallel(
        plans.size(), std::thread::hardware_concurrency(), {}, [&] {
          return [&](std::size_t i) { mixed[i] = source.mix(plans[i]); };
        });
    for (std::optional<Example> &one : mixed)
      if (one) {
        pool.push_back(std::move(*one));
        if (made) made(pool.size(), count);
      }
  }
  return pool;
}

// ---- training ------------------------------------------------------------

class Session {
 public:
  Session(std::vector<Example> pool, const Settings &model,
          const ShareOptions &options, const std::atomic<bool> &interrupted)
      : pool_(std::move(pool)),
        height_(std::size_t(model.recipe.height())),
        width_(std::size_t(model.recipe.width)),
        options_(options),
        interrupted_(interrupted),
        net_(model.labels.size(), options.seed),
        optimizer_(net_.weights(), options.weight_decay) {}

  double run_epoch(int epoch);  // the mean loss
  const ShareNet &net() const { return net_; }

 private:
  struct Batch {
    std::vector<float> input;
    std::vector<float> first, second, counts_first, counts_second;
    std::vector<std::int64_t> classes_first, classes_second;
  };
  void append(const Example &example, synth::Random &random,
              Batch &batch) const;
  at::Tensor loss_of(Batch &batch, at::Generator &drops) const;

  std::vector<Example> pool_;
  std::size_t height_, width_;
  const ShareOptions &options_;
  const std::atomic<bool> &interrupted_;
  ShareNet net_;
  AdamW optimizer_;
};

/* Rows that come in from the other end are left out of the loss. */
void Session::append(const Example &example, synth::Random &random,
                     Batch &batch) const {
  const Colour colour(kRippleDb, kTiltDb, random);
  const auto shift = std::size_t(random.below(int(width_)));
  const bool turned = random.chance(0.5);
  const int most = std::min(kRowsMoved, int(height_) / 8);
  const int moved = random.below(2 * most + 1) - most;
  Image value(height_, width_), background(height_, width_);
  for (std::size_t y = 0; y < height_; ++y) {
    const auto from_row = int(y) - moved;
    const bool inside = from_row >= 0 && from_row < int(height_);
    const auto row = std::size_t((from_row + int(height_)) % int(height_));
    const auto level = float(
        colour.at(double(y) / double(std::max<std::size_t>(1, height_ - 1))));
    for (std::size_t x = 0; x < width_; ++x) {
      const std::size_t place = (x + shift) % width_;
      const std::size_t i =
          row * width_ + (turned ? width_ - 1 - place : place);
      value.at(y, x) =
          dsp::decode_db(example.value[i], kScaleFloorDb, kScaleRangeDb);
      background.at(y, x) =
          level +
          dsp::decode_db(example.background[i], kScaleFloorDb, kScaleRangeDb);
      const std::uint8_t bits = example.labels[i];
      batch.first.push_back((bits & kFirst) != 0);
      batch.second.push_back((bits & kSecond) != 0);
      batch.counts_first.push_back(inside && example.first != kNoClass &&
                                   !(bits & kNotFirst));
      batch.counts_second.push_back(inside && example.second != kNoClass &&
                                    !(bits & kNotSecond));
    }
  }
  batch.classes_first.push_back(std::max(example.first, 0));
  batch.classes_second.push_back(std::max(example.second, 0));
  const std::vector<float> input =
      nn::make_share_input(value, background, {0, width_});
  batch.input.insert(batch.input.end(), input.begin(), input.end());
}

at::Tensor Session::loss_of(Batch &batch, at::Generator &drops) const {
  const auto count = std::int64_t(batch.classes_first.size());
  const auto height = std::int64_t(height_), width = std::int64_t(width_);
  const at::Tensor x = at::from_blob(
      batch.input.data(),
      {count, std::int64_t(nn::kShareChannels), height, width}, at::kFloat);
  const at::Tensor logits = net_.forward(x, drops);
  const auto pixels = [&](std::vector<float> &values) {
    return at::from_blob(values.data(), {count, height, width}, at::kFloat);
  };
  const auto loss = [&](std::vector<std::int64_t> &classes,
                        std::vector<float> &truth, std::vector<float> &counts) {
    const at::Tensor own =
        logits.index({at::arange(count, at::kLong),
                      at::from_blob(classes.data(), {count}, at::kLong)});
    return at::binary_cross_entropy_with_logits(
        own, pixels(truth), pixels(counts), {}, at::Reduction::Sum);
  };
  const at::Tensor counted =
      pixels(batch.counts_first).sum() + pixels(batch.counts_second).sum();
  return (loss(batch.classes_first, batch.first, batch.counts_first) +
          loss(batch.classes_second, batch.second, batch.counts_second)) /
         counted.clamp_min(1);
}

double Session::run_epoch(int epoch) {
  synth::Random random(options_.seed, std::uint64_t(epoch));
  at::Generator drops = at::detail::createCPUGenerator(
      synth::mix(options_.seed ^ kDropStream) + std::uint64_t(epoch));
  std::vector<std::size_t> order(pool_.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  for (std::size_t i = order.size(); i > 1; --i)
    std::swap(order[i - 1], order[std::size_t(random.below(int(i)))]);
  const auto size = std::size_t(options_.batch_size);
  const std::size_t batches = (order.size() + size - 1) / size;
  const Descent descent{net_.weights(), optimizer_, options_.learning_rate,
                        options_.epochs, interrupted_};
  Ahead<Batch> examples(int(batches), [&](int index) {
    const std::size_t begin = std::size_t(index) * size;
    Batch made;
    for (std::size_t i = begin; i < std::min(order.size(), begin + size); ++i)
      append(pool_[order[i]], random, made);
    return made;
  });
  Batch batch;  // the loss looks into it until its step is done
  return descent.run_epoch(epoch, int(batches), [&](int) {
    batch = examples.next();
    return loss_of(batch, drops);
  });
}

json about(const std::vector<Recording> &recordings, const ShareOptions &o,
           double loss) {
  return {{"data", o.data_name},
          {"recordings", recordings.size()},
          {"mixtures", o.mixtures},
          {"epochs", o.epochs},
          {"batch_size", o.batch_size},
          {"learning_rate", o.learning_rate},
          {"weight_decay", o.weight_decay},
          {"seed", o.seed},
          {"loss", loss}};
}

}  // namespace

TrainedShare train_share(
    const std::vector<Recording> &recordings, const Settings &model,
    const ShareOptions &options,
    const std::function<void(std::size_t, std::size_t)> &made,
    const std::function<void(const LossReport &)> &report,
    const std::atomic<bool> &interrupted) {
  check(model, options);
  Pool source(recordings, model, options.seed);
  Session session(
      make_pool(source, std::size_t(options.mixtures), made, interrupted),
      model, options, interrupted);
  const double loss = run_epochs(
      options.epochs, [&](int epoch) { return session.run_epoch(epoch); },
      report);
  return {session.net().to_tensors(), about(recordings, options, loss).dump()};
}

void add_share(Bundle &model, const TrainedShare &share) {
  const std::string prefix = kSharePrefix;
  auto &tensors = model.tensors;
  for (auto it = tensors.lower_bound(prefix);
       it != tensors.end() && it->first.rfind(prefix, 0) == 0;)
    it = tensors.erase(it);
  tensors.insert(share.tensors.begin(), share.tensors.end());
  json about = model.settings.training_json.empty()
                   ? json::object()
                   : json::parse(model.settings.training_json);
  about["share"] = json::parse(share.about_json);
  model.settings.training_json = about.dump();
}

}  // namespace sonar::models
