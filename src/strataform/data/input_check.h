#pragma once

#include <string>
#include <vector>

#include "strataform/data/gather_source.h"
#include "strataform/data/input_spec.h"

namespace strataform::data {

/// What about these gathers does not look like a model's training data, one sentence each: amplitude, polarity, time
/// step, number of time samples. Reads up to `limit` models of the source. Empty where all is well.
std::vector<std::string> input_warnings(const GatherSource& source, const InputSpec& spec, std::int64_t limit = 16);

}  // namespace strataform::data
