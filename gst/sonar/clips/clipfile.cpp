/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "clipfile.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "sonar/core/error.h"

namespace sonar::clips {
namespace {

/* libsndfile's name of the samples' form. */
int subtype_of(const GstAudioInfo &audio) {
  switch (GST_AUDIO_INFO_FORMAT(&audio)) {
    case GST_AUDIO_FORMAT_S16:
      return SF_FORMAT_PCM_16;
    case GST_AUDIO_FORMAT_S24:
    case GST_AUDIO_FORMAT_S24_32:
      return SF_FORMAT_PCM_24;
    case GST_AUDIO_FORMAT_S32:
      return SF_FORMAT_PCM_32;
    default:
      return SF_FORMAT_FLOAT;
  }
}

SF_INFO info_of(FileFormat format, const GstAudioInfo &audio) {
  SF_INFO info{};
  info.samplerate = audio.rate;
  info.channels = audio.channels;
  info.format = subtype_of(audio) |
                (format == FileFormat::kFlac ? SF_FORMAT_FLAC : SF_FORMAT_WAV);
  return info;
}

/* The first of STEM, STEM_2 ... for which @p take does not say EEXIST; 0 or
 * another error number. */
template <class Take>
int take_free_name(const std::string &stem, const std::string &extension,
                   std::string &path, Take take) {
  constexpr int kMost = 100000;
  for (int n = 1; n <= kMost; ++n) {
    path = stem + (n > 1 ? "_" + std::to_string(n) : "") + extension;
    errno = 0;
    if (take(path)) return 0;
    if (errno != EEXIST) return errno;
  }
  return EEXIST;
}

int create_new(const std::string &path) {
  return open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
}

/* Some file systems cannot rename without replacing: there an empty file keeps
 * the name free of others. */
bool rename_new(const std::string &from, const std::string &to) {
  if (renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(),
                RENAME_NOREPLACE) == 0)
    return true;
  if (errno != EINVAL && errno != ENOSYS) return false;
  const int reserved = create_new(to);
  if (reserved < 0) return false;
  close(reserved);
  return rename(from.c_str(), to.c_str()) == 0;
}

}  // namespace

void require_format(FileFormat format, const GstAudioInfo &audio) {
  SF_INFO info = info_of(format, audio);
  if (sf_format_check(&info)) return;
  throw Error(Errc::kBadArgument,
              std::string("A ") +
                  (format == FileFormat::kFlac ? "FLAC" : "WAV") +
                  " clip cannot hold " +
                  gst_audio_format_to_string(GST_AUDIO_INFO_FORMAT(&audio)) +
                  " audio of " + std::to_string(audio.channels) +
                  " channels at " + std::to_string(audio.rate) +
                  " Hz unchanged; FLAC takes whole numbers of up to 24 bits in "
                  "up to 8 channels: set format=wav, or put audioconvert and "
                  "audio/x-raw,format=S24LE before the audio pad.");
}

/* A RIFF file counts its bytes in 32 bits; room for its header is left. */
std::int64_t most_frames(FileFormat format, const GstAudioInfo &audio) {
  constexpr std::int64_t kMostBytes = 0xFFFFFFFF - (1 << 20);
  return format == FileFormat::kFlac ? (std::int64_t(1) << 36) - 1
                                     : kMostBytes / GST_AUDIO_INFO_BPF(&audio);
}

ClipFile::ClipFile(const std::string &folder, const std::string &stem,
                   FileFormat format, const GstAudioInfo &audio,
                   const Tags &tags)
    : folder_(folder),
      extension_(format == FileFormat::kFlac ? ".flac" : ".wav"),
      audio_(audio) {
  int descriptor = -1;
  const int failure = take_free_name(folder_ + "/" + stem, extension_ + ".part",
                                     temporary_, [&](const std::string &path) {
                                       descriptor = create_new(path);
                                       return descriptor >= 0;
                                     });
  if (failure) fail(std::strerror(failure));
  SF_INFO info = info_of(format, audio);
  file_ = sf_open_fd(descriptor, SFM_WRITE, &info, SF_TRUE);
  if (!file_) {
    close(descriptor);
    unlink(temporary_.c_str());
    fail(sf_strerror(nullptr));
  }
  sf_command(file_, SFC_SET_UPDATE_HEADER_AUTO, nullptr, SF_TRUE);
  set_tags(tags);
}

ClipFile::~ClipFile() {
  if (!file_) return;
  sf_close(file_);
  if (frames_ == 0) unlink(temporary_.c_str());
}

void ClipFile::set_tags(const Tags &tags) {
  sf_set_string(file_, SF_STR_TITLE, tags.title.c_str());
  sf_set_string(file_, SF_STR_SOFTWARE, "gst-sonar");
  if (!tags.date.empty()) sf_set_string(file_, SF_STR_DATE, tags.date.c_str());
  sf_set_string(file_, SF_STR_COMMENT, tags.comment.c_str());
}

void ClipFile::fail(const std::string &why) const {
  throw Error(Errc::kResource,
              "cannot write the clip '" + temporary_ + "': " + why +
                  "; check that the folder of location exists, is writable and "
                  "has space. What is whole in the file can be read.");
}

/* libsndfile takes 24 bits as the upper ones of 32. */
sf_count_t ClipFile::write_samples(const void *samples, sf_count_t count) {
  switch (GST_AUDIO_INFO_FORMAT(&audio_)) {
    case GST_AUDIO_FORMAT_S16:
      return sf_write_short(file_, static_cast<const short *>(samples), count);
    case GST_AUDIO_FORMAT_S32:
      return sf_write_int(file_, static_cast<const int *>(samples), count);
    case GST_AUDIO_FORMAT_S24: {
      const auto *bytes = static_cast<const guint8 *>(samples);
      wide_.resize(std::size_t(count));
      for (std::size_t i = 0; i < wide_.size(); ++i)
        wide_[i] = int(guint32(GST_READ_UINT24_LE(bytes + 3 * i)) << 8);
      return sf_write_int(file_, wide_.data(), count);
    }
    case GST_AUDIO_FORMAT_S24_32: {
      const auto *from = static_cast<const guint32 *>(samples);
      wide_.resize(std::size_t(count));
      std::transform(from, from + count, wide_.begin(),
                     [](guint32 value) { return int(value << 8); });
      return sf_write_int(file_, wide_.data(), count);
    }
    default:
      return sf_write_float(file_, static_cast<const float *>(samples), count);
  }
}

void ClipFile::write(const void *samples, std::size_t frames) {
  const auto count = sf_count_t(frames) * audio_.channels;
  errno = 0;
  if (write_samples(samples, count) != count)
    fail(errno ? std::strerror(errno) : sf_strerror(file_));
  frames_ += std::int64_t(frames);
}

std::string ClipFile::finish(const std::string &stem) {
  errno = 0;
  const int failure = sf_close(std::exchange(file_, nullptr));
  if (failure) fail(errno ? std::strerror(errno) : sf_error_number(failure));
  std::string path;
  const int refused = take_free_name(
      folder_ + "/" + stem, extension_, path,
      [&](const std::string &to) { return rename_new(temporary_, to); });
  if (refused) fail(std::strerror(refused));
  return path;
}

}  // namespace sonar::clips
