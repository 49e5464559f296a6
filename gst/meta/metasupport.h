/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gst/gst.h>
#include <gst/video/video.h>

/* What the metas share. */

/* Tied to the picture's pixels: scaling or cropping voids them. */
inline const gchar *sonar_meta_tags[] = {GST_META_TAG_VIDEO_STR,
                                         GST_META_TAG_VIDEO_SIZE_STR, nullptr};

/* Only a copy of the whole frame keeps a meta, in whatever pixel format:
 * videoconvert shares its element, and so its transform, with videoscale. */
inline gboolean sonar_meta_survives(GQuark type, gpointer data) {
  if (GST_VIDEO_META_TRANSFORM_IS_SCALE(type)) {
    const auto *scale = static_cast<const GstVideoMetaTransform *>(data);
    return GST_VIDEO_INFO_WIDTH(scale->in_info) ==
               GST_VIDEO_INFO_WIDTH(scale->out_info) &&
           GST_VIDEO_INFO_HEIGHT(scale->in_info) ==
               GST_VIDEO_INFO_HEIGHT(scale->out_info);
  }
  if (!GST_META_TRANSFORM_IS_COPY(type)) return FALSE;
  const auto *copy = static_cast<const GstMetaTransformCopy *>(data);
  return !copy || !copy->region;
}

inline GBytes *sonar_bytes_ref(GBytes *bytes) {
  return bytes ? g_bytes_ref(bytes) : nullptr;
}

/* A boxed type of plain numbers. */
#define SONAR_DEFINE_BOXED(Type, name)                         \
  static Type *name##_copy(const Type *self) {                 \
    return static_cast<Type *>(g_memdup2(self, sizeof(Type))); \
  }                                                            \
  G_DEFINE_BOXED_TYPE(Type, name, name##_copy, g_free)

/* Copies of the @p count items of @p bytes, each to be freed by g_free(). */
template <typename Item>
GList *sonar_copies(GBytes *bytes, guint count) {
  const auto *items =
      bytes ? static_cast<const Item *>(g_bytes_get_data(bytes, nullptr))
            : nullptr;
  GList *copies = nullptr;
  for (guint i = count; i > 0; --i)
    copies = g_list_prepend(copies, g_memdup2(items + i - 1, sizeof(Item)));
  return copies;
}

/* Zeroes a meta's content, leaving its GstMeta header. */
template <typename Meta>
gboolean sonar_meta_init(GstMeta *meta, gpointer, GstBuffer *) {
  auto *self = reinterpret_cast<Meta *>(meta);
  const GstMeta header = self->meta;
  *self = Meta{};
  self->meta = header;
  return TRUE;
}

/* Appends a meta of @info with @content, whose header is left out. */
template <typename Meta>
Meta *sonar_meta_append(GstBuffer *buffer, const GstMetaInfo *info,
                        const Meta &content) {
  auto *self =
      reinterpret_cast<Meta *>(gst_buffer_add_meta(buffer, info, nullptr));
  const GstMeta header = self->meta;
  *self = content;
  self->meta = header;
  return self;
}
