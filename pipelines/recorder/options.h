/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace sonar::recorder {

/* What sonar-record is asked for. */
struct Options {
  std::string folder = "recordings";
  std::string source = "autoaudiosrc";  ///< elements that give raw audio
  std::string uri;                      ///< instead of them; empty: none
  std::string model = "hydrophone";     ///< of the classes; empty: none
  std::string spectrogram;  ///< " name=value" of the lofargram, levels too
  std::string levels;       ///< the calibration's alone
  std::string web;          ///< folder of the page; empty: none
  std::optional<std::int64_t> start_utc;  ///< of the first sample; ns
  int fragment_seconds = 600;
  double timeout_seconds = 10;   ///< silence after which a source is lost
  double history_seconds = 300;  ///< that the video reaches back
  double keep_days = 0;          ///< 0: for ever
  double max_gib = 0;            ///< of the folder; 0: no limit
  bool show_model = false;       ///< the model's picture, not the lofargram
  bool analysis = true, video = true;
  bool matroska = false;  ///< sound as PCM in Matroska, never FLAC
  bool once = false;      ///< the source's end is the recording's
};

}  // namespace sonar::recorder
