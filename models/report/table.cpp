/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <algorithm>

#include "models/evaluate/report.h"
#include "models/report/figures.h"

/* Table I of the paper, counted on the truth set. */
namespace sonar::models::report {
namespace {

std::vector<std::string> row_of(const Evaluation &e, std::size_t m,
                                std::size_t t) {
  const MaskSummary s = summarize(e, m, t);
  const Method &method = e.methods[m];
  return {method.name + (method.used_truth ? " *" : ""),
          fixed(e.thresholds[t], 2),
          percent(s.best.removed),
          percent(s.best.overwritten_0db),
          percent(s.best.overwritten_3db),
          fixed(s.best.intersecting, 2) + " / " +
              fixed(s.best.intersecting_present, 2),
          fixed(s.best.f1, 3),
          fixed(s.reported.f1, 3),
          fixed(s.si_sdr_gain_db, 1),
          fixed(median_mask_ms(e, m), 1)};
}

/** Threshold indices, lowest first. */
std::vector<std::size_t> ascending(const std::vector<double> &thresholds) {
  std::vector<std::size_t> order;
  for (std::size_t t = 0; t < thresholds.size(); ++t) order.push_back(t);
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return thresholds[a] < thresholds[b];
  });
  return order;
}

Table empty_table(const std::string &caption) {
  return {caption,
          {"Method", "Threshold", "Removed", "Lost from 0 dB", "Lost from 3 dB",
           "Foreign regions kept / there", "F1", "F1 as reported",
           "SI-SDR gain (dB)", "ms a picture"},
          {},
          {}};
}

void add_row(Table &t, const Context &context, std::size_t method,
             std::size_t threshold) {
  if (method == context.own_method) t.emphasized.push_back(t.rows.size());
  t.rows.push_back(row_of(*context.evaluation, method, threshold));
}

/** At the model's threshold, the largest F1 first. */
Table ranking(const Context &context) {
  const Evaluation &e = *context.evaluation;
  Table t = empty_table(
      "At the model's threshold, the largest F1 first: means over the "
      "recordings of the truth set. In bold the model's own recipe; * learnt "
      "from known truth");
  std::vector<std::pair<double, std::size_t>> order;
  for (std::size_t m = 0; m < e.methods.size(); ++m)
    order.emplace_back(
        -summarize(e, m, context.own_threshold).best.f1.value_or(0), m);
  std::sort(order.begin(), order.end());
  for (const auto &[score, m] : order)
    add_row(t, context, m, context.own_threshold);
  return t;
}

/** Every method at every threshold. */
Table results(const Context &context) {
  const Evaluation &e = *context.evaluation;
  Table t = empty_table("The same at every threshold (the paper's Table I)");
  for (std::size_t m = 0; m < e.methods.size(); ++m)
    for (const std::size_t at : ascending(e.thresholds))
      add_row(t, context, m, at);
  return t;
}

/** Lost target against left-over rest: one curve a method over thresholds. */
Picture draw_trade(const Context &context) {
  const Evaluation &e = *context.evaluation;
  render::Series own{
      "the model's own recipe", {}, {}, render::Series::Kind::kMarked};
  render::Series others{"other methods", {}, {}, render::Series::Kind::kDots};
  std::string alt = "Scatter of methods.";
  for (std::size_t m = 0; m < e.methods.size(); ++m)
    for (const std::size_t at : ascending(e.thresholds)) {
      const MaskSummary s = summarize(e, m, at);
      if (!s.best.removed || !s.best.overwritten_3db) continue;
      render::Series &to = m == context.own_method ? own : others;
      to.x.push_back(*s.best.removed);
      to.y.push_back(*s.best.overwritten_3db);
      if (at == context.own_threshold)
        alt += " " + e.methods[m].name + ": removes " +
               percent(s.best.removed) + ", loses " +
               percent(s.best.overwritten_3db) + ".";
    }
  return draw_chart(
      context, "trade",
      {"What is removed, and what it costs",
       {"removed of what is not the target (0 to 1)", std::pair{0.0, 1.02},
        false},
       {"lost of tones of 3 dB and more (0 to 1)", std::pair{0.0, 1.02}, false},
       {own, others}},
      {alt,
       "A mark for every method and threshold of the table. The lower "
       "right corner is perfect: all noise gone, nothing lost. The upper "
       "right corner is an empty picture."},
      520, 380);
}

Picture draw_bands(const Context &context) {
  const Evaluation &e = *context.evaluation;
  const MaskSummary s = summarize(e, context.own_method, context.own_threshold);
  render::Series lost{e.methods[context.own_method].name,
                      {},
                      {},
                      render::Series::Kind::kMarked};
  std::string alt = "Chart of tone pixels lost by their strength.";
  for (const metrics::SnrBand &band : s.bands) {
    if (band.pixels == 0) continue;
    const double share = double(band.overwritten) / double(band.pixels);
    lost.x.push_back(band.to_db ? (band.from_db + *band.to_db) / 2.0
                                : band.from_db + 1.0);
    lost.y.push_back(share);
    alt += " From " + std::to_string(band.from_db) + " dB: " + percent(share) +
           ".";
  }
  return draw_chart(
      context, "bands",
      {"How weak may a tone be?",
       {"tone over the sea's own noise in its pixel (dB)", {}, false},
       {"share lost (0 to 1)", std::pair{0.0, 1.02}, false},
       {lost}},
      {alt,
       "Target pixels that the model's own recipe loses, by how strong "
       "the tone is there. Each mark stands for a band of 2 or 3 dB; the "
       "last for all that is stronger."},
      520, 380);
}

}  // namespace

void add_table(Page &page, const Context &context) {
  page.section("table", "Every method, counted");
  if (!context.evaluation) {
    page.missing(
        "Scores need recordings whose truth is known to the pixel: give a "
        "folder made by sonar-model synth, or of the same form, as --truth.");
    return;
  }
  const Evaluation &e = *context.evaluation;
  page.paragraph(
      "Table I of the paper with exact definitions, on " +
      std::to_string(e.recordings.size()) +
      " recordings. Removed: of the pixels that are not even weakly the "
      "target's, the share painted over. Lost: of the target's pixels that "
      "stand at least so far over the sea's noise, the share painted over. "
      "Foreign regions: patches of 8 pixels and more kept on tones of others, "
      "and how many there were. F1: 1 is perfect; an empty and a full mask "
      "are both near 0. F1 as reported: the same with an empty mask where the "
      "recording was called unknown. SI-SDR gain: how many decibels cleaner "
      "the sound in the kept pixels is.");
  page.paragraph(
      "Read a row as a whole: an empty mask removes 100 % and loses 100 %. "
      "Methods that know no class keep every vessel's lines. The times are of "
      "this machine and depend on what else ran on it.");
  page.table(ranking(context));
  page.pictures({draw_trade(context), draw_bands(context)});
  page.table(results(context));
  std::vector<std::string> meanings, skipped;
  for (const Method &m : e.methods)
    meanings.push_back(m.name + ": " + m.description + ".");
  page.heading("The methods");
  page.points(meanings);
  for (const SkippedMethod &s : e.skipped)
    skipped.push_back(s.name + ": " + s.reason + ".");
  if (!skipped.empty()) {
    page.heading("Methods that this model cannot run");
    page.points(skipped);
  }
}

}  // namespace sonar::models::report
