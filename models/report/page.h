/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <string>
#include <vector>

namespace sonar::models::report {

/** Text as HTML shows it, in an element or a quoted attribute: & < > " ' as
 *  entities, control characters but newline and tab as U+FFFD. */
std::string escape(const std::string &text);

/** A PNG of the page's folder. */
struct Picture {
  std::string file;
  int width = 0, height = 0;  ///< as shown, CSS pixels; the file may have more
  std::string alt, caption;
};

struct Table {
  std::string caption;
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;  ///< first cell: row's header
  std::vector<std::size_t> emphasized;         ///< indices of rows
};

/**
 * A page of one file: its style inside, no script, nothing from elsewhere. All
 * text that goes in is plain and is escaped here.
 */
class Page {
 public:
  explicit Page(std::string title) : title_(std::move(title)) {}

  /** What follows belongs to it. @p id: letters and hyphens. */
  void section(const std::string &id, const std::string &title);
  void heading(const std::string &title);  ///< inside a section
  void paragraph(const std::string &text);
  void points(const std::vector<std::string> &texts);
  /** Set off: what is missing, and what to do about it. */
  void missing(const std::string &text);
  /** Pictures beside each other as far as there is room; nothing for none. */
  void pictures(const std::vector<Picture> &pictures);
  void table(const Table &table);

  /** The whole page. @p about: its last line. */
  std::string html(const std::string &about) const;

 private:
  std::string title_, contents_, body_;
  bool open_ = false;
};

/** A line of the page's head by which it is known again. */
extern const char kGenerator[];

}  // namespace sonar::models::report
