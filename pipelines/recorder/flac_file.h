/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * GstSonarFlacFile:
 *
 * A FLAC encoder in the clothes of a muxer, for splitmuxsink: every fragment is
 * a FLAC file of its own, with its number of samples and their checksum, that
 * begins and ends with the sample at which splitmuxsink cuts. (flacenc before
 * splitmuxsink would cut between FLAC's blocks, and needs another container.)
 * One pad "audio_%u", on request.
 */
#define GST_TYPE_SONAR_FLAC_FILE (gst_sonar_flac_file_get_type())
G_DECLARE_FINAL_TYPE(GstSonarFlacFile, gst_sonar_flac_file, GST,
                     SONAR_FLAC_FILE, GstBin)

G_END_DECLS
