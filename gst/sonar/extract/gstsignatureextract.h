/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gst/base/gstbasetransform.h>

G_BEGIN_DECLS

#define GST_TYPE_SIGNATURE_EXTRACT (gst_signature_extract_get_type())
G_DECLARE_FINAL_TYPE(GstSignatureExtract, gst_signature_extract, GST,
                     SIGNATURE_EXTRACT, GstBaseTransform)
GST_ELEMENT_REGISTER_DECLARE(signatureextract)

G_END_DECLS
