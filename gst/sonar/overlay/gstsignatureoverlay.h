/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gst/base/gstbasetransform.h>

G_BEGIN_DECLS

#define GST_TYPE_SIGNATURE_OVERLAY (gst_signature_overlay_get_type())
G_DECLARE_FINAL_TYPE(GstSignatureOverlay, gst_signature_overlay, GST,
                     SIGNATURE_OVERLAY, GstBaseTransform)
GST_ELEMENT_REGISTER_DECLARE(signatureoverlay)

G_END_DECLS
