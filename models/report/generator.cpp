/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/evaluate/figures.h"
#include "models/report/figures.h"

/* Figures 5, 6 and 10 of the paper, where the model has what they need. */
namespace sonar::models::report {
namespace {

constexpr std::size_t kOfAKind = 3;  // pictures, real and generated
// columns of a generator's tensor `curves`
enum { kDistance, kReal, kGenerated, kCriticLoss, kGeneratorLoss, kColumns };

render::Series column(const Tensor &curves, const std::string &name, int i) {
  render::Series s{name, {}, {}};
  for (std::size_t e = 0; e < std::size_t(curves.shape[0]); ++e) {
    s.x.push_back(double(e + 1));
    s.y.push_back(double(curves.values[e * kColumns + std::size_t(i)]));
  }
  return s;
}

bool show_curves(Page &page, const Context &context) {
  if (!context.sources.generator) return false;
  const auto &tensors = context.sources.generator->file.tensors;
  const auto found = tensors.find("curves");
  if (found == tensors.end() || found->second.shape.size() != 2 ||
      found->second.shape[1] != kColumns || found->second.shape[0] < 1) {
    page.missing("The generator's file holds no curves.");
    return true;
  }
  const Tensor &curves = found->second;
  page.heading("Learning to generate (paper, Fig. 5)");
  page.paragraph(
      "A generator makes up spectrograms and a critic tries to tell them from "
      "real ones. The distance falls as they become alike; the critic's "
      "accuracy near 0.5 says that it can no longer tell, which a weak critic "
      "cannot either.");
  page.pictures(
      {draw_chart(context, "gan-distance",
                  {"Distance of generated from real pictures",
                   {"epoch", {}, false},
                   {"critic's mean score, real less generated", {}, false},
                   {column(curves, "distance", kDistance)}},
                  {"Line chart of the distance by epoch.",
                   "The critic's estimate of the distance. Its scale is the "
                   "critic's own; only its course counts."}),
       draw_chart(context, "gan-accuracy",
                  {"Does the critic see the difference?",
                   {"epoch", {}, false},
                   {"share told right (0 to 1)", std::pair{0.0, 1.0}, false},
                   {column(curves, "real pictures", kReal),
                    column(curves, "generated pictures", kGenerated)}},
                  {"Line chart of the critic's accuracies by epoch.",
                   "The share of real and of generated pictures that the "
                   "critic calls by their right name."})});
  return true;
}

/** Real pictures of the class in the data, then as many made-up ones. */
void show_pairs(Page &page, const Context &context, std::size_t c) {
  const std::string &label = context.settings().labels[c];
  std::vector<Picture> pictures;
  for (const Recording &r : context.sources.data) {
    if (pictures.size() == kOfAKind) break;
    if (r.label != label) continue;
    const AnalysedRecording real = analyse_recording(r.path, context.recipe());
    pictures.push_back(draw_spectrogram(
        context, "real", real.pictures.front().value_db,
        {"A real picture of " + label + ".", "Recorded: " + label + "."}));
  }
  synth::Random random(0, c);
  for (std::size_t i = 0; i < kOfAKind; ++i)
    pictures.push_back(draw_spectrogram(
        context, "generated", context.sources.generator->tiles->draw(c, random),
        {"A generated picture of " + label + ".",
         "Generated: " + label + "."}));
  page.heading(label);
  page.pictures(pictures);
}

void show_generated(Page &page, const Context &context) {
  page.heading("Generated beside real pictures (paper, Fig. 6)");
  page.paragraph(
      "The first few that came, not the best. Compare where the lines lie, "
      "how they break off, and the grain of the background: what looks alike "
      "to the eye can still be wrong in the frequencies that matter.");
  if (context.sources.data.empty()) page.missing("The real ones need --data.");
  for (std::size_t c = 0; c < context.settings().labels.size(); ++c)
    show_pairs(page, context, c);
}

bool show_centroids(Page &page, const Context &context) {
  std::vector<Picture> pictures;
  for (std::size_t c = 0; c < context.settings().labels.size(); ++c) {
    const Image mask = context.image_of("class.mask_centroids", c);
    if (mask.empty()) continue;
    const std::string &label = context.settings().labels[c];
    pictures.push_back(
        draw_confidence(context, label, mask,
                        {"Class mask of decoded centres of " + label + ".",
                         "Class mask of " + label + " from decoded centres."}));
  }
  if (pictures.empty()) return false;
  page.heading("Masks of decoded cluster centres (paper, Fig. 10)");
  page.paragraph(
      "Instead of the recording nearest to the middle of a cluster, the "
      "middle itself is decoded into a picture that nobody recorded, and the "
      "general mask is made from that. Compare with the general masks above.");
  page.pictures(pictures);
  return true;
}

}  // namespace

void add_generator(Page &page, const Context &context) {
  page.section("generated", "Generated pictures and decoded centres");
  const bool curves = show_curves(page, context);
  if (context.sources.generator) show_generated(page, context);
  const bool centroids = show_centroids(page, context);
  if (!curves)
    page.missing(context.training.contains("augment")
                     ? "The model learnt from generated pictures as well; "
                       "--gan FILE shows how their generator learnt."
                     : "The model learnt from recordings alone, so there are "
                       "no generated pictures to judge.");
  if (!centroids)
    page.missing(
        "The model has no masks of decoded centres "
        "(class.mask_centroids).");
}

}  // namespace sonar::models::report
