/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parts of sonar-record whose answers are known by hand. */
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "pipelines/recorder/archive.h"
#include "pipelines/recorder/arrival_clock.h"
#include "pipelines/recorder/class_log.h"
#include "pipelines/recorder/fragments.h"
#include "pipelines/recorder/journal.h"
#include "pipelines/recorder/page.h"
#include "pipelines/recorder/segments.h"
#include "pipelines/recorder/sidecar.h"
#include "pipelines/recorder/space.h"
#include "sonar/core/error.h"
#include "sonar/core/utc.h"
#include "support/folder.h"
#include "support/testing.h"

using namespace sonar::recorder;

constexpr std::int64_t kSecond = 1'000'000'000;

static std::int64_t utc_of(const char *iso) {
  return sonar::utc::parse_iso8601(iso, "a test's time");
}

static std::string read(const std::filesystem::path &path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

static void assert_has(const std::string &text, const std::string &part) {
  ck_assert_msg(text.find(part) != std::string::npos, "no \"%s\" in \"%s\"",
                part.c_str(), text.c_str());
}

static void assert_same(const std::string &got, const std::string &want) {
  ck_assert_msg(got == want, "got \"%s\", want \"%s\"", got.c_str(),
                want.c_str());
}

static void write(const std::string &name, const std::string &text) {
  std::ofstream(folder / name) << text;
}

/* Buffers of 10 ms from a card that runs 100 ppm fast, each up to 30 ms late,
 * and one of a hundred in time. */
static double worst_error_ms(double late_seconds) {
  constexpr unsigned kRate = 48000;
  constexpr double kTrueRate = kRate * (1 + 100e-6);
  std::mt19937 random(1);
  std::exponential_distribution<double> late(1 / 0.01);
  ArrivalClock clock(kRate);
  const std::int64_t begin = utc_of("2026-11-28T22:30:00Z");
  double worst = 0;
  for (std::int64_t n = 0; n < 3600 * 100; ++n) {
    const double truth = double((n + 1) * 480) / kTrueRate;
    const double delay =
        late_seconds + (n % 100 ? std::min(late(random), 0.03) : 0);
    clock.put(n * 480, 480, begin + std::llround((truth + delay) * 1e9));
    if (n < 1500) continue;
    const double got = double(clock.at(n * 480) - begin) * 1e-9;
    worst = std::max(
        worst, std::fabs(got - late_seconds - double(n * 480) / kTrueRate));
  }
  return worst * 1e3;
}

GST_START_TEST(a_drifting_sound_card_is_followed_to_a_millisecond_for_an_hour) {
  // 100 ppm over the 10 s between two corrections
  ASSERT_NEAR_AT(0, worst_error_ms(0), 0, 1.01);
  // a constant delay cannot be told from none
  ASSERT_NEAR_AT(1, worst_error_ms(0.5), 0, 1.01);
}
GST_END_TEST

GST_START_TEST(a_step_of_the_clock_is_followed) {
  ArrivalClock clock(1000);
  clock.put(0, 1000, 5 * kSecond);
  ck_assert_int_eq(clock.at(0), 4 * kSecond);
  clock.put(1000, 1000, 3 * kSecond);  // set back by 3 s
  ck_assert_int_eq(clock.at(1000), 2 * kSecond);
  for (int n = 2; n < 20; ++n)  // set forward by 100 s
    clock.put(n * 1000, 1000, (n + 102) * kSecond);
  ck_assert_int_eq(clock.at(19000), 120 * kSecond);
}
GST_END_TEST

GST_START_TEST(a_name_is_its_time_and_is_free) {
  Fragments fragments(folder.string(), 1000, 10);
  const std::int64_t utc = utc_of("2026-11-28T22:30:00.0994Z");
  assert_same(file_stem(utc), "20261128T223000.099Z");
  write("20261128T223000.099Z.jsonl", "");
  assert_same(fragments.begin(0, utc).stem, "20261128T223000.099Z_2");
  assert_same(fragments.path(0, "flac"),
              (folder / "20261128T223000.099Z_2.flac"));
  write("20261128T223000.099Z_2.mp4", "");
  assert_same(fragments.free_path(0, "mp4"),
              (folder / "20261128T223000.099Z_2_2.mp4"));
}
GST_END_TEST

GST_START_TEST(a_name_is_taken_for_every_recorder_once_it_is_given) {
  const std::int64_t utc = utc_of("2026-11-28T22:30:00Z");
  Fragments one(folder.string(), 1000, 10), other(folder.string(), 1000, 10);
  assert_same(one.begin(0, utc).stem, "20261128T223000.000Z");
  assert_same(other.begin(0, utc).stem, "20261128T223000.000Z_2");
}
GST_END_TEST

GST_START_TEST(utc_of_a_time_follows_the_fragments) {
  Fragments fragments(folder.string(), 1000, 10);
  fragments.begin(0, 5 * kSecond);
  fragments.begin(1, 16 * kSecond);  // a second late
  ck_assert_int_eq(fragments.utc_at(9 * kSecond), 14 * kSecond);
  ck_assert_int_eq(fragments.utc_at(12 * kSecond), 18 * kSecond);
  ck_assert_int_eq(fragments.utc_at(25 * kSecond), 31 * kSecond);
}
GST_END_TEST

static std::int64_t class_goes_to(std::int64_t begin_ns) {
  static Fragments fragments(folder.string(), 44100, 2);
  for (int k = 0; k < 3; ++k) fragments.begin(k, k * 2 * kSecond);
  DiskSync disk;
  Sidecar sidecar(fragments, disk);
  ClassLog log(fragments);
  GstStructure *message = gst_structure_new(
      "sonar-class", "timestamp", G_TYPE_UINT64, guint64(begin_ns), "duration",
      G_TYPE_UINT64, guint64(kSecond / 4), "label", G_TYPE_STRING, "vessel",
      "confidence", G_TYPE_DOUBLE, 0.5, nullptr);
  log.put(message);
  gst_structure_free(message);
  sidecar.put(log.finish()->end_ns, {{"kind", "class"}});
  for (int k = 0; k < 3; ++k)
    if (std::filesystem::file_size(fragments.path(k, "jsonl")) > 0) return k;
  return -1;
}

GST_START_TEST(a_class_goes_to_the_fragment_in_which_it_began) {
  ck_assert_int_eq(class_goes_to(2 * kSecond), 1);
}
GST_END_TEST

GST_START_TEST(a_class_goes_to_that_fragment_until_its_end) {
  ck_assert_int_eq(class_goes_to(4 * kSecond - kSecond / 44100 - 1), 1);
}
GST_END_TEST

GST_START_TEST(time_stamps_fall_into_the_fragment_of_their_sample) {
  // 44.1 kHz: sample 88200 k is at a whole second, others are rounded down
  Fragments fragments(folder.string(), 44100, 2);
  ck_assert_int_eq(fragments.number_at(0), 0);
  ck_assert_int_eq(fragments.number_at(2 * kSecond), 1);
  ck_assert_int_eq(fragments.number_at(2 * kSecond - 1), 1);
  ck_assert_int_eq(fragments.number_at(2 * kSecond - kSecond / 44100), 0);
  ck_assert_int_eq(fragments.number_at(-kSecond), 0);
}
GST_END_TEST

GST_START_TEST(a_record_goes_to_the_fragment_in_which_it_ended) {
  DiskSync disk;
  Fragments fragments(folder.string(), 1000, 10);
  for (int k = 0; k < 6; ++k) fragments.begin(k, k * 10 * kSecond);
  {
    Sidecar sidecar(fragments, disk);
    for (const int second : {5, 10, 11, 25, 35, 45, 55, 20})
      sidecar.put(second * kSecond, {{"end_s", second}});
  }
  assert_same(read(folder / "19700101T000000.000Z.jsonl"),
              "{\"end_s\":5}\n{\"end_s\":10}\n");
  assert_same(read(folder / "19700101T000010.000Z.jsonl"),
              "{\"end_s\":11}\n{\"end_s\":20}\n");
}
GST_END_TEST

GST_START_TEST(a_line_that_a_crash_cut_does_not_swallow_the_next) {
  DiskSync disk;
  write("manifest.jsonl", "{\"a\":1}\n{\"b\":");
  const std::string path = (folder / "manifest.jsonl").string();
  { Journal(path, disk).put({{"c", 3}}); }
  assert_same(read(path), "{\"a\":1}\n{\"b\":\n{\"c\":3}\n");
}
GST_END_TEST

GST_START_TEST(a_journal_that_cannot_be_written_says_so) {
  DiskSync disk;
  try {
    Journal journal((folder / "none/manifest.jsonl").string(), disk);
    ck_abort_msg("no error");
  } catch (const sonar::Error &e) {
    assert_has(e.what(), "Cannot write");
    assert_has(e.what(), "No such file");
  }
}
GST_END_TEST

GST_START_TEST(only_old_recordings_are_superfluous) {
  const std::string name = "Z.flac";
  for (const char *stem : {"20260101T000000.000", "20260102T000000.000",
                           "20260103T000000.000", "20260104T000000.000"})
    write(stem + name, std::string(1000, 'x'));
  write("20250101T000000.000Z.wav", "someone else's");
  write("a20250101T000000.000Z.flac", "someone else's");
  const std::string newest = "20260104T000000.000Z";
  const std::int64_t before = utc_of("2026-01-02T00:00:00Z");
  const auto by_age = superfluous(folder.string(), before, 0, newest);
  ck_assert_uint_eq(by_age.size(), 1);
  assert_same(by_age[0], (folder / "20260101T000000.000Z.flac"));
  ck_assert_uint_eq(superfluous(folder.string(), 0, 2500, newest).size(), 2);
  ck_assert_uint_eq(superfluous(folder.string(), 0, 4000, newest).size(), 0);
  // what is being written stays, however small the limit
  ck_assert_uint_eq(superfluous(folder.string(), 0, 1, newest).size(), 3);
}
GST_END_TEST

GST_START_TEST(a_folder_that_is_away_has_nothing_superfluous) {
  const std::string none = (folder / "none").string();
  ck_assert_uint_eq(superfluous(none, kSecond, 1, "2").size(), 0);
}
GST_END_TEST

GST_START_TEST(a_page_is_made_where_no_other_is) {
  write("live-news.html", "someone else's");
  write("live-1795905000000-7.m4s", "of a recorder before");
  write("live-1795905000000.mp4", "of a recorder before");
  { Page page(folder.string()); }
  ck_assert(std::filesystem::exists(folder / "live-news.html"));
  ck_assert(!std::filesystem::exists(folder / "live-1795905000000-7.m4s"));
  ck_assert(!std::filesystem::exists(folder / "live-1795905000000.mp4"));
  Page again(folder.string());
  again.set_state("waiting", "no file \xff");
  assert_has(read(folder / "live.json"), "no file \uFFFD");
  write("index.html", "<title>Harbour</title>");
  try {
    Page other(folder.string());
    ck_abort_msg("no error");
  } catch (const sonar::Error &e) {
    assert_has(e.what(), "holds another page, index.html; give --web a folder");
  }
  assert_same(read(folder / "index.html"), "<title>Harbour</title>");
}
GST_END_TEST

GST_START_TEST(a_disk_that_fills_is_announced_once_a_level) {
  SpaceWatch watch(folder.string());
  const double free = double(std::filesystem::space(folder).available);
  const double hour = free / 3600;  // bytes a second that fill it in an hour
  ck_assert(watch.check(0).empty());
  ck_assert(watch.check(hour / 100).empty());
  const std::string first = watch.check(hour / 12);
  assert_has(first, "full in 1");
  ck_assert(watch.check(hour / 11).empty());
  ck_assert(!watch.check(hour * 2).empty());
}
GST_END_TEST

static SoundFile file_for(const char *format, int rate, int channels,
                          bool matroska = false) {
  GstAudioInfo info;
  gst_audio_info_set_format(&info, gst_audio_format_from_string(format), rate,
                            channels, nullptr);
  return choose_sound_file(info, matroska);
}

GST_START_TEST(flac_is_taken_wherever_it_holds_the_samples) {
  assert_same(file_for("S16LE", 48000, 1).suffix, "flac");
  assert_same(file_for("S24BE", 655350, 8).suffix, "flac");
  assert_same(file_for("S16LE", 1000000, 1).suffix, "mkv");
  assert_same(file_for("S32LE", 48000, 1).suffix, "mkv");
  assert_same(file_for("F32LE", 48000, 1).suffix, "mkv");
  // GStreamer would put the channels of seven into another order
  assert_same(file_for("S16LE", 48000, 7).suffix, "mkv");
  assert_same(file_for("S16LE", 48000, 12).suffix, "mkv");
  assert_same(file_for("S16LE", 48000, 1, true).suffix, "mkv");
}
GST_END_TEST

static void put_box(Segments &to, int stream, const std::string &type) {
  const std::string bytes = std::string("\0\0\0\x08", 4) + type;
  g_autoptr(GstBuffer) buffer = gst_buffer_new_memdup(bytes.data(), 8);
  to.put(stream, buffer, 0);
}

/* Of a source that loses a millisecond a second. */
static void put_frame(Segments &to, int stream, int second, bool key) {
  put_box(to, stream, "moof");
  put_box(to, stream, "mdat");
  g_autoptr(GstBuffer) buffer = gst_buffer_new_memdup("frame", 5);
  GST_BUFFER_PTS(buffer) = GstClockTime(second) * GST_SECOND;
  GST_BUFFER_DURATION(buffer) = GST_SECOND;
  if (!key) GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  to.put(stream, buffer,
         utc_of("2026-11-28T22:30:00Z") + second * (kSecond + kSecond / 1000));
}

GST_START_TEST(segments_begin_with_key_frames_and_the_oldest_go) {
  Segments segments(folder.string());
  const int old = segments.begin(utc_of("2026-11-28T22:30:00Z"));
  put_box(segments, old, "ftyp");
  put_box(segments, old, "moov");
  for (int n = 0; n < 101; ++n) put_frame(segments, old, n, n % 2 == 0);
  const std::string list = read(folder / "live.m3u8");
  // fifty segments of 2 s, of which 60 s are listed
  assert_has(list, "#EXT-X-MEDIA-SEQUENCE:20\n");
  assert_has(
      list,
      "#EXT-X-PROGRAM-DATE-TIME:2026-11-28T22:30:40.040Z\n#EXTINF:2.000,\n"
      "live-1795905000000-20.m4s\n");
  ck_assert(!std::filesystem::exists(folder / "live-1795905000000-19.m4s"));
  ck_assert_uint_eq(
      std::filesystem::file_size(folder / "live-1795905000000-20.m4s"),
      2 * (8 + 8 + 5));
  ck_assert_uint_eq(
      std::filesystem::file_size(folder / "live-1795905000000.mp4"), 16);
  // a new stream goes on in the same list
  const int stream = segments.begin(utc_of("2026-11-28T23:00:00Z"));
  put_box(segments, stream, "ftyp");
  put_box(segments, stream, "moov");
  put_frame(segments, old, 101, true);  // what is late is left out
  segments.finish(old);
  put_frame(segments, stream, 0, true);
  segments.finish(stream);
  segments.close();
  const std::string both = read(folder / "live.m3u8");
  assert_has(
      both,
      "#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI=\"live-1795906800000.mp4\"\n"
      "#EXT-X-PROGRAM-DATE-TIME:2026-11-28T22:30:00.000Z\n#EXTINF:1.000,\n"
      "live-1795906800000-51.m4s\n#EXT-X-ENDLIST\n");
}
GST_END_TEST

static Suite *recorder_suite() {
  Suite *s = suite_create("recorder");
  TCase *plain = tcase_create("plain");
  tcase_add_test(
      plain, a_drifting_sound_card_is_followed_to_a_millisecond_for_an_hour);
  tcase_add_test(plain, a_step_of_the_clock_is_followed);
  tcase_add_test(plain, flac_is_taken_wherever_it_holds_the_samples);
  suite_add_tcase(s, plain);
  TCase *files = tcase_create("files");
  tcase_add_checked_fixture(files, make_folder, remove_folder);
  tcase_add_test(files, a_name_is_taken_for_every_recorder_once_it_is_given);
  tcase_add_test(files, utc_of_a_time_follows_the_fragments);
  tcase_add_test(files, a_class_goes_to_the_fragment_in_which_it_began);
  tcase_add_test(files, a_class_goes_to_that_fragment_until_its_end);
  tcase_add_test(files, a_name_is_its_time_and_is_free);
  tcase_add_test(files, time_stamps_fall_into_the_fragment_of_their_sample);
  tcase_add_test(files, a_record_goes_to_the_fragment_in_which_it_ended);
  tcase_add_test(files, a_line_that_a_crash_cut_does_not_swallow_the_next);
  tcase_add_test(files, a_journal_that_cannot_be_written_says_so);
  tcase_add_test(files, only_old_recordings_are_superfluous);
  tcase_add_test(files, a_folder_that_is_away_has_nothing_superfluous);
  tcase_add_test(files, a_page_is_made_where_no_other_is);
  tcase_add_test(files, a_disk_that_fills_is_announced_once_a_level);
  tcase_add_test(files, segments_begin_with_key_frames_and_the_oldest_go);
  suite_add_tcase(s, files);
  return s;
}

GST_CHECK_MAIN(recorder)
