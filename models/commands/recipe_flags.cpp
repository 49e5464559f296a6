/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/commands/recipe_flags.h"

namespace sonar::models::commands {
namespace {

constexpr int kUnset = -1;  // evidence_fft_size
constexpr int kFiner = 4;   // docs/method.md section 5.4

/** Classes with lines of their own. */
Recipe narrow_recipe() {
  Recipe r;
  r.rate_hz = 1024;
  r.fft_size = 256;
  r.hop_size = 128;
  r.axis = FrequencyAxis::kLinear;
  r.min_frequency_hz = r.max_frequency_hz = 0;  // see fill_in()
  r.width = 128;
  r.advance = 16;
  r.evidence_fft_size = kUnset;  // see fill_in()
  return r;
}

/** Unless the user says otherwise, a linear axis takes every bin but DC, and
 *  lines are measured four times as finely. */
void fill_in(Recipe &recipe) {
  if (recipe.min_frequency_hz == 0 && recipe.fft_size > 0)
    recipe.min_frequency_hz = recipe.bin_hz();
  if (recipe.max_frequency_hz == 0)
    recipe.max_frequency_hz = recipe.rate_hz / 2.0;
  if (recipe.evidence_fft_size == kUnset)
    recipe.evidence_fft_size = kFiner * recipe.fft_size;
}

template <class T>
void add_number(CLI::App *app, RecipeFlags &flags, const std::string &flag,
                const std::string &text, T Recipe::*member) {
  app->add_option_function<T>(
      flag,
      [&flags, member](const T &value) {
        flags.changes.push_back(
            [member, value](Recipe &r) { r.*member = value; });
      },
      text);
}

template <class Enum>
void add_choice(CLI::App *app, RecipeFlags &flags, const std::string &flag,
                const std::string &text, const std::vector<Enum> &values,
                Enum Recipe::*member) {
  std::vector<std::string> nicks;
  for (const Enum value : values) nicks.push_back(nick(value));
  app->add_option_function<std::string>(
         flag,
         [&flags, values, member](const std::string &chosen) {
           for (const Enum value : values)
             if (chosen == nick(value))
               flags.changes.push_back(
                   [member, value](Recipe &r) { r.*member = value; });
         },
         text)
      ->check(CLI::IsMember(nicks));
}

}  // namespace

void add_recipe_flags(CLI::App *app, RecipeFlags &f) {
  app->add_option("--preset", f.preset,
                  "narrow: classes with lines of their own; broad: classes "
                  "of many different sources")
      ->check(CLI::IsMember({"narrow", "broad"}))
      ->capture_default_str();
  add_number(app, f, "--rate", "sampling rate, Hz", &Recipe::rate_hz);
  add_number(app, f, "--fft-size", "window, samples", &Recipe::fft_size);
  add_number(app, f, "--hop-size", "column to column, samples",
             &Recipe::hop_size);
  add_choice(app, f, "--window", "window function",
             {Window::kHann, Window::kHamming, Window::kBlackmanHarris},
             &Recipe::window);
  add_choice(app, f, "--axis", "frequency axis",
             {FrequencyAxis::kLinear, FrequencyAxis::kGeometric},
             &Recipe::axis);
  add_number(app, f, "--bands", "rows of a geometric axis", &Recipe::bands);
  add_number(app, f, "--min-frequency", "lowest frequency, Hz",
             &Recipe::min_frequency_hz);
  add_number(app, f, "--max-frequency", "highest frequency, Hz",
             &Recipe::max_frequency_hz);
  add_choice(app, f, "--normalizer", "background normaliser",
             {Normalizer::kNone, Normalizer::kTpsw}, &Recipe::normalizer);
  add_number(app, f, "--evidence-fft-size",
             "window of the finer transform that the recipe lines needs, "
             "samples; 0 = none (default: 4 x fft-size)",
             &Recipe::evidence_fft_size);
  add_number(app, f, "--width", "columns of a picture", &Recipe::width);
  add_number(app, f, "--advance", "columns from picture to picture",
             &Recipe::advance);
  add_number(app, f, "--floor-db", "dB of the darkest pixel",
             &Recipe::floor_db);
  add_number(app, f, "--range-db", "dB from darkest to brightest",
             &Recipe::range_db);
}

Recipe recipe_of(const RecipeFlags &flags) {
  Recipe recipe = flags.preset == "narrow" ? narrow_recipe() : Recipe{};
  for (const auto &change : flags.changes) change(recipe);
  fill_in(recipe);
  recipe.validate();
  return recipe;
}

}  // namespace sonar::models::commands
