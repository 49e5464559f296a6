/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string>

#include "analysis.h"

namespace sonar::recorder {

namespace {

/* The mean of all channels. */
std::string to_mono(int channels) {
  if (channels == 1) return "audioconvert";
  std::string row;
  for (int i = 0; i < channels; ++i)
    row += (i ? ",(float)" : "(float)") + std::to_string(1.0 / channels);
  return "audioconvert mix-matrix=\"<<" + row + ">>\"";
}

std::string rows(const char *from, const char *what) {
  return std::string(" ") + from + ". ! queue ! signaturetable rows=" + what +
         " format=json-lines ! appsink name=" + what +
         " sync=false async=false";
}

std::string lofar(const Options &o) {
  // what has ended is told a frame's width later: a minute rather than four
  return " sound. ! queue ! sonarspectrogram mode=lofar width=64" +
         o.spectrogram +
         " ! signatureextract detection=excess name=tonal ! tee name=lofar" +
         rows("lofar", "tonals") + rows("lofar", "families");
}

std::string classes(const Options &o) {
  const std::string model = quoted(o.model);
  return " sound. ! queue ! audioresample ! sonarspectrogram model=" + model +
         o.levels + " ! specnnclassify model=" + model +
         " ! queue ! scorecammask ! signatureextract tonals=off ! "
         "tee name=classes" +
         rows("classes", "regions");
}

std::string video(const Options &o) {
  const char *from = o.show_model ? "classes" : "lofar";
  std::string text =
      std::string(" ") + from + ". ! queue ! signatureoverlay history=" +
      std::to_string(o.history_seconds) +
      " ! videoconvert ! video/x-raw,format=I420 ! x264enc name=encoder "
      "tune=zerolatency speed-preset=veryfast trellis=false ! "
      "h264parse ! tee name=video";
  if (o.video)
    text +=
        // splits are asked for: max-size-time splits before the key frame that
        // lies in the next fragment by a fraction of a frame
        " video. ! queue name=recorded splitmuxsink name=files "
        "send-keyframe-requests=true max-size-time=0";
  if (!o.web.empty())
    text +=
        // a fragment a frame: segments then begin with any key frame
        " video. ! queue ! mp4mux fragment-duration=1 streamable=true ! "
        "appsink name=web sync=false async=false";
  return text;
}

}  // namespace

std::string describe_analysis(const Options &o, int channels) {
  std::string text = "appsrc name=in format=time is-live=true max-bytes=0 ! " +
                     to_mono(channels) +
                     " ! audio/x-raw,format=" GST_AUDIO_NE(
                         F32) ",channels=1 ! tee name=sound" +
                     lofar(o);
  if (!o.model.empty()) text += classes(o);
  if (o.video || !o.web.empty()) text += video(o);
  return text;
}

}  // namespace sonar::recorder
