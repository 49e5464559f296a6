/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gst/base/gstbasetransform.h>

G_BEGIN_DECLS

#define GST_TYPE_SCORE_CAM_MASK (gst_score_cam_mask_get_type())
G_DECLARE_FINAL_TYPE(GstScoreCamMask, gst_score_cam_mask, GST, SCORE_CAM_MASK,
                     GstBaseTransform)
GST_ELEMENT_REGISTER_DECLARE(scorecammask)

G_END_DECLS
