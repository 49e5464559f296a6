/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_SONAR_SIGNATURE (gst_sonar_signature_get_type())
G_DECLARE_FINAL_TYPE(GstSonarSignature, gst_sonar_signature, GST,
                     SONAR_SIGNATURE, GstBin)
GST_ELEMENT_REGISTER_DECLARE(sonarsignature)

G_END_DECLS
