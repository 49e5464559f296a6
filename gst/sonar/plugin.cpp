/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <gst/gst.h>

#include "gstsignatureaudio.h"
#include "gstsignatureclips.h"
#include "gstsignatureextract.h"
#include "gstsignatureoverlay.h"
#include "gstsignaturetable.h"
#include "gstsonarsignature.h"
#include "gstsonarspectrogram.h"

static gboolean plugin_init(GstPlugin *plugin) {
  return GST_ELEMENT_REGISTER(sonarspectrogram, plugin) &&
         GST_ELEMENT_REGISTER(signatureclips, plugin) &&
         GST_ELEMENT_REGISTER(signatureextract, plugin) &&
         GST_ELEMENT_REGISTER(signatureoverlay, plugin) &&
         GST_ELEMENT_REGISTER(signaturetable, plugin) &&
         GST_ELEMENT_REGISTER(signatureaudio, plugin) &&
         GST_ELEMENT_REGISTER(sonarsignature, plugin);
}

GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, sonar,
                  "Sonar spectrograms and signatures (no neural network)",
                  plugin_init, VERSION, "GPL", PACKAGE, "unknown")
