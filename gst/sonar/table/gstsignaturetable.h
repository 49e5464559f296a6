/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_SIGNATURE_TABLE (gst_signature_table_get_type())
G_DECLARE_FINAL_TYPE(GstSignatureTable, gst_signature_table, GST,
                     SIGNATURE_TABLE, GstElement)
GST_ELEMENT_REGISTER_DECLARE(signaturetable)

G_END_DECLS
