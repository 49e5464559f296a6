/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gst/audio/audio.h>
#include <sndfile.h>

#include <cstdint>
#include <string>
#include <vector>

namespace sonar::clips {

enum class FileFormat { kWav, kFlac };

/** What a player shows of a clip. */
struct Tags {
  std::string title, date, comment;
};

/** Throws Error(kBadArgument) when @p format cannot hold samples of @p audio
 *  as they are. */
void require_format(FileFormat format, const GstAudioInfo &audio);

/** Frames that fit into one file. */
std::int64_t most_frames(FileFormat format, const GstAudioInfo &audio);

/**
 * An audio file that is written as FOLDER/STEM.EXTENSION.part and takes its
 * name when it is whole. Whatever was written can be read before that: a WAV
 * file's header follows its samples, and FLAC needs no length. No file is ever
 * overwritten: where a name is taken, "_2", "_3" ... follow the stem.
 */
class ClipFile {
 public:
  /** Throws Error(kResource) when the file cannot be made. */
  ClipFile(const std::string &folder, const std::string &stem,
           FileFormat format, const GstAudioInfo &audio, const Tags &tags);
  /** Without finish() a file with samples stays as it is, an empty one goes. */
  ~ClipFile();
  ClipFile(const ClipFile &) = delete;
  ClipFile &operator=(const ClipFile &) = delete;

  std::int64_t frames() const { return frames_; }
  /** Samples as in the audio's caps. Throws Error(kResource). */
  void write(const void *samples, std::size_t frames);
  /** Gives the file the name @p stem and returns its path. Throws
   *  Error(kResource). */
  std::string finish(const std::string &stem);

 private:
  [[noreturn]] void fail(const std::string &why) const;
  void set_tags(const Tags &tags);
  sf_count_t write_samples(const void *samples, sf_count_t count);

  std::string folder_, extension_, temporary_;
  GstAudioInfo audio_;
  SNDFILE *file_ = nullptr;
  std::int64_t frames_ = 0;
  std::vector<int> wide_;  ///< 24 bits in 32
};

}  // namespace sonar::clips
