/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gst/gst.h>

#include <cstdint>
#include <deque>
#include <mutex>
#include <string>

namespace sonar::recorder {

/**
 * The newest minute of a fragmented MP4 stream as HLS: a playlist
 * (live.m3u8), and a file a fragment. A new run goes on in the same playlist
 * behind a discontinuity. Thread-safe.
 *
 * Fragmented MP4 rather than MPEG transport streams (hlssink2): every browser
 * with Media Source Extensions plays it, without a library that repacks it.
 */
class Segments {
 public:
  static constexpr const char *kPrefix = "live-";

  explicit Segments(std::string folder) : folder_(std::move(folder)) {}

  /** A new stream begins, named by @p utc_ns; its number. What still comes of
   *  the one before is left out. */
  int begin(std::int64_t utc_ns);
  /** A buffer of stream @p stream as mp4mux gives it: of the header, of a box,
   *  or a frame of @p utc_ns. Throws Error(kResource). */
  void put(int stream, GstBuffer *buffer, std::int64_t utc_ns);
  /** No more comes of this stream: the last segment is whole. */
  void finish(int stream);
  /** No stream will follow: players stop at the end. */
  void close();

 private:
  struct Segment {
    std::string file, header;
    double seconds = 0;
    std::int64_t utc_ns = 0;
    bool first = false;  ///< of its stream
  };
  void put_header();
  void put_segment();
  void write_playlist(bool closed);

  std::string folder_;
  std::mutex lock_;
  std::deque<Segment> listed_;  // guarded by lock_, as the rest
  std::uint64_t first_number_ = 0, discontinuities_ = 0, made_ = 0;
  int stream_ = 0;
  std::int64_t begin_utc_ns_ = 0;  // of the open segment
  std::string header_file_;
  std::string bytes_;  // of the header, then of the open segment
  std::string boxes_;  // of a fragment whose first frame has not come
  bool in_header_ = true, first_ = true;
  GstClockTime begin_ = GST_CLOCK_TIME_NONE, end_ = GST_CLOCK_TIME_NONE;
};

}  // namespace sonar::recorder
