/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/evaluate/report.h"

#include <algorithm>
#include <cmath>
#include <cstdarg>
#include <cstdio>

namespace sonar::models {
namespace {

constexpr double kCoverages[] = {1, 0.95, 0.9, 0.8, 0.5};

__attribute__((format(printf, 2, 3))) void add(std::string &out,
                                               const char *format, ...) {
  char line[256];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  out += line;
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + std::ptrdiff_t(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/** Of those there are; a blank mask has none. */
std::optional<double> mean(const std::vector<std::optional<double>> &values) {
  double sum = 0;
  std::size_t count = 0;
  for (const std::optional<double> &value : values) {
    if (!value || !std::isfinite(*value)) continue;
    sum += *value;
    ++count;
  }
  if (!count) return std::nullopt;
  return sum / double(count);
}

std::optional<double> mean_ideal_gain(const Evaluation &e) {
  std::vector<std::optional<double>> gains;
  for (const RecordingResult &r : e.recordings)
    gains.push_back(r.ideal_gain_db);
  return mean(gains);
}

double median_classify_ms(const Evaluation &e) {
  std::vector<double> ms;
  for (const RecordingResult &r : e.recordings) ms.push_back(r.classify_ms);
  return median(std::move(ms));
}

std::vector<metrics::Decision> decisions_of(const Evaluation &e) {
  std::vector<metrics::Decision> out;
  for (const RecordingResult &r : e.recordings) out.push_back(r.decision);
  return out;
}

Json summary_json(const Evaluation &e, std::size_t method,
                  std::size_t threshold) {
  const MaskSummary s = summarize(e, method, threshold);
  Json out{{"threshold", e.thresholds[threshold]},
           {"best", to_json(s.best)},
           {"reported", to_json(s.reported)}};
  if (s.class_given) out["class_given"] = to_json(*s.class_given);
  if (s.si_sdr_gain_db) out["si_sdr_gain_db"] = *s.si_sdr_gain_db;
  if (s.class_given_gain_db)
    out["class_given"]["si_sdr_gain_db"] = *s.class_given_gain_db;
  out["overwritten_by_snr"] = to_json(s.bands);
  if (const auto kept = kept_of_nothing(e, method, threshold))
    out["without_target"] = {{"kept_best", kept->best},
                             {"kept_reported", kept->reported}};
  return out;
}

Json recordings_json(const Evaluation &e) {
  Json out = Json::array();
  for (const RecordingResult &r : e.recordings) {
    Json entry{{"name", r.name}};
    entry.update(to_json(r.decision));
    for (std::size_t m = 0; m < e.methods.size(); ++m)
      for (std::size_t t = 0; t < e.thresholds.size(); ++t) {
        Json figures = to_json(r.outcomes[m][t].best);
        figures["threshold"] = e.thresholds[t];
        if (r.outcomes[m][t].si_sdr_gain_db)
          figures["si_sdr_gain_db"] = *r.outcomes[m][t].si_sdr_gain_db;
        entry["masks"][e.methods[m].name].push_back(figures);
      }
    out.push_back(entry);
  }
  return out;
}

void add_mask_row(std::string &out, const std::string &name, double threshold,
                  const metrics::MeanTruthScore &s, const std::string &tail) {
  const std::string regions =
      fixed(s.intersecting, 2) + " of " + fixed(s.intersecting_present, 1);
  add(out, "%-20s %5.2f %8s %8s %7s %7s %13s %6s %6s%s\n", name.c_str(),
      threshold, percent(s.removed).c_str(), percent(s.overwritten_0db).c_str(),
      percent(s.overwritten_3db).c_str(), percent(s.overwritten_6db).c_str(),
      regions.c_str(), fixed(s.iou, 3).c_str(), fixed(s.f1, 3).c_str(),
      tail.c_str());
}

/** What is heard instead of cut out. */
void add_soft_gains(std::string &out, const Evaluation &e) {
  for (std::size_t m = 0; m < e.methods.size(); ++m) {
    const SoftOutcome soft = summarize_soft(e, m);
    if (!soft.best_db) continue;
    add(out, "%-20s as a soft gain: SI-SDR gain %s dB",
        e.methods[m].name.c_str(), fixed(soft.best_db, 2).c_str());
    if (soft.class_given_db)
      add(out, ", class given %s dB", fixed(soft.class_given_db, 2).c_str());
    out += "\n";
  }
}

void add_masks(std::string &out, const Evaluation &e) {
  add(out, "\n%-20s %5s %8s %24s %13s %6s %6s %7s %6s\n", "", "", "noise",
      "tone pixels lost from", "interfering", "", "", "SI-SDR", "ms a");
  add(out, "%-20s %5s %8s %8s %7s %7s %13s %6s %6s %7s %6s\n", "method", "at",
      "removed", "0 dB", "3 dB", "6 dB", "regions", "IoU", "F1", "gain dB",
      "mask");
  for (std::size_t m = 0; m < e.methods.size(); ++m)
    for (std::size_t t = 0; t < e.thresholds.size(); ++t) {
      const MaskSummary s = summarize(e, m, t);
      const std::string &name = e.methods[m].name;
      add_mask_row(out, name + (e.methods[m].used_truth ? " *" : ""),
                   e.thresholds[t], s.best,
                   padded(fixed(s.si_sdr_gain_db, 2), 8) +
                       padded(fixed(median_mask_ms(e, m), 2), 7));
      if (t == 0)
        add_mask_row(out, "  unknown blanked", e.thresholds[t], s.reported, "");
      if (s.class_given)
        add_mask_row(out, "  class given", e.thresholds[t], *s.class_given,
                     padded(fixed(s.class_given_gain_db, 2), 8));
    }
  add_soft_gains(out, e);
  if (const auto ideal = mean_ideal_gain(e))
    add(out, "the truth itself as a mask gains %s dB\n",
        fixed(ideal, 2).c_str());
  if (std::any_of(e.methods.begin(), e.methods.end(),
                  [](const Method &m) { return m.used_truth; }))
    out += "* was fitted to known masks\n";
  for (const SkippedMethod &skipped : e.skipped)
    add(out, "%-20s not run: %s\n", skipped.name.c_str(),
        skipped.reason.c_str());
}

std::string band_name(const metrics::SnrBand &band) {
  return band.to_db ? std::to_string(band.from_db) + "-" +
                          std::to_string(*band.to_db) + " dB"
                    : "> " + std::to_string(band.from_db) + " dB";
}

/** What is kept of recordings that hold nothing to keep. */
void add_kept_of_nothing(std::string &out, const Evaluation &e) {
  for (std::size_t m = 0; m < e.methods.size(); ++m) {
    const std::optional<KeptOfNothing> kept = kept_of_nothing(e, m, 0);
    if (!kept) return;
    add(out,
        "%s at %.2f keeps %s of the pixels of recordings without a target, %s "
        "once unknown ones are blanked\n",
        e.methods[m].name.c_str(), e.thresholds[0], percent(kept->best).c_str(),
        percent(kept->reported).c_str());
  }
}

void add_bands(std::string &out, const Evaluation &e) {
  const std::vector<metrics::SnrBand> all = summarize(e, 0, 0).bands;
  if (std::all_of(all.begin(), all.end(),
                  [](const metrics::SnrBand &band) { return !band.pixels; }))
    return;
  add(out, "\nlost by level  %12s", "");
  for (const metrics::SnrBand &band : metrics::snr_bands())
    add(out, " %8s", band_name(band).c_str());
  out += "\n";
  for (std::size_t m = 0; m < e.methods.size(); ++m) {
    add(out, "%-21s %5.2f", e.methods[m].name.c_str(), e.thresholds[0]);
    for (const metrics::SnrBand &band : summarize(e, m, 0).bands)
      add(out, " %8s",
          band.pixels
              ? percent(double(band.overwritten) / double(band.pixels)).c_str()
              : "-");
    out += "\n";
  }
}

/** The classes of which several were named at once come together as one
 *  column: there may be as many as pairs of classes, and a line has an end. The
 *  JSON has each. */
metrics::Confusion without_sets(metrics::Confusion c) {
  const auto is_set = [](const std::string &name) {
    return name.find('+') != name.npos;
  };
  metrics::Confusion out;
  out.truths = c.truths;
  out.rejected = c.rejected;
  out.counts.resize(c.counts.size());
  std::vector<std::size_t> several(c.counts.size());
  bool any = false;
  for (std::size_t k = 0; k < c.predictions.size(); ++k) {
    any = any || is_set(c.predictions[k]);
    if (!is_set(c.predictions[k])) out.predictions.push_back(c.predictions[k]);
    for (std::size_t i = 0; i < c.counts.size(); ++i) {
      if (is_set(c.predictions[k]))
        several[i] += c.counts[i][k];
      else
        out.counts[i].push_back(c.counts[i][k]);
    }
  }
  if (!any) return c;
  out.predictions.push_back("several");
  for (std::size_t i = 0; i < several.size(); ++i)
    out.counts[i].push_back(several[i]);
  return out;
}

void add_confusion(std::string &out, const metrics::Confusion &all) {
  const metrics::Confusion c = without_sets(all);
  std::size_t first = 4, cell = 8;
  for (const std::string &name : c.truths) first = std::max(first, name.size());
  for (const std::string &name : c.predictions)
    cell = std::max(cell, name.size());
  add(out, "\n%-*s", int(first), "true");
  for (const std::string &name : c.predictions)
    add(out, " %*s", int(cell), name.c_str());
  add(out, " %*s\n", int(cell), "rejected");
  for (std::size_t i = 0; i < c.truths.size(); ++i) {
    if (std::all_of(c.counts[i].begin(), c.counts[i].end(),
                    [](std::size_t count) { return count == 0; }))
      continue;
    add(out, "%-*s", int(first), c.truths[i].c_str());
    for (const std::size_t count : c.counts[i])
      add(out, " %*zu", int(cell), count);
    add(out, " %*zu\n", int(cell), c.rejected[i]);
  }
}

}  // namespace

MaskSummary summarize(const Evaluation &e, std::size_t method,
                      std::size_t threshold) {
  std::vector<metrics::TruthScore> best, reported, given;
  std::vector<std::optional<double>> gains, given_gains;
  MaskSummary s;
  s.bands = metrics::snr_bands();
  for (const RecordingResult &r : e.recordings) {
    const MaskOutcome &o = r.outcomes[method][threshold];
    best.push_back(o.best);
    reported.push_back(o.reported);
    if (o.class_given) given.push_back(*o.class_given);
    gains.push_back(o.si_sdr_gain_db);
    given_gains.push_back(o.class_given_gain_db);
    for (std::size_t b = 0; b < s.bands.size(); ++b) {
      s.bands[b].pixels += o.bands[b].pixels;
      s.bands[b].overwritten += o.bands[b].overwritten;
    }
  }
  s.si_sdr_gain_db = mean(gains);
  s.class_given_gain_db = mean(given_gains);
  s.best = metrics::mean(best);
  s.reported = metrics::mean(reported);
  if (!given.empty()) s.class_given = metrics::mean(given);
  return s;
}

SoftOutcome summarize_soft(const Evaluation &e, std::size_t method) {
  std::vector<std::optional<double>> best, given;
  for (const RecordingResult &r : e.recordings) {
    best.push_back(r.soft[method].best_db);
    given.push_back(r.soft[method].class_given_db);
  }
  return {mean(best), mean(given)};
}

std::optional<KeptOfNothing> kept_of_nothing(const Evaluation &e,
                                             std::size_t method,
                                             std::size_t threshold) {
  KeptOfNothing sum;
  std::size_t count = 0;
  for (const RecordingResult &r : e.recordings) {
    if (!r.decision.truth.empty()) continue;
    sum.best += r.outcomes[method][threshold].best.kept;
    sum.reported += r.outcomes[method][threshold].reported.kept;
    ++count;
  }
  if (!count) return std::nullopt;
  return KeptOfNothing{sum.best / double(count), sum.reported / double(count)};
}

double median_mask_ms(const Evaluation &e, std::size_t method) {
  std::vector<double> ms;
  for (const RecordingResult &r : e.recordings) ms.push_back(r.mask_ms[method]);
  return median(std::move(ms));
}

Json report_json(const Model &model, const Evaluation &e, bool per_file) {
  const Settings &settings = model.settings();
  Json out{{"model", settings.name}, {"labels", settings.labels}};
  out["classification"] = classification_json(decisions_of(e), settings.labels);
  if (const auto ideal = mean_ideal_gain(e))
    out["ideal_si_sdr_gain_db"] = *ideal;
  out["classify_ms"] = median_classify_ms(e);
  out["methods"] = Json::array();
  for (std::size_t m = 0; m < e.methods.size(); ++m) {
    Json entry{{"name", e.methods[m].name},
               {"description", e.methods[m].description},
               {"used_truth", e.methods[m].used_truth},
               {"mask_ms", median_mask_ms(e, m)}};
    const SoftOutcome soft = summarize_soft(e, m);
    if (soft.best_db) entry["soft_si_sdr_gain_db"] = *soft.best_db;
    if (soft.class_given_db)
      entry["class_given_soft_si_sdr_gain_db"] = *soft.class_given_db;
    for (std::size_t t = 0; t < e.thresholds.size(); ++t)
      entry["thresholds"].push_back(summary_json(e, m, t));
    out["methods"].push_back(entry);
  }
  for (const SkippedMethod &skipped : e.skipped)
    out["skipped"][skipped.name] = skipped.reason;
  if (per_file) out["recordings"] = recordings_json(e);
  return out;
}

std::string report_text(const Model &model, const Evaluation &e) {
  std::string out =
      classification_text(decisions_of(e), model.settings().labels);
  add(out, "\nclassifying a picture takes %.2f ms\n", median_classify_ms(e));
  add_masks(out, e);
  add_kept_of_nothing(out, e);
  add_bands(out, e);
  return out;
}

Json classification_json(const std::vector<metrics::Decision> &decisions,
                         const std::vector<std::string> &labels) {
  Json out = to_json(metrics::score(decisions));
  out["confusion"] = to_json(metrics::confusion(decisions, labels));
  out["calibration"] = to_json(metrics::calibration(decisions));
  out["rejection_curve"] = to_json(metrics::rejection_curve(decisions));
  return out;
}

std::string classification_text(const std::vector<metrics::Decision> &decisions,
                                const std::vector<std::string> &labels) {
  const metrics::ClassificationScore s = metrics::score(decisions);
  std::string out;
  add(out, "%zu recordings", decisions.size());
  if (s.without_target)
    add(out, ", %zu of them without a target: %s reported unknown",
        s.without_target, percent(s.reported_unknown).c_str());
  if (s.known) {
    add(out,
        "\naccuracy %s, balanced %s; %s rejected, %s right where accepted\n",
        fixed(s.accuracy, 3).c_str(), fixed(s.balanced_accuracy, 3).c_str(),
        percent(s.rejected).c_str(), percent(s.accuracy_accepted).c_str());
    add(out, "calibration: expected error %s",
        fixed(metrics::calibration(decisions).expected_error, 3).c_str());
    const auto curve = metrics::rejection_curve(decisions);
    out += "; accuracy of the most confident";
    for (const double coverage : kCoverages)
      add(out, "%s %.0f %%: %s", coverage < 1 ? "," : "", 100 * coverage,
          fixed(metrics::accuracy_at(curve, coverage), 3).c_str());
  }
  out += "\n";
  add_confusion(out, metrics::confusion(decisions, labels));
  return out;
}

}  // namespace sonar::models
