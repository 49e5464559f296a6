/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace sonar::recorder {

/** "20261128T223000.000Z": sorts as time does, and is a name everywhere. */
std::string file_stem(std::int64_t utc_ns);

/* A stretch of a run whose files share a name. */
struct Fragment {
  std::string stem;         ///< of its files' names
  std::int64_t utc_ns = 0;  ///< of its first sample
  std::int64_t samples = 0;
};

/**
 * The fragments of one run, an unbroken stretch of samples: number k begins
 * with sample k * fragment_samples(). Thread-safe.
 */
class Fragments {
 public:
  Fragments(std::string folder, unsigned rate, int seconds);

  std::int64_t fragment_samples() const { return fragment_samples_; }
  unsigned rate() const { return rate_; }
  /** Number of the fragment that holds stream time @p ns of the run. */
  std::int64_t number_at(std::int64_t ns) const;
  /** UTC of stream time @p ns, by the start of its fragment: the clock of the
   *  source drifts. */
  std::int64_t utc_at(std::int64_t ns) const;
  /** Begins one and chooses a name that no file in the folder has, nor gets
   *  from another recorder: its sidecar is made at once, empty. */
  Fragment begin(std::int64_t number, std::int64_t utc_ns);
  void add_samples(std::int64_t number, std::int64_t samples);
  std::optional<std::int64_t> newest() const;
  /** Of the newest thousand. */
  std::optional<Fragment> find(std::int64_t number) const;
  /** FOLDER/STEM.SUFFIX of a fragment; of one that is not there, of the newest
   *  before it. */
  std::string path(std::int64_t number, const std::string &suffix) const;
  /** As path(), or FOLDER/STEM_N.SUFFIX where there is such a file. */
  std::string free_path(std::int64_t number, const std::string &suffix) const;

 private:
  std::string folder_;
  unsigned rate_;
  std::int64_t fragment_samples_;
  mutable std::mutex lock_;
  std::map<std::int64_t, Fragment> known_;  // guarded by lock_
};

}  // namespace sonar::recorder
