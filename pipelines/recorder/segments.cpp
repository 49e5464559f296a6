/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "segments.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "sonar/core/new_file.h"
#include "sonar/core/utc.h"

namespace sonar::recorder {

namespace fs = std::filesystem;

namespace {

constexpr double kListedSeconds = 60;
constexpr std::size_t kLeastListed = 6;

std::string bytes_of(GstBuffer *buffer) {
  std::string bytes(gst_buffer_get_size(buffer), '\0');
  gst_buffer_extract(buffer, 0, bytes.data(), bytes.size());
  return bytes;
}

bool begins_with_box(const std::string &bytes, const char *type) {
  return bytes.size() >= 8 && bytes.compare(4, 4, type) == 0;
}

}  // namespace

int Segments::begin(std::int64_t utc_ns) {
  std::lock_guard<std::mutex> hold(lock_);
  if (GST_CLOCK_TIME_IS_VALID(begin_)) put_segment();
  header_file_ = kPrefix + std::to_string(utc_ns / 1'000'000) + ".mp4";
  bytes_.clear();
  boxes_.clear();
  in_header_ = first_ = true;
  return ++stream_;
}

void Segments::put(int stream, GstBuffer *buffer, std::int64_t utc_ns) {
  std::lock_guard<std::mutex> hold(lock_);
  if (stream != stream_) return;
  const std::string bytes = bytes_of(buffer);
  // frames carry a time, boxes none: a frame's bytes cannot pass for a box
  if (!GST_BUFFER_PTS_IS_VALID(buffer)) {
    if (in_header_ && begins_with_box(bytes, "moof")) put_header();
    (in_header_ ? bytes_ : boxes_) += bytes;
    return;
  }
  const bool begins =
      !boxes_.empty() &&
      !GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  if (begins && GST_CLOCK_TIME_IS_VALID(begin_)) put_segment();
  bytes_ += boxes_ + bytes;
  boxes_.clear();
  if (!GST_CLOCK_TIME_IS_VALID(begin_)) {
    begin_ = GST_BUFFER_PTS(buffer);
    begin_utc_ns_ = utc_ns;
  }
  end_ =
      GST_BUFFER_PTS(buffer) +
      (GST_BUFFER_DURATION_IS_VALID(buffer) ? GST_BUFFER_DURATION(buffer) : 0);
}

void Segments::finish(int stream) {
  std::lock_guard<std::mutex> hold(lock_);
  if (stream == stream_ && GST_CLOCK_TIME_IS_VALID(begin_)) put_segment();
}

void Segments::put_header() {
  sonar::write_file((fs::path(folder_) / header_file_).string(),
                    "the video's header", bytes_);
  in_header_ = false;
  bytes_.clear();
}

void Segments::put_segment() {
  Segment segment;
  segment.file = header_file_.substr(0, header_file_.size() - 4) + "-" +
                 std::to_string(made_++) + ".m4s";
  segment.header = header_file_;
  segment.seconds = double(end_ - begin_) * 1e-9;
  segment.utc_ns = begin_utc_ns_;
  segment.first = first_;
  first_ = false;
  sonar::write_file((fs::path(folder_) / segment.file).string(), "the video",
                    bytes_);
  listed_.push_back(segment);
  write_playlist(false);
  bytes_.clear();
  begin_ = end_ = GST_CLOCK_TIME_NONE;
}

void Segments::close() {
  std::lock_guard<std::mutex> hold(lock_);
  if (!listed_.empty()) write_playlist(true);
}

void Segments::write_playlist(bool closed) {
  double listed = 0, longest = 1;
  for (const Segment &s : listed_) listed += s.seconds;
  std::error_code ignored;
  while (listed_.size() > kLeastListed &&
         listed - listed_.front().seconds >= kListedSeconds) {
    const Segment &old = listed_.front();
    listed -= old.seconds;
    discontinuities_ += old.first;
    ++first_number_;
    fs::remove(fs::path(folder_) / old.file, ignored);
    if (listed_[1].header != old.header)
      fs::remove(fs::path(folder_) / old.header, ignored);
    listed_.pop_front();
  }
  for (const Segment &s : listed_) longest = std::max(longest, s.seconds);
  std::string text =
      "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n"
      "#EXT-X-TARGETDURATION:" +
      std::to_string(std::lround(std::ceil(longest))) +
      "\n#EXT-X-MEDIA-SEQUENCE:" + std::to_string(first_number_) +
      "\n#EXT-X-DISCONTINUITY-SEQUENCE:" + std::to_string(discontinuities_) +
      "\n";
  std::string header;
  for (const Segment &s : listed_) {
    if (s.first) text += "#EXT-X-DISCONTINUITY\n";
    if (s.header != header) text += "#EXT-X-MAP:URI=\"" + s.header + "\"\n";
    header = s.header;
    char seconds[32];
    g_ascii_formatd(seconds, sizeof seconds, "%.3f", s.seconds);
    text += "#EXT-X-PROGRAM-DATE-TIME:" + sonar::utc::format_iso8601(s.utc_ns) +
            "\n#EXTINF:" + seconds + ",\n" + s.file + "\n";
  }
  if (closed) text += "#EXT-X-ENDLIST\n";
  sonar::write_file((fs::path(folder_) / "live.m3u8").string(), "the playlist",
                    text);
}

}  // namespace sonar::recorder
