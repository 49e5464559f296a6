/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "maskattach.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "common/frame.h"
#include "meta/gstsonarmaskmeta.h"
#include "sonar/core/image.h"

namespace sonar::specnn {
namespace {

static_assert(models::kSilentDb == GST_SONAR_TRACK_SILENT);

/* The tracks' bytes belong to the caller once they are in the meta. */
struct TrackBytes {
  GBytes *tracks = nullptr, *frequencies = nullptr, *levels = nullptr;

  TrackBytes(const std::vector<models::TonalTrack> &found,
             const GstSonarSpectrogramMeta &meta) {
    if (found.empty()) return;
    std::vector<GstSonarTrack> about;
    Image frequency(found.size(), meta.width, NAN);
    Image level(found.size(), meta.width, NAN);
    for (std::size_t i = 0; i < found.size(); ++i) {
      about.push_back(
          {found[i].nominal_hz, found[i].moving, double(found[i].presence),
           found[i].id,
           sonar::frame::column_time(
               meta, double(found[i].begin_column - meta.first_column)),
           guint(found[i].class_number)});
      std::copy(found[i].frequency_hz.begin(), found[i].frequency_hz.end(),
                frequency.row(i) + meta.valid_begin);
      std::copy(found[i].snr_db.begin(), found[i].snr_db.end(),
                level.row(i) + meta.valid_begin);
    }
    tracks = g_bytes_new(about.data(), about.size() * sizeof(GstSonarTrack));
    frequencies = sonar::frame::take_image(std::move(frequency));
    levels = sonar::frame::take_image(std::move(level));
  }
  ~TrackBytes() {
    g_clear_pointer(&tracks, g_bytes_unref);
    g_clear_pointer(&frequencies, g_bytes_unref);
    g_clear_pointer(&levels, g_bytes_unref);
  }
  TrackBytes(const TrackBytes &) = delete;
  TrackBytes &operator=(const TrackBytes &) = delete;
};

/* The same of the structures. */
struct StructureBytes {
  GBytes *structures = nullptr, *owners = nullptr;

  explicit StructureBytes(const models::ExplainedStructures &explained) {
    std::vector<GstSonarStructure> about;
    for (std::size_t i = 0; i < explained.scores.size(); ++i) {
      const mask::Structure &s = explained.structures.found[i];
      about.push_back(
          {guint(s.row_begin), guint(s.row_end), guint(s.column_begin),
           guint(s.column_end), guint(s.pixels), s.mean_db,
           guint(explained.scores[i].which), explained.scores[i].score});
    }
    structures =
        g_bytes_new(about.data(), about.size() * sizeof(GstSonarStructure));
    const auto &owner = explained.structures.owner;
    owners = g_bytes_new(owner.data(), owner.size() * sizeof(guint16));
  }
  ~StructureBytes() {
    g_bytes_unref(structures);
    g_bytes_unref(owners);
  }
  StructureBytes(const StructureBytes &) = delete;
  StructureBytes &operator=(const StructureBytes &) = delete;
};

}  // namespace

void attach_mask(GstBuffer *frame, const GstSonarSpectrogramMeta &meta,
                 const std::string &label, float score, double threshold,
                 const char *recipe, models::MaskResult &&result,
                 const models::ExplainedStructures *explained) {
  g_autoptr(GBytes) explanation =
      result.explanation.empty()
          ? nullptr
          : sonar::frame::take_image(std::move(result.explanation));
  g_autoptr(GBytes) values =
      sonar::frame::take_image(std::move(result.confidence));
  GstSonarMaskMeta mask{};
  mask.recipe = recipe;
  mask.label = const_cast<gchar *>(label.c_str());
  mask.score = score;
  mask.threshold = float(threshold);
  mask.width = meta.width;
  mask.height = meta.height;
  mask.values = values;
  mask.explanation = explanation;
  const TrackBytes tracks(result.tracks, meta);
  mask.n_tracks = guint(result.tracks.size());
  mask.tracks = tracks.tracks;
  mask.track_frequencies = tracks.frequencies;
  mask.track_levels = tracks.levels;
  std::optional<StructureBytes> structures;
  if (explained) {
    structures.emplace(*explained);
    mask.n_structures = guint(explained->scores.size());
    mask.structures = structures->structures;
    mask.structure_owners = structures->owners;
  }
  mask.valid = result.valid;
  gst_buffer_add_sonar_mask_meta(frame, &mask);
}

}  // namespace sonar::specnn
