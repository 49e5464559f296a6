/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <algorithm>
#include <cmath>
#include <vector>

#include "sonar/dsp/background.h"
#include "sonar/dsp/level.h"

namespace sonar::dsp {
namespace {

/* The values around a row in order, moved on a row at a time. */
class SortedWindow {
 public:
  SortedWindow(const float *values, int rows, int half_width)
      : values_(values), rows_(rows), half_(half_width) {
    for (int i = -half_; i <= half_; ++i) sorted_.push_back(at(i));
    std::sort(sorted_.begin(), sorted_.end());
  }

  /** From the values around @p row to those around the next one. */
  void move_on(int row) {
    const float gone = at(row - half_), come = at(row + 1 + half_);
    auto hole = std::lower_bound(sorted_.begin(), sorted_.end(), gone);
    const auto place = std::lower_bound(sorted_.begin(), sorted_.end(), come);
    if (place > hole) {
      std::move(hole + 1, place, hole);
      *(place - 1) = come;
    } else {
      std::move_backward(place, hole, hole + 1);
      *place = come;
    }
  }

  float median() const { return sorted_[std::size_t(half_)]; }

  /** Mean of the values up to @p limit, which at least one is. */
  float mean_up_to(float limit) const {
    double sum = 0;
    int count = 0;
    for (const float v : sorted_) {
      if (v > limit) break;
      sum += double(v);
      ++count;
    }
    return float(sum / count);
  }

 private:
  float at(int row) const {
    if (rows_ == 1) return values_[0];
    const int period = 2 * (rows_ - 1);
    const int r = ((row % period) + period) % period;
    return values_[std::min(r, period - r)];
  }

  const float *values_;
  int rows_, half_;
  std::vector<float> sorted_;
};

class RunningMedian : public Background {
 public:
  explicit RunningMedian(const Recipe &r)
      : rows_(r.height()), half_(r.normalizer_half_width) {}

  void estimate(const float *power, float *background_db) override {
    SortedWindow window(power, rows_, half_);
    for (int row = 0; row < rows_; ++row) {
      background_db[row] = level(window);
      window.move_on(row);
    }
    power_to_db(background_db, std::size_t(rows_), background_db);
  }

 protected:
  virtual float level(const SortedWindow &window) const {
    return window.median();
  }

 private:
  int rows_, half_;
};

class OrderTruncatedAverage : public RunningMedian {
 public:
  explicit OrderTruncatedAverage(const Recipe &r)
      : RunningMedian(r),
        factor_(float(std::pow(10.0, r.normalizer_factor_db / 10))) {}

 private:
  float level(const SortedWindow &window) const override {
    return window.mean_up_to(window.median() * factor_);
  }

  float factor_;
};

}  // namespace

std::unique_ptr<Background> make_running_median(const Recipe &recipe) {
  return std::make_unique<RunningMedian>(recipe);
}

std::unique_ptr<Background> make_order_truncated_average(const Recipe &recipe) {
  return std::make_unique<OrderTruncatedAverage>(recipe);
}

}  // namespace sonar::dsp
