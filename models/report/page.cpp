/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/report/page.h"

#include <algorithm>
#include <cctype>

namespace sonar::models::report {
namespace {

/* Colours and sizes work on paper and on a phone: one column there, and a wide
 * table scrolls by itself, not the page. */
constexpr char kStyle[] = R"(
body{margin:0 auto;max-width:72rem;padding:1rem;font:1rem/1.55 system-ui,
"DejaVu Sans",sans-serif;color:#1b1f24;background:#fff}
h1{font-size:1.7rem;line-height:1.25}
h2{font-size:1.35rem;margin-top:2.5rem;padding-top:.6rem;
border-top:2px solid #d0d7de}
h3{font-size:1.08rem;margin-bottom:.3rem}
p,ul,nav{max-width:46rem}
nav ul{columns:2 16rem;padding-left:1.2rem}
a{color:#0550ae}
.missing{border-left:4px solid #9a6700;background:#fff8e5;padding:.5rem .8rem;
max-width:45rem}
.pictures{display:flex;flex-wrap:wrap;gap:1rem;align-items:flex-start}
figure{margin:0;flex:0 1 auto;max-width:100%;break-inside:avoid}
img{max-width:100%;height:auto;display:block;border:1px solid #d0d7de}
figcaption{font-size:.87rem;color:#424a53;padding-top:.3rem;
overflow-wrap:anywhere}
.table{overflow-x:auto;max-width:100%;margin:1rem 0}
table{border-collapse:collapse;font-size:.9rem;
font-variant-numeric:tabular-nums}
caption{text-align:left;padding-bottom:.4rem;color:#424a53}
th,td{padding:.25rem .7rem;border-bottom:1px solid #d0d7de;text-align:right;
vertical-align:top}
th:first-child,.text{text-align:left}
tr.own th,tr.own td{font-weight:bold;background:#eef4fb;
print-color-adjust:exact;-webkit-print-color-adjust:exact}
footer{margin-top:3rem;font-size:.85rem;color:#59636e}
@media print{body{font-size:10pt;max-width:none;padding:0}nav{display:none}
h2,h3{break-after:avoid}tr{break-inside:avoid}.table{overflow:visible}
table{font-size:8pt}th,td{padding:.15rem .3rem}
.pictures{gap:.5rem}figure{width:31%!important}figure.wide{width:48%!important}
figcaption{font-size:7pt}}
)";

// up to here three pictures fit beside each other, CSS pixels
constexpr int kNarrow = 400;

/** Columns of words read better from the left, figures from the right. */
bool holds_words(const Table &table, std::size_t column) {
  return std::any_of(
      table.rows.begin(), table.rows.end(), [&](const auto &row) {
        return column < row.size() && !row[column].empty() &&
               std::isalpha(static_cast<unsigned char>(row[column].front()));
      });
}

std::string row_of(const Table &table, std::size_t r) {
  std::string out;
  for (std::size_t c = 0; c < table.rows[r].size(); ++c) {
    const std::string text = escape(table.rows[r][c]);
    if (c == 0)
      out += "<th scope=\"row\">" + text + "</th>";
    else
      out += (holds_words(table, c) ? "<td class=\"text\">" : "<td>") + text +
             "</td>";
  }
  return out;
}

/** As wide as its picture, which its caption is wrapped to. */
std::string figure_of(const Picture &p) {
  const bool wide = p.width > kNarrow;
  return std::string(wide ? "<figure class=\"wide\"" : "<figure") +
         " style=\"width:" + std::to_string(p.width) + "px\"><img src=\"" +
         escape(p.file) + "\" width=\"" + std::to_string(p.width) +
         "\" height=\"" + std::to_string(p.height) + "\" alt=\"" +
         escape(p.alt) + "\"><figcaption>" + escape(p.caption) +
         "</figcaption></figure>\n";
}

}  // namespace

const char kGenerator[] =
    "<meta name=\"generator\" content=\"sonar-model report\">";

std::string escape(const std::string &text) {
  std::string out;
  for (const char c : text) switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        if ((unsigned(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7F)
          out += "\xEF\xBF\xBD";
        else
          out += c;
    }
  return out;
}

void Page::section(const std::string &id, const std::string &title) {
  if (open_) body_ += "</section>\n";
  open_ = true;
  contents_ +=
      "<li><a href=\"#" + escape(id) + "\">" + escape(title) + "</a></li>\n";
  body_ +=
      "<section id=\"" + escape(id) + "\">\n<h2>" + escape(title) + "</h2>\n";
}

void Page::heading(const std::string &title) {
  body_ += "<h3>" + escape(title) + "</h3>\n";
}

void Page::paragraph(const std::string &text) {
  body_ += "<p>" + escape(text) + "</p>\n";
}

void Page::points(const std::vector<std::string> &texts) {
  body_ += "<ul>\n";
  for (const std::string &text : texts)
    body_ += "<li>" + escape(text) + "</li>\n";
  body_ += "</ul>\n";
}

void Page::missing(const std::string &text) {
  body_ += "<p class=\"missing\">" + escape(text) + "</p>\n";
}

void Page::pictures(const std::vector<Picture> &pictures) {
  if (pictures.empty()) return;
  body_ += "<div class=\"pictures\">\n";
  for (const Picture &p : pictures) body_ += figure_of(p);
  body_ += "</div>\n";
}

void Page::table(const Table &table) {
  body_ += "<div class=\"table\"><table>\n<caption>" + escape(table.caption) +
           "</caption>\n<thead><tr>";
  for (std::size_t c = 0; c < table.header.size(); ++c)
    body_ += std::string("<th scope=\"col\"") +
             (holds_words(table, c) ? " class=\"text\">" : ">") +
             escape(table.header[c]) + "</th>";
  body_ += "</tr></thead>\n<tbody>\n";
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    const bool own =
        std::count(table.emphasized.begin(), table.emphasized.end(), r) > 0;
    body_ += own ? "<tr class=\"own\">" : "<tr>";
    body_ += row_of(table, r) + "</tr>\n";
  }
  body_ += "</tbody></table></div>\n";
}

std::string Page::html(const std::string &about) const {
  return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta "
         "charset=\"utf-8\">\n" +
         std::string(kGenerator) +
         "\n<meta name=\"viewport\" "
         "content=\"width=device-width,initial-scale=1\">\n<title>" +
         escape(title_) + "</title>\n<style>" + kStyle +
         "</style>\n</head>\n<body>\n<h1>" + escape(title_) +
         "</h1>\n<nav aria-label=\"Contents\"><ul>\n" + contents_ +
         "</ul></nav>\n<main>\n" + body_ + (open_ ? "</section>\n" : "") +
         "</main>\n<footer><p>" + escape(about) +
         "</p></footer>\n</body>\n</html>\n";
}

}  // namespace sonar::models::report
