/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <gst/gst.h>

#include "gstscorecammask.h"
#include "gstspecnnclassify.h"

static gboolean plugin_init(GstPlugin *plugin) {
  return GST_ELEMENT_REGISTER(specnnclassify, plugin) &&
         GST_ELEMENT_REGISTER(scorecammask, plugin);
}

GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, specnn,
                  "Classes and class masks of sonar spectrograms (LibTorch)",
                  plugin_init, VERSION, "GPL", PACKAGE, "unknown")
