/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/modelmessage.h"

#include "common/border.h"

namespace sonar {

void post_model_change(GstElement *element, const std::string &in_use,
                       const std::string &requested, const Error *failure) {
  g_autofree gchar *name = gst_element_get_name(element);
  GstStructure *fields = gst_structure_new(
      "sonar-model", "element", G_TYPE_STRING, name, "model", G_TYPE_STRING,
      in_use.c_str(), "requested", G_TYPE_STRING, requested.c_str(), "changed",
      G_TYPE_BOOLEAN, gboolean(!failure), "reason", G_TYPE_STRING,
      failure ? failure->what() : "", nullptr);
  gst_element_post_message(
      element, gst_message_new_element(GST_OBJECT(element), fields));
  if (failure)
    border::warn(element, Error(failure->code(),
                                "The model stays " +
                                    (in_use.empty() ? "as it was" : in_use) +
                                    ": " + failure->what()));
}

}  // namespace sonar
