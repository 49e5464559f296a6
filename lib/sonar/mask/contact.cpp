/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/mask/contact.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "sonar/core/error.h"
#include "sonar/mask/evidence.h"

namespace sonar::mask {
namespace {

constexpr int kSmooth = 1;  // columns on either side
constexpr float kDriftDb = 3.0f;
constexpr double kLeastOdds = -30.0;
constexpr float kSteadyDb = 1.0f;  // noise alone reads less, in the median
constexpr double kLeastSteadinessDb = 6.0, kClearlyStronger = 1.25;
constexpr double kUntouchedRows = 0.15;
constexpr float kMostGainDb = 12.0f;
constexpr std::size_t kLeastMedianColumns = 8;
/* Chosen on half of the vessels (docs/method.md section 5.5); ln 3 is 0.75. */
constexpr float kEvidenceWeight = 2.0f, kOddsWeight = 1.0f;
constexpr float kBias = 1.0986123f - 0.2f;

void require_shapes(const Image &value_db, const Image &background_db,
                    ColumnRange valid) {
  if (!background_db.empty() && !background_db.same_shape(value_db))
    throw Error(Errc::kBadArgument,
                "the background is " + shape_text(background_db) +
                    " (height x width), the picture " + shape_text(value_db) +
                    "; they must be of one picture");
  if (valid.begin > valid.end || valid.end > value_db.width())
    throw Error(Errc::kBadArgument,
                "a picture of " + std::to_string(value_db.width()) +
                    " columns has no columns " + std::to_string(valid.begin) +
                    " to " + std::to_string(valid.end) +
                    " (half-open); needed begin <= end <= the width");
}

void require_rows(const Image &value_db, const ContactGate &gate) {
  if (gate.level_db.size() != value_db.height())
    throw Error(Errc::kBadArgument,
                "the contact was learnt from pictures of " +
                    std::to_string(gate.level_db.size()) +
                    " rows, this one has " + std::to_string(value_db.height()) +
                    "; learn it from pictures of the same recipe");
}

std::vector<float> levels(const Image &value_db, const Image &background_db,
                          ColumnRange valid, std::size_t y) {
  std::vector<float> level(value_db.row(y) + valid.begin,
                           value_db.row(y) + valid.end);
  if (!background_db.empty())
    for (std::size_t x = 0; x < level.size(); ++x)
      level[x] += background_db.at(y, valid.begin + x);
  return level;
}

/** The value that a share of the others lies below. */
float quantile(std::vector<float> values, double share) {
  const auto at = values.begin() + std::ptrdiff_t(share * (values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

/** Mean power over +-kSmooth columns, dB. */
std::vector<float> smoothed(const std::vector<float> &level) {
  const auto n = std::ptrdiff_t(level.size());
  std::vector<float> out(level.size());
  for (std::ptrdiff_t x = 0; x < n; ++x) {
    const auto begin = std::max<std::ptrdiff_t>(0, x - kSmooth);
    const auto end = std::min(n, x + kSmooth + 1);
    double sum = 0;
    for (auto i = begin; i < end; ++i) sum += std::pow(10.0, 0.1 * level[i]);
    out[x] = float(10.0 * std::log10(sum / double(end - begin)));
  }
  return out;
}

/** ln(phi(z) / Phi(z)), the inverse of Mills' ratio, mirrored. */
double log_mills(double z) {
  /* Phi underflows in the far tail, where the ratio is -z + 1 / -z - ... */
  if (z < -30) return std::log(-z);
  constexpr double kHalfLogTwoPi = 0.91893853320467274;
  return -0.5 * z * z - kHalfLogTwoPi -
         std::log(0.5 * std::erfc(-z / std::sqrt(2.0)));
}

}  // namespace

ContactGate learn_contact(const Image &value_db, const Image &background_db,
                          ColumnRange valid) {
  require_shapes(value_db, background_db, valid);
  if (valid.count() < kLeastContactColumns)
    throw Error(Errc::kBadArgument,
                "a contact is learnt from at least " +
                    std::to_string(kLeastContactColumns) + " columns, got " +
                    std::to_string(valid.count()) + "; mark a longer stretch");
  ContactGate gate;
  std::vector<float> steady;
  for (std::size_t y = 0; y < value_db.height(); ++y) {
    const auto level = levels(value_db, background_db, valid, y);
    const auto smooth = smoothed(level);
    double mean = 0, square = 0;
    for (const float v : smooth) mean += v / double(smooth.size());
    for (const float v : smooth)
      square += (v - mean) * (v - mean) / double(smooth.size());
    gate.level_db.push_back(float(mean));
    gate.deviation_db.push_back(float(std::sqrt(square)));
    gate.middle_db.push_back(quantile(level, 0.5));
    steady.push_back(quantile(
        {value_db.row(y) + valid.begin, value_db.row(y) + valid.end}, 0.5));
  }
  const float base = background_db.empty() ? quantile(steady, 0.5) : 0.0f;
  for (const float v : steady)
    gate.steadiness_db += std::max(0.0f, v - base - kSteadyDb);
  return gate;
}

float contact_gain_db(const Image &value_db, const Image &background_db,
                      ColumnRange valid, const ContactGate &gate) {
  require_shapes(value_db, background_db, valid);
  require_rows(value_db, gate);
  if (valid.count() < kLeastMedianColumns || value_db.height() == 0) return 0;
  std::vector<float> rise;
  for (std::size_t y = 0; y < value_db.height(); ++y)
    rise.push_back(quantile(levels(value_db, background_db, valid, y), 0.5) -
                   gate.middle_db[y]);
  return std::clamp(quantile(std::move(rise), kUntouchedRows), -kMostGainDb,
                    kMostGainDb);
}

Image contact_odds(const Image &value_db, const Image &background_db,
                   ColumnRange valid, const ContactGate &gate) {
  const float gain = contact_gain_db(value_db, background_db, valid, gate);
  Image out(value_db.height(), value_db.width());
  for (std::size_t y = 0; y < out.height(); ++y) {
    const double s = std::hypot(gate.deviation_db[y], kDriftDb);
    const auto level = smoothed(levels(value_db, background_db, valid, y));
    for (std::size_t x = 0; x < level.size(); ++x) {
      const double z = (level[x] - gain - gate.level_db[y]) / s;
      out.at(y, valid.begin + x) =
          float(std::max(kLeastOdds, log_mills(z) - std::log(s)));
    }
  }
  return out;
}

Image contact_confidence(const Image &value_db, const Image &background_db,
                         ColumnRange valid, const ContactGate &gate) {
  const Image odds = contact_odds(value_db, background_db, valid, gate);
  Image out = blind_confidence(value_db, background_db, valid);
  for (std::size_t y = 0; y < out.height(); ++y)
    for (std::size_t x = valid.begin; x < valid.end; ++x) {
      const float p = out.at(y, x);
      const float logit = kEvidenceWeight * std::log(p / (1 - p)) +
                          kOddsWeight * odds.at(y, x) + kBias;
      out.at(y, x) = 1.0f / (1.0f + std::exp(-logit));
    }
  return out;
}

ContactLearner::ContactLearner(Mode mode, std::size_t capacity)
    : mode_(mode), capacity_(capacity) {
  if (capacity < kLeastContactColumns)
    throw Error(Errc::kBadArgument,
                "a contact is learnt from at least " +
                    std::to_string(kLeastContactColumns) + " columns, got " +
                    std::to_string(capacity) + "; take a longer stretch");
}

void ContactLearner::put(std::int64_t first_column, const Image &value_db,
                         const Image &background_db, ColumnRange wanted) {
  require_shapes(value_db, background_db, wanted);
  if (height_ == 0) {
    height_ = value_db.height();
    has_background_ = !background_db.empty();
  }
  if (value_db.height() != height_ || background_db.empty() == has_background_)
    throw Error(Errc::kBadArgument,
                "the pictures of a stretch must be alike: one has " +
                    std::to_string(value_db.height()) +
                    " rows, those before had " + std::to_string(height_) +
                    ", and all or none have a background");
  for (std::size_t x = wanted.begin; x < wanted.end; ++x) {
    const std::int64_t column = first_column + std::int64_t(x);
    if (next_column_ && column < *next_column_) continue;
    next_column_ = column + 1;
    append(value_db, background_db, x);
  }
}

void ContactLearner::append(const Image &value_db, const Image &background_db,
                            std::size_t x) {
  if (mode_ == Mode::kMarked && (gate_ || count_ == capacity_)) return;
  newest_ = count_ < capacity_ ? count_ : (newest_ + 1) % capacity_;
  count_ = std::min(count_ + 1, capacity_);
  /* grows with what is there, so that a short mark takes little memory */
  values_.resize(count_ * height_);
  backgrounds_.resize(has_background_ ? count_ * height_ : 0);
  for (std::size_t y = 0; y < height_; ++y) {
    values_[newest_ * height_ + y] = value_db.at(y, x);
    if (has_background_)
      backgrounds_[newest_ * height_ + y] = background_db.at(y, x);
  }
  if (mode_ == Mode::kMarked) {
    if (count_ == capacity_) finish();
    return;
  }
  ++since_learnt_;
  ++since_kept_;
  if (count_ == capacity_ && since_learnt_ >= (capacity_ + 3) / 4) learn();
}

void ContactLearner::finish() {
  if (mode_ == Mode::kMarked && !gate_ && count_ >= kLeastContactColumns)
    learn();
}

void ContactLearner::learn() {
  since_learnt_ = 0;
  Image value(height_, count_);
  Image background = has_background_ ? Image(height_, count_) : Image();
  for (std::size_t x = 0; x < count_; ++x) {
    const std::size_t slot = (newest_ + 1 + x) % count_;  // the oldest first
    for (std::size_t y = 0; y < height_; ++y) {
      value.at(y, x) = values_[slot * height_ + y];
      if (has_background_)
        background.at(y, x) = backgrounds_[slot * height_ + y];
    }
  }
  ContactGate found = learn_contact(value, background, {0, count_});
  if (mode_ == Mode::kMarked || is_stronger(found.steadiness_db)) {
    gate_ = std::move(found);
    since_kept_ = 0;
  }
}

bool ContactLearner::is_stronger(double steadiness_db) const {
  if (!gate_) return steadiness_db >= kLeastSteadinessDb;
  const bool overlaps = since_kept_ < capacity_;
  return steadiness_db >
         (overlaps ? 1.0 : kClearlyStronger) * gate_->steadiness_db;
}

}  // namespace sonar::mask
