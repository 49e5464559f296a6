/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <limits>
#include <nlohmann/json.hpp>
#include <vector>

#include "sonar/core/error.h"
#include "sonar/core/number_text.h"
#include "sonar/core/recipe.h"
#include "sonar/core/recipe_choices.h"

/* A recipe as text: JSON in files and metas, differences in messages. */
namespace sonar {
namespace {

using nlohmann::json;

/* Every setting once: its name in files and messages, its unit, its member. */
template <typename R, typename Visit>
void for_each_setting(R &r, Visit &&visit) {
  visit("mode", "", r.mode);
  visit("rate", " Hz", r.rate_hz);
  visit("decimation", "", r.decimation);
  visit("demon-min-frequency", " Hz", r.demon_min_frequency_hz);
  visit("demon-max-frequency", " Hz", r.demon_max_frequency_hz);
  visit("demon-sub-bands", "", r.demon_sub_bands);
  visit("envelope", "", r.envelope);
  visit("fft-size", "", r.fft_size);
  visit("window-size", "", r.window_size);
  visit("hop-size", "", r.hop_size);
  visit("window", "", r.window);
  visit("kaiser-beta", "", r.kaiser_beta);
  visit("detrend", "", r.detrend);
  visit("average", "", r.average);
  visit("axis", "", r.axis);
  visit("bands", "", r.bands);
  visit("min-frequency", " Hz", r.min_frequency_hz);
  visit("max-frequency", " Hz", r.max_frequency_hz);
  visit("normalizer", "", r.normalizer);
  visit("normalizer-half-width", "", r.normalizer_half_width);
  visit("normalizer-gap", "", r.normalizer_gap);
  visit("normalizer-smooth", "", r.normalizer_smooth);
  visit("normalizer-factor", " dB", r.normalizer_factor_db);
  visit("agc", "", r.agc);
  visit("agc-time", " s", r.agc_time_s);
  visit("evidence-fft-size", "", r.evidence_fft_size);
  visit("width", "", r.width);
  visit("advance", "", r.advance);
  visit("floor", " dB", r.floor_db);
  visit("range", " dB", r.range_db);
  visit("auto-range", "", r.auto_range_percent);
}

template <typename Enum, typename = std::enable_if_t<std::is_enum_v<Enum>>>
std::string text(Enum value) {
  return nick(value);
}

[[noreturn]] void bad_field(const std::string &name, const json &got,
                            const std::string &needed) {
  throw Error(Errc::kBadModel,
              "Analysis recipe: field '" + name + "' is " +
                  got.dump(-1, ' ', false, json::error_handler_t::replace) +
                  ", it must be " + needed +
                  "; the file is damaged or was written by another version.");
}

void read(const std::string &name, const json &from, int &to) {
  const bool fits = from.is_number_integer() &&
                    from.get<double>() >= std::numeric_limits<int>::min() &&
                    from.get<double>() <= std::numeric_limits<int>::max();
  if (!fits) bad_field(name, from, "a whole number");
  to = from.get<int>();
}

void read(const std::string &name, const json &from, double &to) {
  if (!from.is_number()) bad_field(name, from, "a number");
  to = from.get<double>();
}

template <typename Enum, typename = std::enable_if_t<std::is_enum_v<Enum>>>
void read(const std::string &name, const json &from, Enum &to) {
  std::string choices;
  for (const auto &choice : Choices<Enum>::kAll) {
    if (from.is_string() &&
        from.get_ref<const std::string &>() == choice.nick) {
      to = choice.value;
      return;
    }
    choices += std::string(choices.empty() ? "" : " or ") + choice.nick;
  }
  bad_field(name, from, choices);
}

bool starts(const std::string &name, const char *start) {
  return name.rfind(start, 0) == 0;
}

bool divides(Normalizer by, const Recipe &a, const Recipe &b) {
  return a.normalizer == by && b.normalizer == by;
}

/* Whether a setting that only one kind of normaliser has is used. */
bool matters_to_normalizer(const std::string &name, const Recipe &a,
                           const Recipe &b) {
  if (name == "normalizer-gap") return divides(Normalizer::kTpsw, a, b);
  if (name == "normalizer-factor")
    return divides(Normalizer::kTpsw, a, b) || divides(Normalizer::kOta, a, b);
  return a.normalizer == b.normalizer && a.normalizer != Normalizer::kNone;
}

/* Whether a setting has an influence on what a model made for @p b sees. */
bool matters(const std::string &name, const Recipe &a, const Recipe &b) {
  const bool demon = a.mode == Mode::kDemon, needs = b.mode == Mode::kDemon;
  if (name == "advance") return false;
  if (name == "mode") return demon != needs;
  if (starts(name, "demon-") || name == "envelope") return demon && needs;
  if (name == "kaiser-beta")
    return a.window == Window::kKaiser && b.window == Window::kKaiser;
  if (name == "window-size") return a.window_samples() != b.window_samples();
  if (name == "evidence-fft-size") return b.evidence_fft_size > 0;
  if (name == "bands")
    return a.axis == b.axis && (a.axis == FrequencyAxis::kGeometric ||
                                a.axis == FrequencyAxis::kMel);
  if (starts(name, "normalizer-")) return matters_to_normalizer(name, a, b);
  if (name == "agc-time") return a.agc == Agc::kBand && b.agc == Agc::kBand;
  return true;
}

}  // namespace

std::string Recipe::to_json() const {
  json out;
  for_each_setting(*this, [&](const char *name, const char *, auto value) {
    if constexpr (std::is_enum_v<decltype(value)>)
      out[name] = nick(value);
    else
      out[name] = value;
  });
  return out.dump();
}

Recipe Recipe::from_json(const std::string &source) {
  const json in = json::parse(source, nullptr, false);
  if (!in.is_object())
    throw Error(Errc::kBadModel,
                "Analysis recipe: not a JSON object; the file is damaged.");
  Recipe recipe;
  for_each_setting(recipe, [&](const char *name, const char *, auto &value) {
    const auto found = in.find(name);
    if (found == in.end())
      throw Error(Errc::kBadModel,
                  "Analysis recipe: field '" + std::string(name) +
                      "' is missing; the file is damaged or was written by "
                      "another version.");
    read(name, *found, value);
  });
  recipe.validate();
  return recipe;
}

std::string describe_mismatch(const Recipe &got, const Recipe &needed) {
  std::vector<std::string> wanted;
  for_each_setting(needed, [&](const char *, const char *unit, auto value) {
    wanted.push_back(text(value) + unit);
  });
  std::string differences;
  auto want = wanted.begin();
  for_each_setting(got, [&](const char *name, const char *unit, auto value) {
    const std::string have = text(value) + unit;
    const std::string need = *want++;
    if (have == need || !matters(name, got, needed)) return;
    differences += std::string(differences.empty() ? "" : "; ") + name +
                   " is " + have + ", the model needs " + need;
  });
  return differences;
}

}  // namespace sonar
