/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <algorithm>
#include <cmath>
#include <numeric>

#include "models/evaluate/report.h"
#include "models/report/figures.h"
#include "sonar/core/recipe_choices.h"

/* The sections about the model as a whole: summary, model, learning, limits. */
namespace sonar::models::report {
namespace {

using nlohmann::json;

// fewer than this many recordings of a class say little about it
constexpr int kFewRecordings = 20;

std::string list_of(const std::vector<std::string> &names) {
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i)
    out += (i == 0 ? "" : i + 1 == names.size() ? " and " : ", ") + names[i];
  return out;
}

int count_of(const json &object, const char *name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_number() ? found->get<int>() : 0;
}

/** Validation recordings of each class; empty where the file lacks them. */
std::vector<int> validation_counts(const Context &context) {
  std::vector<int> out;
  const json validation = member(context.training, "validation");
  const auto matrix = validation.find("confusion");
  if (matrix == validation.end() || !matrix->is_array() ||
      matrix->size() != context.settings().labels.size())
    return out;
  for (const json &row : *matrix) {
    out.push_back(0);
    for (const json &cell : row)
      if (cell.is_number_integer()) out.back() += cell.get<int>();
  }
  return out;
}

/** What to hold an accuracy against: a guess that listens to nothing, and how
 *  few recordings there are. */
std::vector<std::string> doubts(const Context &context) {
  std::vector<std::string> out, few;
  const std::vector<int> counts = validation_counts(context);
  if (counts.empty()) return out;
  const int all = std::accumulate(counts.begin(), counts.end(), 0);
  const int most = *std::max_element(counts.begin(), counts.end());
  if (all > 0)
    out.push_back(
        "Always naming the most frequent class, without listening, "
        "would be right in " +
        percent(double(most) / all) + " of these.");
  for (std::size_t c = 0; c < counts.size(); ++c)
    if (counts[c] < kFewRecordings)
      few.push_back(context.settings().labels[c] + " (" +
                    std::to_string(counts[c]) + ")");
  if (!few.empty())
    out.push_back("Few validation recordings stand behind " + list_of(few) +
                  ": one more error would move their figures visibly.");
  return out;
}

std::vector<metrics::Decision> decisions_of(const Evaluation &evaluation) {
  std::vector<metrics::Decision> out;
  for (const RecordingResult &r : evaluation.recordings)
    out.push_back(r.decision);
  return out;
}

/** What is known of its answers, in a sentence or two. */
std::vector<std::string> trust_in_answers(const Context &context) {
  std::vector<std::string> out;
  if (context.evaluation) {
    const metrics::ClassificationScore s =
        metrics::score(decisions_of(*context.evaluation));
    out.push_back("On " +
                  std::to_string(context.evaluation->recordings.size()) +
                  " recordings of a truth set it names the right class in " +
                  percent(s.accuracy) + "; it calls " + percent(s.rejected) +
                  " of them unknown, and of the others " +
                  percent(s.accuracy_accepted) + " are right.");
    if (s.without_target)
      out.push_back("Of the recordings that hold none of its classes, " +
                    percent(s.reported_unknown) +
                    " are reported as unknown, as they should be.");
  }
  const json validation = member(context.training, "validation");
  if (count_of(validation, "recordings") > 0) {
    out.push_back("On " + std::to_string(count_of(validation, "recordings")) +
                  " validation recordings, from groups (vessels, sites) that "
                  "it did not learn from, it names the right class in " +
                  percent(validation.value("accuracy", 0.0)) +
                  "; averaged over the classes, each counting once, in " +
                  percent(validation.value("balanced_accuracy", 0.0)) + ".");
    for (std::string &doubt : doubts(context)) out.push_back(std::move(doubt));
  } else if (!context.evaluation) {
    out.push_back(
        "Nothing is known of how often it is right: the file holds "
        "no validation figures and no truth set was given.");
  }
  return out;
}

std::vector<std::string> trust_in_masks(const Context &context) {
  if (!context.evaluation)
    return {
        "How well its signatures cut cannot be said: that takes "
        "recordings whose truth is known to the pixel (--truth)."};
  const Evaluation &e = *context.evaluation;
  const std::size_t at = context.own_threshold;
  const MaskSummary own = summarize(e, context.own_method, at);
  std::vector<std::string> out = {
      "Its own way to make masks, " + e.methods[context.own_method].name +
      ", removes " + percent(own.best.removed) +
      " of the pixels that are not the target and loses " +
      percent(own.best.overwritten_3db) +
      " of the target's tone pixels of 3 dB and more; F1, which counts both "
      "errors, is " +
      fixed(own.best.f1, 2) + " of 1."};
  std::size_t best = context.own_method;
  for (std::size_t m = 0; m < e.methods.size(); ++m)
    if (summarize(e, m, at).best.f1.value_or(0) >
        summarize(e, best, at).best.f1.value_or(0))
      best = m;
  if (best == context.own_method)
    out.push_back("No other method on this page has a larger F1 there.");
  else
    out.push_back(
        "Another method has a larger F1 there: " + e.methods[best].name +
        " with " + fixed(summarize(e, best, at).best.f1, 2) +
        (e.methods[best].used_truth ? ", which learnt from known truth."
                                    : "."));
  return out;
}

std::string list_of(const std::vector<int> &values) {
  std::vector<std::string> texts;
  for (const int value : values) texts.push_back(std::to_string(value));
  return list_of(texts);
}

std::string architecture_text(const Architecture &a) {
  if (a.network == Architecture::Network::kHarmonics)
    return "Harmonics: lines, bands and a harmonic comb of the mean spectrum, "
           "classified by " +
           std::to_string(a.members) + " networks of dense layers of " +
           list_of(a.dense) + "; one class at a time";
  return "Spec-CNN: convolutions to " + list_of(a.conv_channels) + " maps, " +
         (a.head == Architecture::Head::kFlat
              ? "mean over time with every frequency row kept"
              : "16 frequency bands with mean and maximum over time") +
         ", dense layers of " + list_of(a.dense) +
         (a.statistics ? ", a linear head on statistics of the picture" : "") +
         "; " + (a.exclusive ? "one class at a time" : "each class for itself");
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

Table recipe_table(const Context &context) {
  const Settings &s = context.settings();
  const Recipe &r = s.recipe;
  const std::vector<double> edges = r.row_edges_hz();
  Table t{"The model and what it sees", {"Setting", "Value"}, {}, {}};
  const auto add = [&](const std::string &name, const std::string &value) {
    t.rows.push_back({name, value});
  };
  add("Name", s.name);
  add("Made with", s.made_with);
  add("Sound", std::to_string(r.rate_hz) + " Hz, one channel");
  if (r.mode == Mode::kDemon)
    add("Demodulated", number(r.demon_min_frequency_hz) + " to " +
                           number(r.demon_max_frequency_hz) + " Hz");
  add("Spectrum", std::to_string(r.span_samples()) + " samples (" +
                      number(r.bin_hz()) + " Hz a bin), every " +
                      std::to_string(r.column_samples()) + " samples (" +
                      number(1e3 * r.column_seconds()) + " ms)");
  add("Picture", std::to_string(r.height()) + " rows from " +
                     number(std::round(edges.back())) + " to " +
                     number(std::round(edges.front())) + " Hz (" +
                     nick(r.axis) + "), " + std::to_string(r.width) +
                     " columns (" + number(r.width * r.column_seconds()) +
                     " s)");
  add("Pixel", r.unit());
  if (r.evidence_fft_size > 0)
    add("Finer spectrum for lines",
        std::to_string(r.evidence_fft_size) + " samples (" +
            number(r.evidence_recipe().bin_hz()) + " Hz a bin)");
  add("Network", architecture_text(s.architecture));
  add("Masks are made by", nick(s.mask_recipe));
  add("A pixel is kept from a confidence of", number(s.threshold));
  add("An answer counts from a confidence of",
      number(std::round(s.min_confidence * 1000) / 1000));
  return t;
}

Table class_table(const Context &context) {
  Table t{
      "Classes and what the model was made from (learning and validation "
      "together)",
      {"Class", "Recordings", "Groups", "Pictures"},
      {},
      {}};
  const json classes = member(context.training, "classes");
  for (const std::string &label : context.settings().labels) {
    const json about = member(classes, label);
    t.rows.push_back({label, std::to_string(count_of(about, "recordings")),
                      std::to_string(count_of(about, "groups")),
                      std::to_string(count_of(about, "pictures"))});
  }
  return t;
}

render::Series by_epoch(const std::string &name,
                        const std::vector<double> &values) {
  render::Series s{name, {}, values, render::Series::Kind::kMarked};
  for (std::size_t i = 0; i < values.size(); ++i) s.x.push_back(double(i + 1));
  return s;
}

}  // namespace

void add_summary(Page &page, const Context &context) {
  page.section("short", "In short");
  const Settings &s = context.settings();
  page.paragraph(
      "The model " + s.name +
      " looks at the spectrogram of a hydrophone recording (how strong the "
      "sound is at each frequency and time), says which of its classes is "
      "heard, " +
      list_of(s.labels) +
      ", or that it knows none of it, and marks the pixels that belong to that "
      "class. What is marked is the signature; the rest is painted over.");
  std::vector<std::string> points = trust_in_answers(context);
  for (std::string &text : trust_in_masks(context))
    points.push_back(std::move(text));
  page.points(points);
  page.paragraph(
      "These figures hold for recordings like those they were counted on. "
      "Another hydrophone, another sea or other vessels can be easier or "
      "harder; the page cannot know.");
}

void add_model(Page &page, const Context &context) {
  page.section("model", "What the model is");
  page.paragraph(
      "The sound is cut into short overlapping windows; each becomes a column "
      "of a picture whose rows are frequencies, the highest on top. Each "
      "pixel says by how many decibels the sound stands above the background "
      "around it, so that a steady machine tone is a bright horizontal line. "
      "A small neural network learnt from labelled recordings which class "
      "such a picture shows. Nobody told it which pixels are the signal.");
  page.table(recipe_table(context));
  if (member(context.training, "classes").empty()) {
    page.missing("The file does not say what the model was made from.");
    return;
  }
  page.table(class_table(context));
  page.paragraph(
      "Recordings of one group, such as one vessel or one site, are never "
      "split between learning and validation, so that validation asks for "
      "something new. Where all of a class comes from few groups, the network "
      "may have learnt the place or the recorder instead of the class.");
}

void add_learning(Page &page, const Context &context) {
  page.section("learning", "How it learnt");
  const json history = member(context.training, "history");
  const std::vector<double> loss = numbers(history, "loss");
  if (loss.empty()) {
    page.missing(
        "This file holds no learning curves; models trained by this version "
        "of sonar-model train do.");
    return;
  }
  page.paragraph(
      "One epoch goes through as many pictures as there are to learn from. "
      "The loss is what learning makes small; the accuracy is the share of "
      "right answers. Learning pictures are made harder on purpose (mixed, "
      "shifted, partly covered), so their accuracy can lie below that of "
      "validation recordings, which are left as they are. A validation curve "
      "that falls while the loss does, too, would mean learning by heart.");
  render::Chart losses{"Loss while learning",
                       {"epoch", {}, false},
                       {"loss (cross-entropy)", {}, false},
                       {by_epoch("learning pictures", loss)}};
  render::Chart accuracies{
      "Right answers while learning",
      {"epoch", {}, false},
      {"share right (0 to 1)", std::pair{0.0, 1.0}, false},
      {by_epoch("learning pictures", numbers(history, "training_accuracy"))}};
  const std::vector<double> validation =
      numbers(history, "validation_accuracy");
  if (!validation.empty())
    accuracies.series.push_back(by_epoch("validation recordings", validation));
  page.pictures(
      {draw_chart(context, "loss", losses,
                  {"Line chart: the loss goes from " + fixed(loss.front(), 3) +
                       " to " + fixed(loss.back(), 3) + " in " +
                       std::to_string(loss.size()) + " epochs.",
                   "What learning makes small. Its value has no meaning of "
                   "its own; that it levels off says that more epochs would "
                   "change little."}),
       draw_chart(
           context, "accuracy", accuracies,
           {"Line chart of the share of right answers by epoch" +
                (validation.empty() ? std::string(".")
                                    : "; validation ends at " +
                                          fixed(validation.back(), 3) + "."),
            "Right answers of the network alone" +
                std::string(context.model().has_lines()
                                ? "; the class' lines, which the model uses "
                                  "as well, come after it."
                                : ".") +
                " With few validation recordings the curve jumps."})});
}

void add_limits(Page &page, const Context &context) {
  page.section("limits", "What this page does not show");
  std::vector<std::string> points = {
      "A mask says where the model found what it takes for the class. It is "
      "not a recording of the vessel alone: noise in the kept pixels stays.",
      "The map by which a network explains itself (Score-CAM) shows where "
      "there is energy that it used; on lines over noise that is little more "
      "than where there is energy.",
      "A class that the model never heard can be taken for one that it "
      "knows. The limit of confidence makes that rarer, not impossible.",
      "All figures come from the recordings named here. They are no promise "
      "for other equipment, waters or vessels."};
  if (!context.evaluation)
    points.push_back(
        "Without a truth set every picture of a signature is to "
        "be judged by eye, and the eye likes clean pictures.");
  else
    points.push_back(
        "The truth set's own making decides what is easy. Synthetic scenes "
        "hold only what their author thought of.");
  page.points(points);
}

}  // namespace sonar::models::report
