/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/mixtures/mixture_set.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <set>

#include "models/mixtures/mixture.h"
#include "sonar/core/error.h"

namespace sonar::models {
namespace {

constexpr float kPeak = 0.5f;

std::string signed_db(double db) {
  char text[32];
  std::snprintf(text, sizeof text, "%+g", db);
  return text;
}

template <class Value>
const Value &any_of(const std::vector<Value> &values, synth::Random &random) {
  return values[std::size_t(random.below(int(values.size())))];
}

template <class Value>
void shuffle(std::vector<Value> &values, synth::Random &random) {
  for (std::size_t i = values.size(); i > 1; --i)
    std::swap(values[i - 1], values[std::size_t(random.below(int(i)))]);
}

void check(const MixtureSetOptions &o) {
  if (o.per_class < 1)
    throw Error(Errc::kBadArgument, "cannot make " +
                                        std::to_string(o.per_class) +
                                        " mixtures a class, needed at least 1");
  if (o.snr_db.empty())
    throw Error(Errc::kBadArgument,
                "cannot make mixtures: needed at least one SNR");
}

std::string stem(const std::string &path) {
  return std::filesystem::path(path).filename().string();
}

}  // namespace

StretchSource::StretchSource(std::vector<Recording> recordings,
                             const Recipe &recipe)
    : recordings_(std::move(recordings)),
      audio_(recordings_.size()),
      rate_hz_(recipe.rate_hz),
      length_(std::size_t((recipe.width - 1) * recipe.column_samples() +
                          recipe.span_samples())) {
  std::set<std::string> labels;
  for (const Recording &r : recordings_) labels.insert(r.label);
  labels_.assign(labels.begin(), labels.end());
  if (labels_.size() < 2)
    throw Error(Errc::kBadArgument,
                "mixtures are made of two classes, the recordings have " +
                    std::to_string(labels_.size()));
}

std::vector<std::string> StretchSource::groups_of(
    const std::string &label) const {
  std::set<std::string> groups;
  for (const Recording &r : recordings_)
    if (r.label == label) groups.insert(r.group);
  if (groups.empty())
    throw Error(Errc::kBadArgument,
                "there is no recording of class \"" + label +
                    "\" to make mixtures of; take more folds' recordings or "
                    "leave the class out");
  return {groups.begin(), groups.end()};
}

const std::vector<float> &StretchSource::audio(std::size_t recording) {
  std::vector<float> &samples = audio_[recording];
  if (samples.empty())
    samples = load_audio(recordings_[recording].path, rate_hz_);
  return samples;
}

Stretch StretchSource::draw(const std::string &label, const std::string &group,
                            synth::Random &random) {
  std::vector<std::size_t> own;
  for (std::size_t i = 0; i < recordings_.size(); ++i)
    if (recordings_[i].label == label && recordings_[i].group == group)
      own.push_back(i);
  Stretch out{any_of(own, random), {}};
  const std::vector<float> &all = audio(out.recording);
  const std::size_t begins = all.size() > length_ ? all.size() - length_ : 0;
  const auto first = std::size_t(random.uniform() * double(begins + 1));
  out.samples.reserve(length_);
  for (std::size_t i = 0; i < length_; ++i)
    out.samples.push_back(all[(first + i) % all.size()]);
  return out;
}

Stretch StretchSource::draw_other(std::size_t than, synth::Random &random) {
  const Recording &target = recordings_[than];
  std::set<std::string> classes, groups;
  for (const Recording &r : recordings_)
    if (r.label != target.label && r.group != target.group)
      classes.insert(r.label);
  if (classes.empty())
    throw Error(Errc::kBadArgument,
                "there is no recording of another class and group to mix " +
                    target.path + " with");
  const std::vector<std::string> others(classes.begin(), classes.end());
  const std::string &label = any_of(others, random);
  for (const Recording &r : recordings_)
    if (r.label == label && r.group != target.group) groups.insert(r.group);
  const std::vector<std::string> choice(groups.begin(), groups.end());
  return draw(label, any_of(choice, random), random);
}

KnownSound mix(const std::vector<float> &target,
               const std::vector<float> &other, double snr_db,
               const Recipe &recipe) {
  const double own = power_in_band(target, recipe),
               others = power_in_band(other, recipe);
  if (!(own > 0 && others > 0))
    throw Error(Errc::kBadArgument,
                "cannot mix two recordings of which one is silent between " +
                    std::to_string(recipe.min_frequency_hz) + " and " +
                    std::to_string(recipe.max_frequency_hz) + " Hz");
  const auto gain =
      float(std::sqrt(own / others * std::pow(10.0, -0.1 * snr_db)));
  const Spectrum spectrum = analyse_spectrum(target, recipe);
  KnownSound out;
  out.truth = mixture_truth(spectrum, analyse_spectrum(other, recipe),
                            20 * std::log10(gain));
  out.target_wave = masked_signal(target, own_signature(spectrum), recipe);
  out.samples.resize(target.size());
  float peak = 0;
  for (std::size_t i = 0; i < target.size(); ++i) {
    out.samples[i] = target[i] + gain * other[i];
    peak = std::max(peak, std::fabs(out.samples[i]));
  }
  const float scale = kPeak / peak;
  for (float &v : out.samples) v *= scale;
  for (float &v : out.target_wave) v *= scale;
  return out;
}

void write_mixtures(
    const std::string &folder, const std::vector<Recording> &recordings,
    const MixtureSetOptions &options,
    const std::function<void(std::size_t, std::size_t)> &progress) {
  check(options);
  StretchSource source(recordings, options.recipe);
  const std::vector<std::string> targets =
      options.targets.empty() ? source.labels() : options.targets;
  std::vector<std::string> names;
  for (const std::string &label : targets)
    for (int i = 0; i < options.per_class; ++i)
      for (const double snr : options.snr_db) {
        char number[16];
        std::snprintf(number, sizeof number, "_%03d_", i);
        names.push_back(label + number + signed_db(snr) + "dB");
      }
  SetWriter writer(folder, names,
                   {options.recipe.rate_hz,
                    true,
                    {"interferer", "recording", "interfering"}});
  std::size_t done = 0;
  for (std::size_t c = 0; c < targets.size(); ++c) {
    synth::Random random(options.seed, c);
    std::vector<std::string> groups = source.groups_of(targets[c]);
    shuffle(groups, random);
    for (int i = 0; i < options.per_class; ++i) {
      const Stretch target = source.draw(
          targets[c], groups[std::size_t(i) % groups.size()], random);
      const Stretch other = source.draw_other(target.recording, random);
      const Recording &a = source.recordings()[target.recording],
                      &b = source.recordings()[other.recording];
      for (const double snr : options.snr_db) {
        writer.add(mix(target.samples, other.samples, snr, options.recipe),
                   {a.label, a.group, b.label, stem(a.path), stem(b.path)});
        if (progress) progress(++done, names.size());
      }
    }
  }
  writer.finish();
}

}  // namespace sonar::models
