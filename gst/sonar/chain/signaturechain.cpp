/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "signaturechain.h"

#include <algorithm>

#include "sonar/core/error.h"

namespace sonar {
namespace {

const std::map<std::string, const char *> kFactories = {
    {"convert", "audioconvert"},
    {"resample", "audioresample"},
    {"spectrogram", "sonarspectrogram"},
    {"classify", "specnnclassify"},
    {"mask", "scorecammask"},
    {"extract", "signatureextract"},
    {"overlay", "signatureoverlay"},
    {"rate", "videorate"}};

GstElement *make(const std::string &name) {
  const char *factory = kFactories.at(name);
  GstElement *element = gst_element_factory_make(factory, name.c_str());
  if (element) return element;
  const bool network = name == "classify" || name == "mask";
  throw Error(Errc::kNotFound,
              std::string("There is no element ") + factory + "; " +
                  (network ? "its plugin specnn needs LibTorch. Install it, or "
                             "set model=\"\" for tonals without a network."
                           : "install GStreamer's base plugins."));
}

bool holds(GstBin *bin, GstElement *element) {
  g_autoptr(GstObject) parent = gst_object_get_parent(GST_OBJECT(element));
  return parent == GST_OBJECT(bin);
}

}  // namespace

SignatureChain::~SignatureChain() {
  for (const auto &[name, element] : made_) gst_object_unref(element);
}

GstElement *SignatureChain::require(const std::string &name) {
  auto found = made_.find(name);
  if (found == made_.end())
    found =
        made_.emplace(name, GST_ELEMENT(gst_object_ref_sink(make(name)))).first;
  if (!holds(bin_, found->second)) gst_bin_add(bin_, found->second);
  return found->second;
}

void SignatureChain::renew(const std::string &name) {
  const auto found = made_.find(name);
  if (found == made_.end()) return;
  unlink();
  if (holds(bin_, found->second)) gst_bin_remove(bin_, found->second);
  gst_element_set_state(found->second, GST_STATE_NULL);
  gst_object_unref(found->second);
  made_.erase(found);
}

void SignatureChain::unlink() {
  for (std::size_t i = 1; i < linked_.size(); ++i)
    gst_element_unlink(made_.at(linked_[i - 1]), made_.at(linked_[i]));
  linked_.clear();
}

void SignatureChain::connect(const std::vector<std::string> &names) {
  for (const std::string &name : names) require(name);
  if (linked_ != names) unlink();
  for (const auto &[name, element] : made_) {
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    if (holds(bin_, element)) gst_bin_remove(bin_, element);
    gst_element_set_state(element, GST_STATE_NULL);
  }
  if (linked_ == names) return;
  linked_ = names;
  for (std::size_t i = 1; i < names.size(); ++i)
    if (!gst_element_link(made_.at(names[i - 1]), made_.at(names[i])))
      throw Error(Errc::kResource, "Could not link " + names[i - 1] + " to " +
                                       names[i] + " in sonarsignature.");
}

}  // namespace sonar
