/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gst/gst.h>

#include <map>
#include <string>
#include <vector>

namespace sonar {

/** The elements of sonarsignature by the names they have in the bin:
 *  convert, resample, spectrogram, classify, mask, extract, overlay, rate. The
 *  bin holds those of the chain; the others are kept here as they were set.
 *  Used in state changes only, which are never two at a time. */
class SignatureChain {
 public:
  explicit SignatureChain(GstBin *bin) : bin_(bin) {}
  ~SignatureChain();
  SignatureChain(const SignatureChain &) = delete;
  SignatureChain &operator=(const SignatureChain &) = delete;

  /** The element of that name, made where there is none yet and put into the
   *  bin. Throws Error(kNotFound) where its plugin is not there. */
  GstElement *require(const std::string &name);
  /** Forgets an element, so that the next one has its defaults. */
  void renew(const std::string &name);
  /** Makes the chain these elements, linked in this order. Throws
   *  Error(kResource) where they cannot be linked. */
  void connect(const std::vector<std::string> &names);
  /** The chain's elements, as connected last. */
  const std::vector<std::string> &names() const { return linked_; }

 private:
  void unlink();

  GstBin *bin_;
  std::map<std::string, GstElement *> made_;  ///< owned
  std::vector<std::string> linked_;
};

}  // namespace sonar
