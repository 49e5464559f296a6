/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/train/folds.h"

#include <algorithm>
#include <set>
#include <string>

#include "sonar/core/error.h"
#include "support/testing.h"

using namespace sonar;
using namespace sonar::models;

/* A dataset of nothing but labels and groups. */
static Dataset grouped(const std::vector<std::pair<int, int>> &label_group) {
  Dataset data;
  for (const auto &[label, group] : label_group) {
    Tile tile{};
    tile.label = std::size_t(label);
    tile.group = std::size_t(group);
    data.tiles.push_back(tile);
    data.labels.resize(std::max(data.labels.size(), tile.label + 1));
    data.groups.resize(std::max(data.groups.size(), tile.group + 1));
  }
  for (std::size_t c = 0; c < data.labels.size(); ++c)
    data.labels[c] = "class" + std::to_string(c);
  return data;
}

static std::set<std::size_t> groups_of(const Dataset &data,
                                       const std::vector<std::size_t> &tiles,
                                       std::size_t label) {
  std::set<std::size_t> out;
  for (const std::size_t i : tiles)
    if (data.tiles[i].label == label) out.insert(data.tiles[i].group);
  return out;
}

/* Thirty groups of class 0, nine of class 1, four of class 2; tiles of one
 * group three times. */
static Dataset uneven() {
  std::vector<std::pair<int, int>> tiles;
  for (int group = 0; group < 43; ++group)
    for (int i = 0; i < 3; ++i)
      tiles.emplace_back(group < 30 ? 0 : group < 39 ? 1 : 2, group);
  return grouped(tiles);
}

GST_START_TEST(every_group_is_held_out_once_and_never_learnt_from_there) {
  const Dataset data = uneven();
  std::multiset<std::size_t> held;
  for (const Split &split : folds_by_group(data, 4, 7)) {
    fail_unless_equals_int(split.train.size() + split.validation.size(),
                           data.tiles.size());
    std::set<std::size_t> train, validation;
    for (const std::size_t i : split.train) train.insert(data.tiles[i].group);
    for (const std::size_t i : split.validation)
      validation.insert(data.tiles[i].group);
    for (const std::size_t group : validation) fail_unless(!train.count(group));
    held.insert(validation.begin(), validation.end());
  }
  fail_unless_equals_int(held.size(), data.groups.size());
  for (std::size_t g = 0; g < data.groups.size(); ++g)
    fail_unless_equals_int(held.count(g), 1);
}
GST_END_TEST

GST_START_TEST(the_groups_of_each_class_are_spread_evenly_over_the_folds) {
  const Dataset data = uneven();
  for (std::uint64_t seed = 0; seed < 5; ++seed)
    for (std::size_t label = 0; label < 3; ++label) {
      std::size_t least = 99, most = 0;
      for (const Split &split : folds_by_group(data, 4, seed)) {
        const std::size_t count =
            groups_of(data, split.validation, label).size();
        least = std::min(least, count);
        most = std::max(most, count);
      }
      fail_unless(most - least <= 1, "class %zu: %zu to %zu groups a fold",
                  label, least, most);
    }
}
GST_END_TEST

/* Three classes of two groups, each pair of classes sharing one of the three:
 * an odd ring, which two folds cannot part. */
static Dataset ring() {
  return grouped({{0, 0}, {1, 0}, {1, 1}, {2, 1}, {2, 2}, {0, 2}});
}

GST_START_TEST(groups_of_several_classes_leave_something_to_learn_of_each) {
  const Dataset data = ring();
  for (std::uint64_t seed = 0; seed < 20; ++seed)
    for (const Split &split : folds_by_group(data, 3, seed))
      for (std::size_t label = 0; label < 3; ++label)
        fail_unless(!groups_of(data, split.train, label).empty());
}
GST_END_TEST

GST_START_TEST(the_seed_decides_the_folds) {
  const Dataset data = uneven();
  const auto first = folds_by_group(data, 3, 1);
  fail_unless(folds_by_group(data, 3, 1)[0].train == first[0].train);
  fail_unless(folds_by_group(data, 3, 2)[0].train != first[0].train);
}
GST_END_TEST

static std::string refusal(const Dataset &data, std::size_t folds) {
  try {
    folds_by_group(data, folds, 0);
  } catch (const Error &e) {
    fail_unless(e.code() == Errc::kBadArgument);
    return e.what();
  }
  ck_abort_msg("nothing was thrown");
  return {};
}

GST_START_TEST(folds_that_cannot_be_dealt_are_refused_with_the_reason) {
  const Dataset data = grouped({{0, 0}, {0, 1}, {1, 2}, {1, 3}});
  const std::string folds = refusal(data, 1);
  fail_unless_equals_string(
      folds.c_str(),
      "cannot cross-validate in 1 folds: needed 2 to the number of groups, 4");
  refusal(data, 5);
  const std::string lonely = refusal(grouped({{0, 0}, {0, 1}, {1, 2}}), 2);
  fail_unless_equals_string(
      lonely.c_str(),
      "cannot cross-validate: class class1 has one group, needed at least 2 "
      "for it to be both learnt and held out; merge it with another class or "
      "leave it out");
  const std::string together = refusal(ring(), 2);
  fail_unless(together.find("came into one fold") != std::string::npos, "%s",
              together.c_str());
}
GST_END_TEST

static Suite *folds_suite(void) {
  Suite *s = suite_create("folds");
  TCase *tc = tcase_create("folds");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, every_group_is_held_out_once_and_never_learnt_from_there);
  tcase_add_test(tc, the_groups_of_each_class_are_spread_evenly_over_the_folds);
  tcase_add_test(tc,
                 groups_of_several_classes_leave_something_to_learn_of_each);
  tcase_add_test(tc, the_seed_decides_the_folds);
  tcase_add_test(tc, folds_that_cannot_be_dealt_are_refused_with_the_reason);
  return s;
}
GST_CHECK_MAIN(folds)
