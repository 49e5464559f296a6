/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/border.h"

namespace sonar::border {
namespace {

/* Domain and code of a bus message about @p error. */
std::pair<GQuark, gint> class_of(const sonar::Error &error) {
  switch (error.code()) {
    case Errc::kBadArgument:
      return {GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS};
    case Errc::kNotFound:
      return {GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND};
    case Errc::kBadModel:
      return {GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_INIT};
    case Errc::kResource:
      return {GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_FAILED};
    case Errc::kNumeric:
      return {GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED};
  }
  return {GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_FAILED};
}

void post(GstElement *element, GstMessageType type, const sonar::Error &error) {
  const auto [domain, code] = class_of(error);
  gst_element_message_full(element, type, domain, code, g_strdup(error.what()),
                           nullptr, __FILE__, GST_FUNCTION, __LINE__);
}

}  // namespace

void post(GstElement *element, const sonar::Error &error) noexcept {
  post(element, GST_MESSAGE_ERROR, error);
}

void warn(GstElement *element, const sonar::Error &warning) noexcept {
  post(element, GST_MESSAGE_WARNING, warning);
}

void post_unexpected(GstElement *element, const char *what) noexcept {
  GST_ELEMENT_ERROR(element, LIBRARY, FAILED,
                    ("Internal error; please report it."),
                    ("unexpected exception: %s", what));
}

}  // namespace sonar::border
