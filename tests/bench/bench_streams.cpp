/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Many live pipelines in one process: memory, threads and processor time of
 * each, how late frames come, which masks are skipped, whether a column is
 * lost.
 *
 * usage: bench_streams [--streams N] [--seconds S] [--model M] [--recipe R]
 *                      [--explain] [--load L] [--cost-frames N] [--json FILE]
 *
 * With --load the work offered is L times what the processors can do: the cost
 * of a frame is measured first, then frames come as often as that needs
 * (advance), and from more streams where that is not enough. */
#include <gst/gst.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "meta/gstsonarspectrogrammeta.h"

namespace {

using Json = nlohmann::ordered_json;

constexpr int kFramesToSettle = 2;  // of a pipeline, before its memory counts
constexpr int kMostStreams = 256;

struct Options {
  int streams = 16;
  double seconds = 20, load = 0;
  int cost_frames = 40;  // measured to know the load
  std::string model = "hydrophone", recipe = "auto", json;
  bool explain = false;
  int advance = 0;  // 0: the model's
};

struct ProcessStatus {
  long rss_kb = 0, threads = 0;
};

ProcessStatus read_status() {
  ProcessStatus status;
  std::ifstream in("/proc/self/status");
  for (std::string line; std::getline(in, line);) {
    std::sscanf(line.c_str(), "VmRSS: %ld", &status.rss_kb);
    std::sscanf(line.c_str(), "Threads: %ld", &status.threads);
  }
  return status;
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval &t) {
    return double(t.tv_sec) + 1e-6 * double(t.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

int processors() { return int(std::thread::hardware_concurrency()); }

void sleep_seconds(double seconds) {
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
}

/* The sound waits in a ring as that of a sound card does: what does not fit is
 * lost. */
std::string describe(const Options &o, bool live, int buffers) {
  std::string text = "audiotestsrc wave=pink-noise samplesperbuffer=512 ";
  text += live ? "is-live=true ! queue leaky=upstream max-size-time=2000000000 "
                 "max-size-buffers=0 max-size-bytes=0 "
               : "num-buffers=" + std::to_string(buffers);
  text += " ! sonarspectrogram model=" + o.model;
  if (o.advance) text += " advance=" + std::to_string(o.advance);
  text += " ! specnnclassify model=" + o.model +
          " min-confidence=0 ! scorecammask name=mask recipe=" + o.recipe;
  if (o.explain) text += " explain=true";
  return text +
         " ! signatureextract name=extract ! signaturetable ! "
         "fakesink sync=false";
}

/* A pipeline, and what is seen of its frames. */
class Stream {
 public:
  Stream(const Options &o, bool live, int buffers = 0) {
    GError *error = nullptr;
    pipeline_ = gst_parse_launch(describe(o, live, buffers).c_str(), &error);
    if (error) throw std::runtime_error(error->message);
    GstElement *extract = gst_bin_get_by_name(GST_BIN(pipeline_), "extract");
    pad_ = gst_element_get_static_pad(extract, "src");
    gst_object_unref(extract);
    gst_pad_add_probe(pad_, GST_PAD_PROBE_TYPE_BUFFER, on_frame, this, nullptr);
    GstBus *bus = gst_element_get_bus(pipeline_);
    gst_bus_set_sync_handler(bus, on_message, this, nullptr);
    gst_object_unref(bus);
  }
  ~Stream() {
    gst_element_set_state(pipeline_, GST_STATE_NULL);
    gst_object_unref(pad_);
    gst_object_unref(pipeline_);
  }
  Stream(const Stream &) = delete;
  Stream &operator=(const Stream &) = delete;

  void play() { gst_element_set_state(pipeline_, GST_STATE_PLAYING); }
  int frames() const { return frames_; }
  int skipped() const { return skipped_; }
  bool ended() const { return ended_; }
  std::int64_t lost_columns() const { return lost_columns_; }
  double frame_seconds() const { return frame_seconds_; }
  double column_seconds() const { return column_seconds_; }

  /* Counts anew from here on; times of frames are kept, if @p late. */
  void begin(bool late) {
    std::lock_guard<std::mutex> hold(lock_);
    late_.clear();
    keep_late_ = late;
    frames_ = skipped_ = 0;
  }
  std::vector<double> late_seconds() {
    std::lock_guard<std::mutex> hold(lock_);
    return late_;
  }
  void fail_on_error() {
    std::lock_guard<std::mutex> hold(lock_);
    if (!error_.empty()) throw std::runtime_error(error_);
  }

 private:
  static GstPadProbeReturn on_frame(GstPad *, GstPadProbeInfo *info,
                                    gpointer data) {
    static_cast<Stream *>(data)->take(GST_PAD_PROBE_INFO_BUFFER(info));
    return GST_PAD_PROBE_OK;
  }

  static GstBusSyncReply on_message(GstBus *, GstMessage *message,
                                    gpointer data) {
    auto &self = *static_cast<Stream *>(data);
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_QOS &&
        strcmp(GST_OBJECT_NAME(GST_MESSAGE_SRC(message)), "mask") == 0)
      ++self.skipped_;
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS) self.ended_ = true;
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
      GError *error = nullptr;
      gst_message_parse_error(message, &error, nullptr);
      std::lock_guard<std::mutex> hold(self.lock_);
      self.error_ = error->message;
      g_error_free(error);
      self.ended_ = true;
    }
    gst_message_unref(message);
    return GST_BUS_DROP;
  }

  /* Frames tile the time line: where one begins later than the last one ended,
   * columns were lost. */
  void take(GstBuffer *frame) {
    const auto *meta = gst_buffer_get_sonar_spectrogram_meta(frame);
    column_seconds_ = double(meta->hop_size) / meta->rate;
    frame_seconds_ = meta->new_columns * column_seconds_;
    const GstClockTime pts = GST_BUFFER_PTS(frame);
    if (GST_CLOCK_TIME_IS_VALID(next_pts_))
      lost_columns_ += std::llround(double(GST_CLOCK_DIFF(next_pts_, pts)) /
                                    1e9 / column_seconds_);
    next_pts_ = pts + GST_BUFFER_DURATION(frame);
    ++frames_;
    std::lock_guard<std::mutex> hold(lock_);
    if (keep_late_) late_.push_back(lateness(pts));
  }

  /* Seconds beyond the latency that the pipeline announces. */
  double lateness(GstClockTime pts) {
    if (!GST_CLOCK_TIME_IS_VALID(latency_)) {
      GstQuery *query = gst_query_new_latency();
      if (gst_pad_query(pad_, query))
        gst_query_parse_latency(query, nullptr, &latency_, nullptr);
      gst_query_unref(query);
    }
    GstClock *clock = gst_element_get_clock(pipeline_);
    const GstClockTime now =
        gst_clock_get_time(clock) - gst_element_get_base_time(pipeline_);
    gst_object_unref(clock);
    return double(GST_CLOCK_DIFF(pts + latency_, now)) / 1e9;
  }

  GstElement *pipeline_ = nullptr;
  GstPad *pad_ = nullptr;
  std::atomic<int> frames_{0}, skipped_{0};
  std::atomic<bool> ended_{false};
  std::atomic<std::int64_t> lost_columns_{0};
  std::atomic<double> frame_seconds_{0}, column_seconds_{0};
  GstClockTime next_pts_ = GST_CLOCK_TIME_NONE;  // streaming thread
  GstClockTime latency_ = GST_CLOCK_TIME_NONE;   // guarded by lock, as below
  std::mutex lock_;
  bool keep_late_ = false;
  std::vector<double> late_;
  std::string error_;
};

/* Processor seconds of a frame, as fast as they go; the first ones, in which
 * everything starts, do not count. */
struct Cost {
  double seconds = 0, column_seconds = 0;
  int advance = 0;
};

Cost measure_cost(const Options &o) {
  Stream stream(o, false, 1 << 20);
  stream.play();
  const auto wait_for = [&](int frames) {
    while (stream.frames() < frames && !stream.ended()) sleep_seconds(0.002);
    stream.fail_on_error();
  };
  wait_for(kFramesToSettle);
  const int first = stream.frames();
  const double begin = cpu_seconds();
  wait_for(first + o.cost_frames);
  Cost cost;
  cost.seconds = (cpu_seconds() - begin) / (stream.frames() - first);
  cost.column_seconds = stream.column_seconds();
  cost.advance =
      int(std::lround(stream.frame_seconds() / stream.column_seconds()));
  return cost;
}

/* Share of the processors that the streams ask for. */
double load_of(const Options &o, const Cost &cost) {
  return o.streams * cost.seconds /
         (o.advance * cost.column_seconds * processors());
}

/* Frames of as few columns as make the load, or of some more and from more
 * streams. */
void reach_load(Options &o, const Cost &cost) {
  o.advance = 1;
  o.advance =
      std::clamp(int(std::ceil(load_of(o, cost) / o.load)), 1, cost.advance);
  if (load_of(o, cost) < o.load)
    o.streams = std::min(kMostStreams,
                         int(std::ceil(o.streams * o.load / load_of(o, cost))));
}

using Streams = std::vector<std::unique_ptr<Stream>>;

/* Starts one after the other, and says what each one added. */
Json start(const Options &o, Streams &streams) {
  Json all = Json::array();
  for (int i = 0; i < o.streams; ++i) {
    streams.push_back(std::make_unique<Stream>(o, true));
    streams.back()->play();
    while (streams.back()->frames() < kFramesToSettle) {
      sleep_seconds(0.01);
      streams.back()->fail_on_error();
    }
    const auto status = read_status();
    all.push_back({{"rss_kb", status.rss_kb}, {"threads", status.threads}});
  }
  return all;
}

double quantile(std::vector<double> values, double share) {
  if (values.empty()) throw std::runtime_error("no frame came");
  const auto at = std::size_t(share * double(values.size() - 1) + 0.5);
  std::nth_element(values.begin(), values.begin() + std::ptrdiff_t(at),
                   values.end());
  return values[at];
}

/* What the streams do while they all play. */
Json observe(const Options &o, Streams &streams) {
  for (auto &s : streams) s->begin(true);
  const auto begin = std::chrono::steady_clock::now();
  const double cpu = cpu_seconds();
  sleep_seconds(o.seconds);
  const double wall =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin)
          .count();
  const double share = (cpu_seconds() - cpu) / wall / processors();
  Json out = {{"seconds", wall}, {"cpu_share", share}};
  std::vector<double> late, ratios;
  std::int64_t lost = 0;
  Json each = Json::array();
  for (auto &s : streams) {
    s->fail_on_error();
    const auto own = s->late_seconds();
    const int frames = s->frames(), skipped = s->skipped();
    late.insert(late.end(), own.begin(), own.end());
    ratios.push_back(double(skipped) / std::max(frames, 1));
    lost += s->lost_columns();
    each.push_back({{"frames", frames},
                    {"masks_made", frames - skipped},
                    {"masks_skipped", skipped},
                    {"columns_lost", s->lost_columns()},
                    {"late_max_seconds", quantile(own, 1)}});
  }
  out["frame_seconds"] = streams.front()->frame_seconds();
  out["late_seconds"] = {{"median", quantile(late, 0.5)},
                         {"p99", quantile(late, 0.99)},
                         {"max", quantile(late, 1)}};
  out["skip_ratio"] = {{"min", quantile(ratios, 0)},
                       {"median", quantile(ratios, 0.5)},
                       {"max", quantile(ratios, 1)}};
  out["columns_lost"] = lost;
  out["pipelines"] = each;
  return out;
}

Json run(Options o) {
  Json out;
  if (o.load > 0) {
    const Cost cost = measure_cost(o);
    Options cheap = o;
    cheap.recipe = "evidence";
    cheap.explain = false;
    const Cost base = measure_cost(cheap);
    reach_load(o, cost);
    out["cost"] = {{"frame_seconds", cost.seconds},
                   {"without_shed_work_seconds", base.seconds},
                   {"load", load_of(o, cost)},
                   {"load_that_stays", load_of(o, base)}};
  }
  out["streams"] = o.streams;
  out["recipe"] = o.recipe;
  out["explain"] = o.explain;
  out["processors"] = processors();
  Streams streams;
  const Json started = start(o, streams);
  out.update(observe(o, streams));
  const auto status = read_status();
  out["memory"] = {
      {"first_rss_kb", started.front()["rss_kb"]},
      {"last_rss_kb", started.back()["rss_kb"]},
      {"end_rss_kb", status.rss_kb},
      {"added_rss_kb", streams.size() < 2
                           ? 0.0
                           : double(started.back()["rss_kb"].get<long>() -
                                    started.front()["rss_kb"].get<long>()) /
                                 double(streams.size() - 1)},
      {"started", started}};
  out["threads"] = status.threads;
  return out;
}

void print(const Json &r) {
  const auto figure = [](const Json &v) { return v.get<double>(); };
  std::printf(
      "%d streams on %d processors: %.0f %% of them, %ld threads, %.1f MB for "
      "the first and %.2f MB for each more\n",
      r["streams"].get<int>(), r["processors"].get<int>(),
      100 * figure(r["cpu_share"]), r["threads"].get<long>(),
      figure(r["memory"]["first_rss_kb"]) / 1024,
      figure(r["memory"]["added_rss_kb"]) / 1024);
  std::printf(
      "frames of %.0f ms late by %.0f ms (median), %.0f ms (99 %%), %.0f ms "
      "(most); masks skipped %.0f to %.0f %%; %ld columns lost\n",
      1e3 * figure(r["frame_seconds"]),
      1e3 * figure(r["late_seconds"]["median"]),
      1e3 * figure(r["late_seconds"]["p99"]),
      1e3 * figure(r["late_seconds"]["max"]),
      100 * figure(r["skip_ratio"]["min"]),
      100 * figure(r["skip_ratio"]["max"]), r["columns_lost"].get<long>());
}

Options parse(int argc, char **argv) {
  Options o;
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--explain") {
      o.explain = true;
      continue;
    }
    if (i + 1 == argc) throw std::runtime_error(name + " needs a value");
    const std::string value = argv[++i];
    if (name == "--streams")
      o.streams = std::max(1, std::stoi(value));
    else if (name == "--seconds")
      o.seconds = std::stod(value);
    else if (name == "--cost-frames")
      o.cost_frames = std::max(1, std::stoi(value));
    else if (name == "--load")
      o.load = std::stod(value);
    else if (name == "--model")
      o.model = value;
    else if (name == "--recipe")
      o.recipe = value;
    else if (name == "--json")
      o.json = value;
    else
      throw std::runtime_error("no such option: " + name);
  }
  return o;
}

}  // namespace

int main(int argc, char **argv) try {
  gst_init(nullptr, nullptr);
  const Options options = parse(argc, argv);
  const Json result = run(options);
  print(result);
  if (!options.json.empty())
    std::ofstream(options.json) << result.dump(1) << '\n';
  return 0;
} catch (const std::exception &e) {
  std::fprintf(stderr, "bench_streams: %s\n", e.what());
  return 1;
}
