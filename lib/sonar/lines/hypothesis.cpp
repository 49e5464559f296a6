/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/lines/hypothesis.h"

#include <algorithm>
#include <cmath>

#include "sonar/lines/statistics.h"

namespace sonar::lines {
namespace {

constexpr float kLeastPresence = 0.5f;  // rather there than not

/* Where a line is in the mean over the picture. */
double place_of(const Line &line, const Hypothesis &hypothesis) {
  return line.moving
             ? line.frequency * std::exp(mean_value(hypothesis.log_ratio))
             : line.frequency;
}

}  // namespace

Recognizer::Recognizer(LineModel model, std::size_t bins)
    : model_(std::move(model)) {
  for (const ClassLines &of : model_.classes)
    searches_.emplace_back(of, model_.common, bins);
}

Hypothesis Recognizer::recognize(const std::vector<float> &profile,
                                 const LineMap &map, std::size_t target) const {
  const ClassLines &of = model_.classes[target];
  const double start = searches_[target](profile, model_.background);
  Hypothesis out;
  out.log_ratio = follow_ratio(map, of, start);
  for (const Line &line : of.lines)
    out.readings.push_back(read_line(map, line, model_.common, out.log_ratio));
  weigh(of, out);
  return out;
}

void Recognizer::weigh(const ClassLines &of, Hypothesis &hypothesis) const {
  Likelihood found = likelihood(of, hypothesis.readings, model_.background);
  hypothesis.evidence =
      found.evidence + ratio_log_prior(of, mean_value(hypothesis.log_ratio));
  hypothesis.level_shift_db = found.level_shift_db;
  hypothesis.presence = std::move(found.presence);
}

Hypothesis Recognizer::beside(std::size_t target, const Hypothesis &other,
                              std::size_t known_target,
                              const Hypothesis &known) const {
  const ClassLines &of = model_.classes[target];
  const ClassLines &theirs = model_.classes[known_target];
  std::vector<CommonLine> taken;
  for (std::size_t j = 0; j < theirs.lines.size(); ++j)
    if (known.presence[j] >= kLeastPresence)
      taken.push_back({place_of(theirs.lines[j], known)});
  Hypothesis out = other;
  for (std::size_t j = 0; j < of.lines.size(); ++j)
    out.readings[j].hidden = out.readings[j].hidden ||
                             is_covered(taken, place_of(of.lines[j], other));
  weigh(of, out);
  return out;
}

std::vector<Hypothesis> Recognizer::recognize(const std::vector<float> &profile,
                                              const LineMap &map) const {
  std::vector<Hypothesis> out;
  for (std::size_t c = 0; c < model_.classes.size(); ++c)
    out.push_back(recognize(profile, map, c));
  return out;
}

std::vector<Track> Recognizer::tracks(const LineMap &map, std::size_t target,
                                      const Hypothesis &hypothesis) const {
  std::vector<Track> out;
  const std::vector<Line> &lines = model_.classes[target].lines;
  for (std::size_t j = 0; j < lines.size(); ++j)
    if (hypothesis.presence[j] >= kLeastPresence)
      out.push_back(follow_line(map, lines[j], j, hypothesis.log_ratio));
  return out;
}

}  // namespace sonar::lines
