/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
#include "meta/gstsonarclassmeta.h"
#include "support/tiny_frames.h"
#include "support/tiny_model.h"

/* Frames through specnnclassify and scorecammask, and the masks they get. */
namespace sonar::testing {

inline std::string chain(const ModelFile &model, const std::string &settings,
                         const std::string &classify = "") {
  return "specnnclassify model=" + model.path() + " " + classify +
         " ! scorecammask name=m " + settings;
}

inline const GstSonarMaskMeta &mask_of(const Buffer &frame) {
  const auto *meta = gst_buffer_get_sonar_mask_meta(frame.get());
  ck_assert_msg(meta, "the frame has no mask meta");
  return *meta;
}
inline std::vector<float> values_of_mask(const Buffer &frame) {
  return values_of<float>(mask_of(frame).values);
}
inline Buffer push_and_pull(GstHarness *h, GstBuffer *frame) {
  fail_unless_equals_int(gst_harness_push(h, frame), GST_FLOW_OK);
  GstBuffer *out = gst_harness_try_pull(h);
  ck_assert_msg(out, "no frame came out");
  return Buffer(out);
}

/* The first frame of a chain that has just been started. */
inline Buffer first_frame(const std::string &launch, GstBuffer *frame) {
  const Bench h(launch);
  gst_harness_set_src_caps_str(h, kTinyCaps);
  return push_and_pull(h, frame);
}

/* A frame of a chain with an advance of four columns. */
inline GstBuffer *frame_number(int i, bool discont = false) {
  FrameOptions options;
  options.recipe.advance = 4;
  options.first_column = 4 * i;
  options.discont = discont;
  return tiny_frame(tiny_line(kLowRow, 8 + float(i), guint32(i + 1)), {},
                    options);
}

inline std::vector<float> moved(const std::vector<float> &map, std::size_t by) {
  std::vector<float> out(map.size(), 0);
  for (std::size_t i = 0; i < map.size(); ++i)
    if (i % kTiny + by < kTiny) out[i] = map[i + by];
  return out;
}

}  // namespace sonar::testing
