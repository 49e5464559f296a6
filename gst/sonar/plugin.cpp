/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <gst/gst.h>

#include "audio/gstsignatureaudio.h"
#include "chain/gstsonarsignature.h"
#include "clips/gstsignatureclips.h"
#include "extract/gstsignatureextract.h"
#include "overlay/gstsignatureoverlay.h"
#include "spectrogram/gstsonarspectrogram.h"
#include "table/gstsignaturetable.h"

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
