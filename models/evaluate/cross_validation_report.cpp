/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/evaluate/cross_validation_report.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "sonar/metrics/classification.h"

namespace sonar::models {
namespace {

constexpr double kNamedShares[] = {0.25, 0.5, 0.75, 1};

using Counts = std::vector<std::vector<double>>;

std::vector<RecordingScore> all_folds(const Repetition &repetition) {
  std::vector<RecordingScore> out;
  for (const auto &fold : repetition.folds)
    out.insert(out.end(), fold.begin(), fold.end());
  return out;
}

Counts none(std::size_t classes) {
  return Counts(classes, std::vector<double>(classes));
}

Counts count_recordings(const std::vector<RecordingScore> &scores,
                        std::size_t classes) {
  Counts out = none(classes);
  for (const RecordingScore &s : scores) ++out[s.label][s.predicted];
  return out;
}

Counts count_groups(const Dataset &data,
                    const std::vector<RecordingScore> &scores) {
  const auto key = [&](const RecordingScore &s) {
    return std::make_pair(data.recordings[s.recording].group, s.label);
  };
  std::map<std::pair<std::string, std::size_t>, std::size_t> sizes;
  for (const RecordingScore &s : scores) ++sizes[key(s)];
  Counts out = none(data.labels.size());
  for (const RecordingScore &s : scores)
    out[s.label][s.predicted] += 1 / double(sizes.at(key(s)));
  return out;
}

double sum(const std::vector<double> &row) {
  double out = 0;
  for (const double v : row) out += v;
  return out;
}

/** Share of a class that is right; every class has recordings. */
double recall(const Counts &counts, std::size_t label) {
  return counts[label][label] / sum(counts[label]);
}

double share_right(const Counts &counts) {
  double right = 0, all = 0;
  for (std::size_t c = 0; c < counts.size(); ++c) {
    right += counts[c][c];
    all += sum(counts[c]);
  }
  return right / all;
}

std::vector<metrics::Decision> decisions_of(
    const Dataset &data, const std::vector<RecordingScore> &scores) {
  std::vector<metrics::Decision> out;
  for (const RecordingScore &s : scores)
    out.push_back({{data.labels[s.label]},
                   {data.labels[s.predicted]},
                   s.confidence,
                   false});
  return out;
}

/** Adds what naming only the surest brings, a figure a repetition. */
class Coverages {
 public:
  void add(const std::vector<metrics::Decision> &decisions) {
    const auto curve = metrics::rejection_curve(decisions);
    for (std::size_t i = 0; i < std::size(kNamedShares); ++i) {
      const auto point = std::find_if(
          curve.begin(), curve.end(), [&](const metrics::RejectionPoint &p) {
            return p.coverage >= kNamedShares[i] - 1e-9;
          });
      if (point == curve.end()) continue;
      accuracy_[i].push_back(point->accuracy);
      confidence_[i].push_back(point->confidence);
    }
  }
  std::vector<CrossValidationSummary::Coverage> spreads() const {
    std::vector<CrossValidationSummary::Coverage> out;
    for (std::size_t i = 0; i < std::size(kNamedShares); ++i)
      out.push_back(
          {kNamedShares[i], spread(accuracy_[i]), spread(confidence_[i])});
    return out;
  }

 private:
  std::vector<double> accuracy_[std::size(kNamedShares)],
      confidence_[std::size(kNamedShares)];
};

void add(Counts &to, const Counts &counts, double weight) {
  for (std::size_t t = 0; t < to.size(); ++t)
    for (std::size_t a = 0; a < to.size(); ++a)
      to[t][a] += weight * counts[t][a];
}

Json to_json(const Spread &s) {
  Json out{{"mean", s.mean}};
  if (s.deviation) out["deviation"] = *s.deviation;
  return out;
}

std::string text(const Spread &s) {
  return fixed(s.mean, 3) + (s.deviation ? " +- " + fixed(s.deviation, 3) : "");
}

std::size_t width_of(const std::vector<std::string> &labels) {
  std::size_t out = 7;  // of a count
  for (const std::string &label : labels) out = std::max(out, label.size());
  return out;
}

std::string table(const std::vector<std::string> &labels,
                  const Counts &counts) {
  const std::size_t width = width_of(labels);
  std::string out = padded("", width);
  for (const std::string &label : labels) out += "  " + padded(label, width);
  for (std::size_t t = 0; t < labels.size(); ++t) {
    out += "\n" + padded(labels[t], width);
    for (const double count : counts[t])
      out += "  " + padded(fixed(count, 1), width);
  }
  return out + "\n";
}

}  // namespace

Spread spread(const std::vector<double> &figures) {
  Spread out;
  const double count = double(figures.size());
  for (const double f : figures) out.mean += f / count;
  if (figures.size() < 2) return out;
  double squares = 0;
  for (const double f : figures) squares += (f - out.mean) * (f - out.mean);
  out.deviation = std::sqrt(squares / (count - 1));
  return out;
}

CrossValidationSummary summarize(const Dataset &data,
                                 const std::vector<Repetition> &repetitions) {
  const std::size_t classes = data.labels.size();
  CrossValidationSummary out;
  out.recordings = out.groups = none(classes);
  std::vector<double> accuracies, balanced, of_groups, of_folds;
  std::vector<std::vector<double>> recalls(classes);
  std::vector<double> errors;
  Coverages coverages;
  for (const Repetition &repetition : repetitions) {
    const std::vector<RecordingScore> scores = all_folds(repetition);
    const Counts recordings = count_recordings(scores, classes);
    const Counts groups = count_groups(data, scores);
    add(out.recordings, recordings, 1 / double(repetitions.size()));
    add(out.groups, groups, 1 / double(repetitions.size()));
    accuracies.push_back(share_right(recordings));
    of_groups.push_back(share_right(groups));
    balanced.push_back(0);
    for (std::size_t c = 0; c < classes; ++c) {
      recalls[c].push_back(recall(recordings, c));
      balanced.back() += recalls[c].back() / double(classes);
    }
    for (const auto &fold : repetition.folds)
      of_folds.push_back(accuracy(fold));
    const auto decisions = decisions_of(data, scores);
    coverages.add(decisions);
    errors.push_back(
        metrics::calibration(decisions).expected_error.value_or(0));
  }
  out.accuracy = spread(accuracies);
  out.balanced = spread(balanced);
  out.group_accuracy = spread(of_groups);
  out.fold_accuracy = spread(of_folds);
  out.calibration_error = spread(errors);
  out.coverages = coverages.spreads();
  for (const auto &figures : recalls) out.recall.push_back(spread(figures));
  return out;
}

Json cross_validation_json(const Dataset &data,
                           const std::vector<Repetition> &repetitions,
                           bool per_file) {
  const CrossValidationSummary s = summarize(data, repetitions);
  Json out{{"labels", data.labels},
           {"folds", repetitions.front().folds.size()},
           {"repetitions", repetitions.size()},
           {"accuracy", to_json(s.accuracy)},
           {"balanced_accuracy", to_json(s.balanced)},
           {"group_accuracy", to_json(s.group_accuracy)},
           {"fold_accuracy", to_json(s.fold_accuracy)},
           {"calibration_error", to_json(s.calibration_error)}};
  for (const auto &c : s.coverages)
    out["coverage"].push_back({{"coverage", c.coverage},
                               {"accuracy", to_json(c.accuracy)},
                               {"confidence", to_json(c.confidence)}});
  for (std::size_t c = 0; c < data.labels.size(); ++c)
    out["recall"][data.labels[c]] = to_json(s.recall[c]);
  out["confusion"] = {{"recordings", s.recordings}, {"groups", s.groups}};
  if (!per_file) return out;
  for (const Repetition &repetition : repetitions)
    for (std::size_t f = 0; f < repetition.folds.size(); ++f)
      for (const RecordingScore &one : repetition.folds[f]) {
        const Recording &recording = data.recordings[one.recording];
        out["recordings"].push_back({{"path", recording.path},
                                     {"group", recording.group},
                                     {"holds", recording.label},
                                     {"said", data.labels[one.predicted]},
                                     {"confidence", one.confidence},
                                     {"seed", repetition.seed},
                                     {"fold", f}});
      }
  return out;
}

std::string cross_validation_text(const Dataset &data,
                                  const std::vector<Repetition> &repetitions) {
  const CrossValidationSummary s = summarize(data, repetitions);
  const std::size_t width = width_of(data.labels);
  std::string out = std::to_string(repetitions.front().folds.size()) +
                    " folds, " + std::to_string(repetitions.size()) +
                    " repetitions; mean +- standard deviation over them\n"
                    "accuracy " +
                    text(s.accuracy) + ", balanced " + text(s.balanced) +
                    ", with each group counted once " + text(s.group_accuracy) +
                    "\nof single folds " + text(s.fold_accuracy) + "\n\n" +
                    padded("class", width) + "  right\n";
  for (std::size_t c = 0; c < data.labels.size(); ++c)
    out += padded(data.labels[c], width) + "  " + text(s.recall[c]) + "\n";
  out += "\ncalibration: expected error " + text(s.calibration_error) +
         "\nnamed  least confidence  right\n";
  for (const auto &c : s.coverages)
    out += padded(fixed(100 * c.coverage, 0) + " %", 5) + "  " +
           padded(fixed(c.confidence.mean, 3), 16) + "  " + text(c.accuracy) +
           "\n";
  return out +
         "\nrecordings a repetition (rows: what they hold, columns: what was "
         "said)\n" +
         table(data.labels, s.recordings) +
         "\ngroups a repetition (recordings of one group and class share one "
         "count)\n" +
         table(data.labels, s.groups);
}

}  // namespace sonar::models
