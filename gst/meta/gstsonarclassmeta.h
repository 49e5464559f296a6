/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * GstSonarClassMeta:
 * @meta: parent
 * @model: path of the model file that decided
 * @device: where it is open: cpu, cuda or cuda:N
 * @labels: (array zero-terminated=1): the model's classes
 * @n_classes: number of @labels
 * @probabilities: @n_classes float32, 0..1 each
 * @best: index of the best class: the most probable; with a line model the
 *   loudest of those that are there
 * @confidence: its probability
 * @n_beside: number of @beside
 * @beside: (array length=n_beside): indices of the classes that are there
 *   beside the best one, as far as the model can tell
 * @label: "unknown" when @rejected, else the labels of the best class and of
 *   those beside it, joined by "+"; filled in by
 *   gst_buffer_add_sonar_class_meta()
 * @rejected: %TRUE when @confidence is below the limit: the class is unknown
 * @input: (nullable): the network's input, float32 channels x height x width
 * @feature_maps: (nullable): the last convolution's output for it, float32
 *   channels x height x width; Score-CAM builds on them
 *
 * The class of one spectrogram frame. Immutable once added; copies of the
 * buffer share what it points to.
 */
typedef struct _GstSonarClassMeta {
  GstMeta meta;
  gchar *model;
  gchar *device;
  gchar **labels;
  guint n_classes;
  GBytes *probabilities;
  guint best;
  gfloat confidence;
  guint n_beside;
  guint *beside;
  gchar *label;
  gboolean rejected;
  GBytes *input;
  GBytes *feature_maps;
} GstSonarClassMeta;

#define GST_SONAR_CLASS_META_API_TYPE (gst_sonar_class_meta_api_get_type())

GType gst_sonar_class_meta_api_get_type(void);
/**
 * gst_sonar_class_meta_get_info: (skip)
 */
const GstMetaInfo *gst_sonar_class_meta_get_info(void);

/**
 * gst_buffer_add_sonar_class_meta: (skip)
 * @buffer: a writable buffer
 * @content: what it says; its GstMeta part is not looked at
 *
 * Copies @content's strings and takes references on its bytes.
 *
 * Returns: (transfer none): the meta added
 */
GstSonarClassMeta *gst_buffer_add_sonar_class_meta(
    GstBuffer *buffer, const GstSonarClassMeta *content);

/**
 * gst_buffer_get_sonar_class_meta:
 * @buffer: a buffer
 *
 * Returns: (transfer none) (nullable): the meta of @buffer, which lives as
 *   long as the buffer
 */
GstSonarClassMeta *gst_buffer_get_sonar_class_meta(GstBuffer *buffer);

/**
 * gst_sonar_class_meta_get_label:
 * @meta: a class meta
 *
 * Returns: (transfer none): @meta's label
 */
const gchar *gst_sonar_class_meta_get_label(const GstSonarClassMeta *meta);

/**
 * gst_sonar_class_meta_get_labels:
 * @meta: a class meta
 *
 * Returns: (transfer none) (array zero-terminated=1): the model's classes
 */
const gchar *const *gst_sonar_class_meta_get_labels(
    const GstSonarClassMeta *meta);

/**
 * gst_sonar_class_meta_get_probabilities:
 * @meta: a class meta
 * @n_classes: (out): number of probabilities
 *
 * Returns: (transfer none) (array length=n_classes): the probability of each
 *   class, 0..1, in the order of gst_sonar_class_meta_get_labels()
 */
const gfloat *gst_sonar_class_meta_get_probabilities(
    const GstSonarClassMeta *meta, guint *n_classes);

G_END_DECLS
