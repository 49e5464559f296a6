/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/train/folds.h"

#include <algorithm>
#include <limits>
#include <random>
#include <set>
#include <string>
#include <utility>

#include "sonar/core/error.h"

namespace sonar::models {
namespace {

constexpr std::size_t kUnassigned = std::numeric_limits<std::size_t>::max();

using Classes = std::set<std::size_t>;

std::vector<Classes> classes_of_groups(const Dataset &data) {
  std::vector<Classes> out(data.groups.size());
  for (const Tile &tile : data.tiles) out[tile.group].insert(tile.label);
  return out;
}

std::vector<std::size_t> count_groups(const std::vector<Classes> &classes_of,
                                      std::size_t classes) {
  std::vector<std::size_t> out(classes);
  for (const Classes &held : classes_of)
    for (const std::size_t c : held) ++out[c];
  return out;
}

void check(const Dataset &data, const std::vector<std::size_t> &counts,
           std::size_t folds) {
  if (folds < 2 || folds > data.groups.size())
    throw Error(Errc::kBadArgument,
                "cannot cross-validate in " + std::to_string(folds) +
                    " folds: needed 2 to the number of groups, " +
                    std::to_string(data.groups.size()));
  for (std::size_t c = 0; c < counts.size(); ++c)
    if (counts[c] < 2)
      throw Error(Errc::kBadArgument,
                  "cannot cross-validate: class " + data.labels[c] +
                      " has one group, needed at least 2 for it to be both "
                      "learnt and held out; merge it with another class or "
                      "leave it out");
}

/** Groups to folds: the class with the fewest groups left goes first, each of
 *  its groups to the fold that lacks that class most. */
class Dealer {
 public:
  Dealer(const std::vector<Classes> &classes_of,
         const std::vector<std::size_t> &counts, std::size_t folds,
         std::uint64_t seed)
      : classes_of_(classes_of),
        left_(counts),
        held_(folds, std::vector<std::size_t>(counts.size())),
        sizes_(folds),
        fold_of_(classes_of.size(), kUnassigned),
        random_(seed) {}

  std::vector<std::size_t> deal() {
    for (;;) {
      std::size_t rarest = kUnassigned;
      for (std::size_t c = 0; c < left_.size(); ++c)
        if (left_[c] > 0 && (rarest == kUnassigned || left_[c] < left_[rarest]))
          rarest = c;
      if (rarest == kUnassigned) return fold_of_;
      for (const std::size_t group : shuffled_groups(rarest))
        assign(group, choose_fold(rarest));
    }
  }

 private:
  std::vector<std::size_t> shuffled_groups(std::size_t label) {
    std::vector<std::size_t> out;
    for (std::size_t g = 0; g < classes_of_.size(); ++g)
      if (fold_of_[g] == kUnassigned && classes_of_[g].count(label))
        out.push_back(g);
    // not std::shuffle, whose draws differ between standard libraries
    for (std::size_t i = out.size(); i > 1; --i)
      std::swap(out[i - 1], out[random_() % i]);
    return out;
  }

  std::size_t choose_fold(std::size_t label) {
    const auto crowding = [&](std::size_t fold) {
      return std::make_pair(held_[fold][label], sizes_[fold]);
    };
    std::vector<std::size_t> best;
    for (std::size_t f = 0; f < held_.size(); ++f) {
      if (!best.empty() && crowding(f) < crowding(best.front())) best.clear();
      if (best.empty() || crowding(f) == crowding(best.front()))
        best.push_back(f);
    }
    return best[random_() % best.size()];
  }

  void assign(std::size_t group, std::size_t fold) {
    fold_of_[group] = fold;
    ++sizes_[fold];
    for (const std::size_t c : classes_of_[group]) {
      ++held_[fold][c];
      --left_[c];
    }
  }

  const std::vector<Classes> &classes_of_;
  std::vector<std::size_t> left_;               ///< groups to deal, per class
  std::vector<std::vector<std::size_t>> held_;  ///< groups, [fold][class]
  std::vector<std::size_t> sizes_, fold_of_;
  std::mt19937_64 random_;
};

/** Rare, but groups of several classes can bring it about. */
void check_spread(const Dataset &data, const std::vector<Classes> &classes_of,
                  const std::vector<std::size_t> &fold_of) {
  std::vector<std::set<std::size_t>> folds_of(data.labels.size());
  for (std::size_t g = 0; g < classes_of.size(); ++g)
    for (const std::size_t c : classes_of[g]) folds_of[c].insert(fold_of[g]);
  for (std::size_t c = 0; c < folds_of.size(); ++c)
    if (folds_of[c].size() < 2)
      throw Error(Errc::kBadArgument,
                  "cannot cross-validate: all groups of class " +
                      data.labels[c] +
                      " came into one fold, since they hold other classes "
                      "too; use another seed or more folds");
}

}  // namespace

std::vector<Split> folds_by_group(const Dataset &data, std::size_t folds,
                                  std::uint64_t seed) {
  const std::vector<Classes> classes_of = classes_of_groups(data);
  const std::vector<std::size_t> counts =
      count_groups(classes_of, data.labels.size());
  check(data, counts, folds);
  const std::vector<std::size_t> fold_of =
      Dealer(classes_of, counts, folds, seed).deal();
  check_spread(data, classes_of, fold_of);
  std::vector<Split> out(folds);
  for (std::size_t i = 0; i < data.tiles.size(); ++i)
    for (std::size_t f = 0; f < folds; ++f)
      (fold_of[data.tiles[i].group] == f ? out[f].validation : out[f].train)
          .push_back(i);
  return out;
}

}  // namespace sonar::models
