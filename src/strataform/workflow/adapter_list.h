#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "strataform/peft/adapter_folder.h"

namespace strataform::workflow {

/// What lies in one adapter folder.
struct ListedAdapter {
  std::filesystem::path folder;
  std::optional<peft::AdapterFile> file;  ///< empty where the folder is damaged
  std::string error;                      ///< what is wrong with it, for people; empty where nothing is
  std::int64_t bytes = 0;                 ///< of its files
};

/// The adapters among a folder's folders, sorted by name, those that cannot be read among them: the others are still of
/// interest. Throws IoError where there is no such folder.
[[nodiscard]] std::vector<ListedAdapter> list_adapters(const std::filesystem::path& folder);

}  // namespace strataform::workflow
