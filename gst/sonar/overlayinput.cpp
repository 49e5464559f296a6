/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "overlayinput.h"

#include "meta/gstsonarclassmeta.h"

namespace sonar::overlay {

std::string label_text(GstBuffer *frame, const GstSonarMaskMeta *mask) {
  const auto *seen = gst_buffer_get_sonar_class_meta(frame);
  char text[256] = "";
  if (seen && seen->rejected)
    g_snprintf(text, sizeof text, "unknown (%s %.2f)", seen->labels[seen->best],
               seen->confidence);
  else if (mask)
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

}  // namespace sonar::overlay
