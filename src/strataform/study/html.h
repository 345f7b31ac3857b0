#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace strataform::study {

/// Text with the characters that mean something in HTML replaced, for elements and for attributes in double quotes.
[[nodiscard]] std::string escape_html(std::string_view text);

/// <name>text</name>, the text escaped.
[[nodiscard]] std::string element(std::string_view name, std::string_view text);

/// A table whose first column names the rows. It scrolls by itself where the page is too narrow for it.
class HtmlTable {
 public:
  /// All texts are escaped.
  HtmlTable(const std::string& caption, const std::vector<std::string>& headings);

  /// A second text is shown in small print under the first.
  struct Entry {
    std::string text;
    std::string note{};
  };
  void add_row(const std::string& heading, const std::vector<Entry>& entries);
  [[nodiscard]] std::string html() const;

 private:
  std::string html_;
};

}  // namespace strataform::study
