/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "clipdetections.h"
#include "clipfile.h"
#include "sonar/clips/audio_run.h"
#include "sonar/clips/schedule.h"

namespace sonar::clips {

struct Options {
  std::string location;
  FileFormat format = FileFormat::kWav;
  std::int64_t pre_ns = 0, post_ns = 0;
  std::int64_t max_ns = 0;    ///< of a file; 0: no limit
  std::size_t max_bytes = 0;  ///< of audio that waits for its frames
  guint min_region = 0;
  std::string classes;  ///< those that count, with commas; empty: all
};

/** A file that is whole. */
struct Finished {
  std::string path, label;
  double score = 0;
  std::uint64_t id = 0;
  unsigned part = 1;
  std::int64_t begin_ns = 0, end_ns = 0;  ///< on the buffers' clock
  std::int64_t begin_utc_ns = kNoUtc, end_utc_ns = kNoUtc;
  std::int64_t frames = 0;
  std::vector<Detection> detections;
  std::string recipe;
  GstAudioInfo audio;
};

/**
 * Brings audio and detections together and writes the clips. Either may be
 * ahead of the other; not thread-safe. All throw Error(kResource), after which
 * nothing must be called but the destructor.
 *
 * Clips begin at the sample that is nearest to their time. A run, a stretch of
 * audio without a break, has clips of its own; frames tell by the time of their
 * first sample which run they are of.
 */
class Recorder {
 public:
  /** Throws when there is no such folder or it cannot be written. */
  explicit Recorder(const Options &options);

  /** Throws Error(kBadArgument) for a format that files cannot hold. */
  void set_audio(const GstAudioInfo &audio);
  /** @p time_ns: of the first frame; used where a run begins. */
  void put_audio(std::int64_t time_ns, const void *samples, std::size_t frames);
  /** What comes next does not follow on what came. */
  void break_audio();
  void end_audio();
  void flush_audio();

  void put_frame(GstBuffer *frame, const GstVideoInfo &info);
  void break_frames();
  void end_frames();
  void flush_frames();

  /** Nothing more comes: what is open is finished as it is. */
  void stop();

  bool audio_ended() const { return audio_ended_; }
  bool frames_ended() const { return frames_ended_; }

  /** Since the last call. */
  std::vector<Finished> take_finished() { return std::exchange(finished_, {}); }
  /** Bytes of audio dropped since the last call, as max_bytes were full. */
  std::size_t take_dropped() { return std::exchange(dropped_, 0); }

 private:
  struct Run {
    AudioRun audio;
    GstAudioInfo info;
    bool over = false;
  };
  struct FrameRun {
    std::int64_t base_ns;
    Schedule schedule;
    bool over = false;
  };
  /** The clip that is being written. */
  struct Writing {
    std::uint64_t id;
    unsigned part = 1;
    std::int64_t next;  ///< frame
    std::unique_ptr<ClipFile> file;
    std::int64_t file_begin = 0;
  };

  void take(News news);
  void pump();
  Run *run_of(const FrameRun &frames);
  bool write_clip(Schedule &schedule, Run &run);
  void write_frames(Clip &clip, const Run &run, std::int64_t end);
  void open_file(const Clip &clip, const Run &run);
  void finish_file(Clip &clip, const Run &run);
  void finish_writing();
  void forget_audio();
  void add_to_index(const Finished &clip) const;

  Options options_;
  GstAudioInfo info_{};
  Detections detections_;
  std::deque<Run> runs_;
  std::deque<FrameRun> frame_runs_;
  std::optional<Writing> writing_;
  std::vector<Finished> finished_;
  std::uint64_t clips_ = 0;
  std::size_t dropped_ = 0;
  bool audio_ended_ = false, frames_ended_ = false;
};

}  // namespace sonar::clips
