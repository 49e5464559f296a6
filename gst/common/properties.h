/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gst/gst.h>

#include <functional>
#include <mutex>
#include <string>
#include <type_traits>
#include <vector>

namespace sonar {

/** Flags of a property that can be written in the states that @p when says,
 *  GST_PARAM_MUTABLE_READY or _PLAYING. */
constexpr GParamFlags changeable(int when) {
  return static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
                                  when);
}

/**
 * An element's properties, each bound to a field of its Settings, so that a
 * property is written down in one place.
 *
 * Fields: bool, int, guint, gsize, guint64 (of a uint64 spec), float, double,
 * an enum, std::string (null is the empty string). Ids count from 1 in the
 * order of add().
 */
template <typename Settings>
class Properties {
 public:
  /** @p field: Settings & -> reference to the field that @p spec is about. */
  template <typename Field>
  void add(GParamSpec *spec, Field field) {
    specs_.push_back(spec);
    setters_.push_back(
        [field](Settings &s, const GValue *value) { read(value, field(s)); });
    getters_.push_back(
        [field](Settings &s, GValue *value) { write(field(s), value); });
  }

  /** Hands every spec over to the class. */
  void install(GObjectClass *klass) {
    for (guint i = 0; i < specs_.size(); ++i)
      g_object_class_install_property(klass, i + 1, specs_[i]);
  }

  /** Both return false for an id that is not theirs. */
  bool set(Settings &settings, guint id, const GValue *value) const {
    if (id < 1 || id > setters_.size()) return false;
    setters_[id - 1](settings, value);
    return true;
  }
  bool get(Settings settings, guint id, GValue *value) const {
    if (id < 1 || id > getters_.size()) return false;
    getters_[id - 1](settings, value);
    return true;
  }

 private:
  template <typename T>
  static void read(const GValue *value, T &field) {
    if constexpr (std::is_same_v<T, bool>)
      field = g_value_get_boolean(value);
    else if constexpr (std::is_same_v<T, std::string>)
      field = g_value_get_string(value) ? g_value_get_string(value) : "";
    else if constexpr (std::is_enum_v<T>)
      field = static_cast<T>(g_value_get_enum(value));
    else if constexpr (std::is_same_v<T, float>)
      field = g_value_get_float(value);
    else if constexpr (std::is_same_v<T, double>)
      field = g_value_get_double(value);
    else if constexpr (std::is_unsigned_v<T>)
      field = G_VALUE_HOLDS_UINT64(value) ? T(g_value_get_uint64(value))
                                          : T(g_value_get_uint(value));
    else if (G_VALUE_HOLDS_ENUM(value))
      field = g_value_get_enum(value);
    else
      field = g_value_get_int(value);
  }

  template <typename T>
  static void write(const T &field, GValue *value) {
    if constexpr (std::is_same_v<T, bool>)
      g_value_set_boolean(value, field);
    else if constexpr (std::is_same_v<T, std::string>)
      g_value_set_string(value, field.empty() ? nullptr : field.c_str());
    else if constexpr (std::is_enum_v<T>)
      g_value_set_enum(value, static_cast<gint>(field));
    else if constexpr (std::is_same_v<T, float>)
      g_value_set_float(value, field);
    else if constexpr (std::is_same_v<T, double>)
      g_value_set_double(value, field);
    else if constexpr (std::is_unsigned_v<T>) {
      if (G_VALUE_HOLDS_UINT64(value))
        g_value_set_uint64(value, field);
      else
        g_value_set_uint(value, static_cast<guint>(field));
    } else if (G_VALUE_HOLDS_ENUM(value))
      g_value_set_enum(value, field);
    else
      g_value_set_int(value, field);
  }

  std::vector<GParamSpec *> specs_;
  std::vector<std::function<void(Settings &, const GValue *)>> setters_;
  std::vector<std::function<void(Settings &, GValue *)>> getters_;
};

/**
 * The set_property and get_property of an element whose instance holds an
 * `impl` with `lock` and, guarded by it, `settings`.
 */
template <typename Instance, auto &table>
void set_property(GObject *object, guint id, const GValue *value,
                  GParamSpec *pspec) {
  auto &impl = *reinterpret_cast<Instance *>(object)->impl;
  std::lock_guard<std::mutex> hold(impl.lock);
  if (!table.set(impl.settings, id, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
}
template <typename Instance, auto &table>
void get_property(GObject *object, guint id, GValue *value, GParamSpec *pspec) {
  auto &impl = *reinterpret_cast<Instance *>(object)->impl;
  std::lock_guard<std::mutex> hold(impl.lock);
  if (!table.get(impl.settings, id, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
}

}  // namespace sonar
