/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run.h"

#include <algorithm>
#include <filesystem>

#include "sonar/core/error.h"
#include "sonar/core/utc.h"
#include "source.h"

namespace sonar::recorder {

namespace fs = std::filesystem;

namespace {

constexpr int kLongestPauseSeconds = 60;
// an analysis that is behind gets this to the end; sound gets what it needs
constexpr gint64 kAnalysisEndUs = 30 * G_USEC_PER_SEC;

std::int64_t to_ns(std::int64_t samples, int rate) {
  return std::int64_t(
      gst_util_uint64_scale(guint64(samples), GST_SECOND, guint64(rate)));
}

}  // namespace

Run::Run(Shared &shared, const GstAudioInfo &info, std::int64_t utc_ns)
    : shared_(shared),
      info_(info),
      utc_ns_(utc_ns),
      fragments_(shared.options.folder, unsigned(info.rate),
                 shared.options.fragment_seconds),
      sidecar_(fragments_, shared.disk),
      archive_(shared.options, info, fragments_, shared.disk,
               [this](std::int64_t number, const std::string &path) {
                 take_closed(number, path);
               }),
      end_utc_(utc_ns) {
  if (shared_.options.analysis) start_analysis();
}

void Run::start_analysis() {
  try {
    auto analysis =
        std::make_unique<Analysis>(shared_.options, info_, utc_ns_, fragments_,
                                   sidecar_, shared_.disk, shared_.page);
    std::lock_guard<std::mutex> hold(analysis_lock_);
    analysis_ = std::move(analysis);
  } catch (const Error &e) {
    const int pause =
        std::min(1 << std::min(failures_++, 6), kLongestPauseSeconds);
    retry_us_ = g_get_monotonic_time() + pause * G_USEC_PER_SEC;
    shared_.say(std::string("the analysis does not start: ") + e.what());
  }
}

void Run::begin_fragment(std::int64_t number, std::int64_t utc) {
  const Fragment fragment = fragments_.begin(number, utc);
  const SoundFile file = choose_sound_file(info_, shared_.options.matroska);
  nlohmann::ordered_json record;
  record["kind"] = "fragment";
  record["sound"] = fragment.stem + "." + file.suffix;
  record["begin_utc"] = sonar::utc::format_iso8601(utc);
  record["begin_s"] = double(position_) / info_.rate;
  record["rate"] = info_.rate;
  record["channels"] = info_.channels;
  record["format"] = gst_audio_format_to_string(info_.finfo->format);
  try {
    sidecar_.put_to(number, record);
  } catch (const Error &e) {  // no reason to stop the sound
    shared_.say(e.what());
  }
  if (shared_.page) shared_.page->set_fragment(fragment.stem);
  std::lock_guard<std::mutex> hold(shared_.lock);
  shared_.newest = fragment.stem;
}

void Run::push(GstBuffer *buffer) {
  const std::int64_t total =
      std::int64_t(gst_buffer_get_size(buffer)) / info_.bpf;
  const std::int64_t utc = buffer_utc(buffer);
  const std::int64_t length = fragments_.fragment_samples();
  for (std::int64_t at = 0; at < total;) {
    const std::int64_t samples =
        std::min(total - at, length - position_ % length);
    GstBuffer *part = gst_buffer_copy_region(buffer, GST_BUFFER_COPY_MEMORY,
                                             gsize(at) * gsize(info_.bpf),
                                             gsize(samples) * gsize(info_.bpf));
    push_part(part, utc + to_ns(at, info_.rate), samples);
    at += samples;
  }
  end_utc_ = utc + to_ns(total, info_.rate);
}

void Run::push_part(GstBuffer *part, std::int64_t utc, std::int64_t samples) {
  const std::int64_t number = position_ / fragments_.fragment_samples();
  if (position_ % fragments_.fragment_samples() == 0)
    begin_fragment(number, utc);
  const std::int64_t begin = to_ns(position_, info_.rate);
  position_ += samples;
  GST_BUFFER_PTS(part) = GstClockTime(begin);
  GST_BUFFER_DURATION(part) =
      GstClockTime(to_ns(position_, info_.rate) - begin);
  add_utc(part, utc);
  fragments_.add_samples(number, samples);
  {
    std::lock_guard<std::mutex> hold(analysis_lock_);
    if (analysis_) analysis_->push(gst_buffer_ref(part));
  }
  archive_.push(part);
}

/* A fragment's sound is whole. */
void Run::take_closed(std::int64_t number, const std::string &path) {
  const auto fragment = fragments_.find(number);
  if (!fragment) return;
  std::error_code unknown;
  if (fragment->samples == 0) {  // it failed before its first sample
    fs::remove(path, unknown);
    return;
  }
  nlohmann::ordered_json record;
  record["kind"] = "fragment";
  record["sound"] = fs::path(path).filename().string();
  record["begin_utc"] = sonar::utc::format_iso8601(fragment->utc_ns);
  record["end_utc"] = sonar::utc::format_iso8601(
      fragment->utc_ns + to_ns(fragment->samples, info_.rate));
  record["samples"] = fragment->samples;
  record["rate"] = info_.rate;
  record["channels"] = info_.channels;
  record["format"] = gst_audio_format_to_string(info_.finfo->format);
  record["bytes"] = fs::file_size(path, unknown);
  shared_.note(record);
  whole_ = number + 1;
  count(number, path, *fragment);
  shared_.say("whole: " + record["sound"].get<std::string>());
}

/* How fast the disk fills; what lies beside the sound is whole a little later
 * than the sound. */
void Run::count(std::int64_t number, const std::string &path,
                const Fragment &fragment) {
  double bytes = 0;
  std::error_code unknown;
  const auto add = [&](const std::string &file) {
    const auto size = fs::file_size(file, unknown);
    if (!unknown) bytes += double(size);
  };
  add(path);
  if (number > 0)
    for (const char *suffix : {"mp4", "jsonl"})
      add(fragments_.path(number - 1, suffix));
  std::lock_guard<std::mutex> hold(shared_.lock);
  shared_.bytes += bytes;
  shared_.seconds += double(fragment.samples) / info_.rate;
}

std::int64_t Run::end_utc() const {
  const auto unfinished =
      error().empty() ? std::nullopt : fragments_.find(whole_);
  return unfinished ? unfinished->utc_ns : end_utc_;
}

void Run::tick() {
  if (!shared_.options.analysis || give_up_us_) return;
  std::string why;
  std::unique_ptr<Analysis> failed;
  {
    std::lock_guard<std::mutex> hold(analysis_lock_);
    if (analysis_) why = analysis_->error();
    if (!why.empty()) failed = std::move(analysis_);
    if (!failed && (analysis_ || g_get_monotonic_time() < retry_us_)) return;
  }
  if (!failed) return start_analysis();
  const int pause =
      std::min(1 << std::min(failures_++, 6), kLongestPauseSeconds);
  retry_us_ = g_get_monotonic_time() + pause * G_USEC_PER_SEC;
  shared_.say("the analysis failed, the sound is recorded on: " + why +
              " (next attempt in " + std::to_string(pause) + " s)");
  nlohmann::ordered_json record;
  record["kind"] = "analysis-failed";
  record["utc"] = sonar::utc::format_iso8601(g_get_real_time() * 1000);
  record["reason"] = why;
  shared_.note(record);
}

void Run::finish() {
  give_up_us_ = g_get_monotonic_time() + kAnalysisEndUs;
  archive_.finish();
  std::lock_guard<std::mutex> hold(analysis_lock_);
  if (analysis_) analysis_->finish();
}

/* A full disk is tried again every few seconds: attempts leave nothing. */
void Run::remove_empty() {
  const auto newest = fragments_.newest();
  if (archive_.error().empty() || !newest) return;
  const std::string suffix =
      choose_sound_file(info_, shared_.options.matroska).suffix;
  std::error_code unknown;
  for (std::int64_t number = whole_; number <= *newest; ++number) {
    const std::string sound = fragments_.path(number, suffix);
    if (fs::exists(sound, unknown) && fs::file_size(sound, unknown) > 0)
      continue;
    fs::remove(sound, unknown);
    fs::remove(fragments_.path(number, "jsonl"), unknown);
  }
}

bool Run::done() {
  if (!archive_.ended() && archive_.error().empty()) return false;
  if (!empties_removed_) remove_empty();
  empties_removed_ = true;
  std::lock_guard<std::mutex> hold(analysis_lock_);
  if (!analysis_) return true;
  const bool ended = analysis_->ended() || !analysis_->error().empty();
  if (!ended && g_get_monotonic_time() < give_up_us_) return false;
  if (!ended)
    shared_.say("the analysis is cut short: it was too far behind the sound");
  analysis_->close();
  if (analysis_->skipped_seconds() > 0)
    shared_.say("the analysis skipped " +
                std::to_string(analysis_->skipped_seconds()) +
                " s, because it was slower than the sound");
  analysis_.reset();
  return true;
}

}  // namespace sonar::recorder
