#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace strataform::study {

/// The whole page, page.mustache with what page_data() gives: static HTML with no script and nothing from the network.
/// Every text is escaped.
[[nodiscard]] std::string make_page(const nlohmann::json& data);

}  // namespace strataform::study
