/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/dsp/normalizer.h"

#include <algorithm>
#include <vector>

#include "sonar/core/clones.h"
#include "sonar/core/error.h"
#include "sonar/dsp/background.h"
#include "sonar/dsp/level.h"

namespace sonar::dsp {
namespace {

/* Of @p count columns of @p rows each, one after the other. */
SONAR_CLONES void sum_columns(const float *__restrict columns, std::size_t rows,
                              std::size_t count, float *__restrict sum) {
  constexpr std::size_t kBlock = 64;  // stays in registers
  std::size_t i = 0;
  for (; i + kBlock <= rows; i += kBlock) {
    float block[kBlock];
    for (std::size_t k = 0; k < kBlock; ++k) block[k] = columns[i + k];
    for (std::size_t c = 1; c < count; ++c)
      for (std::size_t k = 0; k < kBlock; ++k)
        block[k] += columns[c * rows + i + k];
    for (std::size_t k = 0; k < kBlock; ++k) sum[i + k] = block[k];
  }
  for (; i < rows; ++i) {
    sum[i] = columns[i];
    for (std::size_t c = 1; c < count; ++c) sum[i] += columns[c * rows + i];
  }
}

SONAR_CLONES void subtract(const float *__restrict x, std::size_t count,
                           float *__restrict from) {
  for (std::size_t i = 0; i < count; ++i) from[i] -= x[i];
}

SONAR_CLONES void multiply(float factor, std::size_t count, float *values) {
  for (std::size_t i = 0; i < count; ++i) values[i] *= factor;
}

std::unique_ptr<Background> make_background(const Recipe &r) {
  switch (r.normalizer) {
    case Normalizer::kTpsw:
      return make_tpsw(r);
    case Normalizer::kMedian:
      return make_running_median(r);
    case Normalizer::kOta:
      return make_order_truncated_average(r);
    case Normalizer::kNone:
      break;
  }
  throw Error(Errc::kBadArgument,
              "A background normaliser got normalizer=none, it needs tpsw, "
              "median or ota.");
}

}  // namespace

struct BackgroundNormalizer::Impl {
  std::size_t rows, lookahead;
  std::unique_ptr<Background> background;
  /* Powers of columns; those that no later one needs make room in front. */
  std::vector<float> columns;
  std::size_t first = 0, end = 0;  // of those still needed, in columns
  std::size_t next = 0;            // to pop, from `first` on
  bool drained = false;
  std::vector<float> power;  // mean of the columns around

  explicit Impl(const Recipe &r)
      : rows(std::size_t(r.height())),
        lookahead(std::size_t(r.normalizer_smooth / 2)),
        background(make_background(r)),
        power(rows) {}

  const float *column(std::size_t index) const {
    return columns.data() + (first + index) * rows;
  }

  void push(const float *column) {
    if ((end + 1) * rows > columns.size()) make_room();
    std::copy_n(column, rows, columns.data() + end * rows);
    ++end;
  }

  /* Moves at most as many columns as were dropped since the last time. */
  void make_room() {
    if (first <= end - first) {
      columns.resize(std::max(2 * columns.size(), 4 * (lookahead + 1) * rows));
      return;
    }
    std::copy(columns.begin() + std::ptrdiff_t(first * rows),
              columns.begin() + std::ptrdiff_t(end * rows), columns.begin());
    end -= first;
    first = 0;
  }

  void average_columns() {
    const std::size_t from = next - std::min(next, lookahead);
    const std::size_t to = std::min(next + lookahead + 1, end - first);
    sum_columns(column(from), rows, to - from, power.data());
    multiply(1.0f / float(to - from), rows, power.data());
  }

  void estimate_background(float *background_db) {
    average_columns();
    background->estimate(power.data(), background_db);
  }

  void compare(const float *background_db, float *value_db) const {
    const float *powers = column(next);
    if (std::all_of(powers, powers + rows, [](float p) { return p == 0.0f; })) {
      std::fill_n(value_db, rows, 0.0f);
      return;
    }
    power_to_db(powers, rows, value_db);
    subtract(background_db, rows, value_db);
  }
};

BackgroundNormalizer::BackgroundNormalizer(const Recipe &recipe)
    : impl_(new Impl(recipe)) {}
BackgroundNormalizer::~BackgroundNormalizer() = default;
BackgroundNormalizer::BackgroundNormalizer(BackgroundNormalizer &&) noexcept =
    default;
BackgroundNormalizer &BackgroundNormalizer::operator=(
    BackgroundNormalizer &&) noexcept = default;

void BackgroundNormalizer::push(const float *power) { impl_->push(power); }

bool BackgroundNormalizer::pop(float *value_db, float *background_db) {
  Impl &m = *impl_;
  const std::size_t needed = m.next + (m.drained ? 0 : m.lookahead);
  if (needed >= m.end - m.first) return false;
  m.estimate_background(background_db);
  m.compare(background_db, value_db);
  if (m.next == m.lookahead)
    ++m.first;
  else
    ++m.next;
  return true;
}

void BackgroundNormalizer::drain() { impl_->drained = true; }

void BackgroundNormalizer::reset() {
  impl_->first = impl_->end = impl_->next = 0;
  impl_->drained = false;
}

int BackgroundNormalizer::lookahead() const noexcept {
  return int(impl_->lookahead);
}

}  // namespace sonar::dsp
