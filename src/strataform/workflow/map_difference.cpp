#include "strataform/workflow/map_difference.h"

#include <cmath>

namespace strataform::workflow {

double mean_absolute_difference(std::span<const float> a, std::span<const float> b) {
  double sum = 0.0;
  for (std::size_t cell = 0; cell < a.size(); ++cell) sum += std::abs(a[cell] - b[cell]);
  return sum / static_cast<double>(a.size());
}

}  // namespace strataform::workflow
