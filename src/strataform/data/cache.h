#pragma once

#include <cstdint>
#include <filesystem>

#include "strataform/core/atomic_file.h"
#include "strataform/core/context.h"
#include "strataform/data/dataset.h"
#include "strataform/io/dtype.h"

namespace strataform::data {

struct CacheOptions {
  std::filesystem::path source;  ///< as open_dataset() takes it
  std::filesystem::path output;  ///< a folder, created where it is missing
  std::int64_t decimation = 5;
  io::DType storage = io::DType::kFloat16;  ///< of the gathers: float16, or float32 where their range needs it
  Split split = Split::kAll;
  std::string family;  ///< empty: all families
  Overwrite overwrite = Overwrite::kRefuse;
};

/// Writes a compact copy for training, output/family/ with the source's file names and a dataset.json: gathers as
/// block means, their last recorded sample replaced by the one before it, velocities in float32.
/// Streams sample by sample and reports progress. A second call goes on where an interrupted one stopped and skips
/// finished shards; with kAllow every shard is written anew. Returns the number of samples in the cache.
/// Throws MismatchError where output holds a cache made otherwise, InputError for amplitudes that float16 would lose,
/// InterruptedError when it is asked to stop.
std::int64_t write_cache(const CacheOptions& options, const Context& context = {});

}  // namespace strataform::data
