#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "strataform/data/dataset_info.h"
#include "strataform/data/openfwi_layout.h"
#include "strataform/data/sample_maker.h"

namespace strataform::data {

/// The dataset.json of a folder with `count` samples of a maker. family: the name under which they are read.
DatasetInfo dataset_info_of(const SampleMaker& maker, const std::string& family, std::int64_t count);

/// Makes a range of samples and writes them as a pair of OpenFWI's files, or as the velocity file alone where the maker
/// makes no gathers: velocities in float32, gathers in float32 or, as means, in float16. Both files appear at the end,
/// the gathers first, and replace what is there: a file whose partner is missing is left over from an interrupted run.
/// before_chunk is told how many samples are done before each few of them; what it throws leaves no file.
/// Throws IoError.
void write_sample_files(const std::filesystem::path& folder, const ShardName& name, const SampleMaker& maker,
                        const SampleRange& range, const std::function<void(std::int64_t done)>& before_chunk);

}  // namespace strataform::data
