#pragma once

#include <filesystem>

#include "strataform/core/context.h"
#include "strataform/data/generate.h"

namespace strataform::workflow {

struct GenerateFilesOptions {
  data::GenerateOptions dataset;
  std::filesystem::path contact_sheet{};  ///< a picture (PNG) of the first maps of each family; empty: none
};

/// Generates a dataset and draws what it is like. Throws what data::generate_dataset() throws, UsageError for a picture
/// in a build without pictures.
void generate_files(const GenerateFilesOptions& options, const Context& context = {});

}  // namespace strataform::workflow
