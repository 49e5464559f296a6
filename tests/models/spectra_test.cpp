/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/train/spectra.h"

#include <cmath>
#include <functional>

#include "models/train/augment.h"
#include "models/train/npy.h"
#include "sonar/core/error.h"
#include "support/folder.h"
#include "support/ship_spectra.h"
#include "support/testing.h"

using namespace sonar;
using namespace sonar::models;

static void assert_says(const std::string &words,
                        const std::function<void()> &body,
                        Errc code = Errc::kBadArgument) {
  std::string said = "nothing was thrown";
  try {
    body();
  } catch (const Error &e) {
    fail_unless(e.code() == code, "%s", e.what());
    said = e.what();
  }
  fail_unless(said.find(words) != said.npos, "\"%s\" in: %s", words.c_str(),
              said.c_str());
}

static void write_labels(const std::string &text) {
  std::ofstream(folder / "labels.csv") << text;
}

GST_START_TEST(a_matrix_is_read_row_by_row) {
  write_npy(folder / "m.npy", npy_header(2, 3),
            bytes_of({1, 2, 3, 4, 5, -6.5f}));
  const Matrix m = read_npy(folder / "m.npy");
  fail_unless_equals_int(m.rows, 2);
  fail_unless_equals_int(m.columns, 3);
  fail_unless(m.values == std::vector<float>({1, 2, 3, 4, 5, -6.5f}));
}
GST_END_TEST

GST_START_TEST(what_is_no_matrix_of_float32_is_refused_with_what_it_is) {
  const auto path = folder / "m.npy";
  const auto read = [&] { read_npy(path); };
  assert_says("cannot open", read, Errc::kNotFound);
  std::ofstream(path) << "not numpy";
  assert_says("is no NumPy file", read);
  std::ofstream(path, std::ios::binary) << "\x93NUMPY\1" << '\0' << "\x70";
  assert_says("ends inside its header", read);
  const std::string six = bytes_of({1, 2, 3, 4, 5, 6});
  const auto with = [&](const std::string &header, const std::string &values) {
    write_npy(path, header, values);
  };
  with("{'descr': '<f8', 'fortran_order': False, 'shape': (1, 3), }", six);
  assert_says("values of type '<f8'", read);
  with("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1, 3), }",
       six);
  assert_says("values of type [", read);
  with("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }", six);
  assert_says("is in Fortran order", read);
  with("{'descr': '<f4', 'fortran_order': False, 'shape': (6,), }", six);
  assert_says("is of shape (6,)", read);
  with("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2, 3), }", six);
  assert_says("is of shape (1, 2, 3)", read);
  with(npy_header(0, 3), "");
  assert_says("is of shape (0, 3)", read);
  with("{'descr': '<f4', 'shape': (2, 3), }", six);
  assert_says("has no fortran_order in its header", read);
  with(npy_header(2, 3), six.substr(1));
  assert_says("has 23 bytes of values where its shape (2, 3) takes 24", read);
  with(npy_header(2, 3), six + "x");
  assert_says("has 25 bytes", read);
  with(npy_header(4000000000, 4000000000), six);
  assert_says("rows or columns", read);
}
GST_END_TEST

/* A line of 20 dB over a flat background, whose median is itself. */
GST_START_TEST(a_spectrum_is_one_column_in_db_over_its_background) {
  const Recipe r = ship_recipe();
  std::vector<float> values(499, 2);
  values[100] = 20;
  write_npy(folder / "spectra.npy", npy_header(1, 499), bytes_of(values));
  write_labels("row,class\n0,a\n");
  std::vector<Recording> list = list_spectra(folder, "class");
  list.push_back({list[0].path, "b", "other"});  // two classes are needed
  const Dataset data = load_spectra(folder, list, r);
  const Tile &tile = data.tiles[0];
  fail_unless(tile.valid.begin == 0 && tile.valid.end == 1);
  const Decoded picture = decode(tile, r);
  const double background_db = 20 * std::log10(2.0);
  for (int y = 0; y < r.height(); ++y) {
    /* row 0 is 49.8 Hz; bin 100 is 10 Hz. 16 bits of 60 dB: 0.0005 dB */
    const double want = y == 498 - 100 ? 20 : 0;
    ASSERT_NEAR_AT(y, picture.value_db.at(std::size_t(y), 0), want, 2e-3);
    ASSERT_NEAR_AT(y, picture.background_db.at(std::size_t(y), 0),
                   background_db, 1e-3);
  }
}
GST_END_TEST

GST_START_TEST(vessels_are_groups_and_recordings_without_one_are_alone) {
  write_labels(
      "row,id,class,vessel\n0,x,tug,SEA IMP\n2,y,tug,SEA IMP\n1,z,tanker,\n");
  const auto list = list_spectra(folder, "class");
  fail_unless(list[0].group == "SEA IMP" && list[1].group == "SEA IMP");
  fail_unless(list[2].group == list[2].path && list[2].label == "tanker");
}
GST_END_TEST

GST_START_TEST(malformed_sets_are_refused_with_the_place) {
  const auto list = [] { list_spectra(folder, "class"); };
  assert_says("labels.csv", list, Errc::kNotFound);
  write_labels("row,class\n");
  assert_says("has no rows", list);
  write_labels("id,class\n0,a\n");
  assert_says("has no column \"row\"", list);
  write_labels("row,kind\n0,a\n");
  assert_says("has no column \"class\"", list);
  write_labels("row,class\n0,a\n1\n");
  assert_says("row 3 has 1 fields", list);
  write_labels("row,class\n0,a\n0,b\n");
  assert_says("row 3 names the spectrum \"0\"", list);
  write_labels("row,class\n-1,a\n");
  assert_says("names the spectrum \"-1\"", list);
  write_labels("row,class\n0,\n");
  assert_says("has no label", list);

  write_labels("row,class\n0,a\n7,b\n");
  const auto load = [](const Recipe &r) {
    return [r] { load_spectra(folder, list_spectra(folder, "class"), r); };
  };
  const auto write = [](std::size_t columns, float value) {
    write_npy(folder / "spectra.npy", npy_header(2, columns),
              bytes_of(std::vector<float>(2 * columns, value)));
  };
  write(499, 1);
  assert_says("names row 7", load(ship_recipe()));
  write_labels("row,class\n0,a\n1,b\n");
  write(200, 1);
  assert_says("has 200 bins, the recipe needs 499", load(ship_recipe()));
  write(499, -1);
  assert_says("has the value -1", load(ship_recipe()));
  write(499, std::nanf(""));
  assert_says("has the value", load(ship_recipe()));
  write(499, 0);
  assert_says("is silent", load(ship_recipe()));
  Recipe r = ship_recipe();
  r.axis = FrequencyAxis::kGeometric;
  assert_says("preset ship-type", load(r));
}
GST_END_TEST

static Suite *spectra_suite(void) {
  Suite *s = suite_create("spectra");
  TCase *tc = tcase_create("spectra");
  suite_add_tcase(s, tc);
  tcase_add_checked_fixture(tc, make_folder, remove_folder);
  tcase_add_test(tc, a_matrix_is_read_row_by_row);
  tcase_add_test(tc, what_is_no_matrix_of_float32_is_refused_with_what_it_is);
  tcase_add_test(tc, a_spectrum_is_one_column_in_db_over_its_background);
  tcase_add_test(tc, vessels_are_groups_and_recordings_without_one_are_alone);
  tcase_add_test(tc, malformed_sets_are_refused_with_the_place);
  return s;
}
GST_CHECK_MAIN(spectra)
