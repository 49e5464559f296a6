/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

namespace sonar::models {

/**
 * A ZIP archive as torch.jit.save() writes it: stored or deflated entries, with
 * or without the 64-bit records, in one file. (PKWARE APPNOTE 6.3.10.) Nothing
 * that the file says is believed before it is checked against the file's size.
 *
 * Throws Error(kBadModel) saying what is wrong, kNotFound and kResource where
 * the file cannot be read. Not for several threads at a time.
 */
class Archive {
 public:
  struct Entry {
    std::string name;
    std::uint64_t header = 0;  ///< where its local header begins
    std::uint64_t packed = 0, size = 0;
    std::uint32_t crc = 0;
    bool deflated = false;
  };

  /** Reads the list of entries. */
  explicit Archive(const std::string &path);

  const std::vector<Entry> &entries() const noexcept { return entries_; }
  /** The entry whose name, after the archive's own folder, is @p name; null
   *  where there is none. Throws where there are two. */
  const Entry *find(const std::string &name) const;
  /** The bytes of an entry of at most @p largest bytes, its CRC-32 checked. */
  std::string read(const Entry &entry, std::uint64_t largest);
  /** Checks the CRC-32 of every entry, in little memory. */
  void verify();

 private:
  struct List {
    std::uint64_t begin, bytes, count;
  };
  List find_list();
  Entry parse_entry(const std::string &list, std::size_t &here);
  void list();
  std::uint64_t begin_of(const Entry &entry);
  template <class Take>
  void unpack(const Entry &entry, const Take &take);
  std::string bytes_at(std::uint64_t at, std::uint64_t count);
  [[noreturn]] void bad(const std::string &what) const;
  [[noreturn]] void bad_list() const;
  [[noreturn]] void bad_entry(const Entry &entry) const;

  std::string path_;
  std::ifstream file_;
  std::uint64_t size_ = 0;
  std::uint64_t data_end_ = 0;  ///< where the list of entries begins
  std::vector<Entry> entries_;
};

/** Whether a file begins as a ZIP archive does; false where there is none. */
bool is_archive(const std::string &path);

}  // namespace sonar::models
