/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tracklist.h"

#include <algorithm>
#include <sstream>

#include "common/frame.h"
#include "sonar/core/utc.h"

namespace sonar::pipelines {
namespace {

float median_of(std::vector<float> values) {
  const auto middle = values.begin() + std::ptrdiff_t(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/* Name number @p n of those joined by +. */
std::string name_of(const std::string &label, guint n) {
  std::istringstream in(label);
  std::string name;
  for (guint i = 0; i <= n; ++i) std::getline(in, name, '+');
  return name;
}

/* A text field, quoted where it would break the row (RFC 4180). */
std::string quoted(const std::string &text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + "\"";
}

std::string utc_text(std::int64_t utc_ns) {
  return utc_ns == INT64_MIN ? std::string() : utc::format_iso8601(utc_ns);
}

}  // namespace

void TrackList::put(const GstSonarSpectrogramMeta &picture,
                    const GstSonarMaskMeta &mask) {
  const std::int64_t moved = picture.first_column - open_first_;
  if (moved >= 0)
    settle(std::min(std::size_t(moved), open_end_));
  else
    settle(open_end_);
  open_.clear();
  open_first_ = picture.first_column;
  open_begin_ = picture.valid_begin;
  open_end_ = picture.valid_end;
  open_seconds_.clear();
  open_utc_.clear();
  for (guint x = 0; x <= picture.width; ++x) {
    open_seconds_.push_back(
        double(sonar::frame::column_time(picture, x - 0.5)) / 1e9);
    open_utc_.push_back(sonar::frame::column_utc(picture, x - 0.5));
  }
  if (mask.n_tracks == 0) return;
  const auto *about = static_cast<const GstSonarTrack *>(
      g_bytes_get_data(mask.tracks, nullptr));
  const Image hz = sonar::frame::read_image(mask.track_frequencies,
                                            mask.n_tracks, mask.width);
  const Image level =
      sonar::frame::read_image(mask.track_levels, mask.n_tracks, mask.width);
  for (guint i = 0; i < mask.n_tracks; ++i) {
    OpenTrack one;
    one.id = about[i].id;
    one.hz.assign(hz.row(i), hz.row(i) + mask.width);
    one.level_db.assign(level.row(i), level.row(i) + mask.width);
    one.about.label = name_of(mask.label, about[i].class_number);
    one.about.nominal_hz = about[i].nominal_hz;
    one.about.moving = about[i].moving;
    open_.push_back(std::move(one));
  }
}

void TrackList::finish() {
  settle(open_end_);
  open_.clear();
}

/* Columns of the open frame before @p end will not change any more. */
void TrackList::settle(std::size_t end) {
  for (const OpenTrack &open : open_)
    for (std::size_t x = open_begin_; x < end; ++x) {
      if (!(open.level_db[x] > GST_SONAR_TRACK_SILENT)) continue;
      const auto [found, fresh] = tracks_.try_emplace(open.id, open.about);
      Track &track = found->second;
      if (fresh) {
        track.begin_s = open_seconds_[x];
        track.begin_utc = open_utc_[x];
      }
      track.end_s = open_seconds_[x + 1];
      track.end_utc = open_utc_[x + 1];
      track.hz.push_back(open.hz[x]);
      track.level_db.push_back(open.level_db[x]);
    }
}

std::string TrackList::csv() const {
  std::ostringstream out;
  out.imbue(std::locale::classic());
  out << "id,class,nominal_hz,moving,begin_s,end_s,median_hz,level_db,"
         "begin_utc,end_utc\n";
  out.setf(std::ios::fixed);
  out.precision(3);
  for (const auto &[id, track] : tracks_)
    out << id << ',' << quoted(track.label) << ',' << track.nominal_hz << ','
        << track.moving << ',' << track.begin_s << ',' << track.end_s << ','
        << median_of(track.hz) << ',' << median_of(track.level_db) << ','
        << utc_text(track.begin_utc) << ',' << utc_text(track.end_utc) << '\n';
  return out.str();
}

}  // namespace sonar::pipelines
