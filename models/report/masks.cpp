/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <algorithm>

#include "models/evaluate/figures.h"
#include "models/report/figures.h"
#include "sonar/core/error.h"

/* Masks and signatures of single recordings. */
namespace sonar::models::report {
namespace {

// the paper's, Table I
constexpr double kThresholds[] = {0.65, 0.75, 0.85};

double kept_share(const mask::Binary &mask) {
  return double(std::count(mask.values.begin(), mask.values.end(), 1)) /
         double(std::max<std::size_t>(1, mask.values.size()));
}

/** How a mask of a case did, in a few words. */
std::string outcome_text(const Case &c, const mask::Binary &mask) {
  std::string out = "Keeps " + percent(kept_share(mask)) + " of the pixels";
  if (const auto s = c.score_of(mask))
    out += ", removes " + percent(s->removed) +
           " of what is not the target, loses " + percent(s->overwritten_3db) +
           " of its tones of 3 dB and more; F1 " + fixed(s->f1, 2);
  return out + ".";
}

/** Heading and a sentence on what the model said of it. */
void introduce(Page &page, const Context &context, const Case &c) {
  page.heading(c.kind + ": " + c.name);
  std::string text = "It is labelled " + metrics::text(c.decision.truth) +
                     "; the model says " + metrics::text(c.decision.predicted) +
                     " with a confidence of " + fixed(c.decision.confidence, 2);
  if (c.decision.rejected)
    text += ", below the limit of " +
            fixed(context.settings().min_confidence, 2) +
            ": it would be reported as unknown and its signature left empty. "
            "Shown is what its best guess would keep";
  text += ".";
  if (!c.decision.right())
    text += " The answer is wrong, so what is kept is what looks like " +
            metrics::text(c.decision.predicted) + ".";
  if (c.cut) text += " The pictures show the beginning of the recording.";
  page.paragraph(text);
}

Picture original_of(const Context &context, const Case &c) {
  return draw_spectrogram(context, "spectrogram", c.value_db(),
                          {"Spectrogram of " + c.name +
                               ", time from left to right, high "
                               "frequencies on top.",
                           "What the model is given: " + c.name + "."});
}

std::vector<Picture> inputs_of(const Context &context, const Case &c) {
  std::vector<Picture> out = {original_of(context, c)};
  if (c.truth)
    out.push_back(draw_confidence(
        context, "truth", c.target(),
        {"Pixels of " + c.name + " that are the target's in truth.",
         "What is the target in truth (1), which the model never sees."},
        "target (0 or 1)"));
  return out;
}

MaskOptions released(mask::Combine combine) {
  MaskOptions out;
  out.recipe = MaskRecipe::kReleased;
  out.combine = combine;
  return out;
}

MaskOptions own_options(const Context &context) {
  MaskOptions out;
  out.recipe = context.settings().mask_recipe;
  return out;
}

Picture signature_of(const Context &context, const Case &c,
                     const std::string &title, const Image &confidence,
                     double threshold, const std::string &before) {
  const mask::Binary kept = mask::threshold(confidence, float(threshold));
  return draw_signature(
      context, title, c.value_db(), kept,
      {"Signature of " + c.name + ", " + title + ". " + outcome_text(c, kept),
       before + outcome_text(c, kept)});
}

void show_general_masks(Page &page, const Context &context) {
  std::vector<Picture> pictures;
  for (std::size_t c = 0; c < context.settings().labels.size(); ++c) {
    const Image mask = context.image_of("class.mask", c);
    if (mask.empty()) continue;
    const std::string &label = context.settings().labels[c];
    pictures.push_back(draw_confidence(
        context, label, mask,
        {"General mask of " + label + ".", "General mask of " + label + "."},
        "attention (0 to 1)"));
  }
  page.heading("General masks");
  page.paragraph(
      "The mean map of the recordings that stand for the class: where, in "
      "frequency and time, the network's attention lies for that class. Its "
      "rows are worth reading, its columns hardly: when something sounds is "
      "chance.");
  page.pictures(pictures);
  if (pictures.empty()) page.missing("The file holds no class.mask.");
}

/** The paper's steps for one recording. */
void show_steps(Page &page, const Context &context, const Case &c) {
  introduce(page, context, c);
  std::vector<Picture> pictures = inputs_of(context, c);
  const double threshold = context.settings().threshold;
  try {
    const Image image =
        c.confidence(context.model(), released(mask::Combine::kImage));
    const Image both =
        c.confidence(context.model(), released(mask::Combine::kAdd));
    const mask::Binary kept = mask::threshold(both, float(threshold));
    Image binary(kept.height, kept.width);
    std::copy(kept.values.begin(), kept.values.end(), binary.data());
    pictures.push_back(draw_confidence(
        context, "image mask", image,
        {"Score-CAM of " + c.name + ".",
         "Image mask (paper, Fig. 8): where the network's attention lies in "
         "this recording. It follows energy, the target's or not."},
        "attention (0 to 1)"));
    pictures.push_back(
        draw_confidence(context, "combined mask", both,
                        {"Sum of general and image mask of " + c.name + ".",
                         "General and image mask added and scaled to 0 to 1."},
                        "attention (0 to 1)"));
    pictures.push_back(
        draw_confidence(context, "thresholded mask", binary,
                        {"Thresholded mask of " + c.name + ".",
                         "Pixels of at least " + fixed(threshold, 2) + "."},
                        "kept (0 or 1)"));
    pictures.push_back(signature_of(
        context, c, "signature as published", both, threshold,
        "The recording where the mask keeps it, white elsewhere (paper, "
        "Fig. 9). "));
    page.pictures(pictures);
  } catch (const Error &e) {
    if (e.code() != Errc::kBadArgument) throw;
    page.missing(std::string("This model cannot make the paper's masks: ") +
                 e.what() + ".");
  }
}

void show_thresholds(Page &page, const Context &context, const Case &c) {
  introduce(page, context, c);
  std::vector<Picture> pictures = inputs_of(context, c);
  const Image confidence = c.confidence(context.model(), own_options(context));
  pictures.push_back(
      draw_confidence(context, "confidence", confidence,
                      {"Confidence of every pixel of " + c.name + ".",
                       std::string("How sure the model's own recipe, ") +
                           nick(context.settings().mask_recipe) +
                           ", is that a pixel is the target's."}));
  for (const double t : kThresholds)
    pictures.push_back(signature_of(context, c, "kept from " + fixed(t, 2),
                                    confidence, t, ""));
  page.pictures(pictures);
}

std::vector<Method> own_first(const Context &context) {
  std::vector<Method> list = methods();
  std::stable_partition(list.begin(), list.end(), [&](const Method &m) {
    return m.name == nick(context.settings().mask_recipe);
  });
  return list;
}

void show_variants(Page &page, const Context &context, const Case &c) {
  introduce(page, context, c);
  std::vector<Picture> pictures = inputs_of(context, c);
  std::vector<std::string> skipped;
  for (const Method &method : own_first(context)) {
    try {
      const Image confidence = c.confidence(context.model(), method.options);
      const bool own = method.name == nick(context.settings().mask_recipe);
      pictures.push_back(signature_of(
          context, c, method.name, confidence, context.settings().threshold,
          method.name + (own ? " (the model's own): " : ": ") +
              method.description +
              (method.used_truth ? " (learnt from known truth)" : "") + ". "));
    } catch (const Error &e) {
      if (e.code() != Errc::kBadArgument) throw;
      skipped.push_back(method.name);
    }
  }
  page.pictures(pictures);
  std::string list;
  for (const std::string &name : skipped)
    list += (list.empty() ? "" : ", ") + name;
  if (!list.empty())
    page.missing("This model lacks what these need: " + list + ".");
}

/** How the recordings that are shown were chosen. */
std::string choice(const Context &context) {
  if (context.evaluation)
    return std::string(
               "Of the truth set's recordings these have the largest, "
               "the middle and the smallest F1 of the mask by the "
               "model's own recipe, ") +
           nick(context.settings().mask_recipe) + ", at its threshold of " +
           fixed(context.settings().threshold, 2) +
           ". The ends are not what to expect; the middle is.";
  return "One recording of each class that the model learnt from, the first "
         "of those that stand for it. There is no truth for them, so nothing "
         "is scored, and recordings that were learnt from flatter.";
}

bool has_cases(Page &page, const Context &context) {
  if (!context.cases.empty()) return true;
  page.missing(
      "Signatures need recordings: give --truth DIR (scored) or "
      "--data DATASET (not scored).");
  return false;
}

}  // namespace

void add_masks(Page &page, const Context &context) {
  page.section("masks", "From a recording to its signature, as published");
  page.paragraph(
      "The method that this program started from asks the network where it "
      "looked (Score-CAM), for the class as a whole and for the recording at "
      "hand, adds the two maps, keeps what is above a threshold and paints "
      "the rest white.");
  show_general_masks(page, context);
  if (has_cases(page, context))
    show_steps(page, context, context.cases.front());
}

void add_thresholds(Page &page, const Context &context) {
  page.section("thresholds", "Signatures of the model's own recipe");
  page.paragraph(
      "A lower threshold keeps more of the target and more of everything "
      "else. 0.75 is where the recipes are meant to be used; 0.65 and 0.85 "
      "show how much depends on it.");
  if (!has_cases(page, context)) return;
  page.paragraph(choice(context));
  for (const Case &c : context.cases) show_thresholds(page, context, c);
}

void add_variants(Page &page, const Context &context) {
  page.section("variants", "The same recordings by every method");
  page.paragraph(
      "Each picture is the signature at the model's threshold, the model's own "
      "recipe first (the paper's Fig. 11 compares so). Look for three things: "
      "are the target's lines whole, is the noise gone, and are lines "
      "of others gone, too?");
  if (!has_cases(page, context)) return;
  page.paragraph(choice(context));
  for (const Case &c : context.cases)
    if (c.kind != "Typical case") show_variants(page, context, c);
}

}  // namespace sonar::models::report
