/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <algorithm>

#include "models/evaluate/structure_scores.h"
#include "models/report/figures.h"
#include "models/structures.h"
#include "sonar/core/error.h"

/* What made the model say so: class map and structures of single recordings. */
namespace sonar::models::report {
namespace {

constexpr std::size_t kScoredPictures =
    40;  // of the truth set: seconds, no more

/** Of a case's whole picture. */
struct Explained {
  Image map;
  render::StructureMap structures;
  std::size_t of[4] = {};         ///< structures that say each mask::Speaks
  std::size_t of_target[4] = {};  ///< those that are the target's in truth
};

/** Whether half of a structure's pixels or more are the target's. */
bool is_target(const Case &c, const mask::Structures &structures,
               std::size_t number, ColumnRange valid, std::size_t column) {
  std::size_t own = 0;
  for (std::size_t y = 0; y < structures.height; ++y)
    for (std::size_t x = valid.begin; x < valid.end; ++x)
      own += structures.owner[y * structures.width + x] == number + 1 &&
             c.truth->weak.at(y, column + x - valid.begin);
  return 2 * own >= structures.found[number].pixels;
}

void put_structures(const Case &c, const ExplainedStructures &part,
                    ColumnRange valid, std::size_t column, Explained &out) {
  std::vector<mask::Speaks> says{mask::Speaks::kNoStructure};
  for (std::size_t s = 0; s < part.scores.size(); ++s) {
    says.push_back(mask::speaks(part.scores[s].score));
    const auto kind = std::size_t(says.back());
    ++out.of[kind];
    if (c.truth)
      out.of_target[kind] += is_target(c, part.structures, s, valid, column);
  }
  for (std::size_t y = 0; y < out.structures.height; ++y)
    for (std::size_t x = valid.begin; x < valid.end; ++x)
      out.structures.says[y * out.structures.width + column + x - valid.begin] =
          says[part.structures.owner[y * part.structures.width + x]];
}

Explained explain(const Context &context, const Case &c) {
  MaskOptions options;
  options.recipe = context.settings().mask_recipe;
  options.explain = true;
  Explained out;
  out.structures.height = std::size_t(context.recipe().height());
  out.structures.width = c.recording.columns;
  out.structures.says.resize(out.structures.height * out.structures.width);
  std::vector<Image> maps;
  std::size_t column = 0;
  for (std::size_t i = 0; i < c.recording.pictures.size(); ++i) {
    const PictureData &picture = c.recording.pictures[i];
    const MaskResult made = context.model().make_mask(
        picture, c.classes.front(), &c.seen[i], options);
    maps.push_back(made.explanation);
    put_structures(c,
                   explain_structures(context.model(), picture, c.classes,
                                      made.tracks, {}),
                   picture.valid, column, out);
    column += picture.valid.count();
  }
  out.map = c.recording.join(maps);
  return out;
}

/** "9 speak for it (8 of them the target's in truth)" */
std::string counted(const Explained &e, const Case &c, mask::Speaks says,
                    const std::string &words) {
  const auto kind = std::size_t(says);
  std::string out = std::to_string(e.of[kind]) + " " + words;
  if (c.truth && e.of[kind])
    out += " (" + std::to_string(e.of_target[kind]) +
           " of them the target's in truth)";
  return out;
}

std::string names(const Context &context, const Case &c) {
  std::string out;
  for (const std::size_t k : c.classes)
    out += (out.empty() ? "" : "+") + context.settings().labels[k];
  return out;
}

void show_case(Page &page, const Context &context, const Case &c) {
  page.heading(c.kind + ": " + c.name);
  if (c.classes.empty()) {
    page.missing("The model named no class, so nothing speaks for one.");
    return;
  }
  const std::string said = names(context, c);
  try {
    const Explained e = explain(context, c);
    page.paragraph("Labelled " + metrics::text(c.decision.truth) +
                   ", the model says " + said + ". Of its strong structures " +
                   counted(e, c, mask::Speaks::kFor, "speak for " + said) +
                   ", " + counted(e, c, mask::Speaks::kAgainst, "against it") +
                   ", " + counted(e, c, mask::Speaks::kNothing, "say nothing") +
                   ".");
    const Image value = c.value_db();
    page.pictures(
        {draw_explanation(
             context, said, value, nullptr, &e.structures,
             {"Structures of " + c.name + " outlined by what they say.",
              "What each strong structure says: solid orange for " + said +
                  ", dashed blue against it, thin grey nothing."}),
         draw_explanation(
             context, context.settings().labels[c.classes.front()], value,
             &e.map, nullptr,
             {"Class map of " + c.name + ".",
              "Where a patch left alone raises the score (warm) and where it "
              "lowers it (cool)."})});
  } catch (const Error &error) {
    if (error.code() != Errc::kBadArgument) throw;
    page.missing(std::string("This model's answer cannot be explained: ") +
                 error.what() + ".");
  }
}

void show_figures(Page &page, const Context &context) {
  if (context.sources.truth.empty()) return;
  StructureFigures figures;
  try {
    figures = score_structures(context.model(), context.sources.truth,
                               context.sources.renamed, kScoredPictures,
                               context.sources.threads, {});
  } catch (const Error &error) {
    if (error.code() != Errc::kBadArgument) throw;
    page.missing(std::string("The structures cannot be scored: ") +
                 error.what() + ".");
    return;
  }
  page.heading("Can one believe it?");
  page.paragraph(
      "In " + std::to_string(figures.pictures) +
      " recordings of the truth set, explained for the class that they hold: "
      "how many structures gave each answer, and how many of those are the "
      "target's in truth. An answer is worth as much as its share differs from "
      "that of all structures, " +
      percent(figures.structures ? std::optional(double(figures.of_target) /
                                                 double(figures.structures))
                                 : std::nullopt) +
      ".");
  Table answers{"Answers of structures",
                {"answer", "structures", "the target's"},
                {},
                {}};
  for (const StructureAnswer &a : figures.answers)
    answers.rows.push_back(
        {a.name == "nothing" ? "says nothing" : "speaks " + a.name,
         std::to_string(a.structures),
         percent(a.structures
                     ? std::optional(double(a.of_target) / double(a.structures))
                     : std::nullopt)});
  page.table(answers);
  Table ranking{
      "How often a structure of the target ranks above one of another source "
      "(0.5 is a coin)",
      {"ranked by", "in all", "in one picture", "what it is"},
      {},
      {0}};
  for (const StructureRanking &r : figures.rankings)
    ranking.rows.push_back(
        {r.name, fixed(r.auc, 2), fixed(r.auc_within, 2), r.description});
  page.table(ranking);
}

}  // namespace

void add_explanation(Page &page, const Context &context) {
  page.section("explanation", "What made the model say so");
  page.paragraph(
      "Whatever draws the signature, the answer itself comes from a network "
      "that saw the whole picture. Two questions show what it went by. First: "
      "if only one patch were left and the rest were background, would the "
      "class gain or lose? That is the class map. Second, for each strong "
      "line, call or click: what does the class gain by it alone, and what "
      "does it lose without it?");
  page.paragraph(
      "This explains an answer; it does not make the signature, and it is no "
      "picture of the target. Another ship's line speaks for the class where "
      "it looks like one of the class', and a line of the target that the "
      "network has learnt nothing from says nothing.");
  if (context.cases.empty()) {
    page.missing(
        "An explanation needs recordings: give --truth DIR or --data "
        "DATASET.");
    return;
  }
  for (const Case &c : context.cases)
    if (c.kind != "Typical case") show_case(page, context, c);
  show_figures(page, context);
}

}  // namespace sonar::models::report
