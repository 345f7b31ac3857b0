#pragma once

#include <cstdint>

#include "strataform/geology/family.h"
#include "strataform/survey/modelling.h"

namespace strataform::data {

/// How one example of a varied training is modelled: drawn from the seed and the example's number, independently of its
/// map. Six shots with a receiver in every column. With probability 0.4 the five of OpenFWI and one anywhere, 10 m deep
/// and without a free surface; otherwise all anywhere, sources and receivers up to 20 m deep, a quarter of the spreads
/// moved by up to half a column, and a free surface in 30 of 100. Half have OpenFWI's wavelet, the others Ricker's of 5
/// to 25 Hz, evenly in its logarithm. Absorbers: a perfectly matched layer of 10 to 40 cells (65 of 100), a sponge of
/// 20 to 150 cells whose strength does not follow from the map (20), OpenFWI's own, which does (15). What may be done
/// to gathers after modelling is left to vary_recording().
///
/// Every wavelet peaks a whole number of means over five samples before or behind OpenFWI's, so that means can be
/// shifted to it without interpolating.
[[nodiscard]] survey::Modelling draw_modelling(const geology::MapSize& size, std::uint64_t seed, std::int64_t index);

}  // namespace strataform::data
