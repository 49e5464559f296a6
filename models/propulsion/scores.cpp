/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/propulsion/scores.h"

#include <cmath>
#include <cstdarg>
#include <cstdio>

#include "sonar/metrics/classification.h"

namespace sonar::models {
namespace {

using tonal::kMaxBlades;
using tonal::kMinBlades;

const std::pair<const char *, double> kHarmonics[] = {
    {"1/4", 1.0 / 4}, {"1/3", 1.0 / 3}, {"1/2", 1.0 / 2}, {"2/3", 2.0 / 3},
    {"3/4", 3.0 / 4}, {"4/3", 4.0 / 3}, {"3/2", 3.0 / 2}, {"2", 2.0},
    {"3", 3.0},       {"4", 4.0}};

bool within(const PropulsionResult &r, double tolerance) {
  return r.got.shaft_hz > 0 &&
         std::fabs(r.got.shaft_hz / r.shaft_hz - 1) <= tolerance;
}

bool known(const PropulsionResult &r) { return r.clear && r.shaft_hz > 0; }
bool known_blades(const PropulsionResult &r) {
  return known(r) && r.blades > 0;
}

std::string harmonic_of(const PropulsionResult &r) {
  for (const auto &[name, ratio] : kHarmonics)
    if (std::fabs(r.got.shaft_hz / r.shaft_hz / ratio - 1) <= 0.03) return name;
  return "other";
}

template <typename Choose, typename Right>
double share(const std::vector<PropulsionResult> &results, Choose choose,
             Right right) {
  std::size_t all = 0, hits = 0;
  for (const PropulsionResult &r : results)
    if (choose(r)) ++all, hits += right(r);
  return all ? double(hits) / double(all) : 0.0;
}

std::string format(const char *pattern, ...) {
  char text[256];
  std::va_list arguments;
  va_start(arguments, pattern);
  std::vsnprintf(text, sizeof text, pattern, arguments);
  va_end(arguments);
  return text;
}

std::vector<PropulsionRejection> rejection_of(
    const std::vector<PropulsionResult> &results) {
  std::vector<PropulsionRejection> curve;
  for (int tenth = 0; tenth < 10; ++tenth) {
    const double least = tenth / 10.0;
    const auto taken = [&](const PropulsionResult &r) {
      return r.got.confidence >= least;
    };
    curve.push_back(
        {least, share(results, known, taken),
         share(
             results,
             [&](const PropulsionResult &r) { return known(r) && taken(r); },
             [](const PropulsionResult &r) { return within(r, 0.02); }),
         share(
             results, [](const PropulsionResult &r) { return !r.clear; },
             taken)});
  }
  return curve;
}

double calibration_error_of(const std::vector<PropulsionResult> &results) {
  std::vector<metrics::Decision> decisions;
  for (const PropulsionResult &r : results)
    if (known(r))
      decisions.push_back({{"right"},
                           {within(r, 0.05) ? "right" : "wrong"},
                           r.got.confidence,
                           false});
  return metrics::calibration(decisions).expected_error.value_or(0.0);
}

std::string line_of(const PropulsionResult &r) {
  std::string line = format(
      "%-40.40s %7.4f +- %.4f Hz  %d blades  blade rate "
      "%6.2f Hz  confidence %.2f",
      r.name.c_str(), r.got.shaft_hz, r.got.shaft_uncertainty_hz, r.got.blades,
      r.got.blade_hz, r.got.confidence);
  if (r.shaft_hz > 0) line += format("  annotated %.3f Hz", r.shaft_hz);
  if (r.blades > 0) line += format(", %d blades", r.blades);
  return line + "\n";
}

std::string figures_of(const PropulsionScore &s) {
  std::string text = format(
      "%zu clear spectra with a shaft rate, %zu of them with blades\n"
      "shaft rate within 2 %%: %.1f %%   within 5 %%: %.1f %%\n"
      "blades right: %.1f %%   both right: %.1f %%\n"
      "calibration error of the confidence: %.3f\n",
      s.shafts, s.blade_counts, 100 * s.within_2_percent,
      100 * s.within_5_percent, 100 * s.blades_right, 100 * s.both_right,
      s.calibration_error);
  text += "shaft rates off by more than 5 %, times the annotated:";
  for (const auto &[name, count] : s.errors)
    text += format("  %s: %zu", name.c_str(), count);
  text += "\n\nblades, annotated down, answered across\n  ";
  for (int b = kMinBlades; b <= kMaxBlades; ++b) text += format("%5d", b);
  for (int b = kMinBlades; b <= kMaxBlades; ++b) {
    text += format("\n%2d", b);
    for (const std::size_t n : s.confusion[std::size_t(b - kMinBlades)])
      text += format("%5zu", n);
  }
  text += "\n\nconfidence  answered  right of these  unclear ones answered\n";
  for (const PropulsionRejection &r : s.rejection)
    text += format("  >= %.1f    %6.1f %%      %6.1f %%            %6.1f %%\n",
                   r.threshold, 100 * r.answered, 100 * r.right,
                   100 * r.unclear_taken);
  return text;
}

Json to_json(const tonal::Propulsion &p) {
  Json candidates = Json::array();
  for (const tonal::PropulsionCandidate &c : p.candidates)
    candidates.push_back({{"shaft_hz", c.shaft_hz},
                          {"blades", c.blades},
                          {"probability", c.probability}});
  return {{"shaft_hz", p.shaft_hz},
          {"shaft_uncertainty_hz", p.shaft_uncertainty_hz},
          {"blades", p.blades},
          {"blade_hz", p.blade_hz},
          {"confidence", p.confidence},
          {"candidates", candidates}};
}

Json to_json(const PropulsionScore &s) {
  Json rejection = Json::array();
  for (const PropulsionRejection &r : s.rejection)
    rejection.push_back({{"threshold", r.threshold},
                         {"answered", r.answered},
                         {"right", r.right},
                         {"unclear_answered", r.unclear_taken}});
  return {{"shafts", s.shafts},
          {"blade_counts", s.blade_counts},
          {"unclear", s.unclear},
          {"within_2_percent", s.within_2_percent},
          {"within_5_percent", s.within_5_percent},
          {"blades_right", s.blades_right},
          {"both_right", s.both_right},
          {"calibration_error", s.calibration_error},
          {"errors", s.errors},
          {"confusion_from_2_blades", s.confusion},
          {"rejection", rejection}};
}

}  // namespace

PropulsionScore score_propulsion(const std::vector<PropulsionResult> &results) {
  PropulsionScore s;
  const std::size_t counts = kMaxBlades - kMinBlades + 1;
  s.confusion.assign(counts, std::vector<std::size_t>(counts));
  const auto blades_right = [](const PropulsionResult &r) {
    return r.got.blades == r.blades;
  };
  for (const PropulsionResult &r : results) {
    s.shafts += known(r);
    s.blade_counts += known_blades(r);
    s.unclear += !r.clear;
    if (known(r) && !within(r, 0.05)) ++s.errors[harmonic_of(r)];
    if (known_blades(r) && r.got.blades > 0 && r.blades >= kMinBlades &&
        r.blades <= kMaxBlades)
      ++s.confusion[std::size_t(r.blades - kMinBlades)]
                   [std::size_t(r.got.blades - kMinBlades)];
  }
  const auto near = [](double tolerance) {
    return
        [tolerance](const PropulsionResult &r) { return within(r, tolerance); };
  };
  s.within_2_percent = share(results, known, near(0.02));
  s.within_5_percent = share(results, known, near(0.05));
  s.blades_right = share(results, known_blades, blades_right);
  s.both_right = share(results, known_blades, [&](const PropulsionResult &r) {
    return blades_right(r) && within(r, 0.02);
  });
  s.calibration_error = calibration_error_of(results);
  s.rejection = rejection_of(results);
  return s;
}

Json propulsion_json(const std::vector<PropulsionResult> &results) {
  Json out;
  for (const PropulsionResult &r : results) {
    Json entry = {{"name", r.name}, {"clear", r.clear}};
    if (r.shaft_hz > 0) entry["annotated_shaft_hz"] = r.shaft_hz;
    if (r.blades > 0) entry["annotated_blades"] = r.blades;
    entry.update(to_json(r.got));
    out["recordings"].push_back(entry);
  }
  const PropulsionScore score = score_propulsion(results);
  if (score.shafts > 0) out["score"] = to_json(score);
  return out;
}

std::string propulsion_text(const std::vector<PropulsionResult> &results,
                            bool each) {
  std::string text;
  if (each)
    for (const PropulsionResult &r : results) text += line_of(r);
  const PropulsionScore score = score_propulsion(results);
  if (score.shafts > 0) text += (each ? "\n" : "") + figures_of(score);
  return text;
}

}  // namespace sonar::models
