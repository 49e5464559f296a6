/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
#include "meta/gstsonarsignaturemeta.h"
#include "support/tiny_frames.h"

/* What the tests of signaturetable share. */
namespace sonar::testing {

/* Cuts signatures out of frames and tabulates them, every pixel counted. */
class Table : public Bench {
 public:
  explicit Table(const std::string &settings = "min-region=0")
      : Bench("signatureextract min-region=0 ! signaturetable " + settings) {
    gst_harness_set_src_caps_str(*this, kTinyCaps);
  }
  void push(GstBuffer *frame) {
    fail_unless_equals_int(gst_harness_push(*this, frame), GST_FLOW_OK);
  }
  void end() { gst_harness_push_event(*this, gst_event_new_eos()); }
  /** What has been written since the last call. */
  std::string text() {
    std::string all;
    for (const Buffer &buffer : take_frames(*this)) {
      const auto bytes = buffer.bytes();
      all.append(bytes.begin(), bytes.end());
      ck_assert_msg(bytes.back() == '\n', "a row came in parts");
    }
    return all;
  }
};

/* 2 x 4 pixels of 12 dB at rows 4 and 5, loudest (20 dB) at (5, 4). */
inline GstBuffer *block(const FrameOptions &options = {},
                        const char *label = "low",
                        const Image &background = Image(kTiny, kTiny, -60)) {
  Image value(kTiny, kTiny, 1), mask(kTiny, kTiny);
  for (const std::size_t y : {4, 5})
    for (std::size_t x = 3; x < 7; ++x) {
      value.at(y, x) = 12;
      mask.at(y, x) = 0.75f;
    }
  value.at(5, 4) = 20;
  GstBuffer *frame = tiny_frame(value, background, options);
  add_tiny_mask(frame, mask, true, label);
  return frame;
}

}  // namespace sonar::testing
