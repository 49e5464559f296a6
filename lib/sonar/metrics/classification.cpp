/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/metrics/classification.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <sstream>

#include "sonar/core/error.h"

namespace sonar::metrics {
namespace {

constexpr char kNone[] = "none";

std::optional<double> share(std::size_t part, std::size_t whole) {
  if (!whole) return std::nullopt;
  return double(part) / double(whole);
}

std::optional<double> balanced(const std::vector<Decision> &decisions) {
  std::map<LabelSet, std::pair<std::size_t, std::size_t>> of_label;
  for (const Decision &d : decisions) {
    if (d.truth.empty()) continue;
    auto &[right, all] = of_label[d.truth];
    right += d.right();
    ++all;
  }
  if (of_label.empty()) return std::nullopt;
  double sum = 0;
  for (const auto &[label, counts] : of_label)
    sum += double(counts.first) / double(counts.second);
  return sum / double(of_label.size());
}

std::size_t index_of(const std::vector<std::string> &sorted,
                     const std::string &name) {
  return std::size_t(std::lower_bound(sorted.begin(), sorted.end(), name) -
                     sorted.begin());
}

}  // namespace

LabelSet parse_label_set(const std::string &text) {
  if (text == kNone) return {};
  std::set<std::string> labels;
  std::istringstream names(text);
  for (std::string name; std::getline(names, name, '+');)
    if (!name.empty()) labels.insert(name);
  return {labels.begin(), labels.end()};
}

std::string text(const LabelSet &labels) {
  std::string out;
  for (const std::string &label : labels)
    out += (out.empty() ? "" : "+") + label;
  return out.empty() ? kNone : out;
}

ClassificationScore score(const std::vector<Decision> &decisions) {
  ClassificationScore s;
  std::size_t right = 0, rejected = 0, right_accepted = 0, unknown = 0;
  for (const Decision &d : decisions) {
    if (d.truth.empty()) {
      ++s.without_target;
      unknown += d.rejected;
      continue;
    }
    ++s.known;
    right += d.right();
    rejected += d.rejected;
    right_accepted += d.right() && !d.rejected;
  }
  s.accuracy = share(right, s.known);
  s.balanced_accuracy = balanced(decisions);
  s.rejected = share(rejected, s.known);
  s.accuracy_accepted = share(right_accepted, s.known - rejected);
  s.reported_unknown = share(unknown, s.without_target);
  s.reported_right = share(right_accepted + unknown, decisions.size());
  return s;
}

Confusion confusion(const std::vector<Decision> &decisions,
                    const std::vector<std::string> &labels) {
  std::set<std::string> truths(labels.begin(), labels.end()),
      predictions = truths;
  for (const Decision &d : decisions) {
    truths.insert(text(d.truth));
    predictions.insert(text(d.predicted));
  }
  Confusion c;
  c.truths.assign(truths.begin(), truths.end());
  c.predictions.assign(predictions.begin(), predictions.end());
  c.counts.assign(truths.size(), std::vector<std::size_t>(predictions.size()));
  c.rejected.resize(truths.size());
  for (const Decision &d : decisions) {
    const std::size_t row = index_of(c.truths, text(d.truth));
    ++c.counts[row][index_of(c.predictions, text(d.predicted))];
    c.rejected[row] += d.rejected;
  }
  return c;
}

Calibration calibration(const std::vector<Decision> &decisions,
                        std::size_t bins) {
  if (!bins)
    throw Error(Errc::kBadArgument,
                "calibration needs at least 1 bin of confidence, got 0");
  Calibration c;
  c.bins.resize(bins);
  for (std::size_t i = 0; i < bins; ++i) {
    c.bins[i].from = double(i) / double(bins);
    c.bins[i].to = double(i + 1) / double(bins);
  }
  std::size_t known = 0;
  for (const Decision &d : decisions) {
    if (d.truth.empty()) continue;
    const double at = std::clamp(d.confidence, 0.0, 1.0) * double(bins);
    ReliabilityBin &bin = c.bins[std::min(std::size_t(at), bins - 1)];
    ++bin.recordings;
    bin.confidence += d.confidence;
    bin.accuracy += d.right();
    ++known;
  }
  if (!known) return c;
  double error = 0;
  for (ReliabilityBin &bin : c.bins) {
    if (!bin.recordings) continue;
    error += std::fabs(bin.accuracy - bin.confidence) / double(known);
    bin.confidence /= double(bin.recordings);
    bin.accuracy /= double(bin.recordings);
  }
  c.expected_error = error;
  return c;
}

std::vector<RejectionPoint> rejection_curve(std::vector<Decision> decisions) {
  decisions.erase(
      std::remove_if(decisions.begin(), decisions.end(),
                     [](const Decision &d) { return d.truth.empty(); }),
      decisions.end());
  std::sort(decisions.begin(), decisions.end(),
            [](const Decision &a, const Decision &b) {
              return a.confidence > b.confidence;
            });
  std::vector<RejectionPoint> curve;
  std::size_t right = 0;
  for (std::size_t i = 0; i < decisions.size(); ++i) {
    right += decisions[i].right();
    // those of one confidence are accepted together
    if (i + 1 < decisions.size() &&
        decisions[i + 1].confidence == decisions[i].confidence)
      continue;
    curve.push_back({decisions[i].confidence,
                     double(i + 1) / double(decisions.size()),
                     double(right) / double(i + 1)});
  }
  return curve;
}

std::optional<double> accuracy_at(const std::vector<RejectionPoint> &curve,
                                  double coverage) {
  for (const RejectionPoint &point : curve)
    if (point.coverage >= coverage) return point.accuracy;
  if (curve.empty()) return std::nullopt;
  return curve.back().accuracy;
}

}  // namespace sonar::metrics
