// A program that embeds Strataform: it draws a velocity map, simulates the gathers that a survey over it would
// record and, where a model file is named, inverts them again.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <exception>
#include <vector>

#include "strataform/geology/family.h"
#include "strataform/invert/inverter.h"
#include "strataform/survey/openfwi.h"
#include "strataform/wave/propagator.h"

namespace {

double mean_absolute_error(const std::vector<float>& prediction, const std::vector<float>& truth) {
  double sum = 0.0;
  for (std::size_t cell = 0; cell < truth.size(); ++cell) sum += std::abs(prediction[cell] - truth[cell]);
  return sum / static_cast<double>(truth.size());
}

void run(const char* model) {
  const strataform::survey::Modelling modelling = strataform::survey::openfwi();
  const auto& family = strataform::geology::find_family("curvefault-b");
  const std::vector<float> truth =
      strataform::geology::generate_map(family, 1, 0, {modelling.grid.nz, modelling.grid.nx});

  const strataform::wave::Propagator propagator(modelling);
  std::vector<float> gathers(static_cast<std::size_t>(propagator.gather_size()));
  propagator.forward(truth, 1, gathers);
  const auto [lowest, highest] = std::minmax_element(gathers.begin(), gathers.end());
  std::printf("amplitudes %.2f to %.2f\n", *lowest, *highest);

  if (model == nullptr) return;
  const strataform::invert::Inverter inverter({.model = model});
  std::printf("mean absolute error %.0f m/s\n", mean_absolute_error(inverter.invert(gathers), truth));
}

}  // namespace

int main(int argc, char** argv) {
  try {
    run(argc > 1 ? argv[1] : nullptr);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
