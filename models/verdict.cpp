/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/verdict.h"

#include <algorithm>
#include <cmath>

namespace sonar::models {
namespace {

// a float probability of 1 is at least 1 - 2^-25; this keeps its log finite
constexpr double kLeastProbability = 1e-9;

std::vector<double> mean_scores(const std::vector<Classification> &seen,
                                bool exclusive) {
  std::vector<double> mean(seen.front().probabilities.size());
  for (const Classification &one : seen)
    for (std::size_t c = 0; c < mean.size(); ++c) {
      const double p = double(one.probabilities[c]);
      double score = std::log(std::max(p, kLeastProbability));
      if (!exclusive) score -= std::log(std::max(1 - p, kLeastProbability));
      mean[c] += score / double(seen.size());
    }
  return mean;
}

double probability(const std::vector<double> &scores, std::size_t of,
                   bool exclusive) {
  if (!exclusive) return 1 / (1 + std::exp(-scores[of]));
  double sum = 0;
  for (const double s : scores) sum += std::exp(s - scores[of]);
  return 1 / sum;
}

/* The pictures together as one: its probabilities and levels, and the loudest
 * of the classes that are surely there. */
Classification mean_of(const std::vector<Classification> &seen,
                       const std::vector<double> &scores, bool exclusive) {
  Classification mean;
  mean.best = std::size_t(std::max_element(scores.begin(), scores.end()) -
                          scores.begin());
  for (std::size_t c = 0; c < scores.size(); ++c)
    mean.probabilities.push_back(float(probability(scores, c, exclusive)));
  mean.hypotheses.resize(seen.front().hypotheses.size());
  for (const Classification &one : seen)
    for (std::size_t c = 0; c < one.hypotheses.size(); ++c)
      mean.hypotheses[c].level_shift_db +=
          one.hypotheses[c].level_shift_db / double(seen.size());
  for (std::size_t c = 0; c < mean.hypotheses.size(); ++c)
    if (double(mean.probabilities[c]) >= kNamedBeside &&
        mean.hypotheses[c].level_shift_db >
            mean.hypotheses[mean.best].level_shift_db)
      mean.best = c;
  return mean;
}

}  // namespace

/* Only a line model can tell whose lines are whose. */
std::vector<std::size_t> classes_beside(const Model &model,
                                        const Classification &seen) {
  std::vector<std::size_t> out;
  if (!model.has_lines()) return out;
  const auto level = [&](std::size_t c) {
    return seen.hypotheses[c].level_shift_db;
  };
  for (std::size_t c = 0; c < seen.hypotheses.size(); ++c)
    if (c != seen.best && double(seen.probabilities[c]) >= kNamedBeside &&
        level(c) > level(seen.best) - kFainterDb)
      out.push_back(c);
  return out;
}

Verdict judge(const Model &model, const std::vector<Classification> &seen) {
  const bool exclusive = model.exclusive();
  const std::vector<double> scores = mean_scores(seen, exclusive);
  const Classification mean = mean_of(seen, scores, exclusive);
  Verdict v;
  v.classes = {mean.best};
  v.confidence = probability(scores, mean.best, exclusive);
  v.rejected = v.confidence < model.settings().min_confidence;
  if (v.rejected) return v;
  for (const std::size_t c : classes_beside(model, mean))
    v.classes.push_back(c);
  return v;
}

}  // namespace sonar::models
