/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_SIGNATURE_CLIPS (gst_signature_clips_get_type())
G_DECLARE_FINAL_TYPE(GstSignatureClips, gst_signature_clips, GST,
                     SIGNATURE_CLIPS, GstBin)
GST_ELEMENT_REGISTER_DECLARE(signatureclips)

G_END_DECLS
