/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support/clip_bench.h"

using namespace sonar;
using namespace sonar::testing;

/* ---- content ---- */

/* Columns 10 to 13 are 10500 to 14500 thousandths; 2 ms are 128 samples. */
static const Columns kHeard = {{10, 14}};

static void run_whole(ClipBench &b, const std::vector<guint8> &audio,
                      const Columns &heard, gint64 columns) {
  fail_unless_equals_int(b.push_audio(audio, 0, columns * 1000, true),
                         GST_FLOW_OK);
  b.push_frames(heard, columns);
  b.end_frames();
  b.end_audio();
}

GST_START_TEST(a_clip_is_the_source_bit_by_bit_in_every_format) {
  const struct {
    const char *audio, *file;
    int subtype;
  } cases[] = {{"S16LE", "wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16},
               {"S24LE", "wav", SF_FORMAT_WAV | SF_FORMAT_PCM_24},
               {"S24_32LE", "wav", SF_FORMAT_WAV | SF_FORMAT_PCM_24},
               {"S32LE", "wav", SF_FORMAT_WAV | SF_FORMAT_PCM_32},
               {"F32LE", "wav", SF_FORMAT_WAV | SF_FORMAT_FLOAT},
               {"S16LE", "flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_16},
               {"S24LE", "flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_24},
               {"S24_32LE", "flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_24}};
  for (const auto &c : cases)
    for (const int channels : {1, 2}) {
      ClipBench b(at("pre-roll=0.002 post-roll=0.004 format=") + c.file,
                  c.audio, channels);
      const auto audio = random_audio(64000, b.frame_bytes());
      run_whole(b, audio, kHeard, 64);
      const std::string name = "000000.162s_low_000001." + std::string(c.file);
      assert_names({name});
      assert_clip(name, audio, 10372, 14756, c.audio, channels);
      SF_INFO info;
      samples_of(folder / name, info);
      fail_unless(
          (info.format & (SF_FORMAT_TYPEMASK | SF_FORMAT_SUBMASK)) == c.subtype,
          "%s in %s: %x", c.audio, c.file, info.format);
      std::filesystem::remove(folder / name);
    }
}
GST_END_TEST

GST_START_TEST(neither_buffer_size_nor_which_pad_is_ahead_changes_a_clip) {
  for (const gint64 chunk : {64000, 4096, 777})
    for (const int lag : {-1, 0, 1}) {  // audio behind, along, ahead
      ClipBench b(at("pre-roll=0.02 post-roll=0.03"));
      const auto audio = random_audio(64000, b.frame_bytes());
      gint64 next = 0;
      const auto audio_to = [&](gint64 end) {
        for (; next < end; next = MIN(next + chunk, end))
          fail_unless_equals_int(
              b.push_audio(audio, next, MIN(next + chunk, end), next == 0),
              GST_FLOW_OK);
      };
      audio_to(lag > 0 ? 64000 : 100);  // the first brings it to PLAYING
      for (gint64 first = 0; first < 64; first += kTiny) {
        if (lag == 0) audio_to((first + 16) * 1000);
        ClipFrame options;
        options.first = first;
        b.push_frame(clip_frame({{10, 14}, {32, 45}}, options));
      }
      if (lag < 0) b.end_frames();
      audio_to(64000);
      b.end_audio();
      b.end_frames();
      // 20 ms are 1280, 30 ms 1920 samples; the second begins with a frame
      assert_names(
          {"000000.144s_low_000001.wav", "000000.488s_low_000002.wav"});
      assert_clip("000000.144s_low_000001.wav", audio, 9220, 16420);
      assert_clip("000000.488s_low_000002.wav", audio, 31220, 47420);
      for (const auto &name : clips_in(folder))
        std::filesystem::remove(folder / name);
    }
}
GST_END_TEST

GST_START_TEST(clips_that_touch_are_one) {
  // 14500 + 7500 = 22000 = 29500 - 7500; with one sample less they are two
  for (const bool touch : {true, false}) {
    ClipBench b(at("pre-roll=0.1171875 post-roll=" +
                   std::string(touch ? "0.1171875" : "0.117171875")));
    const auto audio = random_audio(64000, b.frame_bytes());
    run_whole(b, audio, {{10, 14}, {29, 32}}, 64);
    if (touch) {
      assert_names({"000000.047s_low_000001.wav"});
      assert_clip("000000.047s_low_000001.wav", audio, 3000, 40000);
    } else {
      assert_names(
          {"000000.047s_low_000001.wav", "000000.344s_low_000002.wav"});
      assert_clip("000000.047s_low_000001.wav", audio, 3000, 21999);
      assert_clip("000000.344s_low_000002.wav", audio, 22000, 39999);
    }
    for (const auto &name : clips_in(folder))
      std::filesystem::remove(folder / name);
  }
}
GST_END_TEST

GST_START_TEST(a_clip_ends_where_the_recording_does) {
  ClipBench b(at("pre-roll=1 post-roll=1"));
  const auto audio = random_audio(32500, b.frame_bytes());
  b.push_audio(audio, 0, 32500, true);
  b.push_frames({{10, 40}}, 32);
  b.end_frames();
  b.end_audio();
  assert_clip("000000.000s_low_000001.wav", audio, 0, 32500);
}
GST_END_TEST

GST_START_TEST(a_long_clip_goes_on_in_another_file_without_a_sample_lost) {
  ClipBench b(at("pre-roll=0 post-roll=0 max-duration=0.15625"));
  const auto audio = random_audio(64000, b.frame_bytes());
  run_whole(b, audio, {{10, 35}}, 64);
  assert_names({"000000.164s_low_000001.wav", "000000.320s_low_000001-2.wav",
                "000000.477s_low_000001-3.wav"});
  assert_clip("000000.164s_low_000001.wav", audio, 10500, 20500);
  assert_clip("000000.320s_low_000001-2.wav", audio, 20500, 30500);
  assert_clip("000000.477s_low_000001-3.wav", audio, 30500, 35500);
}
GST_END_TEST

GST_START_TEST(a_region_below_min_region_is_no_detection) {
  ClipBench b(at("min-region=3 pre-roll=0 post-roll=0"));
  const auto audio = random_audio(64000, b.frame_bytes());
  run_whole(b, audio, {{5, 7}, {10, 13}, {20, 22}}, 64);
  assert_names({"000000.164s_low_000001.wav"});
  assert_clip("000000.164s_low_000001.wav", audio, 10500, 13500);
}
GST_END_TEST

GST_START_TEST(only_regions_of_the_classes_asked_for_are_detections) {
  ClipBench b(at("pre-roll=0 post-roll=0 classes=\"ferry, tug\""));
  const auto audio = random_audio(64000, b.frame_bytes());
  b.push_audio(audio, 0, 64000, true);
  const char *const labels[] = {"low", "cargo+tug", "low", "ferry"};
  for (gint64 i = 0; i < 4; ++i) {
    ClipFrame options;
    options.first = i * kTiny;
    options.label = labels[i];
    b.push_frame(clip_frame({{4, 8}, {20, 24}, {36, 40}, {52, 56}}, options));
  }
  b.end_frames();
  b.end_audio();
  assert_names(
      {"000000.320s_cargo+tug_000001.wav", "000000.820s_ferry_000002.wav"});
  assert_clip("000000.320s_cargo+tug_000001.wav", audio, 20500, 24500);
  assert_clip("000000.820s_ferry_000002.wav", audio, 52500, 56500);
}
GST_END_TEST

/* ---- names and what is told ---- */

/* Time 0 is 100 ms before midnight. */
constexpr gint64 kUtc0 = 951868800 * gint64(GST_SECOND) - 100 * GST_MSECOND;

GST_START_TEST(a_clip_is_named_by_utc_and_told_on_the_bus_and_in_the_folder) {
  ClipBench b(at("pre-roll=0 post-roll=0"));
  const auto audio = random_audio(64000, b.frame_bytes());
  b.push_audio(audio, 0, 64000, true);
  ClipFrame options;
  options.utc0 = kUtc0;
  options.label = "tug, \"1\"";
  b.push_frames(kHeard, 64, options);
  b.end_frames();
  b.end_audio();
  const std::string name = "20000301T000000.064Z_tug,__1__000001.wav";
  assert_names({name});
  const GstStructure *fields = nullptr;
  GstMessage *message = nullptr;
  while ((message = gst_bus_pop_filtered(b.bus(), GST_MESSAGE_ELEMENT))) {
    fields = gst_message_get_structure(message);
    if (gst_structure_has_name(fields, "sonar-clip")) break;
    gst_message_unref(message);
  }
  fail_unless(message != nullptr);
  guint64 id = 0, samples = 0, begin = 0, duration = 0;
  guint part = 0;
  gdouble score = 0;
  fail_unless(gst_structure_get(
      fields, "id", G_TYPE_UINT64, &id, "part", G_TYPE_UINT, &part, "samples",
      G_TYPE_UINT64, &samples, "timestamp", G_TYPE_UINT64, &begin, "duration",
      G_TYPE_UINT64, &duration, "score", G_TYPE_DOUBLE, &score, nullptr));
  fail_unless(id == 1 && part == 1 && samples == 4000);
  fail_unless_equals_uint64(begin, 164062500);
  fail_unless_equals_uint64(duration, 62500000);
  fail_unless_equals_float(score, 0.875);
  fail_unless(folder / name == gst_structure_get_string(fields, "location"));
  fail_unless_equals_string(gst_structure_get_string(fields, "label"),
                            "tug, \"1\"");
  fail_unless_equals_string(gst_structure_get_string(fields, "regions"), "1");
  fail_unless_equals_string(gst_structure_get_string(fields, "utc"),
                            "2000-03-01T00:00:00.064Z");
  fail_unless_equals_string(gst_structure_get_string(fields, "end-utc"),
                            "2000-03-01T00:00:00.127Z");
  gst_message_unref(message);
  std::ifstream index(folder / "clips.jsonl");
  const std::string text{std::istreambuf_iterator<char>(index), {}};
  assert_text(text,
              "{\"kind\":\"clip\",\"id\":1,\"part\":1,\"file\":\"" + name +
                  "\",\"begin_s\":0.164062,\"end_s\":0.226562,"
                  "\"begin_utc\":\"2000-03-01T00:00:00.064Z\","
                  "\"end_utc\":\"2000-03-01T00:00:00.127Z\","
                  "\"class\":\"tug, \\\"1\\\"\",\"score\":0.875,"
                  "\"recipe\":\"subband\",\"region_ids\":[1],"
                  "\"low_hz\":304.00,\"high_hz\":336.00,\"peak_hz\":320.00,"
                  "\"rate_hz\":64000,\"channels\":2,\"samples\":4000}\n");
  SF_INFO info{};
  SNDFILE *file = sf_open((folder / name).c_str(), SFM_READ, &info);
  fail_unless_equals_string(sf_get_string(file, SF_STR_TITLE), "tug, \"1\" 1");
  fail_unless_equals_string(sf_get_string(file, SF_STR_DATE),
                            "2000-03-01T00:00:00.064Z");
  fail_unless_equals_string(sf_get_string(file, SF_STR_COMMENT),
                            "begins at 0.164062 s of the recording, "
                            "2000-03-01T00:00:00.064Z");
  sf_close(file);
}
GST_END_TEST

static std::string content_of(const std::filesystem::path &path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

GST_START_TEST(no_file_is_ever_overwritten) {
  const std::string name = "000000.164s_low_000001";
  for (const char *other : {".wav", "_2.wav"})
    std::ofstream(folder / (name + other)) << "mine" << other;
  std::ofstream(folder / "000000.164s_clip_000001.wav.part") << "crashed";
  for (int round = 3; round < 5; ++round) {
    ClipBench b(at("pre-roll=0 post-roll=0"));
    const auto audio = random_audio(64000, b.frame_bytes());
    run_whole(b, audio, kHeard, 64);
    assert_clip(name + "_" + std::to_string(round) + ".wav", audio, 10500,
                14500);
  }
  fail_unless(content_of(folder / (name + ".wav")) == "mine.wav");
  fail_unless(content_of(folder / (name + "_2.wav")) == "mine_2.wav");
  fail_unless(content_of(folder / "000000.164s_clip_000001.wav.part") ==
              "crashed");
  fail_unless_equals_int(clips_in(folder).size(), 5);
}
GST_END_TEST

/* Sizes of a RIFF file and its samples by its header. */
static std::pair<gsize, gsize> riff_sizes(const std::string &bytes) {
  const auto *data = reinterpret_cast<const guint8 *>(bytes.data());
  const gsize samples = bytes.find("data");
  fail_unless(samples != bytes.npos);
  return {GST_READ_UINT32_LE(data + 4), GST_READ_UINT32_LE(data + samples + 4)};
}

GST_START_TEST(what_is_written_can_be_read_before_the_clip_is_whole) {
  for (const char *format : {"wav", "flac"}) {
    ClipBench b(at("pre-roll=0 post-roll=0 format=") + format);
    const auto audio = random_audio(64000, b.frame_bytes());
    b.push_audio(audio, 0, 64000, true);
    b.push_frames({{2, 64}}, 64);  // columns up to 47 are settled
    const std::string part =
        "000000.039s_clip_000001." + std::string(format) + ".part";
    assert_names({part});
    if (std::string(format) == "wav") {
      assert_clip(part, audio, 2500, 48500);
      const std::string bytes = content_of(folder / part);
      const auto [riff, samples] = riff_sizes(bytes);
      fail_unless_equals_int(riff, bytes.size() - 8);
      fail_unless_equals_int(samples, 46000 * 4);
    } else {  // whole blocks of it, of no known length
      SF_INFO info{};
      SNDFILE *file = sf_open((folder / part).c_str(), SFM_READ, &info);
      fail_unless(file != nullptr);
      std::vector<gint32> got(2 * 30000);
      fail_unless_equals_int64(sf_readf_int(file, got.data(), 30000), 30000);
      fail_unless(got == expected(audio, "S16LE", 2, 2500, 32500));
      sf_close(file);
    }
    b.end_frames();
    b.end_audio();
    std::filesystem::remove(folder / clips_in(folder)[0]);
  }
}
GST_END_TEST

static Suite *signatureclips_suite(void) {
  Suite *s = suite_create("signatureclips");
  TCase *tc = tcase_create("all");
  tcase_add_checked_fixture(tc, make_folder, remove_folder);
  suite_add_tcase(s, tc);
  tcase_add_test(tc, a_clip_is_the_source_bit_by_bit_in_every_format);
  tcase_add_test(tc, neither_buffer_size_nor_which_pad_is_ahead_changes_a_clip);
  tcase_add_test(tc, clips_that_touch_are_one);
  tcase_add_test(tc, a_clip_ends_where_the_recording_does);
  tcase_add_test(tc, a_long_clip_goes_on_in_another_file_without_a_sample_lost);
  tcase_add_test(tc, a_region_below_min_region_is_no_detection);
  tcase_add_test(tc, only_regions_of_the_classes_asked_for_are_detections);
  tcase_add_test(tc,
                 a_clip_is_named_by_utc_and_told_on_the_bus_and_in_the_folder);
  tcase_add_test(tc, no_file_is_ever_overwritten);
  tcase_add_test(tc, what_is_written_can_be_read_before_the_clip_is_whole);
  return s;
}
GST_CHECK_MAIN(signatureclips)
