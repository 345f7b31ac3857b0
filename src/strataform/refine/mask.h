#pragma once

#include <cstdint>
#include <vector>

#include "strataform/wave/acquisition.h"

namespace strataform::refine {

/// For every cell of a model [nz, nx] how far it may move: 0 up to `cells` from a source or receiver, where gradients
/// are steep and say little, 1 from twice as far on, a squared sine in between; 1 everywhere for 0 cells.
std::vector<double> source_receiver_mask(const wave::Acquisition& acquisition, std::int64_t nz, std::int64_t nx,
                                         double cells);

}  // namespace strataform::refine
