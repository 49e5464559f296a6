/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "models/synth/random.h"
#include "sonar/core/recipe.h"

/* Rows of 0.1 Hz from 0.6 to 49.8 Hz, as the preset ship-type has them. */
inline sonar::Recipe ship_recipe() {
  sonar::Recipe r;
  r.mode = sonar::Mode::kDemon;
  r.decimation = 160;
  r.fft_size = 1000;
  r.hop_size = 500;
  r.average = 6;
  r.axis = sonar::FrequencyAxis::kLinear;
  r.min_frequency_hz = 0.55;
  r.max_frequency_hz = 49.85;
  r.normalizer = sonar::Normalizer::kMedian;
  r.normalizer_half_width = 20;
  r.normalizer_smooth = 1;
  r.width = 4;
  r.advance = 1;
  return r;
}

/* Amplitudes of 499 bins of 0.1 Hz: a background that falls with frequency
 * under multiples of @p shaft_hz, every @p blades of which is the stronger. */
inline std::vector<float> ship_spectrum(double shaft_hz, int blades,
                                        double gain,
                                        sonar::models::synth::Random &random) {
  std::vector<float> out(499);
  for (std::size_t bin = 1; bin < out.size(); ++bin) {
    const double hz = 0.1 * double(bin);
    double power = 1 / (1 + hz / 10);
    for (int k = 1; k * shaft_hz < 50; ++k) {
      const double away = (hz - k * shaft_hz) / 0.1;
      power += (k % blades ? 2 : 12) / double(k) * std::exp(-away * away);
    }
    out[bin] = float(gain * std::sqrt(power) * std::exp(random.normal(0, 0.1)));
  }
  return out;
}

/* What numpy.save writes. */
inline void write_npy(const std::filesystem::path &path,
                      const std::string &header, const std::string &values) {
  std::ofstream file(path, std::ios::binary);
  const std::string text = header + "\n";
  file << "\x93NUMPY" << '\1' << '\0' << char(text.size() & 255)
       << char(text.size() >> 8) << text << values;
}

inline std::string npy_header(std::size_t rows, std::size_t columns) {
  return "{'descr': '<f4', 'fortran_order': False, 'shape': (" +
         std::to_string(rows) + ", " + std::to_string(columns) + "), }";
}

inline std::string bytes_of(const std::vector<float> &values) {
  return {reinterpret_cast<const char *>(values.data()),
          values.size() * sizeof(float)};
}

/* Two kinds of ships, @p vessels of each seen twice: slow ones of five blades
 * and quick ones of three. */
inline void write_ships(const std::filesystem::path &folder, int vessels) {
  sonar::models::synth::Random random(5, 0);
  std::vector<float> values;
  std::ofstream labels(folder / "labels.csv");
  labels << "row,id,class,vessel\n";
  int row = 0;
  for (int kind = 0; kind < 2; ++kind)
    for (int v = 0; v < vessels; ++v)
      for (int pass = 0; pass < 2; ++pass, ++row) {
        const double shaft =
            kind ? random.uniform(3.4, 4.6) : random.uniform(1.2, 1.8);
        const auto one = ship_spectrum(shaft, kind ? 3 : 5,
                                       random.log_uniform(1e-3, 10), random);
        values.insert(values.end(), one.begin(), one.end());
        labels << row << ",s" << row << (kind ? ",quick,Q" : ",slow,S") << v
               << "\n";
      }
  write_npy(folder / "spectra.npy", npy_header(std::size_t(row), 499),
            bytes_of(values));
}
