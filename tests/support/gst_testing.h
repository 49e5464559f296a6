/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
#include <gst/audio/audio.h>

#include <algorithm>
#include <utility>

#include "meta/gstsonarspectrogrammeta.h"
#include "support/testing.h"
#include "support/tiny_pictures.h"

/* What the tests of the elements share. */
namespace sonar::testing {

/** Bytes of a GBytes as a vector of @p T; empty for null. */
template <typename T>
std::vector<T> values_of(GBytes *bytes) {
  if (!bytes) return {};
  gsize size = 0;
  const auto *data = static_cast<const T *>(g_bytes_get_data(bytes, &size));
  return std::vector<T>(data, data + size / sizeof(T));
}

inline std::vector<guint8> bytes_of(GstBuffer *buffer) {
  std::vector<guint8> bytes(gst_buffer_get_size(buffer));
  gst_buffer_extract(buffer, 0, bytes.data(), bytes.size());
  return bytes;
}

inline GstBuffer *audio_buffer(const float *samples, std::size_t count,
                               GstClockTime pts = GST_CLOCK_TIME_NONE) {
  GstBuffer *buffer = gst_buffer_new_memdup(samples, count * sizeof(float));
  GST_BUFFER_PTS(buffer) = pts;
  return buffer;
}

/** @p amplitude * sin over the samples [@p begin, @p end) of @p count. */
inline std::vector<float> tone(std::size_t count, int rate, double hz,
                               std::size_t begin = 0,
                               std::size_t end = std::size_t(-1),
                               double amplitude = 0.5) {
  std::vector<float> samples(count);
  for (std::size_t i = begin; i < std::min(end, count); ++i)
    samples[i] = float(amplitude * std::sin(2 * G_PI * hz * double(i) / rate));
  return samples;
}

inline std::string audio_caps(int rate, int channels = 1) {
  return "audio/x-raw, layout=interleaved, format=" GST_AUDIO_NE(
             F32) ", channels=" +
         std::to_string(channels) + ", rate=" + std::to_string(rate);
}

/** An ERROR message. */
struct PostedError {
  GQuark domain = 0;
  int code = 0;
  std::string text, source;

  bool is(GQuark d, int c) const { return domain == d && code == c; }
  bool says(const char *words) const {
    return text.find(words) != std::string::npos;
  }
};

inline std::vector<PostedError> pop_errors(GstBus *bus) {
  std::vector<PostedError> errors;
  while (GstMessage *m = gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR)) {
    g_autoptr(GError) error = nullptr;
    gst_message_parse_error(m, &error, nullptr);
    errors.push_back({error->domain, error->code, error->message,
                      GST_OBJECT_NAME(GST_MESSAGE_SRC(m))});
    gst_message_unref(m);
  }
  return errors;
}

inline std::string texts_of(const std::vector<PostedError> &errors) {
  std::string all = std::to_string(errors.size()) + " errors";
  for (const PostedError &error : errors) all += "; " + error.text;
  return all;
}

/** The error on the bus, of which there must be exactly one. */
inline PostedError pop_one_error(GstBus *bus) {
  const auto errors = pop_errors(bus);
  ck_assert_msg(errors.size() == 1, "wanted one error, got %s",
                texts_of(errors).c_str());
  return errors.front();
}

/** How often a message of @p type is on the bus; takes them off it. */
inline int count_messages(GstBus *bus, GstMessageType type) {
  int count = 0;
  for (; GstMessage *m = gst_bus_pop_filtered(bus, type); ++count)
    gst_message_unref(m);
  return count;
}

/** A playing harness around the elements of @p launch, with a bus; a single
 *  element is bare, not in a bin. What is left on the bus at the end must not
 *  be an error. */
class Bench {
 public:
  explicit Bench(const std::string &launch)
      : harness_(harness_of(launch)), bus_(gst_bus_new()) {
    gst_element_set_bus(harness_->element, bus_);
  }
  ~Bench() {
    const auto left = pop_errors(bus_);
    ck_assert_msg(left.empty(), "left on the bus: %s", texts_of(left).c_str());
    gst_element_set_bus(harness_->element, nullptr);
    gst_harness_teardown(harness_);
    gst_object_unref(bus_);
  }
  Bench(const Bench &) = delete;
  Bench &operator=(const Bench &) = delete;

  operator GstHarness *() const { return harness_; }
  GstHarness *operator->() const { return harness_; }
  GstElement *element() const { return harness_->element; }
  GstBus *bus() const { return bus_; }
  PostedError one_error() const { return pop_one_error(bus_); }

 private:
  static GstHarness *harness_of(const std::string &launch) {
    if (launch.find('!') != std::string::npos)
      return gst_harness_new_parse(launch.c_str());
    GstElement *element = gst_parse_launch(launch.c_str(), nullptr);
    ck_assert_msg(element, "no element from: %s", launch.c_str());
    gst_object_ref_sink(element);
    GstHarness *harness = gst_harness_new_with_element(element, "sink", "src");
    gst_object_unref(element);
    return harness;
  }

  GstHarness *harness_;
  GstBus *bus_;
};

/** An owned buffer. */
class Buffer {
 public:
  explicit Buffer(GstBuffer *buffer) : buffer_(buffer) {}
  Buffer(Buffer &&o) noexcept : buffer_(o.buffer_) { o.buffer_ = nullptr; }
  Buffer &operator=(Buffer &&o) noexcept {
    std::swap(buffer_, o.buffer_);
    return *this;
  }
  ~Buffer() { gst_clear_buffer(&buffer_); }

  GstBuffer *get() const { return buffer_; }
  GstClockTime pts() const { return GST_BUFFER_PTS(buffer_); }
  GstClockTime duration() const { return GST_BUFFER_DURATION(buffer_); }
  bool discont() const { return GST_BUFFER_IS_DISCONT(buffer_); }
  std::vector<guint8> bytes() const { return bytes_of(buffer_); }
  const GstSonarSpectrogramMeta &spectrogram() const {
    const auto *meta = gst_buffer_get_sonar_spectrogram_meta(buffer_);
    ck_assert_msg(meta, "the frame has no spectrogram meta");
    return *meta;
  }
  /** Pixel (@p row, @p column) of a GRAY16_LE frame, 0 to 65535. */
  int gray16(std::size_t row, std::size_t column) const {
    const gsize stride = (spectrogram().width * 2 + 3) / 4 * 4;
    guint8 pixel[2];
    gst_buffer_extract(buffer_, row * stride + column * 2, pixel, 2);
    return GST_READ_UINT16_LE(pixel);
  }

 private:
  GstBuffer *buffer_;
};

/** Every property of the element's own class reads the default it announces. */
inline void assert_default_properties(GstElement *element) {
  guint count = 0;
  g_autofree GParamSpec **specs =
      g_object_class_list_properties(G_OBJECT_GET_CLASS(element), &count);
  for (guint i = 0; i < count; ++i) {
    if (specs[i]->owner_type != G_OBJECT_TYPE(element)) continue;
    g_auto(GValue) value = G_VALUE_INIT;
    g_value_init(&value, specs[i]->value_type);
    g_object_get_property(G_OBJECT(element), specs[i]->name, &value);
    g_autofree gchar *text = g_strdup_value_contents(&value);
    ck_assert_msg(g_param_value_defaults(specs[i], &value), "%s reads %s",
                  specs[i]->name, text);
  }
}

/** What has come out of the harness so far. */
inline std::vector<Buffer> take_frames(GstHarness *harness) {
  std::vector<Buffer> frames;
  while (GstBuffer *buffer = gst_harness_try_pull(harness))
    frames.emplace_back(buffer);
  return frames;
}

/** Pushes @p samples in buffers of @p chunk, with time stamps from @p start on,
 *  the first flagged DISCONT as a source does. Returns the last flow. */
inline GstFlowReturn push_samples(GstHarness *harness,
                                  const std::vector<float> &samples, int rate,
                                  std::size_t chunk = 4096,
                                  GstClockTime start = 0) {
  for (std::size_t i = 0; i < samples.size(); i += chunk) {
    GstBuffer *buffer = audio_buffer(
        samples.data() + i, std::min(chunk, samples.size() - i),
        start + gst_util_uint64_scale(i, GST_SECOND, guint64(rate)));
    if (i == 0) GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_DISCONT);
    const GstFlowReturn flow = gst_harness_push(harness, buffer);
    if (flow != GST_FLOW_OK) return flow;
  }
  return GST_FLOW_OK;
}

/** The one error of an element, "name property=value ...", which does not leave
 *  NULL. */
inline PostedError error_on_start(const std::string &launch) {
  GstElement *element = gst_parse_launch(launch.c_str(), nullptr);
  gst_object_ref_sink(element);
  GstBus *bus = gst_bus_new();
  gst_element_set_bus(element, bus);
  fail_unless_equals_int(gst_element_set_state(element, GST_STATE_PAUSED),
                         GST_STATE_CHANGE_FAILURE);
  const PostedError error = pop_one_error(bus);
  gst_element_set_state(element, GST_STATE_NULL);
  gst_element_set_bus(element, nullptr);
  gst_object_unref(bus);
  gst_object_unref(element);
  return error;
}

/** Audio after caps that do not suit the settings is refused with one error
 *  that says all of @p words. */
inline void expect_settings_refused(const Bench &bench,
                                    const std::vector<const char *> &words) {
  const float sample = 0;
  fail_unless_equals_int(gst_harness_push(bench, audio_buffer(&sample, 1, 0)),
                         GST_FLOW_NOT_NEGOTIATED);
  const PostedError error = bench.one_error();
  fail_unless(error.is(GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS));
  for (const char *word : words)
    fail_unless(error.says(word), "%s", error.text.c_str());
}

}  // namespace sonar::testing
