#pragma once

#include <vector>

#include "strataform/core/random.h"
#include "strataform/geology/family.h"

namespace strataform::geology {

/// A stationary Gaussian random field [nz, nx], row-major, with mean 0, deviation 1 and the autocorrelation
/// exp(-(r / correlation_length)^2) at lag r, all in cells: it falls to 1/e at one correlation length, which is what
/// "correlation length" means throughout. White noise convolved with a Gaussian of half that length as its deviation;
/// the noise reaches beyond the map, so the field is as rough at the edges as inside.
std::vector<double> gaussian_field(Random& random, const MapSize& size, double correlation_length);

}  // namespace strataform::geology
