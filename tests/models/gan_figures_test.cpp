/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/train/gan_figures.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "models/gnuplot.h"
#include "sonar/core/error.h"
#include "support/folder.h"
#include "support/testing.h"
#include "support/tiny_data.h"

using namespace sonar;
using namespace sonar::models;
namespace fs = std::filesystem;

class Flat : public TileSource {
 public:
  Image draw(std::size_t, synth::Random &) const override {
    return Image(kRows, kColumns, 9);
  }
  const std::set<std::string> &groups() const override { return groups_; }
  std::string fingerprint() const override { return "flat"; }

 private:
  std::set<std::string> groups_;
};

static Bundle gan() {
  Bundle out;
  out.settings.recipe = tiny_recipe();
  out.tensors["curves"] = {{2, 5}, {3, 0.75f, 1, -2, 4, 2, 0.5f, 0.5f, -1, 3}};
  return out;
}

static std::string text_of(const fs::path &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

static std::size_t files_in(const fs::path &path) {
  return std::size_t(
      std::distance(fs::directory_iterator(path), fs::directory_iterator()));
}

/* Width and height of a PNG: its header's big-endian numbers. */
static std::pair<int, int> png_size(const fs::path &path) {
  const std::string bytes = text_of(path);
  fail_unless(bytes.size() > 24 && bytes.compare(1, 3, "PNG") == 0);
  const auto number = [&](std::size_t at) {
    int out = 0;
    for (std::size_t i = at; i < at + 4; ++i)
      out = 256 * out + static_cast<unsigned char>(bytes[i]);
    return out;
  };
  return {number(16), number(20)};
}

static bool gnuplot_is_there() {
  try {
    require_gnuplot();
    return true;
  } catch (const Error &) {
    return false;
  }
}

GST_START_TEST(curves_and_grid_are_written_whole) {
  const fs::path made = folder / "it's" / "new";
  write_gan_figures(made.string(), gan(), Flat(), tiny_data());
  fail_unless(text_of(made / "curves.csv") ==
              "epoch,distance,accuracy_real,accuracy_generated,critic_loss,"
              "generator_loss\n1,3,0.75,1,-2,4\n2,2,0.5,0.5,-1,3\n");
  fail_unless((png_size(made / "curves.png") == std::pair(1100, 700)));
  // two classes of 16 rows; four real, a gap, four generated of 16 columns,
  // four pixels between them; room for the words
  fail_unless(
      (png_size(made / "grid.png") == std::pair(9 * 20 + 220, 2 * 20 + 80)));
  fail_unless_equals_int(files_in(made), 3);
}
GST_END_TEST

GST_START_TEST(a_script_that_fails_leaves_nothing) {
  try {
    draw_png((folder / "bad.png").string(), 200, 100, "plot nonsense(\n");
    ck_abort_msg("nothing was thrown");
  } catch (const Error &e) {
    fail_unless(e.code() == Errc::kResource);
    fail_unless(std::string(e.what()).find("gnuplot could not draw") !=
                std::string::npos);
  }
  fail_unless_equals_int(files_in(folder), 0);
}
GST_END_TEST

GST_START_TEST(a_missing_gnuplot_is_named_with_its_package) {
  setenv("PATH", folder.c_str(), 1);  // this test runs in a process of its own
  try {
    require_gnuplot();
    ck_abort_msg("nothing was thrown");
  } catch (const Error &e) {
    fail_unless(e.code() == Errc::kNotFound);
    fail_unless(std::string(e.what()).find("install the package gnuplot-nox") !=
                std::string::npos);
  }
}
GST_END_TEST

static Suite *gan_figures_suite(void) {
  Suite *s = suite_create("gan_figures");
  TCase *tc = tcase_create("figures");
  suite_add_tcase(s, tc);
  tcase_add_checked_fixture(tc, make_folder, remove_folder);
  tcase_add_test(tc, curves_and_grid_are_written_whole);
  tcase_add_test(tc, a_script_that_fails_leaves_nothing);
  tcase_add_test(tc, a_missing_gnuplot_is_named_with_its_package);
  return s;
}

int main(int argc, char **argv) {
  if (!gnuplot_is_there()) return 77;  // Meson's word for skipped
  gst_check_init(&argc, &argv);
  return gst_check_run_suite(gan_figures_suite(), "gan_figures", __FILE__);
}
