/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <algorithm>
#include <cmath>

#include "models/evaluate/figures.h"
#include "models/report/figures.h"

/* What the model knows of each class: frequencies and lines. */
namespace sonar::models::report {
namespace {

using Kind = render::Series::Kind;

constexpr std::size_t kPeaks = 6;     // named below a profile
constexpr float kLeastPeak = 0.1f;    // of the largest row
constexpr std::size_t kSpectra = 12;  // recordings of a class' spectrum
// columns of a tensor lines.C, line_tensors.h
enum { kHz, kHeight, kMoving, kPresence, kLevel, kSpread, kOffset, kColumns };

std::string hertz(double hz) { return fixed(hz, hz < 1000 ? 1 : 0) + " Hz"; }

/** The highest rows that stand above their neighbours, by frequency. */
std::string peaks(const std::vector<double> &values,
                  const std::vector<double> &centres_hz) {
  std::vector<std::size_t> rows;
  for (std::size_t y = 0; y < values.size(); ++y) {
    const double above = y > 0 ? values[y - 1] : 0,
                 below = y + 1 < values.size() ? values[y + 1] : 0;
    if (values[y] >= kLeastPeak && values[y] > above && values[y] >= below)
      rows.push_back(y);
  }
  std::sort(rows.begin(), rows.end(), [&](std::size_t a, std::size_t b) {
    return values[a] > values[b];
  });
  rows.resize(std::min(rows.size(), kPeaks));
  std::sort(rows.rbegin(), rows.rend());
  std::string out;
  for (const std::size_t y : rows)
    out += (out.empty() ? "" : ", ") + hertz(centres_hz[y]);
  return out.empty() ? "none stands out" : out;
}

void draw_profile(const Context &context, std::size_t c,
                  std::vector<Picture> &pictures) {
  const std::vector<double> centres = context.recipe().row_centres_hz();
  const std::string &label = context.settings().labels[c];
  render::Chart chart{label,
                      frequency_axis(context.recipe()),
                      {"of the largest (0 to 1)", std::pair{0.0, 1.05}, false},
                      {}};
  for (const auto &[tensor, name] : {std::pair{"class.gate", "gate"},
                                     std::pair{"class.template", "template"},
                                     std::pair{"class.profile", "profile"}}) {
    const std::vector<double> values = context.rows_of(tensor, c);
    if (!values.empty())
      chart.series.push_back({name, centres, values, Kind::kLine});
  }
  if (chart.series.empty()) return;
  const std::string strongest = peaks(chart.series.front().y, centres);
  pictures.push_back(draw_chart(
      context, "profile-" + label, chart,
      {"Line chart over frequency for " + label + "; the " +
           chart.series.front().name + " is highest near " + strongest + ".",
       label + ": the " + chart.series.front().name + " opens most near " +
           strongest + "."}));
}

/** Values of the tensor of a class' lines; empty where there is none. */
const Tensor *lines_of(const Context &context, std::size_t c) {
  const auto found = context.sources.tensors.find("lines." + std::to_string(c));
  if (found == context.sources.tensors.end()) return nullptr;
  const Tensor &t = found->second;
  const bool fits = t.shape.size() == 2 && t.shape[1] == kColumns &&
                    t.values.size() == std::size_t(t.shape[0]) * kColumns;
  return fits ? &t : nullptr;
}

/** Line numbers by frequency, lowest first. */
std::vector<std::size_t> by_frequency(const Tensor &lines) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < std::size_t(lines.shape[0]); ++i)
    order.push_back(i);
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return lines.values[a * kColumns] < lines.values[b * kColumns];
  });
  return order;
}

Table line_table(const std::string &label, const Tensor &lines) {
  Table t{"Lines of " + label,
          {"Frequency", "Kind", "Present in", "Level (dB)", "Spread (dB)",
           "Wander (Hz)"},
          {},
          {}};
  for (const std::size_t i : by_frequency(lines)) {
    const float *line = lines.values.data() + i * kColumns;
    t.rows.push_back({fixed(line[kHz], 2) + " Hz",
                      line[kMoving] > 0.5f ? "moving" : "fixed",
                      percent(double(line[kPresence])), fixed(line[kLevel], 1),
                      fixed(line[kSpread], 1), fixed(line[kOffset], 2)});
  }
  return t;
}

/** Mean spectrum over background of recordings of the class in the data,
 *  largest value 1; empty without them. */
std::vector<double> measured_spectrum(const Context &context,
                                      const std::string &label) {
  std::vector<const Recording *> own;
  for (const Recording &r : context.sources.data)
    if (r.label == label) own.push_back(&r);
  if (own.empty()) return {};
  std::vector<double> sum(std::size_t(context.recipe().height()));
  const std::size_t count = std::min(kSpectra, own.size());
  for (std::size_t i = 0; i < count; ++i) {
    const AnalysedRecording recording =
        analyse_recording(own[i * own.size() / count]->path, context.recipe());
    for (const PictureData &p : recording.pictures)
      for (std::size_t y = 0; y < sum.size(); ++y)
        for (std::size_t x = p.valid.begin; x < p.valid.end; ++x)
          sum[y] += double(p.value_db.at(y, x)) / double(recording.columns);
  }
  const double top = *std::max_element(sum.begin(), sum.end());
  for (double &v : sum) v = top > 0 ? std::max(0.0, v / top) : 0;
  return sum;
}

Picture draw_comb(const Context &context, std::size_t c, const Tensor &lines) {
  const std::string &label = context.settings().labels[c];
  std::vector<double> spectrum = measured_spectrum(context, label);
  const bool measured = !spectrum.empty();
  if (!measured) spectrum = context.rows_of("class.template", c);
  render::Chart chart{label + ": lines over its spectrum",
                      frequency_axis(context.recipe()),
                      {"share (0 to 1)", std::pair{0.0, 1.05}, false},
                      {}};
  render::Series moving{"moving line", {}, {}, Kind::kStems};
  render::Series fixed_lines{"fixed line", {}, {}, Kind::kStems};
  for (const std::size_t i : by_frequency(lines)) {
    const float *line = lines.values.data() + i * kColumns;
    render::Series &own = line[kMoving] > 0.5f ? moving : fixed_lines;
    own.x.push_back(double(line[kHz]));
    own.y.push_back(double(line[kPresence]));
  }
  chart.series = {moving, fixed_lines};
  if (!spectrum.empty())
    chart.series.push_back({measured ? "mean spectrum" : "template",
                            context.recipe().row_centres_hz(), spectrum,
                            Kind::kLine});
  return draw_chart(
      context, "lines-" + label, chart,
      {"Chart of " + std::to_string(moving.x.size()) + " moving and " +
           std::to_string(fixed_lines.x.size()) + " fixed lines of " + label +
           " over frequency.",
       "Each stem is a learnt line, as high as the share of recordings that "
       "have it. Behind it the " +
           std::string(measured ? "mean spectrum of the class' recordings over "
                                  "background"
                                : "class' template, its mean spectrum less the "
                                  "other classes'") +
           ", its highest row at 1."},
      760, 340);
}

}  // namespace

void add_profiles(Page &page, const Context &context) {
  page.section("classes", "What it knows of each class");
  page.paragraph(
      "Three curves over frequency, learnt from the recordings without "
      "anybody marking pixels. Template: where the class is stronger than the "
      "others on average. Profile: what the network itself reacts to, found by "
      "silencing bands and watching its answer; often a few narrow peaks. "
      "Gate: both together, the frequencies that the recipe subband lets "
      "through.");
  page.paragraph(
      "A peak says that sound at this frequency speaks for the class compared "
      "with the model's other classes, not that every vessel of the kind has "
      "it. Broad humps are spectra without lines.");
  std::vector<Picture> pictures;
  for (std::size_t c = 0; c < context.settings().labels.size(); ++c)
    draw_profile(context, c, pictures);
  page.pictures(pictures);
  if (pictures.empty())
    page.missing(
        "The file holds no class.gate, class.template or "
        "class.profile.");
}

void add_lines(Page &page, const Context &context) {
  page.section("lines", "The lines it learnt");
  if (!context.model().has_lines()) {
    page.missing(
        "This model has no line model: its recipe has no finer spectrum. "
        "sonar-model train --evidence-fft-size learns one, which pays where "
        "classes have lines of their own.");
    return;
  }
  page.paragraph(
      "A machine sounds at steady frequencies. Moving lines scale together "
      "with the speed of engine and shaft, the frequency given being the one "
      "at the mean speed; fixed ones, such as a generator's, stay. Level: "
      "power over background where the line is there. Wander: how far its "
      "measured frequency strays.");
  const auto found = context.sources.tensors.find("lines.classes");
  const std::vector<std::string> &labels = context.settings().labels;
  for (std::size_t c = 0; c < labels.size(); ++c) {
    page.heading(labels[c]);
    const Tensor *lines = lines_of(context, c);
    if (!lines) {
      page.missing("No line was found for this class.");
      continue;
    }
    if (found != context.sources.tensors.end() &&
        found->second.values.size() == 2 * labels.size())
      page.paragraph("Its speed, and with it the moving lines, varies by " +
                     percent(double(found->second.values[2 * c])) +
                     " (standard deviation).");
    page.pictures({draw_comb(context, c, *lines)});
    page.table(line_table(labels[c], *lines));
  }
}

}  // namespace sonar::models::report
