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

}  // namespace

/* Only a line model can tell whose lines are whose. */
std::vector<std::size_t> classes_beside(const Model &model,
                                        const Classification &seen) {
  std::vector<std::size_t> out;
  if (!model.has_lines()) return out;
  for (std::size_t c = 0; c < seen.probabilities.size(); ++c)
    if (c != seen.best && double(seen.probabilities[c]) >= kNamedBeside)
      out.push_back(c);
  return out;
}

Verdict judge(const Model &model, const std::vector<Classification> &seen) {
  const bool exclusive = model.exclusive();
  const std::vector<double> scores = mean_scores(seen, exclusive);
  const auto best = std::size_t(std::max_element(scores.begin(), scores.end()) -
                                scores.begin());
  Verdict v;
  v.confidence = probability(scores, best, exclusive);
  v.rejected = v.confidence < model.settings().min_confidence;
  v.classes = {best};
  if (v.rejected) return v;
  Classification mean;
  mean.best = best;
  for (std::size_t c = 0; c < scores.size(); ++c)
    mean.probabilities.push_back(float(probability(scores, c, exclusive)));
  for (const std::size_t c : classes_beside(model, mean))
    v.classes.push_back(c);
  return v;
}

}  // namespace sonar::models
