#include <benchmark/benchmark.h>

#include <vector>

#include "strataform/core/parallel.h"
#include "strataform/wave/propagator.h"

namespace strataform::wave {
namespace {

/// One OpenFWI model of five shots on the padded grid. "cells" counts every cell of that grid for every time step,
/// so a run with the active window, which skips some, shows a higher rate for the same work.
void forward_model(benchmark::State& state, const StencilKernel& kernel, bool active_window) {
  const Propagator propagator(70, 70, openfwi_acquisition(), {active_window, &kernel});
  std::vector<float> velocity;
  for (int row = 0; row < 70; ++row) velocity.insert(velocity.end(), 70, 1500.0F + 40.0F * static_cast<float>(row));
  std::vector<float> gathers(static_cast<std::size_t>(propagator.gather_size()));
  for (auto _ : state) propagator.forward(velocity, 1, gathers);
  const auto updates = propagator.padded_cells() * 5 * propagator.acquisition().samples;
  state.counters["cells"] =
      benchmark::Counter(static_cast<double>(updates * state.iterations()), benchmark::Counter::kIsRate);
  state.counters["threads"] = thread_count();
}

}  // namespace
}  // namespace strataform::wave

int main(int argc, char** argv) {
  using namespace strataform::wave;
  for (const StencilKernel& kernel : stencil_kernels()) {
    for (const bool window : {true, false}) {
      const std::string name = "forward/" + kernel.name + (window ? "/active window" : "/whole grid");
      benchmark::RegisterBenchmark(name.c_str(), forward_model, kernel, window)
          ->Unit(benchmark::kMillisecond)
          ->UseRealTime();
    }
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
