/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "common/properties.h"
#include "sonar/dsp/masked_sound.h"

/* What the user sets on signatureaudio. */
namespace sonar::sound {

enum class Gate { kSoft, kBinary };
enum class Output { kSignature, kComplement };

struct Settings {
  Gate gate = Gate::kSoft;
  Output output = Output::kSignature;
  double floor_db = -40;
  guint64 attack = 20 * GST_MSECOND, release = 100 * GST_MSECOND;
  guint64 wait = GST_CLOCK_TIME_NONE;

  dsp::SoundGain gain() const {
    return {floor_db, double(attack) / GST_SECOND,
            double(release) / GST_SECOND};
  }
};

extern Properties<Settings> properties;

/** Fills the table and hands it over to the class of the element. */
void install_properties(GObjectClass *klass);

}  // namespace sonar::sound
