/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recipeproperties.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "common/properties.h"
#include "sonar/core/recipe_choices.h"
#include "sonar/dsp/decimator.h"

namespace sonar {
namespace {

/* A recipe, where 0 of decimation, fft_size, hop_size and max_frequency_hz is
 * still open, and what else decides it. */
struct Wish : Recipe {
  double resolution_hz = 0;   ///< width of a bin; 0: as fft_size says
  double average_time_s = 0;  ///< 0: as average says
};

/* Displays for any hydrophone; a model brings its own. */
constexpr int kFftSize = 1024, kHopSize = 512, kWidth = 256, kAdvance = 16;
constexpr double kLevelFloorDb = -120, kLevelRangeDb = 120;
/* Machinery's lines lie below 500 Hz and are narrower than 1 Hz; shafts and
 * blades below 50 Hz, steady to 0.1 Hz. */
constexpr double kLofarMaxHz = 500, kLofarResolutionHz = 0.5;
constexpr double kDemonMaxHz = 50, kDemonResolutionHz = 0.1;
constexpr int kDemonSubBands = 4;  // docs/method.md section 1.1

Wish narrow_band(Wish w, double max_hz, double resolution_hz) {
  w.decimation = w.fft_size = w.hop_size = 0;
  w.max_frequency_hz =
      w.rate_hz > 0 ? std::min(max_hz, w.rate_hz / 2.0) : max_hz;
  w.resolution_hz = resolution_hz;
  w.advance = 1;
  return w;
}

Wish default_wish(Mode mode, int rate_hz, bool has_background) {
  Wish w;
  w.mode = mode;
  w.rate_hz = rate_hz;
  w.fft_size = kFftSize;
  w.hop_size = kHopSize;
  w.axis = FrequencyAxis::kLinear;
  w.min_frequency_hz = w.max_frequency_hz = 0;
  w.width = kWidth;
  w.advance = kAdvance;
  if (!has_background) {
    w.floor_db = kLevelFloorDb;
    w.range_db = kLevelRangeDb;
  }
  if (mode == Mode::kLofar)
    return narrow_band(w, kLofarMaxHz, kLofarResolutionHz);
  if (mode == Mode::kDemon) {
    w.demon_sub_bands = kDemonSubBands;
    w.detrend = Detrend::kMean;  // an envelope's, by far its largest part
    return narrow_band(w, kDemonMaxHz, kDemonResolutionHz);
  }
  return w;
}

Wish wish_of(const Recipe &model) {
  Wish w;
  static_cast<Recipe &>(w) = model;
  if (model.average > 1) w.average_time_s = model.column_seconds();
  return w;
}

/* One property: its spec and how it reads and writes the wish. */
struct Setting {
  const char *name;
  std::function<GParamSpec *()> spec;
  std::function<double(const Wish &)> get;
  std::function<void(Wish &, double)> put;
};

constexpr GParamFlags kFlags = changeable(GST_PARAM_MUTABLE_READY);

Setting whole(const char *name, const char *title, const char *blurb, int low,
              int high, int initial, int Recipe::*member) {
  return {name,
          [=] {
            return g_param_spec_int(name, title, blurb, low, high, initial,
                                    kFlags);
          },
          [member](const Wish &w) { return double(w.*member); },
          [member](Wish &w, double v) { w.*member = int(v); }};
}

template <typename Member>
Setting number(const char *name, const char *title, const char *blurb,
               double low, double high, double initial, Member member) {
  return {name,
          [=] {
            return g_param_spec_double(name, title, blurb, low, high, initial,
                                       kFlags);
          },
          [member](const Wish &w) { return w.*member; },
          [member](Wish &w, double v) { w.*member = v; }};
}

template <typename Enum>
GType enum_type(const char *type_name) {
  static const std::vector<GEnumValue> values = [] {
    std::vector<GEnumValue> all;
    for (const auto &choice : Choices<Enum>::kAll)
      all.push_back({int(choice.value), choice.text, choice.nick});
    all.push_back({0, nullptr, nullptr});
    return all;
  }();
  static const GType type = g_enum_register_static(type_name, values.data());
  return type;
}

template <typename Enum>
Setting choice(const char *type_name, const char *name, const char *title,
               const char *blurb, Enum initial, Enum Recipe::*member) {
  return {name,
          [=] {
            const GType type = enum_type<Enum>(type_name);
            gst_type_mark_as_plugin_api(type, GstPluginAPIFlags(0));
            return g_param_spec_enum(name, title, blurb, type, int(initial),
                                     kFlags);
          },
          [member](const Wish &w) { return double(int(w.*member)); },
          [member](Wish &w, double v) { w.*member = Enum(int(v)); }};
}

using Table = std::vector<Setting>;

void add_source(Table &t) {
  const Recipe r;
  t.push_back(choice("GstSonarMode", "mode", "Mode",
                     "What is analysed; decides what other settings are where "
                     "they are not set (default: the model's)",
                     r.mode, &Recipe::mode));
  t.push_back(whole("decimation", "Decimation",
                    "Samples of the audio for one of the analysis, whose rate "
                    "sizes count in; 0 = as max-frequency allows (default: the "
                    "model's, else 1, or 0 with mode lofar and demon)",
                    0, int(dsp::kLargestDecimation), r.decimation,
                    &Recipe::decimation));
  t.push_back(number("demon-min-frequency", "DEMON lowest frequency",
                     "Lower end of the band that mode demon demodulates, Hz "
                     "(default: the model's)",
                     0, 1e6, r.demon_min_frequency_hz,
                     &Wish::demon_min_frequency_hz));
  t.push_back(number("demon-max-frequency", "DEMON highest frequency",
                     "Upper end of the band that mode demon demodulates, Hz; "
                     "what the rate does not hold is left out (default: the "
                     "model's)",
                     0, 1e6, r.demon_max_frequency_hz,
                     &Wish::demon_max_frequency_hz));
  t.push_back(whole("demon-sub-bands", "DEMON sub-bands",
                    "Parts of that band that are demodulated one by one and "
                    "averaged by their modulation signal-to-noise (default: "
                    "the model's, else 1, or 4 with mode demon)",
                    1, 32, r.demon_sub_bands, &Recipe::demon_sub_bands));
  t.push_back(choice("GstSonarEnvelope", "envelope", "Envelope",
                     "How mode demon demodulates (default: the model's)",
                     r.envelope, &Recipe::envelope));
}

void add_transform(Table &t) {
  const Recipe r;
  t.push_back(whole("fft-size", "FFT size",
                    "Samples of a transform, even; 0 = as resolution says "
                    "(default: the model's, else 1024, or 0 with mode lofar "
                    "and demon)",
                    0, 65536, kFftSize, &Recipe::fft_size));
  t.push_back(number("resolution", "Resolution",
                     "Width of a bin in Hz where fft-size is 0 (default: 0.5 "
                     "with mode lofar, 0.1 with mode demon)",
                     0, 1e6, 0, &Wish::resolution_hz));
  t.push_back(whole("window-size", "Window size",
                    "Samples of an analysis window, even; zeros fill the "
                    "transform; 0 = fft-size (default: the model's)",
                    0, 65536, r.window_size, &Recipe::window_size));
  t.push_back(whole("hop-size", "Hop size",
                    "Samples from one window to the next; 0 = half a window, a "
                    "tenth with mode demon (default: the model's, else 512, or "
                    "0 with mode lofar and demon)",
                    0, 65536, kHopSize, &Recipe::hop_size));
  t.push_back(choice("GstSonarWindow", "window", "Window",
                     "Analysis window (default: the model's)", r.window,
                     &Recipe::window));
  t.push_back(number("kaiser-beta", "Kaiser beta",
                     "Shape of the Kaiser window; 0 is a rectangle (default: "
                     "the model's)",
                     0, 40, r.kaiser_beta, &Wish::kaiser_beta));
  t.push_back(choice("GstSonarDetrend", "detrend", "Detrend",
                     "What is taken from each window before the transform "
                     "(default: the model's, else none, or mean with "
                     "mode demon)",
                     r.detrend, &Recipe::detrend));
  t.push_back(number("average-time", "Averaging time",
                     "Seconds whose transforms are averaged in power into one "
                     "column, rounded to whole hops; 0 = one transform "
                     "(default: the model's)",
                     0, 1e6, 0, &Wish::average_time_s));
}

void add_rows(Table &t) {
  const Recipe r;
  t.push_back(choice("GstSonarFrequencyAxis", "axis", "Frequency axis",
                     "Spacing of the rows (default: the model's)",
                     FrequencyAxis::kLinear, &Recipe::axis));
  t.push_back(whole("bands", "Bands",
                    "Rows of a geometric or mel axis (default: the model's)", 1,
                    4096, r.bands, &Recipe::bands));
  t.push_back(number("min-frequency", "Lowest frequency",
                     "Lower edge of the frequency axis in Hz (default: the "
                     "model's, else 0)",
                     0, 1e6, 0, &Wish::min_frequency_hz));
  t.push_back(number("max-frequency", "Highest frequency",
                     "Upper edge of the frequency axis in Hz; 0 = half the "
                     "rate (default: the model's, else 0, or 500 with mode "
                     "lofar, 50 with demon)",
                     0, 1e6, 0, &Wish::max_frequency_hz));
  t.push_back(whole("width", "Width",
                    "Columns of a frame (default: the model's)", 1, 16384,
                    kWidth, &Recipe::width));
  t.push_back(whole("advance", "Advance",
                    "Columns from one frame to the next, at most the width "
                    "(default: the model's, else 16, or 1 with mode lofar and "
                    "demon)",
                    1, 16384, kAdvance, &Recipe::advance));
}

void add_background(Table &t) {
  const Recipe r;
  t.push_back(choice("GstSonarNormalizer", "normalizer", "Normaliser",
                     "How the background that is divided out is estimated "
                     "(default: the model's)",
                     r.normalizer, &Recipe::normalizer));
  t.push_back(whole("normalizer-half-width", "Normaliser half width",
                    "Rows on either side that make a row's background "
                    "(default: the model's)",
                    1, 4096, r.normalizer_half_width,
                    &Recipe::normalizer_half_width));
  t.push_back(whole("normalizer-gap", "Normaliser gap",
                    "Rows on either side that the split window of tpsw leaves "
                    "out (default: the model's)",
                    0, 4095, r.normalizer_gap, &Recipe::normalizer_gap));
  t.push_back(whole("normalizer-smooth", "Normaliser smoothing",
                    "Columns averaged before a background is estimated, odd "
                    "(default: the model's)",
                    1, 999, r.normalizer_smooth, &Recipe::normalizer_smooth));
  t.push_back(number("normalizer-factor", "Normaliser factor",
                     "dB over the background from which tpsw and ota leave a "
                     "row out of it (default: the model's)",
                     0.1, 100, r.normalizer_factor_db,
                     &Wish::normalizer_factor_db));
  t.push_back(choice("GstSonarAgc", "agc", "Gain control",
                     "What is taken from the values after the normaliser "
                     "(default: the model's)",
                     r.agc, &Recipe::agc));
  t.push_back(number("agc-time", "Gain control time",
                     "Time constant of agc=band in seconds (default: the "
                     "model's)",
                     0.001, 1e6, r.agc_time_s, &Wish::agc_time_s));
}

void add_pixels(Table &t) {
  const Recipe r;
  t.push_back(number("floor-db", "Floor",
                     "Value of the darkest pixel in dB (default: the model's, "
                     "else -10 over background or -120 dBFS)",
                     -400, 400, r.floor_db, &Wish::floor_db));
  t.push_back(number("range-db", "Range",
                     "dB from the darkest pixel to the brightest (default: the "
                     "model's, else 60 over background or 120 of dBFS)",
                     1, 400, r.range_db, &Wish::range_db));
  t.push_back(number("auto-range", "Automatic range",
                     "Percentile of a frame's values that becomes its floor, "
                     "100 less it its brightest pixel; 0 = floor-db and "
                     "range-db (default: the model's)",
                     0, 49.9, r.auto_range_percent, &Wish::auto_range_percent));
  t.push_back(whole("evidence-fft-size", "Evidence FFT size",
                    "Window of a second, finer transform for the mask recipe "
                    "lines; 0 = none (default: the model's)",
                    0, 65536, r.evidence_fft_size, &Recipe::evidence_fft_size));
}

const Table &table() {
  static const Table all = [] {
    Table t;
    add_source(t);
    add_transform(t);
    add_rows(t);
    add_background(t);
    add_pixels(t);
    return t;
  }();
  return all;
}

const Setting *find(guint id) {
  const Table &all = table();
  return id >= kFirstRecipeProp && id - kFirstRecipeProp < all.size()
             ? &all[id - kFirstRecipeProp]
             : nullptr;
}

guint id_of(const std::string &name) {
  guint id = kFirstRecipeProp;
  while (name != find(id)->name) ++id;
  return id;
}

using Values = std::map<guint, double>;

bool has(const Values &values, const char *name) {
  return values.count(id_of(name)) > 0;
}

/* What others imply where the user did not say it. */
void follow(const Values &values, Wish &w) {
  if (has(values, "resolution") && !has(values, "fft-size")) {
    w.fft_size = 0;
    if (!has(values, "hop-size")) w.hop_size = 0;
  }
  if (!has(values, "advance")) w.advance = std::min(w.advance, w.width);
}

Wish wanted(const Values &values, const Recipe *model, int rate_hz) {
  Wish set;
  for (const auto &[id, value] : values) find(id)->put(set, value);
  Wish w = model ? wish_of(*model)
                 : default_wish(set.mode, rate_hz, set.has_background());
  for (const auto &[id, value] : values) find(id)->put(w, value);
  follow(values, w);
  return w;
}

void settle_sizes(Wish &w) {
  if (w.max_frequency_hz == 0)
    w.max_frequency_hz = w.rate_hz / 2.0 / std::max(1, w.decimation);
  if (w.decimation == 0)
    w.decimation = int(std::clamp(
        std::floor(w.rate_hz * dsp::kPassBand / (2 * w.max_frequency_hz)), 1.0,
        double(dsp::kLargestDecimation)));
  if (w.fft_size == 0 && w.resolution_hz > 0)
    w.fft_size = 2 * int(std::lround(std::min(
                         1e9, w.analysis_rate_hz() / w.resolution_hz / 2)));
  if (w.hop_size == 0)
    w.hop_size =
        std::max(1, w.window_samples() / (w.mode == Mode::kDemon ? 10 : 2));
  if (w.average_time_s > 0)
    w.average = std::max(
        1, int(std::lround(std::min(
               1e9, w.average_time_s * w.analysis_rate_hz() / w.hop_size))));
}

}  // namespace

bool RecipeOverrides::set(guint id, const GValue *value) {
  if (!find(id)) return false;
  if (G_VALUE_HOLDS_ENUM(value))
    values_[id] = g_value_get_enum(value);
  else if (G_VALUE_HOLDS_INT(value))
    values_[id] = g_value_get_int(value);
  else
    values_[id] = g_value_get_double(value);
  return true;
}

bool RecipeOverrides::get(const Recipe *model, guint id, GValue *value) const {
  const Setting *setting = find(id);
  if (!setting) return false;
  // without a rate max-frequency and the sizes that follow from it stay open
  const double number = setting->get(wanted(values_, model, 0));
  if (G_VALUE_HOLDS_ENUM(value))
    g_value_set_enum(value, int(number));
  else if (G_VALUE_HOLDS_INT(value))
    g_value_set_int(value, int(number));
  else
    g_value_set_double(value, number);
  return true;
}

bool RecipeOverrides::is_set(const char *name) const {
  return has(values_, name);
}

Recipe RecipeOverrides::resolve(const Recipe *model, int rate_hz) const {
  Wish w = wanted(values_, model, rate_hz);
  settle_sizes(w);
  // the model's fine spectrum goes where its analysis is given up
  const bool can_be_finer =
      w.axis == FrequencyAxis::kLinear && w.normalizer == Normalizer::kTpsw &&
      w.evidence_fft_size >= w.fft_size && w.mode != Mode::kDemon &&
      w.average == 1 && w.window_size == 0;
  if (!can_be_finer && !has(values_, "evidence-fft-size"))
    w.evidence_fft_size = 0;
  w.validate();
  return w;
}

void install_recipe_properties(GObjectClass *klass) {
  guint id = kFirstRecipeProp;
  for (const Setting &setting : table())
    g_object_class_install_property(klass, id++, setting.spec());
}

}  // namespace sonar
