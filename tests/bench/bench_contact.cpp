/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Selectivity of recipe `contact` on real mixtures: five seconds of a vessel
 * teach a gate, then another recording is mixed onto the same vessel's next
 * five seconds (or its last five, or with the level changed) at -5, 0 and +5
 * dB in 60 to 7000 Hz. Truth: which of the two is louder in each pixel of their
 * own pictures. AUC: of the vessel's against the other's pixels, among those
 * that are evident in the mixture; mean over mixtures. F1: of the vessel's
 * signature, its pixels 3 dB over its own background or 6 dB over its row's
 * median; pixels it dominates below its own background are left out.
 *
 * usage: bench_contact DATA     (folder with manifest.csv and FLAC, 16 kHz)
 *
 * Vessels and other recordings are halved by group. Constants and thresholds
 * were chosen on the first halves; the second ones are only reported. */
#include <sndfile.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <functional>
#include <map>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "sonar/dsp/spectrograph.h"
#include "sonar/mask/contact.h"
#include "sonar/mask/evidence.h"

using namespace sonar;
using mask::ContactGate;
using mask::ContactLearner;
using Sound = std::vector<float>;

namespace {

constexpr std::size_t kPart = 5 * 16000;  // samples
constexpr double kLeastVesselSeconds = 10 - 1e-6;
constexpr int kMixturesPerVessel = 12;
constexpr std::size_t kLeastPixels = 20;  // of each kind, for an AUC

struct Clip {
  std::string path, kind, group;
  double seconds = 0;
  int half = 0;
};

struct Picture {
  Image value, background, level;
  ColumnRange valid;
};

/* A mixture, picture by picture. */
struct Tile {
  Picture heard;
  Image vessel, other;     // levels
  std::vector<int> truth;  // 1 signature, 0 not, -1 left out
  std::vector<bool> evident;
};
struct Mixture {
  int half = 0;
  const std::vector<Picture> *reference = nullptr;
  ContactGate gate;   // of the reference
  ContactGate found;  // by itself, in reference and mixture
  std::vector<Tile> tiles;
};

using Score = std::function<Image(const Mixture &, const Tile &)>;

Sound read_sound(const std::string &path) {
  SF_INFO info{};
  SNDFILE *file = sf_open(path.c_str(), SFM_READ, &info);
  if (!file || info.channels != 1 || info.samplerate != 16000) {
    std::fprintf(stderr, "cannot use %s: needed 16 kHz, mono\n", path.c_str());
    std::exit(1);
  }
  Sound sound(std::size_t(info.frames));
  sf_read_float(file, sound.data(), info.frames);
  sf_close(file);
  return sound;
}

std::vector<Clip> read_manifest(const std::string &folder) {
  std::ifstream in(folder + "/manifest.csv");
  std::vector<Clip> clips;
  std::string line, field;
  std::getline(in, line);
  while (std::getline(in, line)) {
    std::stringstream row(line);
    std::vector<std::string> fields;
    while (std::getline(row, field, ',')) fields.push_back(field);
    clips.push_back({folder + "/" + fields[0], fields[1], fields[3],
                     std::stod(fields[4]), 0});
  }
  return clips;
}

/* Every other group, in alphabetical order. */
void halve(std::vector<Clip> &clips) {
  std::map<std::string, int> half;
  for (const Clip &c : clips) half[c.group];
  int n = 0;
  for (auto &[group, h] : half) h = n++ % 2;
  for (Clip &c : clips) c.half = half[c.group];
}

std::vector<Picture> pictures_of(const Sound &sound) {
  Recipe recipe;
  recipe.advance = recipe.width;
  dsp::Spectrograph spectrograph(recipe);
  spectrograph.push(sound.data(), sound.size());
  spectrograph.drain();
  std::vector<Picture> all;
  for (dsp::Picture p; spectrograph.pop(p);) {
    Picture out{dsp::decode(p, recipe), p.background_db, {}, p.valid};
    out.level = out.value;
    for (std::size_t i = 0; i < out.level.size(); ++i)
      out.level.data()[i] += out.background.data()[i];
    all.push_back(std::move(out));
  }
  return all;
}

double mean_power(const Sound &sound) {
  double sum = 0, n = 0;
  for (const Picture &p : pictures_of(sound))
    for (std::size_t x = p.valid.begin; x < p.valid.end; ++x, ++n)
      for (std::size_t y = 0; y < p.level.height(); ++y)
        sum += std::pow(10.0, 0.1 * p.level.at(y, x));
  return sum / n;
}

float median_of(const Image &image, ColumnRange valid, std::size_t y) {
  std::vector<float> v(image.row(y) + valid.begin, image.row(y) + valid.end);
  const auto middle = v.begin() + std::ptrdiff_t(v.size() / 2);
  std::nth_element(v.begin(), middle, v.end());
  return *middle;
}

Tile make_tile(const Picture &vessel, const Picture &other,
               const Picture &heard) {
  Tile tile{heard, vessel.level, other.level, {}, {}};
  const Image &level = heard.level;
  const Image smooth = mask::line_evidence(heard.value, heard.valid, 3);
  tile.truth.assign(level.size(), -1);
  tile.evident.assign(level.size(), false);
  for (std::size_t y = 0; y < level.height(); ++y) {
    const float middle = median_of(level, heard.valid, y);
    const float own_middle = median_of(vessel.level, vessel.valid, y);
    for (std::size_t x = heard.valid.begin; x < heard.valid.end; ++x) {
      const std::size_t i = y * level.width() + x;
      tile.evident[i] =
          smooth.at(y, x) > 1.5f ||
          (level.at(y, x) - middle > 6 && heard.value.at(y, x) > -3);
      const bool dominates = vessel.level.at(y, x) > other.level.at(y, x);
      const bool signature =
          vessel.value.at(y, x) > 3 || vessel.level.at(y, x) - own_middle > 6;
      tile.truth[i] = !dominates                  ? 0
                      : signature                 ? 1
                      : vessel.value.at(y, x) < 0 ? -1
                                                  : 0;
    }
  }
  return tile;
}

ContactGate learn(const std::vector<Picture> &reference) {
  ContactLearner learner(ContactLearner::Mode::kMarked, 1000);
  std::int64_t first = 0;
  for (const Picture &p : reference) {
    learner.put(first, p.value, p.background, p.valid);
    first += std::int64_t(p.value.width());
  }
  learner.finish();
  return *learner.gate();
}

/* The strongest two and a half seconds, whatever they hold. */
ContactGate find(const std::vector<Picture> &reference,
                 const std::vector<Tile> &mixture) {
  ContactLearner learner(ContactLearner::Mode::kStrongest, 78);
  std::int64_t first = 0;
  const auto put = [&](const Picture &p) {
    learner.put(first, p.value, p.background, p.valid);
    first += std::int64_t(p.value.width());
  };
  for (const Picture &p : reference) put(p);
  for (const Tile &t : mixture) put(t.heard);
  return learner.gate() ? *learner.gate() : learn(reference);
}

/* How the vessel's later part differs from the one that teaches. */
struct Condition {
  const char *name;
  bool last;         // its last five seconds instead of the next
  double change_db;  // level, either way
};

class Mixtures {
 public:
  Mixtures(const std::vector<Clip> &vessels, const std::vector<Clip> &others,
           const Condition &condition) {
    references_.reserve(vessels.size());
    for (const Clip &vessel : vessels) add(vessel, others, condition);
  }
  const std::vector<Mixture> &all() const { return all_; }

 private:
  void add(const Clip &vessel, const std::vector<Clip> &others,
           const Condition &condition) {
    const Sound sound = read_sound(vessel.path);
    references_.push_back(pictures_of({sound.begin(), sound.begin() + kPart}));
    const auto begin =
        sound.begin() +
        std::ptrdiff_t(condition.last ? std::max(kPart, sound.size() - kPart)
                                      : kPart);
    const std::ptrdiff_t count =
        std::min<std::ptrdiff_t>(kPart, sound.end() - begin);
    const Sound part(begin, begin + count);
    const double power = mean_power(part);
    for (int i = 0; i < kMixturesPerVessel; ++i) {
      const double change = (i / 3 % 2 ? -1 : 1) * condition.change_db;
      const Sound other = draw(vessel, others, part.size());
      const double snr = 5 * (i % 3) - 5;
      add_mixture(vessel, part, other,
                  std::sqrt(power / mean_power(other) / std::pow(10, snr / 10)),
                  std::pow(10, change / 20));
    }
  }

  /* A kind of recording, one of it, and where it begins; short ones repeat. */
  Sound draw(const Clip &vessel, const std::vector<Clip> &others,
             std::size_t length) {
    static const char *const kinds[] = {
        "whale",           "dolphin", "weather",  "sonar",
        "snapping_shrimp", "fish",    "impulsive"};
    std::vector<const Clip *> candidates;
    while (candidates.empty()) {
      const std::string kind = kinds[random_() % std::size(kinds)];
      for (const Clip &c : others)
        if (c.kind == kind && c.half == vessel.half && c.group != vessel.group)
          candidates.push_back(&c);
    }
    const Sound all =
        read_sound(candidates[random_() % candidates.size()]->path);
    const std::size_t offset = random_() % all.size();
    Sound out(length);
    for (std::size_t i = 0; i < length; ++i)
      out[i] = all[(offset + i) % all.size()];
    return out;
  }

  void add_mixture(const Clip &vessel, const Sound &part, const Sound &other,
                   double gain, double change) {
    Sound own(part.size()), beside(part.size()), both(part.size());
    for (std::size_t i = 0; i < part.size(); ++i) {
      own[i] = float(change * part[i]);
      beside[i] = float(change * gain * other[i]);
      both[i] = own[i] + beside[i];
    }
    const auto a = pictures_of(own), b = pictures_of(beside),
               heard = pictures_of(both);
    Mixture m;
    m.half = vessel.half;
    m.reference = &references_.back();
    m.gate = learn(*m.reference);
    for (std::size_t i = 0; i < heard.size(); ++i)
      m.tiles.push_back(make_tile(a[i], b[i], heard[i]));
    m.found = find(*m.reference, m.tiles);
    all_.push_back(std::move(m));
  }

  std::mt19937 random_{1};
  std::vector<std::vector<Picture>> references_;
  std::vector<Mixture> all_;
};

/* Area under the receiver's curve; negative where a kind is too rare. */
double area(std::vector<std::pair<float, bool>> &scored) {
  std::sort(scored.begin(), scored.end());
  double hits = 0, others = 0, pairs = 0;
  for (std::size_t i = 0; i < scored.size();) {
    std::array<double, 2> equal{};
    const float value = scored[i].first;
    for (; i < scored.size() && scored[i].first == value; ++i)
      ++equal[scored[i].second];
    pairs += equal[1] * (others + 0.5 * equal[0]);
    hits += equal[1];
    others += equal[0];
  }
  return std::min(hits, others) < kLeastPixels ? -1 : pairs / (hits * others);
}

double f1(const Mixture &m, const std::vector<Image> &scores, float threshold) {
  double kept = 0, right = 0, wanted = 0;
  for (std::size_t t = 0; t < m.tiles.size(); ++t)
    for (std::size_t i = 0; i < scores[t].size(); ++i) {
      const int truth = m.tiles[t].truth[i];
      if (truth < 0) continue;
      const bool on = scores[t].data()[i] >= threshold;
      kept += on;
      wanted += truth;
      right += on && truth;
    }
  return wanted > 0 ? 2 * right / (kept + wanted) : -1;
}

/* Mean over the mixtures of a half, those without a figure left out. */
template <typename Figure>
double mean_of(const std::vector<Mixture> &all, int half, Figure figure) {
  double sum = 0, n = 0;
  for (std::size_t k = 0; k < all.size(); ++k) {
    if (all[k].half != half) continue;
    const double value = figure(k);
    if (value < 0) continue;
    sum += value;
    ++n;
  }
  return sum / n;
}

struct Method {
  const char *name;
  Score score;
  float threshold;  // NAN: the best of the first half
};

void report(const std::vector<Mixture> &all, const Method &method) {
  std::vector<std::vector<Image>> scores;
  std::vector<float> sample;
  for (const Mixture &m : all) {
    scores.emplace_back();
    for (const Tile &t : m.tiles) {
      scores.back().push_back(method.score(m, t));
      for (std::size_t i = 0; i < t.heard.value.size(); i += 97)
        sample.push_back(scores.back().back().data()[i]);
    }
  }
  const auto selectivity = [&](std::size_t k) {
    std::vector<std::pair<float, bool>> scored;
    for (std::size_t t = 0; t < all[k].tiles.size(); ++t) {
      const Tile &tile = all[k].tiles[t];
      for (std::size_t i = 0; i < tile.evident.size(); ++i)
        if (tile.evident[i])
          scored.push_back({scores[k][t].data()[i],
                            tile.vessel.data()[i] > tile.other.data()[i]});
    }
    return area(scored);
  };
  const auto mean_f1 = [&](int half, float threshold) {
    return mean_of(all, half, [&](std::size_t k) {
      return f1(all[k], scores[k], threshold);
    });
  };
  float threshold = method.threshold;
  if (std::isnan(threshold)) {
    std::sort(sample.begin(), sample.end());
    double best = -1;
    for (int percent = 4; percent < 100; percent += 3) {
      const float candidate = sample[sample.size() * percent / 100];
      const double got = mean_f1(0, candidate);
      if (got > best) best = got, threshold = candidate;
    }
  }
  std::printf("  %-38s %5.3f %5.3f   %5.3f %5.3f  at %6.2f\n", method.name,
              mean_of(all, 0, selectivity), mean_of(all, 1, selectivity),
              mean_f1(0, threshold), mean_f1(1, threshold), threshold);
}

/* ---- ways that were tried, and the recipe's parts ---- */

/* One number a row, from the reference. */
Score by_row(std::function<double(const Picture &, std::size_t)> row) {
  return [row](const Mixture &m, const Tile &t) {
    Image out(t.heard.value.height(), t.heard.value.width());
    for (std::size_t y = 0; y < out.height(); ++y) {
      double sum = 0, n = 0;
      for (const Picture &p : *m.reference) {
        sum += row(p, y) * double(p.valid.count());
        n += double(p.valid.count());
      }
      std::fill_n(out.row(y), out.width(), float(sum / n));
    }
    return out;
  };
}

double row_mean(const Picture &p, std::size_t y, double (*of)(double)) {
  double sum = 0;
  for (std::size_t x = p.valid.begin; x < p.valid.end; ++x)
    sum += of(p.value.at(y, x)) / double(p.valid.count());
  return sum;
}
double itself(double v) { return v; }
double capped_power(double v) { return std::min(std::pow(10, 0.1 * v), 16.0); }
double above_3_db(double v) { return v > 3; }

/* The odds where the gain that is found is put back. */
Image without_gain(const Tile &t, ContactGate gate) {
  const float gain = mask::contact_gain_db(t.heard.value, t.heard.background,
                                           t.heard.valid, gate);
  for (float &level : gate.level_db) level -= gain;
  return mask::contact_odds(t.heard.value, t.heard.background, t.heard.valid,
                            gate);
}

std::vector<Method> methods() {
  const auto blind = [](const Mixture &, const Tile &t) {
    return mask::blind_confidence(t.heard.value, t.heard.background,
                                  t.heard.valid);
  };
  return {
      {"loudness", [](const Mixture &, const Tile &t) { return t.heard.value; },
       NAN},
      {"evidence", blind, 0.75f},
      {"gate: mean value", by_row([](const Picture &p, std::size_t y) {
         return row_mean(p, y, itself);
       }),
       NAN},
      {"gate: mean capped power", by_row([](const Picture &p, std::size_t y) {
         return row_mean(p, y, capped_power);
       }),
       NAN},
      {"gate: share of columns over 3 dB",
       by_row([](const Picture &p, std::size_t y) {
         return row_mean(p, y, above_3_db);
       }),
       NAN},
      {"gate: capped power over +-2 rows",
       by_row([](const Picture &p, std::size_t y) {
         const std::size_t above = y < 2 ? 0 : y - 2;
         const std::size_t below = std::min(p.value.height() - 1, y + 2);
         return row_mean(p, y, capped_power) -
                0.5 * (row_mean(p, above, capped_power) +
                       row_mean(p, below, capped_power));
       }),
       NAN},
      {"odds, a constant level taken for granted",
       [](const Mixture &m, const Tile &t) { return without_gain(t, m.gate); },
       NAN},
      {"odds",
       [](const Mixture &m, const Tile &t) {
         return mask::contact_odds(t.heard.value, t.heard.background,
                                   t.heard.valid, m.gate);
       },
       NAN},
      {"contact",
       [](const Mixture &m, const Tile &t) {
         return mask::contact_confidence(t.heard.value, t.heard.background,
                                         t.heard.valid, m.gate);
       },
       0.75f},
      {"contact, stretch found by itself",
       [](const Mixture &m, const Tile &t) {
         return mask::contact_confidence(t.heard.value, t.heard.background,
                                         t.heard.valid, m.found);
       },
       0.75f},
  };
}

}  // namespace

int main(int argc, char **argv) {
  const std::string folder = argc == 2 ? argv[1] : "";
  if (folder.empty() || !std::ifstream(folder + "/manifest.csv")) {
    std::printf(
        "skipped: no recordings; usage: bench_contact DATA, a folder "
        "with manifest.csv\n");
    return 77;
  }
  std::vector<Clip> vessels, others;
  for (const Clip &c : read_manifest(folder))
    if (c.kind.rfind("vessel", 0) != 0 && c.kind != "mixed")
      others.push_back(c);
    else if (c.kind != "mixed" && c.seconds >= kLeastVesselSeconds)
      vessels.push_back(c);
  halve(vessels);
  halve(others);
  for (const Condition &condition :
       {Condition{"the next five seconds", false, 0},
        Condition{"the last five seconds", true, 0},
        Condition{"the next five seconds, 6 dB up or down", false, 6}}) {
    const Mixtures mixtures(vessels, others, condition);
    std::printf("%s: %zu vessels, %zu mixtures\n  %-38s %-13s %s\n",
                condition.name, vessels.size(), mixtures.all().size(), "",
                "AUC 1st, 2nd", "  F1 1st, 2nd half");
    for (const Method &method : methods()) report(mixtures.all(), method);
  }
}
