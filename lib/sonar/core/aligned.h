/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <new>
#include <vector>

namespace sonar {

/** Memory from the start of a cache line on: no vector of 64 bytes lies in two
 *  of them. */
template <class T>
struct CacheLineAllocator {
  using value_type = T;
  static constexpr std::align_val_t kLine{64};

  CacheLineAllocator() = default;
  template <class U>
  CacheLineAllocator(const CacheLineAllocator<U> &) {}

  T *allocate(std::size_t n) {
    return static_cast<T *>(::operator new(n * sizeof(T), kLine));
  }
  void deallocate(T *p, std::size_t) { ::operator delete(p, kLine); }

  template <class U>
  bool operator==(const CacheLineAllocator<U> &) const {
    return true;
  }
  template <class U>
  bool operator!=(const CacheLineAllocator<U> &) const {
    return false;
  }
};

template <class T>
using AlignedVector = std::vector<T, CacheLineAllocator<T>>;

}  // namespace sonar
