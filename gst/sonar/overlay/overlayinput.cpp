/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "overlayinput.h"

#include <algorithm>

#include "meta/gstsonarclassmeta.h"
#include "meta/gstsonarpropulsionmeta.h"

namespace sonar::overlay {

std::string label_text(GstBuffer *frame, const GstSonarMaskMeta *mask) {
  const auto *seen = gst_buffer_get_sonar_class_meta(frame);
  char text[256] = "";
  if (seen && seen->rejected)
    g_snprintf(text, sizeof text, "unknown (%s %.2f)", seen->labels[seen->best],
               seen->confidence);
  else if (mask && (seen || g_strcmp0(mask->recipe, "excess") != 0))
    g_snprintf(text, sizeof text, "%s %.2f", mask->label, mask->score);
  else if (seen)
    g_snprintf(text, sizeof text, "%s %.2f",
               gst_sonar_class_meta_get_label(seen), seen->confidence);
  return text;
}

std::string subtitle_text(const GstSonarMaskMeta *mask,
                          const GstSonarSignatureMeta *signature) {
  if (!mask) return {};
  char text[128];
  if (g_strcmp0(mask->recipe, "excess") == 0) return "lines over the noise";
  if (signature)
    g_snprintf(text, sizeof text, "mask %s, threshold %.2f", mask->recipe,
               signature->threshold);
  else
    g_snprintf(text, sizeof text, "mask %s", mask->recipe);
  return text;
}

mask::Binary kept_pixels(const GstSonarSignatureMeta &signature) {
  const auto *kept =
      static_cast<const guint8 *>(g_bytes_get_data(signature.kept, nullptr));
  return {signature.height,
          signature.width,
          {kept, kept + gsize(signature.width) * signature.height}};
}

std::optional<render::StructureMap> structure_map(
    const GstSonarMaskMeta *mask) {
  if (!mask || !mask->structure_owners) return {};
  render::StructureMap map{mask->height, mask->width, {}};
  const auto *about = static_cast<const GstSonarStructure *>(
      mask->structures ? g_bytes_get_data(mask->structures, nullptr) : nullptr);
  std::vector<mask::Speaks> says{mask::Speaks::kNoStructure};
  for (guint i = 0; i < mask->n_structures; ++i)
    says.push_back(mask::speaks(about[i].score));
  gsize size = 0;
  const auto *owners = static_cast<const guint16 *>(
      g_bytes_get_data(mask->structure_owners, &size));
  for (gsize i = 0; i < size / sizeof *owners; ++i)
    map.says.push_back(says[owners[i] < says.size() ? owners[i] : 0]);
  return map;
}

std::vector<render::StructureNote> structure_notes(
    const GstSonarMaskMeta *mask) {
  std::vector<render::StructureNote> notes;
  if (!mask || !mask->structures) return notes;
  const auto *about = static_cast<const GstSonarStructure *>(
      g_bytes_get_data(mask->structures, nullptr));
  for (guint i = 0; i < mask->n_structures; ++i)
    notes.push_back({about[i].row_begin, about[i].row_end,
                     about[i].column_begin, about[i].column_end,
                     about[i].score});
  return notes;
}

/* "blade rate 9.21 Hz x4 (shaft 2.30 Hz)" */
static std::string family_name(const GstSonarFamily &f) {
  char text[128];
  switch (f.origin) {
    case GST_SONAR_FAMILY_BLADE_RATE:
      g_snprintf(text, sizeof text, "blade rate %.2f Hz x%u (shaft %.2f Hz)",
                 f.fundamental_hz, f.blades, f.shaft_hz);
      break;
    case GST_SONAR_FAMILY_SHAFT:
      g_snprintf(text, sizeof text, "shaft %.2f Hz, %u blades",
                 f.fundamental_hz, f.blades);
      break;
    case GST_SONAR_FAMILY_MAINS_50:
    case GST_SONAR_FAMILY_MAINS_60:
      g_snprintf(text, sizeof text, "mains %.2f Hz", f.fundamental_hz);
      break;
    case GST_SONAR_FAMILY_UNKNOWN:
      g_snprintf(text, sizeof text, "family of %.2f Hz", f.fundamental_hz);
      break;
  }
  return text;
}

std::vector<render::HarmonicFamily> families_of(
    const GstSonarSignatureMeta *signature) {
  std::vector<render::HarmonicFamily> out;
  if (!signature || !signature->families) return out;
  const auto *families = static_cast<const GstSonarFamily *>(
      g_bytes_get_data(signature->families, nullptr));
  const auto *tonals = static_cast<const GstSonarTonal *>(
      signature->tonals ? g_bytes_get_data(signature->tonals, nullptr)
                        : nullptr);
  for (guint i = 0; i < signature->n_families; ++i) {
    render::HarmonicFamily family{
        family_name(families[i]), render::family_colour(families[i].id), {}};
    for (guint k = 0; k < signature->n_tonals; ++k)  // by frequency
      if (tonals[k].family == families[i].id)
        family.harmonics.push_back(
            {int(tonals[k].harmonic), tonals[k].frame_hz});
    out.push_back(std::move(family));
  }
  return out;
}

/* As sure as a coin or less is not drawn. */
static constexpr double kLeastConfidence = 0.5;

std::optional<render::HarmonicFamily> propulsion_of(GstBuffer *frame,
                                                    double top_hz) {
  const auto *meta = gst_buffer_get_sonar_propulsion_meta(frame);
  if (!meta || meta->confidence < kLeastConfidence || !(meta->shaft_hz > 0))
    return std::nullopt;
  char text[128];
  g_snprintf(
      text, sizeof text,
      "shaft %.2f Hz (%.0f/min), %u blades, blade rate %.2f Hz (%.0f %%)",
      meta->shaft_hz, 60 * meta->shaft_hz, meta->blades, meta->blade_hz,
      std::min(99.0, 100 * meta->confidence));  // never certain
  render::HarmonicFamily family{text, render::family_colour(0), {}};
  for (int k = 1; k * meta->shaft_hz <= top_hz; ++k)
    family.harmonics.push_back({k, k * meta->shaft_hz});
  return family;
}

}  // namespace sonar::overlay
