/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace sonar::metrics {

/** Names of the classes that are in a recording, sorted; empty: none of the
 *  library. */
using LabelSet = std::vector<std::string>;

/** "cargo+ferry" to {"cargo", "ferry"}, "none" to {}. */
LabelSet parse_label_set(const std::string &text);
/** The reverse of parse_label_set(). */
std::string text(const LabelSet &labels);

/** What a recording holds and what was said of it. */
struct Decision {
  LabelSet truth;
  LabelSet predicted;     ///< the best answer, made even when it is rejected
  double confidence = 0;  ///< in the answer, 0..1
  bool rejected = false;  ///< reported as unknown

  /** All classes named and no other one. */
  bool right() const { return predicted == truth; }
};

/** Fractions 0..1, absent where no recording counts. "Known": recordings that
 *  hold a class of the library. */
struct ClassificationScore {
  std::size_t known = 0, without_target = 0;
  std::optional<double> accuracy;           ///< of the known, none rejected
  std::optional<double> balanced_accuracy;  ///< mean over their label sets
  std::optional<double> rejected;           ///< share of the known
  std::optional<double> accuracy_accepted;  ///< of the known not rejected
  std::optional<double> reported_unknown;   ///< share of those without target
  /** Share of all recordings whose report is right: a known one accepted with
   *  its classes, one without target rejected. */
  std::optional<double> reported_right;
};
ClassificationScore score(const std::vector<Decision> &decisions);

/** Counts of recordings. Rows: what they hold; columns: what was said of them
 *  before any was rejected. Both sorted, `rejected` counted beside. */
struct Confusion {
  std::vector<std::string> truths, predictions;
  std::vector<std::vector<std::size_t>> counts;
  std::vector<std::size_t> rejected;  ///< per row, also within counts
};
/** @p labels come as rows and columns even if no recording has them. */
Confusion confusion(const std::vector<Decision> &decisions,
                    const std::vector<std::string> &labels);

/** Known recordings whose confidence lies in [from, to); the last bin holds
 *  `to` as well. */
struct ReliabilityBin {
  double from = 0, to = 0;
  std::size_t recordings = 0;
  double confidence = 0, accuracy = 0;  ///< means; 0 where empty
};
struct Calibration {
  std::vector<ReliabilityBin> bins;  ///< of equal width over 0..1
  /** Mean over the recordings of |accuracy - confidence| of their bin (Guo et
   *  al., On calibration of modern neural networks, 2017, Eq. 3). */
  std::optional<double> expected_error;
};
/** Throws Error(kBadArgument) for 0 bins. */
Calibration calibration(const std::vector<Decision> &decisions,
                        std::size_t bins = 10);

/** Known recordings at or above a confidence. */
struct RejectionPoint {
  double confidence, coverage, accuracy;
};
/** One point a distinct confidence, from the highest, so coverage rises to 1.
 */
std::vector<RejectionPoint> rejection_curve(std::vector<Decision> decisions);
/** Accuracy of the most confident @p coverage (0..1) of the recordings, the
 *  first point of the curve that reaches it; absent on an empty curve. */
std::optional<double> accuracy_at(const std::vector<RejectionPoint> &curve,
                                  double coverage);

}  // namespace sonar::metrics
