/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/border.h"
namespace sonar::border {
void post(GstElement *element, const sonar::Error &error) noexcept {
  switch (error.code()) {
    case Errc::kBadArgument:
      GST_ELEMENT_ERROR(element, LIBRARY, SETTINGS, ("%s", error.what()),
                        (nullptr));
      break;
    case Errc::kNotFound:
      GST_ELEMENT_ERROR(element, RESOURCE, NOT_FOUND, ("%s", error.what()),
                        (nullptr));
      break;
    case Errc::kBadModel:
      GST_ELEMENT_ERROR(element, LIBRARY, INIT, ("%s", error.what()),
                        (nullptr));
      break;
    case Errc::kResource:
      GST_ELEMENT_ERROR(element, RESOURCE, FAILED, ("%s", error.what()),
                        (nullptr));
      break;
    case Errc::kNumeric:
      GST_ELEMENT_ERROR(element, STREAM, FAILED, ("%s", error.what()),
                        (nullptr));
      break;
  }
}
void post_unexpected(GstElement *element, const char *what) noexcept {
  GST_ELEMENT_ERROR(element, LIBRARY, FAILED,
                    ("Internal error; please report it."),
                    ("unexpected exception: %s", what));
}
}  // namespace sonar::border
