/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_SIGNATURE_AUDIO (gst_signature_audio_get_type())
G_DECLARE_FINAL_TYPE(GstSignatureAudio, gst_signature_audio, GST,
                     SIGNATURE_AUDIO, GstElement)
GST_ELEMENT_REGISTER_DECLARE(signatureaudio)

G_END_DECLS
