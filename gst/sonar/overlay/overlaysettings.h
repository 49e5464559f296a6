/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "common/properties.h"
#include "sonar/render/scene.h"

/* What the user sets on signatureoverlay. */
namespace sonar::overlay {

constexpr int kMinWidth = 160, kMinHeight = 120, kMaxSize = 8192;

struct Settings {
  int width = 1280, height = 720;
  double history_seconds = 0;
  bool show_families = true;
  render::Style style;
};

extern Properties<Settings> properties;

/** Fills the table and hands it over to the class of the element. */
void install_properties(GObjectClass *klass);

}  // namespace sonar::overlay
