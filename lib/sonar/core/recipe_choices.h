/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <array>
#include <type_traits>

#include "sonar/core/recipe.h"

/* The enums of a recipe as properties, files and flags spell them. */
namespace sonar {

template <typename Enum>
struct Choice {
  Enum value;
  const char *nick;
  const char *text;  ///< for people who choose
};

/** kAll holds every value of the enum, in the order of their numbers. */
template <typename Enum>
struct Choices;

template <>
struct Choices<Mode> {
  static constexpr std::array<Choice<Mode>, 3> kAll{
      {{Mode::kSpectrogram, "spectrogram", "Spectrogram of the whole band"},
       {Mode::kLofar, "lofar", "Lofargram: tonals of the low frequencies"},
       {Mode::kDemon, "demon",
        "DEMON-gram: spectrum of the noise's envelope"}}};
};
template <>
struct Choices<Window> {
  static constexpr std::array<Choice<Window>, 5> kAll{
      {{Window::kHann, "hann", "Hann"},
       {Window::kHamming, "hamming", "Hamming"},
       {Window::kBlackmanHarris, "blackman-harris", "Blackman-Harris, 4 terms"},
       {Window::kKaiser, "kaiser", "Kaiser, of kaiser-beta"},
       {Window::kFlatTop, "flat-top", "Flat top: levels off a bin's centre"}}};
};
template <>
struct Choices<Detrend> {
  static constexpr std::array<Choice<Detrend>, 3> kAll{
      {{Detrend::kNone, "none", "Samples as they are"},
       {Detrend::kMean, "mean", "Each window without its mean"},
       {Detrend::kLine, "line", "Each window without its straight line"}}};
};
template <>
struct Choices<FrequencyAxis> {
  static constexpr std::array<Choice<FrequencyAxis>, 4> kAll{
      {{FrequencyAxis::kLinear, "linear", "One row a bin"},
       {FrequencyAxis::kGeometric, "geometric",
        "Bands of equal ratio (logarithmic)"},
       {FrequencyAxis::kThirdOctave, "third-octave",
        "One-third-octave bands, base ten (IEC 61260)"},
       {FrequencyAxis::kMel, "mel", "Bands of equal width in mel"}}};
};
template <>
struct Choices<Normalizer> {
  static constexpr std::array<Choice<Normalizer>, 4> kAll{
      {{Normalizer::kNone, "none", "Levels as they are"},
       {Normalizer::kTpsw, "tpsw", "Two-pass split window"},
       {Normalizer::kMedian, "median", "Running median"},
       {Normalizer::kOta, "ota", "Order-truncated average"}}};
};
template <>
struct Choices<Agc> {
  static constexpr std::array<Choice<Agc>, 3> kAll{
      {{Agc::kNone, "none", "None"},
       {Agc::kColumn, "column", "Each column over its own median"},
       {Agc::kBand, "band", "Each row over its running mean"}}};
};
template <>
struct Choices<Envelope> {
  static constexpr std::array<Choice<Envelope>, 2> kAll{
      {{Envelope::kHilbert, "hilbert", "Magnitude of the analytic signal"},
       {Envelope::kSquareLaw, "square-law", "Root of the low-passed square"}}};
};

/** The nick of an enum value, as properties, files and flags spell it. */
template <typename Enum, typename = std::enable_if_t<std::is_enum_v<Enum>>>
constexpr const char *nick(Enum value) noexcept {
  for (const auto &choice : Choices<Enum>::kAll)
    if (choice.value == value) return choice.nick;
  return "unknown";
}

}  // namespace sonar
