/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/commands/recipe_flags.h"

#include "sonar/core/recipe_choices.h"

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

/** Ship types from the modulation of their noise. Each column averages half a
 *  minute of transforms, as wide as those of published DEMON spectra; a picture
 *  looks four minutes back. */
Recipe ship_type_recipe() {
  Recipe r;
  r.mode = Mode::kDemon;
  r.rate_hz = 16000;
  r.decimation = 160;
  r.fft_size = 1000;
  r.hop_size = 500;
  r.detrend = Detrend::kMean;
  r.average = 6;
  r.axis = FrequencyAxis::kLinear;
  r.min_frequency_hz = 0.55;
  r.max_frequency_hz = 49.85;
  r.normalizer = Normalizer::kMedian;
  r.normalizer_half_width = 20;
  r.normalizer_smooth = 1;  // a column is an average already
  r.width = 8;
  r.advance = 1;
  return r;
}

Recipe preset_recipe(const std::string &preset) {
  if (preset == "narrow") return narrow_recipe();
  return preset == kShipType ? ship_type_recipe() : Recipe{};
}

/** Unless the user says otherwise, a linear axis takes every bin but DC, and
 *  lines are measured four times as finely. */
void fill_in(Recipe &recipe) {
  if (recipe.min_frequency_hz == 0 && recipe.fft_size > 0)
    recipe.min_frequency_hz = recipe.bin_hz();
  if (recipe.max_frequency_hz == 0)
    recipe.max_frequency_hz = recipe.analysis_rate_hz() / 2.0;
  const bool can_be_finer = recipe.mode != Mode::kDemon &&
                            recipe.average == 1 && recipe.window_size == 0;
  if (recipe.evidence_fft_size == kUnset)
    recipe.evidence_fft_size = can_be_finer ? kFiner * recipe.fft_size : 0;
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
                const std::string &text, Enum Recipe::*member) {
  std::vector<std::string> nicks;
  for (const auto &choice : Choices<Enum>::kAll) nicks.push_back(choice.nick);
  app->add_option_function<std::string>(
         flag,
         [&flags, member](const std::string &chosen) {
           for (const auto &choice : Choices<Enum>::kAll)
             if (chosen == choice.nick)
               flags.changes.push_back(
                   [member, choice](Recipe &r) { r.*member = choice.value; });
         },
         text)
      ->check(CLI::IsMember(nicks));
}

void add_source(CLI::App *app, RecipeFlags &f) {
  add_choice(app, f, "--mode", "what is analysed", &Recipe::mode);
  add_number(app, f, "--rate", "sampling rate, Hz", &Recipe::rate_hz);
  add_number(app, f, "--decimation",
             "input samples an analysis sample; sizes count analysis samples",
             &Recipe::decimation);
  add_number(app, f, "--demon-min-frequency",
             "lowest frequency demodulated by mode demon, Hz",
             &Recipe::demon_min_frequency_hz);
  add_number(app, f, "--demon-max-frequency",
             "highest frequency demodulated by mode demon, Hz",
             &Recipe::demon_max_frequency_hz);
  add_number(app, f, "--demon-sub-bands",
             "bands of mode demon that are demodulated one by one",
             &Recipe::demon_sub_bands);
  add_choice(app, f, "--envelope", "how mode demon demodulates",
             &Recipe::envelope);
}

void add_transform(CLI::App *app, RecipeFlags &f) {
  add_number(app, f, "--fft-size", "transform, samples", &Recipe::fft_size);
  add_number(app, f, "--window-size",
             "window, samples; zeros fill the transform; 0 = fft-size",
             &Recipe::window_size);
  add_number(app, f, "--hop-size", "window to window, samples",
             &Recipe::hop_size);
  add_choice(app, f, "--window", "window function", &Recipe::window);
  add_number(app, f, "--kaiser-beta", "shape of the Kaiser window",
             &Recipe::kaiser_beta);
  add_choice(app, f, "--detrend", "what is taken from each window",
             &Recipe::detrend);
  add_number(app, f, "--average", "transforms averaged into a column",
             &Recipe::average);
}

void add_rows(CLI::App *app, RecipeFlags &f) {
  add_choice(app, f, "--axis", "frequency axis", &Recipe::axis);
  add_number(app, f, "--bands", "rows of a geometric or mel axis",
             &Recipe::bands);
  add_number(app, f, "--min-frequency", "lowest frequency, Hz",
             &Recipe::min_frequency_hz);
  add_number(app, f, "--max-frequency", "highest frequency, Hz",
             &Recipe::max_frequency_hz);
}

void add_background(CLI::App *app, RecipeFlags &f) {
  add_choice(app, f, "--normalizer", "background normaliser",
             &Recipe::normalizer);
  add_number(app, f, "--normalizer-half-width",
             "rows on either side that make a background",
             &Recipe::normalizer_half_width);
  add_number(app, f, "--normalizer-gap",
             "rows on either side that the window of tpsw leaves out",
             &Recipe::normalizer_gap);
  add_number(app, f, "--normalizer-smooth",
             "columns averaged for a background, odd",
             &Recipe::normalizer_smooth);
  add_number(app, f, "--normalizer-factor",
             "dB over the background that tpsw and ota leave out of it",
             &Recipe::normalizer_factor_db);
  add_choice(app, f, "--agc", "automatic gain control", &Recipe::agc);
  add_number(app, f, "--agc-time", "time constant of agc band, seconds",
             &Recipe::agc_time_s);
}

}  // namespace

void add_recipe_flags(CLI::App *app, RecipeFlags &f) {
  app->add_option("--preset", f.preset,
                  "narrow: classes with lines of their own; broad: classes "
                  "of many different sources; ship-type: ships by the "
                  "modulation of their noise")
      ->check(CLI::IsMember({"narrow", "broad", kShipType}))
      ->capture_default_str();
  add_source(app, f);
  add_transform(app, f);
  add_rows(app, f);
  add_background(app, f);
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
  Recipe recipe = preset_recipe(flags.preset);
  for (const auto &change : flags.changes) change(recipe);
  fill_in(recipe);
  recipe.validate();
  return recipe;
}

}  // namespace sonar::models::commands
