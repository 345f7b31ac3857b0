#include "strataform/workflow/adapter_list.h"

#include <fmt/format.h>

#include <algorithm>

#include "strataform/core/error.h"

namespace strataform::workflow {
namespace fs = std::filesystem;
namespace {

std::int64_t bytes_of(const fs::path& folder) {
  std::int64_t bytes = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (entry.is_regular_file()) bytes += static_cast<std::int64_t>(entry.file_size());
  }
  return bytes;
}

ListedAdapter describe(const fs::path& folder) {
  ListedAdapter adapter{folder, std::nullopt, "", bytes_of(folder)};
  try {
    adapter.file = peft::read_adapter_file(folder);
  } catch (const Error& error) {
    adapter.error = error.what();
  }
  return adapter;
}

}  // namespace

std::vector<ListedAdapter> list_adapters(const fs::path& folder) {
  if (!fs::is_directory(folder)) throw IoError(fmt::format("{}: expected a folder, found none", folder.string()));
  std::vector<ListedAdapter> adapters;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (peft::is_adapter_folder(entry.path())) adapters.push_back(describe(entry.path()));
  }
  std::ranges::sort(adapters, {}, &ListedAdapter::folder);
  return adapters;
}

}  // namespace strataform::workflow
