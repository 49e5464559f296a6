/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <algorithm>
#include <filesystem>
#include <map>

#include "models/evaluate/figures.h"
#include "models/report/figures.h"

/* How the recordings of a class group, and which stand for it. */
namespace sonar::models::report {
namespace {

using nlohmann::json;
using Kind = render::Series::Kind;

std::vector<std::string> names(const json &object, const std::string &name) {
  std::vector<std::string> out;
  const auto found = object.find(name);
  if (found == object.end() || !found->is_array()) return out;
  for (const json &value : *found)
    if (value.is_string()) out.push_back(value.get<std::string>());
  return out;
}

void show_representatives(Page &page, const Context &context,
                          const std::string &label) {
  const json about = member(member(context.training, "class_model"), label);
  const std::vector<std::string> own = names(about, "representatives");
  const std::vector<double> members = numbers(about, "members");
  std::vector<Picture> pictures;
  std::string absent;
  for (std::size_t i = 0; i < own.size(); ++i) {
    const Recording *r = context.find_recording(own[i], label);
    if (!r) {
      absent += (absent.empty() ? "" : ", ") + own[i];
      continue;
    }
    Case c;
    c.recording =
        beginning(analyse_recording(r->path, context.recipe()), c.cut);
    const std::string stands = i < members.size()
                                   ? " It stands for " + fixed(members[i], 0) +
                                         " of the class' pictures."
                                   : "";
    pictures.push_back(draw_spectrogram(
        context, own[i], c.value_db(),
        {"Spectrogram of " + own[i] + ", a representative of " + label + ".",
         own[i] + (c.cut ? " (its beginning)." : ".") + stands}));
  }
  page.heading(label);
  page.pictures(pictures);
  if (!absent.empty())
    page.missing("Not in the data set that was given: " + absent + ".");
}

/** Curves of all classes on one scale. */
render::Chart elbow_chart(const Context &context, const std::string &field) {
  const bool inertia = field == "inertia";
  render::Chart chart{
      inertia ? "How much splitting helps" : "How far pictures lie apart",
      {inertia ? "clusters k" : "picture, from the loneliest on", {}, false},
      {inertia ? "inertia, of that of k = 1"
               : "distance to 5th neighbour, of the largest",
       std::pair{0.0, 1.02}, false},
      {}};
  const json classes = member(context.training, "class_model");
  for (const std::string &label : context.settings().labels) {
    const std::vector<double> curve = numbers(member(classes, label), field);
    if (curve.empty() || !(curve.front() > 0)) continue;
    render::Series s{label, {}, {}, inertia ? Kind::kMarked : Kind::kLine};
    for (std::size_t i = 0; i < curve.size(); ++i) {
      s.x.push_back(double(i + 1));
      s.y.push_back(curve[i] / curve.front());
    }
    chart.series.push_back(std::move(s));
  }
  return chart;
}

std::string chosen_numbers(const Context &context) {
  std::string out;
  const json classes = member(context.training, "class_model");
  for (const std::string &label : context.settings().labels) {
    const json about = member(classes, label);
    if (about.contains("clusters"))
      out += (out.empty() ? "" : ", ") + label + " " +
             std::to_string(about["clusters"].get<int>());
  }
  return out;
}

void draw_scatter(const Context &context, const std::string &label,
                  std::vector<Picture> &pictures) {
  const json about = member(member(context.training, "class_model"), label);
  const json projection = member(about, "projection");
  const auto points = projection.find("points");
  const std::vector<double> cluster = numbers(projection, "cluster");
  if (points == projection.end() || points->size() != cluster.size()) return;
  std::map<int, render::Series> series;
  for (std::size_t i = 0; i < cluster.size(); ++i) {
    const json &point = (*points)[i];
    if (!point.is_array() || point.size() != 2) return;
    const int which = int(cluster[i]);
    render::Series &s = series[which];
    s.kind = Kind::kDots;
    s.name =
        which < 0 ? "in no cluster" : "cluster " + std::to_string(which + 1);
    s.x.push_back(point[0].get<double>());
    s.y.push_back(point[1].get<double>());
  }
  const std::vector<double> variance = numbers(projection, "variance");
  const auto axis = [&](std::size_t i, const char *name) {
    return render::ChartAxis{
        name + (i < variance.size()
                    ? " (" + percent(variance[i]) + " of the variance)"
                    : std::string()),
        {},
        false};
  };
  render::Chart chart{label, axis(0, "first axis"), axis(1, "second axis"), {}};
  for (auto &[which, s] : series) chart.series.push_back(std::move(s));
  pictures.push_back(draw_chart(
      context, "embedding-" + label, chart,
      {"Scatter of " + std::to_string(cluster.size()) + " recordings of " +
           label + " in " + std::to_string(series.size()) + " clusters.",
       label + ": each mark is a recording that the model learnt from."}));
}

}  // namespace

void add_representatives(Page &page, const Context &context) {
  page.section("representatives", "Recordings that stand for a class");
  page.paragraph(
      "The recordings of a class are sorted into clusters of like ones, as "
      "the network sees them, and the one nearest to the middle of each "
      "cluster stands for it. The general mask of the class is made from "
      "these. They should look like what you know of the class; one that "
      "shows only noise, or another vessel, makes a poor mask.");
  if (context.sources.data.empty()) {
    std::string known;
    const json classes = member(context.training, "class_model");
    for (const std::string &label : context.settings().labels) {
      std::string own;
      for (const std::string &name :
           names(member(classes, label), "representatives"))
        own += (own.empty() ? "" : ", ") + name;
      if (!own.empty()) known += " " + label + ": " + own + ".";
    }
    page.missing(
        "Their pictures need the recordings that the model learnt from: give "
        "that data set as --data." +
        (known.empty() ? std::string(" The file does not name them.")
                       : " The file names them." + known));
    return;
  }
  for (const std::string &label : context.settings().labels)
    show_representatives(page, context, label);
}

void add_clusters(Page &page, const Context &context) {
  page.section("clusters", "How alike the recordings of a class are");
  page.paragraph(
      "The network describes every picture by some dozens of numbers, its "
      "embedding. The inertia is the squared distance of the pictures from the "
      "middle of their cluster: it always falls with more clusters, and where "
      "the curve bends (the elbow) more of them stop paying. The scatter shows "
      "the embeddings from the side from which they differ most; how much of "
      "their differences that view shows is written at the axes, and clusters "
      "that overlap in it may still lie apart.");
  const std::string chosen = chosen_numbers(context);
  std::vector<Picture> pictures;
  for (const char *field : {"inertia", "neighbour_distances"}) {
    const render::Chart chart = elbow_chart(context, field);
    if (chart.series.empty()) continue;
    pictures.push_back(draw_chart(
        context, "elbow", chart,
        {"Line chart of falling curves, one a class. Clusters taken: " +
             chosen + ".",
         "Clusters taken: " + chosen +
             ". A curve without a clear bend says that the class has no clear "
             "number of kinds (paper, Fig. 7)."}));
  }
  for (const std::string &label : context.settings().labels)
    draw_scatter(context, label, pictures);
  if (pictures.empty())
    page.missing("The file holds no clustering.");
  else if (pictures.size() == 1)
    page.missing(
        "The file holds no projection of the embeddings; models "
        "trained by this version do.");
  page.pictures(pictures);
}

}  // namespace sonar::models::report
