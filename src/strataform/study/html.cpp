#include "strataform/study/html.h"

#include <fmt/format.h>

namespace strataform::study {

std::string escape_html(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  for (const char character : text) {
    switch (character) {
      case '&': escaped += "&amp;"; break;
      case '<': escaped += "&lt;"; break;
      case '>': escaped += "&gt;"; break;
      case '"': escaped += "&quot;"; break;
      case '\'': escaped += "&#39;"; break;
      default: escaped += character;
    }
  }
  return escaped;
}

std::string element(std::string_view name, std::string_view text) {
  return fmt::format("<{0}>{1}</{0}>", name, escape_html(text));
}

HtmlTable::HtmlTable(const std::string& caption, const std::vector<std::string>& headings) {
  html_ = "<div class=\"scroll\"><table>\n" + element("caption", caption) + "\n<thead><tr>";
  for (const std::string& heading : headings) html_ += fmt::format("<th scope=\"col\">{}</th>", escape_html(heading));
  html_ += "</tr></thead>\n<tbody>\n";
}

void HtmlTable::add_row(const std::string& heading, const std::vector<Entry>& entries) {
  html_ += fmt::format("<tr><th scope=\"row\">{}</th>", escape_html(heading));
  for (const Entry& entry : entries) {
    html_ += "<td>" + escape_html(entry.text);
    if (!entry.note.empty()) html_ += "<br>" + element("small", entry.note);
    html_ += "</td>";
  }
  html_ += "</tr>\n";
}

std::string HtmlTable::html() const { return html_ + "</tbody></table></div>\n"; }

}  // namespace strataform::study
