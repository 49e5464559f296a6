/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/core/record.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace sonar {
namespace {

using Kind = Field::Kind;

/** Of the field @p name; empty where there is none. */
std::string text_of(const Record &record, const std::string &name) {
  const auto found =
      std::find_if(record.begin(), record.end(),
                   [&](const Field &field) { return field.name == name; });
  return found == record.end() ? std::string() : found->text;
}

/** Quoted where it would break the row. */
std::string csv_text(const std::string &text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + "\"";
}

/** For formats that cannot quote. */
std::string tab_text(std::string text) {
  for (char &c : text) {
    if (c == '\t' || c == '\r' || c == '\n') c = ' ';
    if (c == '"') c = '\'';
  }
  return text;
}

template <class TextOf>
std::string joined(const Record &record, char separator, TextOf text) {
  std::string line;
  for (const Field &field : record) {
    if (&field != &record.front()) line += separator;
    line += text(field);
  }
  return line + "\n";
}

std::string json_text(const std::string &text) {
  return nlohmann::json(text).dump(-1, ' ', false,
                                   nlohmann::json::error_handler_t::replace);
}

/* A number's own text, so that it is the same in all formats. */
std::string json_value(const Field &field) {
  if (field.kind == Kind::kText)
    return field.text.empty() ? "null" : json_text(field.text);
  if (field.kind == Kind::kNumbers) {
    std::string list = field.text;
    std::replace(list.begin(), list.end(), ' ', ',');
    return "[" + list + "]";
  }
  // "nan" and "inf" are no numbers of JSON
  const bool finite = field.text.find_first_of("nN") == std::string::npos;
  return field.text.empty() || !finite ? "null" : field.text;
}

std::string json_line(const Record &record, const std::string &kind) {
  std::string line = "{\"kind\":" + json_text(kind);
  for (const Field &field : record)
    if (field.name.find(' ') == std::string::npos)  // Raven's own
      line += "," + json_text(field.name) + ":" + json_value(field);
  return line + "}\n";
}

/* The class first, since it is what one reads at a glance. */
std::string audacity_lines(const Record &record) {
  std::string label = text_of(record, "class");
  for (const Field &field : record) {
    const auto is_any = [&](std::initializer_list<const char *> names) {
      return std::find(names.begin(), names.end(), field.name) != names.end();
    };
    if (field.text.empty() ||
        is_any({"class", "begin_s", "end_s", "low_hz", "high_hz", "Begin Date",
                "Begin Clock Time"}))
      continue;
    label += "; " + field.name + "=" + field.text;
  }
  return text_of(record, "begin_s") + "\t" + text_of(record, "end_s") + "\t" +
         tab_text(label) + "\n\\\t" + text_of(record, "low_hz") + "\t" +
         text_of(record, "high_hz") + "\n";
}

}  // namespace

/* Raven's names come first: those it needs, then those it knows. */
Record RecordWriter::columns_of(const Record &record) const {
  if (format_ != RecordFormat::kRaven) return record;
  Record columns;
  std::vector<std::string> taken;
  const auto take = [&](const char *name, const char *ravens) {
    columns.push_back({ravens, text_of(record, name), Kind::kText});
    taken.push_back(name);
  };
  take("id", "Selection");
  columns.push_back({"View", "Spectrogram 1", Kind::kText});
  columns.push_back({"Channel", "1", Kind::kNumber});
  take("begin_s", "Begin Time (s)");
  take("end_s", "End Time (s)");
  take("low_hz", "Low Freq (Hz)");
  take("high_hz", "High Freq (Hz)");
  take("Begin Date", "Begin Date");
  take("Begin Clock Time", "Begin Clock Time");
  take("peak_hz", "Peak Freq (Hz)");
  if (!recording_.empty()) {
    columns.push_back({"Begin File", recording_, Kind::kText});
    columns.push_back(
        {"File Offset (s)", text_of(record, "begin_s"), Kind::kNumber});
  }
  take("class", "Annotation");
  for (const Field &field : record)
    if (std::find(taken.begin(), taken.end(), field.name) == taken.end())
      columns.push_back(field);
  return columns;
}

std::string RecordWriter::header(const Record &record) const {
  if (format_ == RecordFormat::kJsonLines || format_ == RecordFormat::kAudacity)
    return {};
  return joined(columns_of(record), format_ == RecordFormat::kCsv ? ',' : '\t',
                [](const Field &field) { return field.name; });
}

std::string RecordWriter::line(const Record &record) const {
  switch (format_) {
    case RecordFormat::kCsv:
      return joined(record, ',',
                    [](const Field &f) { return csv_text(f.text); });
    case RecordFormat::kRaven:
      return joined(columns_of(record), '\t',
                    [](const Field &f) { return tab_text(f.text); });
    case RecordFormat::kAudacity:
      return audacity_lines(record);
    case RecordFormat::kJsonLines:
      return json_line(record, kind_);
  }
  return {};
}

}  // namespace sonar
