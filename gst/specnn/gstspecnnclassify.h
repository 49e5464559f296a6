/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gst/base/gstbasetransform.h>

G_BEGIN_DECLS

#define GST_TYPE_SPEC_NN_CLASSIFY (gst_spec_nn_classify_get_type())
G_DECLARE_FINAL_TYPE(GstSpecNnClassify, gst_spec_nn_classify, GST,
                     SPEC_NN_CLASSIFY, GstBaseTransform)
GST_ELEMENT_REGISTER_DECLARE(specnnclassify)

G_END_DECLS
