/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cliprecorder.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "sonar/clips/name.h"
#include "sonar/core/error.h"
#include "sonar/core/utc.h"

namespace sonar::clips {
namespace {

/* Resamplers and rounding may move a run's first sample by less. */
constexpr std::int64_t kSameRunNs = 50 * GST_MSECOND;

void require_folder(const std::string &path) {
  namespace fs = std::filesystem;
  std::error_code failure;
  std::string why;
  if (path.empty())
    throw Error(Errc::kBadArgument,
                "signatureclips has no folder to write clips to; set "
                "location.");
  if (!fs::is_directory(path, failure))
    why = fs::exists(path, failure) ? "it is no folder" : "it does not exist";
  else if (access(path.c_str(), W_OK | X_OK) != 0)
    why = std::strerror(errno);
  if (!why.empty())
    throw Error(Errc::kResource, "cannot write clips to the folder '" + path +
                                     "': " + why +
                                     "; make it, or set location to another.");
}

std::vector<Detection> all_of(const Clip &clip) {
  std::vector<Detection> all = clip.ended;
  all.insert(all.end(), clip.ongoing.begin(), clip.ongoing.end());
  return all;
}

std::string iso_or_empty(std::int64_t utc_ns) {
  return utc_ns == kNoUtc ? std::string() : utc::format_iso8601(utc_ns);
}

NameParts name_of(std::int64_t time_ns, std::int64_t utc_ns, std::uint64_t id,
                  unsigned part, const std::string &label) {
  NameParts name;
  if (utc_ns != kNoUtc) name.utc_ns = utc_ns;
  name.stream_s = double(time_ns) / 1e9;
  name.label = label;
  name.id = id;
  name.part = part;
  return name;
}

}  // namespace

Recorder::Recorder(const Options &options)
    : options_(options), detections_(options.min_region, options.classes) {
  require_folder(options.location);
}

/* ---- audio ---- */

void Recorder::set_audio(const GstAudioInfo &audio) {
  require_format(options_.format, audio);
  if (!gst_audio_info_is_equal(&info_, &audio)) break_audio();
  info_ = audio;
}

void Recorder::put_audio(std::int64_t time_ns, const void *samples,
                         std::size_t frames) {
  audio_ended_ = false;
  if (runs_.empty() || runs_.back().over)
    runs_.push_back({AudioRun(time_ns, GST_AUDIO_INFO_RATE(&info_),
                              std::size_t(GST_AUDIO_INFO_BPF(&info_))),
                     info_});
  runs_.back().audio.append(samples, frames);
  pump();
}

void Recorder::break_audio() {
  if (runs_.empty() || runs_.back().over) return;
  runs_.back().over = true;
  pump();
}

void Recorder::end_audio() {
  break_audio();
  audio_ended_ = true;
  pump();
}

void Recorder::flush_audio() {
  finish_writing();
  runs_.clear();
}

/* ---- frames ---- */

void Recorder::put_frame(GstBuffer *frame, const GstVideoInfo &info) {
  frames_ended_ = false;
  take(detections_.put(frame, info));
}

void Recorder::break_frames() {
  if (detections_.in_run()) take(detections_.drain());
  if (!frame_runs_.empty()) frame_runs_.back().over = true;
  pump();
}

void Recorder::end_frames() {
  break_frames();
  frames_ended_ = true;
  pump();
}

void Recorder::flush_frames() {
  finish_writing();
  detections_.reset();
  frame_runs_.clear();
}

void Recorder::take(News news) {
  if (news.run_begins)
    frame_runs_.push_back(
        {news.run_base_ns, Schedule(options_.pre_ns, options_.post_ns)});
  frame_runs_.back().schedule.put(news.ended, news.ongoing, news.earliest_ns);
  pump();
}

/* ---- both ---- */

Recorder::Run *Recorder::run_of(const FrameRun &frames) {
  const auto distance = [&](const Run &run) {
    return std::abs(run.audio.base_ns() - frames.base_ns);
  };
  const auto nearest = std::min_element(
      runs_.begin(), runs_.end(),
      [&](const Run &a, const Run &b) { return distance(a) < distance(b); });
  if (nearest != runs_.end() && distance(*nearest) <= kSameRunNs)
    return &*nearest;
  // frames may break off and begin anew where the audio goes on
  for (Run &run : runs_)
    if (run.audio.base_ns() <= frames.base_ns &&
        frames.base_ns < run.audio.time_of(run.audio.end()))
      return &run;
  return nullptr;
}

void Recorder::pump() {
  while (!frame_runs_.empty()) {
    FrameRun &frames = frame_runs_.front();
    if (frames.schedule.empty()) {
      if (!frames.over) break;
      frame_runs_.pop_front();
      continue;
    }
    if (!frames.schedule.has_begun()) break;
    Run *run = run_of(frames);
    const bool passed =
        audio_ended_ || (frame_runs_.size() > 1 && run_of(frame_runs_[1]));
    if (!run && !passed) break;  // its audio has not come yet
    if (!run)
      frames.schedule.pop_front();
    else if (!write_clip(frames.schedule, *run))
      break;
  }
  forget_audio();
}

/* Writes what there is of the first clip; whether that was all of it. */
bool Recorder::write_clip(Schedule &schedule, Run &run) {
  Clip &clip = schedule.front();
  const AudioRun &audio = run.audio;
  const std::int64_t end = audio.frame_at(clip.end_ns);
  if (!writing_) {
    const std::int64_t begin = audio.frame_at(clip.begin_ns);
    writing_.emplace(
        Writing{0, 1, std::max<std::int64_t>(begin, 0), nullptr, 0});
  }
  if (writing_->next < audio.begin()) {  // dropped: no splice
    finish_file(clip, run);
    writing_->next = audio.begin();
  }
  write_frames(clip, run, std::min(end, audio.end()));
  // what is heard in it is known only when the frames have moved past its end,
  // which may be long after the audio's
  const bool is_written =
      writing_->next >= end || (run.over && writing_->next >= audio.end());
  if (!is_written || !schedule.is_over()) return false;
  finish_file(clip, run);
  writing_.reset();
  schedule.pop_front();
  return true;
}

void Recorder::write_frames(Clip &clip, const Run &run, std::int64_t end) {
  std::int64_t most = most_frames(options_.format, run.info);
  if (options_.max_ns > 0)
    most = std::clamp<std::int64_t>(
        run.audio.frame_at(run.audio.base_ns() + options_.max_ns), 1, most);
  Writing &w = *writing_;
  while (w.next < end) {
    if (w.file && w.next - w.file_begin >= most) finish_file(clip, run);
    if (!w.file) open_file(clip, run);
    const std::uint8_t *data = nullptr;
    const std::size_t count =
        run.audio.read(w.next, std::min(end, w.file_begin + most), &data);
    w.file->write(data, count);
    w.next += std::int64_t(count);
  }
}

void Recorder::open_file(const Clip &clip, const Run &run) {
  Writing &w = *writing_;
  if (w.id == 0) w.id = ++clips_;
  w.file_begin = w.next;
  const std::int64_t time = run.audio.time_of(w.next);
  const auto heard = all_of(clip);
  const std::int64_t utc = utc_of(time, heard);
  const std::string label = detections_.label_of(verdict_of(heard).label);
  char seconds[G_ASCII_DTOSTR_BUF_SIZE];
  g_ascii_formatd(seconds, sizeof seconds, "%.6f", double(time) / 1e9);
  const std::string date = iso_or_empty(utc);
  w.file = std::make_unique<ClipFile>(
      options_.location, file_stem(name_of(time, utc, w.id, w.part, "clip")),
      options_.format, run.info,
      Tags{label + " " + std::to_string(w.id), date,
           "begins at " + std::string(seconds) + " s of the recording" +
               (date.empty() ? "" : ", " + date)});
}

void Recorder::finish_file(Clip &clip, const Run &run) {
  Writing &w = *writing_;
  if (!w.file) return;
  Finished done;
  done.id = w.id;
  done.part = w.part++;
  done.begin_ns = run.audio.time_of(w.file_begin);
  done.end_ns = run.audio.time_of(w.next);
  done.frames = w.file->frames();
  done.audio = run.info;
  done.recipe = detections_.analysis().recipe;
  const auto heard = all_of(clip);
  done.begin_utc_ns = utc_of(done.begin_ns, heard);
  done.end_utc_ns = utc_of(done.end_ns, heard);
  for (const Detection &d : heard)
    if (d.begin_ns < done.end_ns + options_.pre_ns &&
        d.end_ns > done.begin_ns - options_.post_ns)
      done.detections.push_back(d);
  const Verdict verdict =
      verdict_of(done.detections.empty() ? heard : done.detections);
  done.label = detections_.label_of(verdict.label);
  done.score = verdict.score;
  done.path = w.file->finish(file_stem(name_of(
      done.begin_ns, done.begin_utc_ns, done.id, done.part, done.label)));
  w.file.reset();
  add_to_index(done);
  finished_.push_back(std::move(done));
  // of a clip without an end only what is still to come is kept
  const std::int64_t told = run.audio.time_of(w.next) - options_.post_ns;
  clip.ended.erase(
      std::remove_if(clip.ended.begin(), clip.ended.end(),
                     [&](const Detection &d) { return d.end_ns <= told; }),
      clip.ended.end());
}

/* A clip that is cut off. */
void Recorder::finish_writing() {
  if (!writing_) return;
  FrameRun &frames = frame_runs_.front();
  if (Run *run = run_of(frames)) finish_file(frames.schedule.front(), *run);
  writing_.reset();
  frames.schedule.pop_front();
}

void Recorder::stop() {
  end_frames();
  end_audio();
}

/* What no clip can need, and the oldest where there is too much. */
void Recorder::forget_audio() {
  if (frames_ended_ && frame_runs_.empty()) {
    runs_.clear();
    return;
  }
  if (!frame_runs_.empty())
    if (Run *run = run_of(frame_runs_.front())) {
      while (&runs_.front() != run) runs_.pop_front();
      run->audio.forget_before(
          writing_
              ? writing_->next
              : run->audio.frame_at(frame_runs_.front().schedule.needed_ns()));
    }
  std::size_t bytes = 0;
  for (const Run &run : runs_) bytes += run.audio.bytes();
  for (Run &run : runs_) {
    if (bytes <= options_.max_bytes) break;
    const std::size_t before = run.audio.bytes();
    run.audio.forget_oldest(bytes - options_.max_bytes);
    dropped_ += before - run.audio.bytes();
    bytes -= before - run.audio.bytes();
  }
}

/* A line of the folder's table, for those who do not listen to the bus. */
void Recorder::add_to_index(const Finished &clip) const {
  using namespace table;
  double low = 0, high = 0, peak = 0, peak_db = -G_MAXDOUBLE;
  std::vector<guint64> ids;
  for (const Detection &d : clip.detections) {
    low = high == 0 ? d.low_hz : std::min(low, d.low_hz);
    high = std::max(high, d.high_hz);
    if (d.peak_db > peak_db) peak = d.peak_hz;
    peak_db = std::max(peak_db, d.peak_db);
    if (d.id) ids.push_back(d.id);
  }
  const std::string line =
      RecordWriter(RecordFormat::kJsonLines, "clip")
          .line({whole("id", clip.id), whole("part", clip.part),
                 text("file", std::filesystem::path(clip.path).filename()),
                 number("begin_s", double(clip.begin_ns) / 1e9, "%.6f"),
                 number("end_s", double(clip.end_ns) / 1e9, "%.6f"),
                 text("begin_utc", iso_or_empty(clip.begin_utc_ns)),
                 text("end_utc", iso_or_empty(clip.end_utc_ns)),
                 text("class", clip.label), number("score", clip.score, "%.3f"),
                 text("recipe", clip.recipe), numbers("region_ids", ids),
                 number_if_any("low_hz", low, "%.2f"),
                 number_if_any("high_hz", high, "%.2f"),
                 number_if_any("peak_hz", peak, "%.2f"),
                 whole("rate_hz", guint64(clip.audio.rate)),
                 whole("channels", guint64(clip.audio.channels)),
                 whole("samples", guint64(clip.frames))});
  const std::string path = options_.location + "/clips.jsonl";
  errno = 0;
  std::ofstream out(path, std::ios::app | std::ios::binary);
  out.write(line.data(), std::streamsize(line.size()));
  out.close();
  if (!out)
    throw Error(Errc::kResource, "cannot write '" + path +
                                     "': " + std::strerror(errno) +
                                     "; check that there is space.");
}

}  // namespace sonar::clips
