/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/report/report.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "models/evaluate/methods.h"
#include "models/line_tensors.h"
#include "models/report/cases.h"
#include "models/report/folder.h"
#include "models/report/page.h"
#include "models/synth/write.h"
#include "sonar/core/error.h"
#include "support/folder.h"
#include "support/testing.h"

using namespace sonar;
using namespace sonar::models;
using namespace sonar::models::report;
namespace fs = std::filesystem;
using nlohmann::json;

/* A name that would be markup if it were not escaped. */
static const char kOdd[] = "ferry <b>&\"'";

static Recipe small_recipe() {
  Recipe r = synthetic_recipe();
  r.width = r.advance = 16;
  r.evidence_fft_size = 1024;
  return r;
}

/* Two classes; the network calls everything the first. */
class FirstNetwork : public nn::Network {
 public:
  nn::Shape input() const override {
    return {1, std::size_t(small_recipe().height()), 16};
  }
  std::size_t classes() const override { return 2; }
  nn::Shape maps() const override { return {1, 1, 1}; }
  std::size_t embedding() const override { return 1; }
  Output forward(const float *, std::size_t count, Want) const override {
    Output out;
    for (std::size_t n = 0; n < count; ++n) {
      out.logits.push_back(1);
      out.logits.push_back(0);
    }
    out.maps.resize(count);
    out.embedding.resize(count);
    return out;
  }
  std::vector<float> probabilities(const float *) const override {
    return {0.75f, 0.25f};
  }
};

static json training() {
  return {{"classes", {{"cargo", {{"recordings", 3}}}}},
          {"history",
           {{"loss", {2, 1, 0.5}},
            {"training_accuracy", {0.2, 0.5, 0.9}},
            {"validation_accuracy", {0.25, 0.5, 0.75}}}},
          {"validation",
           {{"recordings", 4},
            {"accuracy", 0.75},
            {"balanced_accuracy", 0.75},
            {"confusion", {{2, 0}, {1, 1}}},
            {"answers", {{0, 0, 0.9}, {0, 0, 0.8}, {1, 0, 0.7}, {1, 1, 0.2}}}}},
          {"class_model",
           {{"cargo",
             {{"clusters", 1},
              {"inertia", {4, 2, 1}},
              {"members", {5}},
              {"representatives", {"cargo_000", "gone_<i>"}},
              {"projection",
               {{"points", {{0, 1}, {1, 0}}},
                {"cluster", {0, -1}},
                {"variance", {0.6, 0.3}}}}}}}}};
}

/* Lines at 60 Hz (moving) and 100 Hz (fixed) of the first class, none of the
 * second. */
static lines::LineModel line_model() {
  lines::LineModel out;
  out.classes.resize(2);
  lines::Line moving, fixed;
  moving.frequency = 60;
  moving.moving = true;
  fixed.frequency = 100;
  fixed.presence = 0.5;
  out.classes[0].lines = {moving, fixed};
  return out;
}

struct Fixture {
  explicit Fixture(const json &about = training(), bool with_lines = true) {
    Settings s;
    s.name = "a <model>";
    s.labels = {"cargo", kOdd};
    s.recipe = small_recipe();
    s.mask_recipe = MaskRecipe::kSubband;
    s.training_json = about.dump();
    const std::int64_t height = s.recipe.height();
    for (const char *name : {"class.gate", "class.template", "class.profile"})
      tensors[name] = {{2, height},
                       std::vector<float>(std::size_t(2 * height), 0.5f)};
    tensors["class.mask"] = {{2, height, 16},
                             std::vector<float>(std::size_t(2 * height * 16))};
    if (with_lines) add_line_tensors(line_model(), 1.0, tensors);
    model =
        std::make_unique<Model>(s, std::make_unique<FirstNetwork>(), tensors);
  }

  Sources sources() const {
    Sources out{*model, tensors, {}, {}, {}, {}, 1, "Made by a <test>."};
    return out;
  }
  /* Four scenes of a second whose truth is known. */
  Sources with_truth() const {
    WriteOptions scenes;
    scenes.scene.recipe = synthetic_recipe();
    scenes.scene.seconds = 2;
    scenes.classes = {"ferry", "cargo"};
    scenes.per_class = 2;
    const std::string set = (folder / "set").string();
    write_scenes(set, scenes);
    Sources out = sources();
    out.truth = set;
    out.renamed = {{"ferry", kOdd}};
    out.data = relabel(list_dataset(set), out.renamed, {});
    return out;
  }

  std::map<std::string, Tensor> tensors;
  std::unique_ptr<Model> model;
};

static std::string text_of(const fs::path &path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

static std::string page_of(const Sources &sources) {
  write_report(sources, (folder / "out").string(), {});
  return text_of(folder / "out" / "index.html");
}

static bool has(const std::string &page, const std::string &words) {
  return page.find(words) != page.npos;
}

static void assert_has(const std::string &page, const std::string &words) {
  fail_unless(has(page, words), "the page lacks \"%s\"", words.c_str());
}

static void assert_refused(const std::function<void()> &call, Errc code,
                           const std::string &words) {
  try {
    call();
  } catch (const Error &e) {
    ck_assert_msg(e.code() == code, "wrong code for: %s", e.what());
    ck_assert_msg(has(e.what(), words), "'%s' does not say '%s'", e.what(),
                  words.c_str());
    return;
  }
  ck_abort_msg("accepted, but should say '%s'", words.c_str());
}

static std::string attribute(const std::string &tag, const std::string &name) {
  const std::size_t at = tag.find(" " + name + "=\"");
  fail_unless(at != tag.npos, "no %s in %s", name.c_str(), tag.c_str());
  const std::size_t begin = at + name.size() + 3;
  return tag.substr(begin, tag.find('"', begin) - begin);
}

static std::vector<std::string> image_tags(const std::string &page) {
  std::vector<std::string> out;
  for (std::size_t at = page.find("<img"); at != page.npos;
       at = page.find("<img", at + 1))
    out.push_back(page.substr(at, page.find('>', at) + 1 - at));
  return out;
}

/* Width and height of a PNG: its header's big-endian numbers. */
static std::pair<int, int> png_size(const fs::path &path) {
  const std::string bytes = text_of(path);
  fail_unless(bytes.size() > 24 && bytes.compare(1, 3, "PNG") == 0, "%s",
              path.c_str());
  const auto number = [&](std::size_t at) {
    int out = 0;
    for (std::size_t i = at; i < at + 4; ++i)
      out = 256 * out + static_cast<unsigned char>(bytes[i]);
    return out;
  };
  return {number(16), number(20)};
}

static std::set<std::string> files_in(const fs::path &path) {
  std::set<std::string> out;
  for (const fs::directory_entry &e : fs::directory_iterator(path))
    out.insert(e.path().filename().string());
  return out;
}

// ------------------------------------------------------------------- the page

GST_START_TEST(text_is_escaped_wherever_it_stands) {
  fail_unless(escape("a<b>&\"'\x01\n") ==
              "a&lt;b&gt;&amp;&quot;&#39;\xEF\xBF\xBD\n");
  Page page("<t>");
  const std::string bad = "<i>&\"";
  page.section("x", bad);
  page.heading(bad);
  page.paragraph(bad);
  page.points({bad});
  page.missing(bad);
  page.pictures({{"f\".png", 10, 20, bad, bad}});
  page.table({bad, {bad, bad}, {{bad, bad}}, {}});
  const std::string html = page.html(bad);
  fail_if(has(html, "<i>") || has(html, "&\"") || has(html, "f\".png"));
  // title, contents, and what was added above, table and page end included
  std::size_t count = 0;
  for (std::size_t at = html.find("&lt;i&gt;&amp;&quot;"); at != html.npos;
       at = html.find("&lt;i&gt;&amp;&quot;", at + 1))
    ++count;
  fail_unless_equals_int(count, 14);
}
GST_END_TEST

GST_START_TEST(columns_of_words_stand_left_and_of_figures_right) {
  Page page("t");
  page.section("x", "x");
  page.table({"", {"name", "kind", "value"}, {{"a", "moving", "1.5"}}, {0}});
  const std::string html = page.html("");
  assert_has(html, "<td class=\"text\">moving</td><td>1.5</td>");
  assert_has(html, "<tr class=\"own\"><th scope=\"row\">a</th>");
}
GST_END_TEST

static const char *const kSections[] = {
    "short",      "model",           "learning", "answers",   "classes",
    "lines",      "representatives", "clusters", "masks",     "table",
    "thresholds", "explanation",     "variants", "generated", "limits"};

GST_START_TEST(every_section_is_there_and_every_picture_a_png_of_its_size) {
  const Fixture fixture;
  const std::string page = page_of(fixture.with_truth());
  for (const std::string id : kSections) {
    assert_has(page, "<section id=\"" + id + "\">");
    assert_has(page, "<a href=\"#" + id + "\">");
  }
  std::set<std::string> files = {"index.html"};
  for (const std::string &tag : image_tags(page)) {
    const std::string file = attribute(tag, "src");
    fail_unless(files.insert(file).second, "%s twice", file.c_str());
    const int width = std::stoi(attribute(tag, "width")),
              height = std::stoi(attribute(tag, "height"));
    const auto [png_width, png_height] = png_size(folder / "out" / file);
    fail_unless(width >= 240 && width <= 1152 && height >= 180);
    // as shown, or a whole number of times finer
    fail_unless(png_width % width == 0 &&
                png_width / width == png_height / height);
    fail_unless(attribute(tag, "alt").size() > 10, "%s", tag.c_str());
  }
  fail_unless(files.size() > 40);
  fail_unless(files_in(folder / "out") == files);
}
GST_END_TEST

GST_START_TEST(nothing_comes_from_elsewhere_and_no_name_becomes_markup) {
  const Fixture fixture;
  Sources sources = fixture.with_truth();
  sources.truth.clear();  // scoring takes long and adds no name
  const std::string page = page_of(sources);
  for (const char *foreign :
       {"http:", "https:", "<script", "<link", "@import", "url(", "src=\"/",
        "<b>", "<i>", "<model>", "<test>"})
    fail_if(has(page, foreign), "%s in the page", foreign);
  assert_has(page, "ferry &lt;b&gt;&amp;&quot;&#39;");
}
GST_END_TEST

/* The network says the same of every picture, so nothing speaks for anything.
 */
GST_START_TEST(structures_of_the_good_and_the_bad_case_are_explained) {
  const Fixture fixture;
  const std::string page = page_of(fixture.with_truth());
  const std::size_t begin = page.find("<section id=\"explanation\">");
  const std::string section =
      page.substr(begin, page.find("</section>", begin) - begin);
  assert_has(section, "Good case");
  assert_has(section, "Bad case");
  fail_if(has(section, "Typical case"));
  // of both cases, one of them wrongly
  assert_has(section, "Labelled cargo, the model says ferry");
  assert_has(section, "&#39;, 0 against it, ");
  assert_has(section, " say nothing (");
  assert_has(section, "of them the target&#39;s in truth)");
  fail_unless_equals_int(image_tags(section).size(), 4);
  assert_has(section, "is no picture of the target");
  assert_has(section, "speaks for</th><td>0</td><td>-</td>");
}
GST_END_TEST

GST_START_TEST(validation_answers_become_figures) {
  const Fixture fixture;
  const std::string page = page_of(fixture.sources());
  // 3 of 4 right; one below the limit of 0.5; of the other three two
  assert_has(page,
             "4 recordings. Right: 75.0 % (averaged over the classes 75.0 %)");
  assert_has(page, "without listening, would be right in 50.0 % of these");
  assert_has(page, "stand behind cargo (2) and ferry");
  assert_has(page, "25.0 % lie below the limit of confidence");
  assert_has(page, "of the others 66.7 % are right");
  // |0.9 - 1|, |0.8 - 1|, |0.7 - 0| and |0.2 - 1|, a quarter each
  assert_has(page, "Mean distance from the line: 0.450");
  assert_has(page, "loss goes from 2.000 to 0.500 in 3 epochs");
  assert_has(page, "validation ends at 0.750");
}
GST_END_TEST

GST_START_TEST(learnt_lines_are_listed_lowest_first) {
  const Fixture fixture;
  const std::string page = page_of(fixture.sources());
  const std::size_t low = page.find("60.00 Hz"), high = page.find("100.00 Hz");
  fail_unless(low != page.npos && high != page.npos && low < high);
  assert_has(page, "60.00 Hz</th><td class=\"text\">moving</td><td>80.0 %");
  assert_has(page, "100.00 Hz</th><td class=\"text\">fixed</td><td>50.0 %");
  assert_has(page, "1 moving and 1 fixed lines of cargo");
  assert_has(page, "No line was found for this class.");
}
GST_END_TEST

GST_START_TEST(what_is_missing_is_named_with_what_would_help) {
  const Fixture bare(json::object(), false);
  const std::string page = page_of(bare.sources());
  for (const std::string id : kSections)
    assert_has(page, "<section id=\"" + id + "\">");
  for (const char *words :
       {"holds no learning curves", "no validation figures",
        "has no line model", "give that data set as --data", "no clustering",
        "as --truth", "give --truth DIR (scored) or --data DATASET",
        "learnt from recordings alone", "does not say what the model was made"})
    assert_has(page, words);
  // the class masks and curves are in the file itself
  fail_unless(image_tags(page).size() >= 4);
}
GST_END_TEST

GST_START_TEST(training_figures_of_another_form_are_left_out) {
  for (const json &odd :
       {json::array({1, 2}), json("text"),
        json{{"history", 3}, {"validation", {{"answers", {{7, 0, 0.5}}}}}},
        json{{"validation", {{"confusion", {{1}}}, {"answers", {1, 2}}}},
             {"class_model",
              {{"cargo", {{"inertia", "x"}, {"projection", {1}}}}}}}}) {
    const Fixture fixture(odd);
    assert_has(page_of(fixture.sources()), "no validation figures");
  }
}
GST_END_TEST

GST_START_TEST(representatives_that_the_data_lacks_are_named) {
  const Fixture fixture;
  Sources sources = fixture.with_truth();
  sources.truth.clear();
  const std::string page = page_of(sources);
  assert_has(page, "Spectrogram of cargo_000, a representative of cargo.");
  assert_has(page, "It stands for 5 of the class&#39; pictures.");
  assert_has(page, "Not in the data set that was given: gone_&lt;i&gt;.");
  // examples without scores
  assert_has(page, "Example: cargo_000");
  fail_if(has(page, "; F1 "));
}
GST_END_TEST

class FlatTiles : public TileSource {
 public:
  Image draw(std::size_t, synth::Random &) const override {
    return Image(std::size_t(small_recipe().height()), 16, 9);
  }
  const std::set<std::string> &groups() const override { return groups_; }
  std::string fingerprint() const override { return "flat"; }

 private:
  std::set<std::string> groups_;
};

GST_START_TEST(a_generator_is_shown_beside_recordings) {
  const Fixture fixture;
  Sources sources = fixture.with_truth();
  sources.truth.clear();
  Bundle file;
  file.tensors["curves"] = {{2, 5}, {3, 0.75f, 1, -2, 4, 2, 0.5f, 0.5f, -1, 3}};
  sources.generator = {file, std::make_shared<FlatTiles>()};
  std::string page = page_of(sources);
  assert_has(page, "Line chart of the distance by epoch.");
  const auto count = [&](const std::string &alt) {
    std::size_t out = 0;
    for (const std::string &tag : image_tags(page))
      out += attribute(tag, "alt") == alt;
    return out;
  };
  // of each class as many recordings as there are, and three generated
  fail_unless_equals_int(count("A real picture of cargo."), 2);
  fail_unless_equals_int(count("A generated picture of cargo."), 3);
  fail_unless_equals_int(count("A generated picture of " + escape(kOdd) + "."),
                         3);
  fail_if(has(page, "learnt from recordings alone"));

  sources.generator->file.tensors["curves"].shape = {10};
  sources.data.clear();
  page = page_of(sources);
  assert_has(page, "The generator&#39;s file holds no curves.");
  assert_has(page, "The real ones need --data.");
}
GST_END_TEST

// ------------------------------------------------------------------ the cases

GST_START_TEST(cases_are_the_largest_the_middle_and_the_smallest_f1) {
  const Fixture fixture;
  const Sources sources = fixture.with_truth();
  const auto set = list_truth_set(sources.truth, sources.renamed);
  Evaluation e;
  const double f1[] = {0.3, 0.9, -1, 0.5};  // cargo_000, _001, ferry_000, _001
  for (std::size_t i = 0; i < 4; ++i) {
    RecordingResult r;
    r.name = set[i].name;
    r.decision.truth = set[i].labels;
    r.decision.predicted = {"cargo"};
    r.outcomes = {{MaskOutcome{}}};
    if (f1[i] >= 0) r.outcomes[0][0].best.f1 = f1[i];
    e.recordings.push_back(r);
  }
  const std::vector<Case> cases =
      truth_cases(*fixture.model, sources.truth, set, e, 0, 0);
  fail_unless_equals_int(cases.size(), 3);
  fail_unless(cases[0].kind == "Good case" && cases[0].name == "cargo_001");
  fail_unless(cases[1].kind == "Typical case" && cases[1].name == "ferry_001");
  fail_unless(cases[2].kind == "Bad case" && cases[2].name == "cargo_000");
  fail_unless(cases[2].score->f1 == 0.3);
  // of two pictures side by side, the truth as wide as what is shown
  const Image target = cases[0].target();
  fail_unless_equals_int(target.width(), cases[0].recording.columns);
  const auto pixels =
      std::count(target.data(), target.data() + target.size(), 1.0f);
  const auto &truth = cases[0].truth->target.values;
  fail_unless_equals_int(pixels, std::count(truth.begin(), truth.end(), 1));
}
GST_END_TEST

GST_START_TEST(long_recordings_are_cut_to_whole_pictures) {
  AnalysedRecording r;
  for (int i = 0; i < 9; ++i) {
    r.pictures.push_back({Image(4, 64), {}, {0, 64}});
    r.columns += 64;
  }
  bool cut = false;
  const AnalysedRecording shown = beginning(r, cut);
  fail_unless(cut);
  fail_unless_equals_int(shown.columns, 512);
  fail_unless_equals_int(shown.pictures.size(), 8);
  r.pictures = {{Image(4, 2000), {}, {0, 2000}}};
  fail_unless_equals_int(beginning(r, cut).pictures.size(), 1);
  fail_if(cut);
}
GST_END_TEST

GST_START_TEST(only_networks_that_learnt_from_clean_pictures_used_truth) {
  std::set<std::string> used;
  for (const Method &m : methods())
    if (m.used_truth) used.insert(m.name);
  fail_unless(used == std::set<std::string>({"autoencoder", "dncnn"}));
}
GST_END_TEST

// ----------------------------------------------------------------- the folder

GST_START_TEST(a_file_or_a_folder_of_other_things_is_refused) {
  const Fixture fixture;
  const auto to = [&](const fs::path &path) {
    return [&fixture, path] {
      write_report(fixture.sources(), path.string(), {});
    };
  };
  std::ofstream(folder / "file") << "mine";
  assert_refused(to(folder / "file"), Errc::kBadArgument, "is a file");
  assert_refused(to(folder / "file" / "x"), Errc::kResource,
                 "cannot write the report to");
  // a folder of the kernel's, in which root cannot write either
  assert_refused(to("/proc/report"), Errc::kResource,
                 "cannot write the report to /proc/report");
  assert_refused(to(folder), Errc::kBadArgument,
                 "holds \"file\" and no report");
  assert_refused(to(""), Errc::kBadArgument, "no folder");
  fail_unless(files_in(folder) == std::set<std::string>{"file"});
  std::ofstream(folder / "index.html") << "<p>a page of somebody else's";
  fs::remove(folder / "file");
  assert_refused(to(folder), Errc::kBadArgument, "holds \"index.html\"");
}
GST_END_TEST

/* Interrupts at every stage in turn, until the run gets to its end. */
static int interrupt_everywhere(const Sources &sources,
                                const std::function<void()> &check) {
  for (int at = 1;; ++at) {
    int stage = 0;
    Hooks hooks;
    hooks.stage = [&](const std::string &) {
      if (++stage == at) throw Error(Errc::kResource, "interrupted");
    };
    try {
      write_report(sources, (folder / "out").string(), hooks);
      return at;
    } catch (const Error &e) {
      ck_assert_str_eq(e.what(), "interrupted");
    }
    check();
  }
}

GST_START_TEST(an_interruption_leaves_no_half_page) {
  // with few figures: every stage is drawn many times over
  const Fixture fixture(json::object(), false);
  const int stages = interrupt_everywhere(
      fixture.sources(), [] { fail_if(fs::exists(folder / "out")); });
  fail_unless(stages > 10);
  const std::set<std::string> before = files_in(folder / "out");
  const std::string page = text_of(folder / "out" / "index.html");
  const Fixture other({{"classes", {{"cargo", {{"recordings", 3}}}}}}, false);
  interrupt_everywhere(other.sources(), [&] {
    fail_unless(files_in(folder / "out") == before);
    fail_unless(text_of(folder / "out" / "index.html") == page);
  });
  fail_if(text_of(folder / "out" / "index.html") == page);
}
GST_END_TEST

GST_START_TEST(a_new_page_takes_the_place_of_the_old_one_alone) {
  const Fixture fixture, bare(json::object(), false);
  page_of(fixture.sources());
  std::ofstream(folder / "out" / "notes.txt") << "mine";
  // of a run that was killed
  fs::create_directory(folder / "out" / ".report.part");
  std::ofstream(folder / "out" / ".report.part" / "figure-99-x.png") << "half";
  const std::string page = page_of(bare.sources());
  std::set<std::string> want = {"index.html", "notes.txt"};
  for (const std::string &tag : image_tags(page))
    want.insert(attribute(tag, "src"));
  fail_unless(files_in(folder / "out") == want);
}
GST_END_TEST

GST_START_TEST(a_figures_name_is_safe_whatever_it_is_called) {
  ReportFolder out((folder / "out").string());
  fail_unless(out.next_figure("../a b/\"<c>") == "figure-01----a-b---c-.png");
  fail_unless(out.next_figure("x") == "figure-02-x.png");
}
GST_END_TEST

static Suite *report_suite() {
  Suite *s = suite_create("report");
  TCase *tc = tcase_create("report");
  suite_add_tcase(s, tc);
  tcase_add_checked_fixture(tc, make_folder, remove_folder);
  tcase_add_test(tc, text_is_escaped_wherever_it_stands);
  tcase_add_test(tc, columns_of_words_stand_left_and_of_figures_right);
  tcase_add_test(tc,
                 every_section_is_there_and_every_picture_a_png_of_its_size);
  tcase_add_test(tc, nothing_comes_from_elsewhere_and_no_name_becomes_markup);
  tcase_add_test(tc, structures_of_the_good_and_the_bad_case_are_explained);
  tcase_add_test(tc, validation_answers_become_figures);
  tcase_add_test(tc, learnt_lines_are_listed_lowest_first);
  tcase_add_test(tc, what_is_missing_is_named_with_what_would_help);
  tcase_add_test(tc, training_figures_of_another_form_are_left_out);
  tcase_add_test(tc, representatives_that_the_data_lacks_are_named);
  tcase_add_test(tc, a_generator_is_shown_beside_recordings);
  tcase_add_test(tc, cases_are_the_largest_the_middle_and_the_smallest_f1);
  tcase_add_test(tc, long_recordings_are_cut_to_whole_pictures);
  tcase_add_test(tc, only_networks_that_learnt_from_clean_pictures_used_truth);
  tcase_add_test(tc, a_file_or_a_folder_of_other_things_is_refused);
  tcase_add_test(tc, an_interruption_leaves_no_half_page);
  tcase_add_test(tc, a_new_page_takes_the_place_of_the_old_one_alone);
  tcase_add_test(tc, a_figures_name_is_safe_whatever_it_is_called);
  return s;
}

GST_CHECK_MAIN(report)
