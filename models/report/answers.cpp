/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <algorithm>
#include <cmath>

#include "models/evaluate/figures.h"
#include "models/report/figures.h"

/* How often its answers are right. */
namespace sonar::models::report {
namespace {

using metrics::Decision;
using nlohmann::json;

/** The validation recordings' answers; empty where the file lacks them. */
std::vector<Decision> validation_answers(const Context &context) {
  std::vector<Decision> out;
  const Settings &s = context.settings();
  const json validation = member(context.training, "validation");
  const auto answers = validation.find("answers");
  if (answers == validation.end() || !answers->is_array()) return out;
  for (const json &answer : *answers) {
    if (!answer.is_array() || answer.size() != 3) return {};
    const auto truth = answer[0].get<std::size_t>(),
               predicted = answer[1].get<std::size_t>();
    if (truth >= s.labels.size() || predicted >= s.labels.size()) return {};
    const double confidence = answer[2].get<double>();
    out.push_back({{s.labels[truth]},
                   {s.labels[predicted]},
                   confidence,
                   confidence < s.min_confidence});
  }
  return out;
}

/** The stored matrix where the single answers are not. */
metrics::Confusion validation_confusion(const Context &context) {
  metrics::Confusion out;
  const json validation = member(context.training, "validation");
  const auto matrix = validation.find("confusion");
  if (matrix == validation.end() || !matrix->is_array()) return out;
  for (const json &row : *matrix)
    out.counts.push_back(row.get<std::vector<std::size_t>>());
  const auto &labels = context.settings().labels;
  const bool fits =
      out.counts.size() == labels.size() &&
      std::all_of(out.counts.begin(), out.counts.end(),
                  [&](const auto &row) { return row.size() == labels.size(); });
  if (!fits) return {};
  out.truths = out.predictions = labels;
  return out;
}

render::HeatMap as_heat_map(const metrics::Confusion &confusion) {
  render::HeatMap map{
      "", "in truth", "the model says", confusion.truths, confusion.predictions,
      {}, {}};
  for (std::size_t r = 0; r < confusion.truths.size(); ++r) {
    double total = 0;
    for (const std::size_t n : confusion.counts[r]) total += double(n);
    std::vector<double> shares;
    std::vector<std::string> texts;
    for (const std::size_t n : confusion.counts[r]) {
      shares.push_back(total > 0 ? double(n) / total : 0);
      texts.push_back(std::to_string(n));
    }
    if (!confusion.rejected.empty()) {
      shares.push_back(total > 0 ? double(confusion.rejected[r]) / total : 0);
      texts.push_back(std::to_string(confusion.rejected[r]));
    }
    map.values.push_back(std::move(shares));
    map.texts.push_back(std::move(texts));
  }
  if (!confusion.rejected.empty()) map.columns.push_back("(unknown)");
  return map;
}

std::string confusion_alt(const metrics::Confusion &confusion) {
  std::string out = "Table of counts. ";
  for (std::size_t r = 0; r < confusion.truths.size(); ++r) {
    out += confusion.truths[r] + ":";
    for (std::size_t c = 0; c < confusion.predictions.size(); ++c)
      if (confusion.counts[r][c] > 0)
        out += " " + std::to_string(confusion.counts[r][c]) + " called " +
               confusion.predictions[c] + ",";
    out.back() = '.';
    out += " ";
  }
  return out;
}

Picture draw_confusion(const Context &context, const std::string &name,
                       const metrics::Confusion &confusion) {
  return draw_heat_map(
      context, name, as_heat_map(confusion),
      {confusion_alt(confusion),
       std::string("Counts of recordings; the darker, the larger a share of "
                   "its row. Right answers lie where row and column have the "
                   "same name.") +
           (confusion.rejected.empty()
                ? ""
                : " (unknown) counts those of the row that were rejected, "
                  "which are among the other columns as well.")});
}

Picture draw_calibration(const Context &context, const std::string &name,
                         const metrics::Calibration &calibration) {
  render::Series guide{"", {0, 1}, {0, 1}, render::Series::Kind::kGuide};
  render::Series bins{
      "recordings of like confidence", {}, {}, render::Series::Kind::kMarked};
  std::string alt = "Chart of accuracy over confidence.";
  for (const metrics::ReliabilityBin &bin : calibration.bins) {
    if (bin.recordings == 0) continue;
    bins.x.push_back(bin.confidence);
    bins.y.push_back(bin.accuracy);
    alt += " Confidence " + fixed(bin.from, 1) + " to " + fixed(bin.to, 1) +
           ": " + std::to_string(bin.recordings) + " recordings, " +
           percent(bin.accuracy) + " right.";
  }
  return draw_chart(
      context, name,
      {"Is its confidence meant?",
       {"mean confidence (0 to 1)", std::pair{0.0, 1.0}, false},
       {"share right (0 to 1)", std::pair{0.0, 1.0}, false},
       {bins, guide}},
      {alt,
       "On the dashed line a confidence of 0.8 is right 8 times in 10; "
       "below it the model is too sure, above it too careful. Mean "
       "distance from the line: " +
           fixed(calibration.expected_error, 3) +
           ". Points of few recordings jump; the table counts them."});
}

Picture draw_rejection(const Context &context, const std::string &name,
                       const std::vector<metrics::RejectionPoint> &curve) {
  render::Series s{"most confident first", {}, {}};
  double lowest = 1;
  for (const metrics::RejectionPoint &p : curve) {
    s.x.push_back(p.coverage);
    s.y.push_back(p.accuracy);
    lowest = std::min(lowest, p.accuracy);
  }
  const double bottom = std::max(0.0, std::floor(10 * lowest - 0.5) / 10);
  return draw_chart(
      context, name,
      {"What does it gain to leave out the unsure ones?",
       {"share of recordings answered (0 to 1)", std::pair{0.0, 1.0}, false},
       {"share right of those (0 to 1)", std::pair{bottom, 1.005}, false},
       {s}},
      {"Line chart: with all recordings answered " +
           fixed(metrics::accuracy_at(curve, 1), 3) +
           " are right, of the most confident half " +
           fixed(metrics::accuracy_at(curve, 0.5), 3) + ".",
       "At the right end every recording is answered; towards the left only "
       "those of which the model is surest. A curve that does not rise to the "
       "left says that its confidence does not tell right from wrong."});
}

Table calibration_table(const metrics::Calibration &calibration) {
  Table t{"Confidence and right answers",
          {"Confidence", "Recordings", "Mean confidence", "Right"},
          {},
          {}};
  for (const metrics::ReliabilityBin &bin : calibration.bins)
    if (bin.recordings > 0)
      t.rows.push_back({fixed(bin.from, 1) + " to " + fixed(bin.to, 1),
                        std::to_string(bin.recordings),
                        fixed(bin.confidence, 3), percent(bin.accuracy)});
  return t;
}

void add_decisions(Page &page, const Context &context, const std::string &name,
                   const std::vector<Decision> &decisions) {
  const metrics::ClassificationScore s = metrics::score(decisions);
  page.paragraph(
      std::to_string(decisions.size()) +
      " recordings. Right: " + percent(s.accuracy) +
      " (averaged over the classes " + percent(s.balanced_accuracy) +
      "), before any answer is rejected. " + percent(s.rejected) +
      " lie below the limit of confidence and are reported as unknown; of the "
      "others " +
      percent(s.accuracy_accepted) + " are right.");
  if (s.without_target)
    page.paragraph(std::to_string(s.without_target) +
                   " of them hold none of the classes; " +
                   percent(s.reported_unknown) +
                   " of these are reported as unknown.");
  const metrics::Calibration calibration = metrics::calibration(decisions);
  std::vector<Picture> pictures = {
      draw_confusion(context, "confusion-" + name,
                     metrics::confusion(decisions, context.settings().labels))};
  if (s.known) {
    pictures.push_back(
        draw_calibration(context, "calibration-" + name, calibration));
    pictures.push_back(draw_rejection(context, "rejection-" + name,
                                      metrics::rejection_curve(decisions)));
  }
  page.pictures(pictures);
  if (s.known) page.table(calibration_table(calibration));
}

}  // namespace

void add_answers(Page &page, const Context &context) {
  page.section("answers", "How often its answers are right");
  page.paragraph(
      "For every recording the model gives its best class and a confidence "
      "from 0 to 1. These figures ask two things: which classes does it take "
      "for which, and does a high confidence mean that it is right?");
  page.heading("Validation recordings, set aside while learning");
  const std::vector<Decision> validation = validation_answers(context);
  const metrics::Confusion matrix = validation_confusion(context);
  if (!validation.empty()) {
    add_decisions(page, context, "validation", validation);
    page.paragraph(
        "The validation recordings chose nothing but, without a "
        "line model, the limit of confidence.");
  } else if (!matrix.truths.empty()) {
    page.pictures({draw_confusion(context, "confusion-validation", matrix)});
    page.missing(
        "The file keeps the counts alone, not the confidence of each answer, "
        "so there is no calibration and no rejection curve for them; models "
        "trained by this version keep both.");
  } else {
    page.missing("The file holds no validation figures.");
  }
  page.heading("Truth set");
  if (!context.evaluation) {
    page.missing("None was given; --truth DIR adds one.");
    return;
  }
  std::vector<Decision> decisions;
  for (const RecordingResult &r : context.evaluation->recordings)
    decisions.push_back(r.decision);
  add_decisions(page, context, "truth", decisions);
}

}  // namespace sonar::models::report
