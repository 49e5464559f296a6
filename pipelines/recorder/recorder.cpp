/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recorder.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "sonar/core/error.h"
#include "sonar/core/utc.h"

namespace sonar::recorder {

namespace fs = std::filesystem;

namespace {

constexpr int kLongestPauseSeconds = 30;
constexpr gint64 kStopUs = 3 * G_USEC_PER_SEC;
constexpr gint64 kRunRetryUs = 5 * G_USEC_PER_SEC;
constexpr int kRoomEverySeconds = 10;
// half a millisecond: no packet of sound is shorter than one
constexpr GstClockTimeDiff kMarkedGapNs = GST_MSECOND / 2;
constexpr GstClockTimeDiff kUnmarkedGapNs = 40 * GST_MSECOND;

std::string utc_now() {
  return sonar::utc::format_iso8601(g_get_real_time() * 1000);
}

std::string make_folder(const std::string &folder) {
  std::error_code problem;
  fs::create_directories(folder, problem);
  if (problem)
    throw Error(Errc::kResource, "Cannot make the folder " + folder + ": " +
                                     problem.message() +
                                     ". Give one that can be written to.");
  return folder;
}

}  // namespace

Recorder::Recorder(Options options)
    : options_(std::move(options)),
      manifest_(
          (fs::path(make_folder(options_.folder)) / "manifest.jsonl").string(),
          disk_),
      page_(options_.web.empty() ? nullptr
                                 : std::make_unique<Page>(options_.web)),
      model_(options_.analysis ? std::make_unique<AnalysisCheck>(options_)
                               : nullptr),
      shared_{options_,
              disk_,
              page_.get(),
              [this](const std::string &words) { say(words); },
              [this](const nlohmann::ordered_json &r) { note(r); },
              {},
              {}},
      space_(options_.folder) {
  source_ = make_source();
}

std::unique_ptr<Source> Recorder::make_source() {
  return std::make_unique<Source>(
      options_, [this](GstSample *s) { take(s); },
      [this] {
        std::lock_guard<std::mutex> hold(lock_);
        return run_ && run_->is_behind();
      });
}

void Recorder::say(const std::string &words) {
  std::fprintf(stderr, "%s %s\n", utc_now().c_str(), words.c_str());
}

void Recorder::note(const nlohmann::ordered_json &record) {
  try {
    manifest_.put(record);
  } catch (const Error &e) {  // as when the disk is full
    say(e.what());
  }
}

void Recorder::record() {
  manifest_.put({{"kind", "start"}, {"utc", utc_now()}});
  start_source();
  loop_ = g_main_loop_new(nullptr, FALSE);
  const guint ticks = g_timeout_add(50, on_tick, this);
  g_main_loop_run(loop_);
  g_source_remove(ticks);
  g_clear_pointer(&loop_, g_main_loop_unref);
  if (page_) {
    page_->video().close();
    page_->set_state("stopped", "");
  }
  note({{"kind", "stop"}, {"utc", utc_now()}});
  if (!failure_.empty()) throw Error(Errc::kResource, failure_);
}

gboolean Recorder::on_tick(gpointer data) {
  auto &self = *static_cast<Recorder *>(data);
  try {
    self.tick();
  } catch (const std::exception &e) {
    self.failure_ = e.what();
    g_main_loop_quit(self.loop_);
  }
  return G_SOURCE_CONTINUE;
}

void Recorder::tick() {
  if (interrupted_ && !stopping_) begin_stop();
  watch_source();
  watch_run();
  close_runs();
  if (g_get_monotonic_time() >= second_us_) {
    second_us_ = g_get_monotonic_time() + G_USEC_PER_SEC;
    once_a_second();
  }
  std::lock_guard<std::mutex> hold(lock_);
  if (stopping_ && !source_ && closing_.empty()) g_main_loop_quit(loop_);
}

/* The source */

void Recorder::start_source() {
  try {
    if (!source_) source_ = make_source();
    source_->play();
  } catch (const Error &e) {
    lose_source(e.what());
  }
}

void Recorder::watch_source() {
  if (!source_) {
    if (!stopping_ && g_get_monotonic_time() >= source_retry_us_)
      start_source();
    return;
  }
  const bool ended = source_->ended();
  if (stopping_) {
    if (!ended && source_->error().empty() &&
        g_get_monotonic_time() < stop_by_us_)
      return;
    source_.reset();
    std::lock_guard<std::mutex> hold(lock_);
    end_run("stopped");
  } else if (!source_->error().empty()) {
    lose_source(source_->error());
  } else if (ended) {
    if (options_.once)
      end_once();
    else
      lose_source("it ended");
  } else if (source_->silent_seconds() > options_.timeout_seconds) {
    char words[80];
    std::snprintf(words, sizeof words, "nothing came for %.0f s",
                  options_.timeout_seconds);
    lose_source(words);
  }
}

void Recorder::lose_source(const std::string &why) {
  source_.reset();  // not under the lock: its thread may wait for it in take()
  bool heard = false;
  {
    std::lock_guard<std::mutex> hold(lock_);
    heard = run_ != nullptr;
    end_run("the source was lost: " + why);
  }
  if (options_.once) {
    failure_ = "The source failed: " + why;
    stopping_ = true;
    return;
  }
  if (heard) attempts_ = 0;
  const int pause =
      std::min(1 << std::min(attempts_++, 5), kLongestPauseSeconds);
  source_retry_us_ = g_get_monotonic_time() + pause * G_USEC_PER_SEC;
  say("the source is lost: " + why + " (next attempt in " +
      std::to_string(pause) + " s)");
  if (page_) page_->set_state("waiting", "The source is lost: " + why);
}

void Recorder::begin_stop() {
  stopping_ = true;
  stop_by_us_ = g_get_monotonic_time() + kStopUs;
  if (source_) source_->finish();
}

void Recorder::end_once() {
  begin_stop();
  std::lock_guard<std::mutex> hold(lock_);
  if (run_) return;
  failure_ = gap_reason_.empty()
                 ? "The source ended, and nothing of it was recorded."
                 : "The recording failed: " + gap_reason_;
}

/* Runs */

bool Recorder::breaks(GstBuffer *buffer, const GstAudioInfo &info) {
  if (!gst_audio_info_is_equal(&info, &run_->info())) {
    gap_reason_ = "the sound's format changed";
    return true;
  }
  if (!GST_BUFFER_PTS_IS_VALID(buffer) || !GST_CLOCK_TIME_IS_VALID(expected_))
    return false;
  const GstClockTimeDiff off =
      std::abs(GST_CLOCK_DIFF(expected_, GST_BUFFER_PTS(buffer)));
  const GstClockTimeDiff most =
      GST_BUFFER_IS_DISCONT(buffer) ? kMarkedGapNs : kUnmarkedGapNs;
  if (off <= most) return false;
  gap_reason_ = "the source left samples out";
  return true;
}

void Recorder::take(GstSample *sample) {
  GstBuffer *buffer = gst_sample_get_buffer(sample);
  GstAudioInfo info;
  if (!read_audio_info(gst_sample_get_caps(sample), info)) return;
  if (gst_buffer_get_size(buffer) < gsize(info.bpf)) return;
  std::lock_guard<std::mutex> hold(lock_);
  if (g_get_monotonic_time() < run_retry_us_) return;
  try {
    if (run_ && breaks(buffer, info)) end_run(gap_reason_);
    if (!run_) begin_run(buffer, info);
    run_->push(buffer);
  } catch (const std::exception &e) {
    say(std::string("the recording failed: ") + e.what());
    gap_reason_ = e.what();
    end_run(e.what());
    run_retry_us_ = g_get_monotonic_time() + kRunRetryUs;
  }
  expected_ = GST_BUFFER_PTS_IS_VALID(buffer)
                  ? GST_BUFFER_PTS(buffer) +
                        gst_util_uint64_scale(
                            gst_buffer_get_size(buffer) / gsize(info.bpf),
                            GST_SECOND, guint64(info.rate))
                  : GST_CLOCK_TIME_NONE;
}

void Recorder::begin_run(GstBuffer *buffer, const GstAudioInfo &info) {
  const std::int64_t utc = buffer_utc(buffer);
  run_ = std::make_unique<Run>(shared_, info, utc);
  note_gap(utc);
  g_autofree gchar *words =
      g_strdup_printf("recording %d Hz, %d channel%s, %s", info.rate,
                      info.channels, info.channels == 1 ? "" : "s",
                      gst_audio_format_to_string(info.finfo->format));
  say(words);
  if (page_) page_->set_state("recording", "");
}

void Recorder::end_run(const std::string &why) {
  if (!run_) return;
  gap_reason_ = why;
  gap_begin_utc_ = run_->end_utc();
  run_->finish();
  closing_.push_back(std::move(run_));
}

/* What is not recorded is on record. */
void Recorder::note_gap(std::int64_t end_utc) {
  if (gap_reason_.empty() || gap_begin_utc_ == 0) return;
  note({{"kind", "gap"},
        {"begin_utc", sonar::utc::format_iso8601(gap_begin_utc_)},
        {"end_utc", sonar::utc::format_iso8601(end_utc)},
        {"seconds", double(end_utc - gap_begin_utc_) * 1e-9},
        {"reason", gap_reason_}});
  gap_reason_.clear();
}

void Recorder::watch_run() {
  std::lock_guard<std::mutex> hold(lock_);
  if (!run_) return;
  run_->tick();
  const std::string why = run_->error();
  if (why.empty()) return;
  say("the recording failed: " + why);
  end_run(why);
  run_retry_us_ = g_get_monotonic_time() + kRunRetryUs;
}

void Recorder::close_runs() {
  std::list<std::unique_ptr<Run>> done;
  std::lock_guard<std::mutex> hold(lock_);
  for (auto run = closing_.begin(); run != closing_.end();) {
    const auto next = std::next(run);
    if ((*run)->done()) done.splice(done.end(), closing_, run);
    run = next;
  }
}

/* Housekeeping */

void Recorder::once_a_second() {
  if (page_) page_->write();
  if (seconds_++ % kRoomEverySeconds == 0) make_room();
}

void Recorder::make_room() {
  double bytes_per_second = 0;
  std::string newest;
  {
    std::lock_guard<std::mutex> hold(shared_.lock);
    if (shared_.seconds > 0) bytes_per_second = shared_.bytes / shared_.seconds;
    newest = shared_.newest;
  }
  if (newest.empty()) {  // what must stay is not known yet: in a second
    seconds_ = 0;
    return;
  }
  const std::string warning = space_.check(bytes_per_second);
  if (!warning.empty()) say(warning);
  if (options_.keep_days <= 0 && options_.max_gib <= 0) return;
  const std::int64_t now = g_get_real_time() * 1000;
  const std::int64_t before =
      options_.keep_days > 0
          ? now - std::int64_t(options_.keep_days * 86400e9) -
                options_.fragment_seconds * std::int64_t(1'000'000'000)
          : 0;
  for (const std::string &path : superfluous(
           options_.folder, before,
           std::uint64_t(options_.max_gib * 1024 * 1024 * 1024), newest)) {
    std::error_code problem;
    if (!fs::remove(path, problem)) continue;
    note({{"kind", "deleted"},
          {"utc", utc_now()},
          {"file", fs::path(path).filename().string()}});
  }
}

}  // namespace sonar::recorder
