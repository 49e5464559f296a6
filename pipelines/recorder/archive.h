/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gst/app/gstappsrc.h>
#include <gst/audio/audio.h>

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "fragments.h"
#include "journal.h"
#include "options.h"
#include "pipeline.h"

namespace sonar::recorder {

/** How sound of a kind is kept without loss. */
struct SoundFile {
  std::string suffix;  ///< "flac" or "mkv"
  std::string caps;    ///< that the file's encoder takes, the same samples
};

/** FLAC for integers of up to 24 bits and 8 channels, else PCM in Matroska. */
SoundFile choose_sound_file(const GstAudioInfo &info, bool matroska);

/**
 * Keeps the samples of one run, bit by bit, in a file a fragment. Owes nothing
 * to the analysis: a pipeline of its own.
 */
class Archive {
 public:
  /** Called in the main loop with a whole file: fragment's number and path. */
  using Closed = std::function<void(std::int64_t, const std::string &)>;

  /** Throws Error. */
  Archive(const Options &options, const GstAudioInfo &info,
          const Fragments &fragments, DiskSync &disk, Closed closed);
  ~Archive();

  /** @p buffer with its time stamp in the run, within one fragment. Never
   *  waits. */
  void push(GstBuffer *buffer);  // takes the reference
  /** Whether the disk is so far behind that who can wait should. */
  bool is_behind() const;
  /** Nothing more comes; then ended() once the last file is whole. */
  void finish();
  bool ended() const { return pipeline_.ended(); }
  std::string error() const { return pipeline_.error(); }

 private:
  static gchar *name_file(GstElement *, guint, GstSample *first, gpointer self);
  void take_message(GstMessage *message);

  const Fragments &fragments_;
  DiskSync &disk_;
  Closed closed_;
  SoundFile file_;
  std::mutex lock_;
  std::map<std::string, std::int64_t> open_;  // guarded by lock_
  std::uint64_t limit_bytes_ = 0;
  Pipeline pipeline_;
  ElementPtr in_;
};

/** Gives splitmuxsink "files" of a pipeline its @p muxer (taken over), a sink
 *  whose writes reach the kernel at once, and element @p from as its input on
 *  @p pad. Throws Error. */
void prepare_files(Pipeline &pipeline, const char *from, const char *pad,
                   GstElement *muxer);

}  // namespace sonar::recorder
