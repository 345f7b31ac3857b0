#include "strataform/study/page.h"

#include <kainjow/mustache.hpp>
#include <stdexcept>

#include "strataform/study/page_templates.h"

namespace strataform::study {
namespace {

namespace mustache = kainjow::mustache;

mustache::data to_mustache(const nlohmann::json& value) {
  if (value.is_boolean()) return mustache::data(value.get<bool>());
  if (value.is_string()) return mustache::data(value.get<std::string>());
  if (value.is_number()) return mustache::data(value.dump());
  mustache::data result(value.is_array() ? mustache::data::type::list : mustache::data::type::object);
  for (const auto& [name, member] : value.items()) {
    if (value.is_array()) {
      result.push_back(to_mustache(member));
    } else {
      result.set(name, to_mustache(member));
    }
  }
  return result;
}

}  // namespace

std::string make_page(const nlohmann::json& data) {
  mustache::mustache page(kPageTemplate);
  mustache::data values = to_mustache(data);
  values.set("table", mustache::data(kTableTemplate));
  const std::string html = page.render(values);
  if (!page.is_valid()) throw std::logic_error("page.mustache: " + page.error_message());
  return html;
}

}  // namespace strataform::study
