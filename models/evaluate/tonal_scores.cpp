/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/evaluate/tonal_scores.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <numeric>
#include <set>

namespace sonar::models {
namespace {

constexpr double kSoundsDb = 6;      // under its median: it is not silent yet
constexpr double kLeastSeconds = 2;  // that a line sounds
constexpr std::size_t kLeastFound = 4, kLeastInFamily = 3;

/** A line of a scene on the columns of an analysis. */
struct TrueLine {
  const SceneLine *line;
  bool target;
  std::vector<double> hz;  ///< NaN while it is silent
  std::size_t sounds = 0;  ///< columns
};

/** A tonal, with the true line that most of it is. */
struct Matched {
  const tonal::Tracker::Current *found;
  std::ptrdiff_t line = -1;
};

double value_at(const std::vector<float> &values, double at) {
  const double last = double(values.size()) - 1;
  const double in = std::clamp(at, 0.0, last);
  const auto i = std::size_t(std::min(in, last - 1));
  return double(values[i]) +
         (in - double(i)) * double(values[i + 1] - values[i]);
}

TrueLine on_columns(const SceneLine &line, bool target, const Recipe &scene,
                    const Recipe &analysis, std::size_t columns) {
  TrueLine out{&line, target, {}, 0};
  const double hop = double(scene.column_samples());
  const double step = double(analysis.column_samples()) / hop;
  const double first =
      0.5 * double(analysis.span_samples() - scene.span_samples()) / hop;
  for (std::size_t x = 0; x < columns; ++x) {
    const double at = first + step * double(x);
    const bool sounds =
        value_at(line.column_snr_db, at) >= line.snr_db - kSoundsDb;
    out.hz.push_back(sounds ? value_at(line.column_hz, at)
                            : std::numeric_limits<double>::quiet_NaN());
    out.sounds += sounds;
  }
  return out;
}

/* Columns in which a tonal is within a bin of a line. */
std::size_t count_near(const std::vector<float> &hz, const TrueLine &line,
                       double bin_hz) {
  std::size_t near = 0;
  for (std::size_t x = 0; x < std::min(hz.size(), line.hz.size()); ++x)
    near += std::fabs(double(hz[x]) - line.hz[x]) <= bin_hz;
  return near;
}

std::size_t count_heard(const std::vector<float> &hz) {
  return std::size_t(std::count_if(hz.begin(), hz.end(),
                                   [](float f) { return std::isfinite(f); }));
}

/* The loudest of the lines that it is within a bin of for most of its time. */
Matched match(const tonal::Tracker::Current &found,
              const std::vector<TrueLine> &lines, double bin_hz) {
  Matched out{&found};
  const std::size_t least = count_heard(found.hz) / 2;
  for (std::size_t i = 0; i < lines.size(); ++i)
    if (count_near(found.hz, lines[i], bin_hz) > least &&
        (out.line < 0 ||
         lines[i].line->snr_db > lines[std::size_t(out.line)].line->snr_db))
      out.line = std::ptrdiff_t(i);
  return out;
}

/* A mean over the columns that a line sounds in. */
template <class Value>
double mean_while(const TrueLine &line, std::int64_t begin, std::int64_t end,
                  Value value) {
  double sum = 0, count = 0;
  for (auto x = std::size_t(std::max<std::int64_t>(0, begin));
       x <
       std::min(std::size_t(std::max<std::int64_t>(0, end)), line.hz.size());
       ++x)
    if (std::isfinite(line.hz[x])) {
      sum += value(x);
      count += 1;
    }
  return count > 0 ? sum / count : std::numeric_limits<double>::quiet_NaN();
}

bool hides(const TrueLine &louder, const TrueLine &line, double resolution) {
  return louder.line != line.line && louder.line->snr_db > line.line->snr_db &&
         std::fabs(louder.line->frequency_hz - line.line->frequency_hz) <
             resolution;
}

/* Lines with a common fundamental have a common name. */
std::string source_of(const SceneLine &line) {
  if (line.family == "gear" || line.vessel == "tone" ||
      line.vessel == "own ship")
    return {};
  // generators of all vessels run at the mains' frequencies
  return line.family == "generator" ? line.family
                                    : line.vessel + " " + line.family;
}

class Judge {
 public:
  Judge(std::vector<TrueLine> lines, const tonal::Grid &grid,
        const std::vector<tonal::Tracker::Current> &tonals)
      : lines_(std::move(lines)), grid_(grid) {
    const double middle = double(grid.height()) / 2;
    bin_hz_ = grid.row_hz(middle);
    resolution_hz_ = bin_hz_ * grid.tone_rows(middle);
    for (const tonal::Tracker::Current &t : tonals)
      tonals_.push_back(match(t, lines_, bin_hz_));
  }

  void judge_lines(double least_excess_db, double excess_gain_db,
                   TonalFigures &out) {
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      const TrueLine &line = lines_[i];
      if (!line.target ||
          line.line->snr_db + excess_gain_db < least_excess_db ||
          double(line.sounds) * grid_.column_seconds() < kLeastSeconds)
        continue;
      if (std::any_of(lines_.begin(), lines_.end(), [&](const TrueLine &l) {
            return hides(l, line, resolution_hz_);
          })) {
        ++out.merged;
        continue;
      }
      ++out.lines;
      judge_line(i, excess_gain_db, out);
    }
    out.tonals = tonals_.size();
    for (const Matched &m : tonals_) out.false_tonals += m.line < 0;
  }

  void judge_families(const std::vector<tonal::Family> &families,
                      TonalFigures &out) const {
    std::map<std::string, std::size_t> most;  // of a source in one family
    for (const tonal::Family &f : families) {
      std::map<std::string, std::size_t> from;
      for (const tonal::Member &m : f.members) ++from[source_of_tonal(m.tonal)];
      from.erase("");
      std::pair<std::string, std::size_t> best;
      for (const auto &source : from)
        if (source.second > best.second) best = source;
      const bool right = 2 * best.second >= f.members.size();
      ++out.families;
      out.false_families += !right;
      if (right) most[best.first] = std::max(most[best.first], best.second);
      if (f.origin == tonal::Origin::kMains50 ||
          f.origin == tonal::Origin::kMains60) {
        ++out.mains;
        out.mains_right +=
            right && best.first.find("generator") != std::string::npos;
      }
    }
    out.most_false_families = out.false_families;
    for (const auto &[source, count] : found_of_sources())
      if (count >= kLeastFound) {
        ++out.sources;
        out.sources_found += most[source] >= kLeastInFamily;
      }
  }

 private:
  void judge_line(std::size_t i, double excess_gain_db, TonalFigures &out) {
    const TrueLine &line = lines_[i];
    std::size_t near = 0, most = 0;
    const tonal::Tracker::Current *best = nullptr;
    for (const Matched &m : tonals_) {
      const std::size_t own = count_near(m.found->hz, line, bin_hz_);
      near += own;
      if (own > most) most = own, best = m.found;
    }
    if (2 * near < line.sounds) return;
    ++out.found;
    const tonal::Tonal &t = best->here;
    const auto heard = [&](std::size_t x) {
      return x < best->hz.size() && std::isfinite(best->hz[x]);
    };
    std::int64_t begin = std::int64_t(line.hz.size()), end = 0;
    for (std::size_t x = 0; x < line.hz.size(); ++x)
      if (heard(x)) {
        begin = std::min(begin, std::int64_t(x));
        end = std::int64_t(x) + 1;
      }
    const double true_hz =
        mean_while(line, begin, end, [&](std::size_t x) { return line.hz[x]; });
    out.error_bins.push_back(std::fabs(t.frequency_hz - true_hz) / bin_hz_);
    // of tone and noise together, as the tonal's
    const double excess =
        10 *
        std::log10(1 + std::pow(10, (line.line->snr_db + excess_gain_db) / 10));
    out.level_error_db.push_back(t.excess_db - excess);
  }

  std::string source_of_tonal(std::uint64_t id) const {
    for (const Matched &m : tonals_)
      if (m.found->here.id == id && m.line >= 0)
        return source_of(*lines_[std::size_t(m.line)].line);
    return {};
  }

  std::map<std::string, std::size_t> found_of_sources() const {
    std::set<std::ptrdiff_t> found;
    for (const Matched &m : tonals_) found.insert(m.line);
    found.erase(-1);
    std::map<std::string, std::size_t> counts;
    for (const std::ptrdiff_t i : found)
      ++counts[source_of(*lines_[std::size_t(i)].line)];
    counts.erase("");
    return counts;
  }

  std::vector<TrueLine> lines_;
  const tonal::Grid &grid_;
  double bin_hz_ = 0, resolution_hz_ = 0;
  std::vector<Matched> tonals_;
};

}  // namespace

TonalFigures score_tonals(const SynthScene &scene, const Recipe &scene_recipe,
                          const Recipe &analysis, const tonal::Grid &grid,
                          const std::vector<tonal::Tracker::Current> &tonals,
                          const std::vector<tonal::Family> &families,
                          double least_excess_db) {
  std::size_t columns = 0;
  for (const tonal::Tracker::Current &t : tonals)
    columns = std::max(columns, t.hz.size());
  if (columns == 0)
    columns = std::size_t(double(scene.samples.size()) /
                          double(analysis.column_samples()));
  std::vector<TrueLine> lines;
  for (const bool target : {true, false})
    for (const SceneLine &l : target ? scene.lines : scene.other_lines)
      if (l.column_hz.size() >= 2)
        lines.push_back(on_columns(l, target, scene_recipe, analysis, columns));
  Judge judge(std::move(lines), grid, tonals);
  TonalFigures out;
  out.scenes = 1;
  // noise in a bin falls with its width
  const double gain_db =
      10 * std::log10(scene_recipe.bin_hz() / grid.row_hz(grid.height() / 2.0));
  judge.judge_lines(least_excess_db, gain_db, out);
  judge.judge_families(families, out);
  return out;
}

static void add(const TonalFigures &one, TonalFigures &sum) {
  sum.scenes += one.scenes;
  sum.lines += one.lines;
  sum.found += one.found;
  sum.merged += one.merged;
  sum.error_bins.insert(sum.error_bins.end(), one.error_bins.begin(),
                        one.error_bins.end());
  sum.level_error_db.insert(sum.level_error_db.end(),
                            one.level_error_db.begin(),
                            one.level_error_db.end());
  sum.tonals += one.tonals;
  sum.false_tonals += one.false_tonals;
  sum.families += one.families;
  sum.false_families += one.false_families;
  sum.most_false_families =
      std::max(sum.most_false_families, one.most_false_families);
  sum.sources += one.sources;
  sum.sources_found += one.sources_found;
  sum.mains += one.mains;
  sum.mains_right += one.mains_right;
}

TonalFigures sum_of(const std::vector<TonalFigures> &scenes) {
  TonalFigures sum;
  for (const TonalFigures &one : scenes) add(one, sum);
  std::sort(sum.error_bins.begin(), sum.error_bins.end());
  std::sort(sum.level_error_db.begin(), sum.level_error_db.end());
  return sum;
}

static std::optional<double> share(std::size_t part, std::size_t whole) {
  if (whole == 0) return {};
  return double(part) / double(whole);
}

static std::optional<double> quantile(const std::vector<double> &sorted,
                                      double q) {
  if (sorted.empty()) return {};
  return sorted[std::size_t(std::lround(q * double(sorted.size() - 1)))];
}

static std::optional<double> share_below(const std::vector<double> &sorted,
                                         double limit) {
  return share(
      std::size_t(std::lower_bound(sorted.begin(), sorted.end(), limit) -
                  sorted.begin()),
      sorted.size());
}

Json to_json(const TonalFigures &f) {
  Json out = {{"scenes", f.scenes},
              {"lines", f.lines},
              {"found", f.found},
              {"merged", f.merged},
              {"tonals", f.tonals},
              {"false_tonals", f.false_tonals},
              {"families", f.families},
              {"false_families", f.false_families},
              {"most_false_families_in_a_scene", f.most_false_families},
              {"sources", f.sources},
              {"sources_found", f.sources_found},
              {"mains", f.mains},
              {"mains_right", f.mains_right}};
  const auto put = [&](const char *name, const std::optional<double> &value) {
    if (value) out[name] = *value;
  };
  put("found_share", share(f.found, f.lines));
  put("error_bins_median", quantile(f.error_bins, 0.5));
  put("error_bins_95", quantile(f.error_bins, 0.95));
  put("error_below_quarter_bin", share_below(f.error_bins, 0.25));
  put("level_error_db_median", quantile(f.level_error_db, 0.5));
  return out;
}

std::string tonals_text(const TonalFigures &f) {
  const auto count = [](std::size_t n) { return std::to_string(n); };
  std::string out =
      count(f.scenes) + " scenes\n" + "lines         " + count(f.found) +
      " of " + count(f.lines) + " found, " + percent(share(f.found, f.lines)) +
      " (" + count(f.merged) + " too near to a louder one not counted)\n" +
      "frequency     median error " + fixed(quantile(f.error_bins, 0.5), 3) +
      " bins, 95 % below " + fixed(quantile(f.error_bins, 0.95), 3) +
      ", a quarter bin or less for " +
      percent(share_below(f.error_bins, 0.25)) + "\n" +
      "excess        median error " +
      fixed(quantile(f.level_error_db, 0.5), 1) + " dB\n" + "tonals        " +
      count(f.tonals) + ", " + count(f.false_tonals) + " where no line is\n" +
      "families      " + count(f.families) + ", " + count(f.false_families) +
      " false, at most " + count(f.most_false_families) + " in a scene; of " +
      count(f.sources) + " sources with " + count(kLeastFound) +
      " lines found " + count(f.sources_found) + " have one\n" +
      "mains         " + count(f.mains) + " families, " + count(f.mains_right) +
      " of them generators\n";
  return out;
}

}  // namespace sonar::models
