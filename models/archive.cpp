/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/archive.h"

#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>

#include "sonar/core/error.h"

namespace sonar::models {
namespace {

constexpr char kLocal[] = "PK\3\4", kListed[] = "PK\1\2", kEnd[] = "PK\5\6",
               kEnd64[] = "PK\6\6", kLocator64[] = "PK\6\7";
constexpr std::size_t kLocalBytes = 30, kListedBytes = 46, kEndBytes = 22,
                      kEnd64Bytes = 56, kLocator64Bytes = 20;
constexpr std::size_t kLongestComment = 0xffff;
constexpr std::uint32_t kIn64 = 0xffffffff;  // the 64-bit record has it
constexpr std::uint16_t kStored = 0, kDeflated = 8, kEncrypted = 1;
constexpr std::uint16_t kWide = 1;  // the extra field of 64-bit sizes
constexpr std::size_t kBlockBytes = 1 << 16;

/** A little-endian number of @p bytes bytes; the caller has checked that they
 *  are there. */
std::uint64_t number(const std::string &from, std::size_t at,
                     std::size_t bytes) {
  std::uint64_t out = 0;
  for (std::size_t i = bytes; i-- > 0;)
    out = out << 8 | std::uint8_t(from[at + i]);
  return out;
}

bool signed_as(const std::string &bytes, std::size_t at,
               const char *signature) {
  return bytes.compare(at, 4, signature, 4) == 0;
}

/** Puts the numbers of the 64-bit extra field where the short ones say so;
 *  false where they are not there. */
bool widen(const std::string &extra, std::vector<std::uint64_t *> fields) {
  fields.erase(std::remove_if(fields.begin(), fields.end(),
                              [](auto *field) { return *field != kIn64; }),
               fields.end());
  if (fields.empty()) return true;
  for (std::size_t at = 0; at + 4 <= extra.size();) {
    const std::size_t bytes = number(extra, at + 2, 2);
    if (number(extra, at, 2) != kWide) {
      at += 4 + bytes;
      continue;
    }
    if (at + 4 + bytes > extra.size() || bytes < 8 * fields.size())
      return false;
    for (std::size_t i = 0; i < fields.size(); ++i)
      *fields[i] = number(extra, at + 4 + 8 * i, 8);
    return true;
  }
  return false;
}

/** Where the end record begins in a file's last bytes: its comment reaches to
 *  the last of them. npos where there is none. */
std::size_t find_end(const std::string &tail) {
  for (std::size_t at = tail.size(); at-- > 0;)
    if (tail.size() - at >= kEndBytes && signed_as(tail, at, kEnd) &&
        at + kEndBytes + number(tail, at + 20, 2) == tail.size())
      return at;
  return tail.npos;
}

/** zlib's inflate() with its life and its state in C++ hands. */
class Inflater {
 public:
  Inflater() {
    if (inflateInit2(&stream_, -MAX_WBITS) != Z_OK)
      throw Error(Errc::kResource, "no memory to unpack a model file");
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater &) = delete;
  Inflater &operator=(const Inflater &) = delete;

  /** Gives what @p in unpacks to; false where it is damaged, or goes on behind
   *  its end. */
  template <class Give>
  bool put(std::string in, const Give &give) {
    stream_.next_in = reinterpret_cast<Bytef *>(in.data());
    stream_.avail_in = uInt(in.size());
    do {
      stream_.next_out = reinterpret_cast<Bytef *>(out_.data());
      stream_.avail_out = uInt(out_.size());
      const int result = ended_ ? Z_DATA_ERROR : inflate(&stream_, Z_NO_FLUSH);
      if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
        return false;
      ended_ = result == Z_STREAM_END;
      give(out_.data(), out_.size() - stream_.avail_out);
    } while (!ended_ && stream_.avail_out == 0);
    return stream_.avail_in == 0;
  }
  bool ended() const noexcept { return ended_; }

 private:
  z_stream stream_{};
  std::string out_ = std::string(kBlockBytes, '\0');
  bool ended_ = false;
};

}  // namespace

void Archive::bad(const std::string &what) const {
  throw Error(Errc::kBadModel, "model file " + path_ + " " + what);
}

void Archive::bad_list() const {
  bad("has a corrupt list of entries; copy it again");
}

std::string Archive::bytes_at(std::uint64_t at, std::uint64_t count) {
  if (at > size_ || count > size_ - at)
    bad("is cut short or corrupt: its list of entries points beyond its end; "
        "copy it again");
  std::string bytes(count, '\0');
  file_.clear();
  file_.seekg(std::streamoff(at));
  file_.read(bytes.data(), std::streamsize(count));
  if (std::uint64_t(file_.gcount()) != count)
    throw Error(Errc::kResource, "cannot read model file " + path_ + ": " +
                                     std::strerror(errno));
  return bytes;
}

Archive::Archive(const std::string &path) : path_(path) {
  std::error_code failed;
  size_ = std::filesystem::file_size(path, failed);
  if (failed)
    throw Error(Errc::kNotFound, "model file " + path + " does not exist");
  file_.open(path, std::ios::binary);
  if (!file_)
    throw Error(Errc::kResource,
                "cannot open model file " + path + ": " + std::strerror(errno));
  list();
}

/* Begin and size of the list of entries, and how many they are. */
Archive::List Archive::find_list() {
  if (size_ == 0) bad("is empty (0 bytes): copy or save it again");
  const std::uint64_t reach =
      std::min<std::uint64_t>(size_, kEndBytes + kLongestComment);
  const std::string tail = bytes_at(size_ - reach, reach);
  const std::size_t end = find_end(tail);
  if (end == tail.npos)
    bad("is cut short, or no TorchScript archive: a ZIP archive's end is "
        "missing; copy it again, or save it with torch.jit.save");
  List list{number(tail, end + 16, 4), number(tail, end + 12, 4),
            number(tail, end + 10, 2)};
  std::uint64_t list_end = size_ - reach + end;
  const std::string locator =
      list_end < kLocator64Bytes
          ? std::string()
          : bytes_at(list_end - kLocator64Bytes, kLocator64Bytes);
  if (!locator.empty() && signed_as(locator, 0, kLocator64)) {
    list_end = number(locator, 8, 8);
    const std::string wide = bytes_at(list_end, kEnd64Bytes);
    if (!signed_as(wide, 0, kEnd64)) bad_list();
    list = {number(wide, 48, 8), number(wide, 40, 8), number(wide, 32, 8)};
  }
  if (list.begin > list_end || list.bytes != list_end - list.begin ||
      list.count > list.bytes / kListedBytes)
    bad_list();
  return list;
}

/* The entry at @p here of the list, which moves on behind it. */
Archive::Entry Archive::parse_entry(const std::string &list,
                                    std::size_t &here) {
  if (list.size() - here < kListedBytes || !signed_as(list, here, kListed))
    bad_list();
  const auto field = [&](std::size_t at, std::size_t bytes) {
    return number(list, here + at, bytes);
  };
  Entry entry{{},
              field(42, 4),
              field(20, 4),
              field(24, 4),
              std::uint32_t(field(16, 4)),
              field(10, 2) == kDeflated};
  const std::uint64_t method = field(10, 2), flags = field(8, 2);
  const std::size_t name = field(28, 2), extra = field(30, 2),
                    comment = field(32, 2);
  here += kListedBytes;
  if (list.size() - here < name + extra + comment) bad_list();
  entry.name = list.substr(here, name);
  if (!widen(list.substr(here + name, extra),
             {&entry.size, &entry.packed, &entry.header}))
    bad_list();
  here += name + extra + comment;
  if (flags & kEncrypted) bad("is encrypted; save it without a password");
  if (method != kStored && method != kDeflated)
    bad("has the entry " + entry.name + " packed by method " +
        std::to_string(method) + ", needed 0 (stored) or 8 (deflated)");
  if (!entry.deflated && entry.packed != entry.size) bad_list();
  return entry;
}

void Archive::list() {
  const List where = find_list();
  data_end_ = where.begin;
  const std::string list = bytes_at(where.begin, where.bytes);
  std::size_t here = 0;
  for (std::uint64_t i = 0; i < where.count; ++i)
    entries_.push_back(parse_entry(list, here));
  if (here != list.size()) bad_list();
}

const Archive::Entry *Archive::find(const std::string &name) const {
  const Entry *found = nullptr;
  for (const Entry &entry : entries_) {
    const std::size_t slash = entry.name.find('/');
    if (slash == entry.name.npos || entry.name.substr(slash + 1) != name)
      continue;
    if (found) bad("has the entry " + name + " twice; save it again");
    found = &entry;
  }
  return found;
}

/* Where the entry's bytes begin: its local header must agree with the list. */
std::uint64_t Archive::begin_of(const Entry &entry) {
  const std::string head = bytes_at(entry.header, kLocalBytes);
  const std::uint64_t name = number(head, 26, 2), extra = number(head, 28, 2),
                      begin = entry.header + kLocalBytes + name + extra;
  if (!signed_as(head, 0, kLocal) ||
      number(head, 8, 2) != (entry.deflated ? kDeflated : kStored) ||
      bytes_at(entry.header + kLocalBytes, name) != entry.name ||
      begin > data_end_ || entry.packed > data_end_ - begin)
    bad("is corrupt where the entry " + entry.name + " begins; copy it again");
  return begin;
}

/* Hands the entry's bytes over block by block. */
template <class Take>
void Archive::unpack(const Entry &entry, const Take &take) {
  std::uint64_t at = begin_of(entry), made = 0;
  uLong crc = crc32(0, nullptr, 0);
  const auto give = [&](const char *bytes, std::size_t count) {
    made += count;
    if (made > entry.size) bad_entry(entry);
    crc = crc32(crc, reinterpret_cast<const Bytef *>(bytes), uInt(count));
    take(bytes, count);
  };
  std::optional<Inflater> inflater;
  if (entry.deflated) inflater.emplace();
  for (std::uint64_t left = entry.packed; left > 0;) {
    std::string in = bytes_at(at, std::min<std::uint64_t>(left, kBlockBytes));
    at += in.size();
    left -= in.size();
    if (!inflater)
      give(in.data(), in.size());
    else if (!inflater->put(std::move(in), give))
      bad_entry(entry);
  }
  if ((inflater && !inflater->ended()) || made != entry.size ||
      std::uint32_t(crc) != entry.crc)
    bad_entry(entry);
}

void Archive::bad_entry(const Entry &entry) const {
  bad("is corrupt: the entry " + entry.name +
      " is not what its CRC-32 and size say; copy it again");
}

std::string Archive::read(const Entry &entry, std::uint64_t largest) {
  if (entry.size > largest)
    bad("has the entry " + entry.name + " of " + std::to_string(entry.size) +
        " bytes, needed at most " + std::to_string(largest));
  std::string out;
  unpack(entry, [&](const char *bytes, std::size_t count) {
    out.append(bytes, count);
  });
  return out;
}

void Archive::verify() {
  for (const Entry &entry : entries_)
    unpack(entry, [](const char *, std::size_t) {});
}

bool is_archive(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  char bytes[4] = {};
  return file.read(bytes, sizeof bytes) &&
         std::memcmp(bytes, kLocal, sizeof bytes) == 0;
}

}  // namespace sonar::models
