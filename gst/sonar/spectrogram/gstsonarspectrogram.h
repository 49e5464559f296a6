/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_SONAR_SPECTROGRAM (gst_sonar_spectrogram_get_type())
G_DECLARE_FINAL_TYPE(GstSonarSpectrogram, gst_sonar_spectrogram, GST,
                     SONAR_SPECTROGRAM, GstElement)
GST_ELEMENT_REGISTER_DECLARE(sonarspectrogram)

G_END_DECLS
