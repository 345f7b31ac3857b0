// Modelling and gradients beside the best-known differentiable propagator on the same work and beside what the machine
// can do at most, in one run.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "machine_floor.h"
#include "strataform/core/context.h"
#include "strataform/survey/openfwi.h"
#include "strataform/wave/propagator.h"

namespace strataform::wave {
namespace {

constexpr std::int64_t kCells = 70;
constexpr std::int64_t kShots = 5;
constexpr std::int64_t kPeerLayer = 20;

struct Case {
  std::string name;
  std::int64_t layer;  ///< absorbing cells
  std::int64_t models;
  bool gradient;
  [[nodiscard]] bool layered() const { return layer == kPeerLayer; }
};

const std::vector<Case>& cases() {
  static const std::vector<Case> all = [] {
    std::vector<Case> made;
    for (const std::int64_t layer : {std::int64_t{120}, kPeerLayer}) {
      for (const bool gradient : {false, true}) {
        for (const std::int64_t models : {1, 8}) {
          made.push_back({fmt::format("{}/{}/{}", layer == kPeerLayer ? "20 cells" : "310x310",
                                      gradient ? "gradient" : "forward", models),
                          layer, models, gradient});
        }
      }
    }
    return made;
  }();
  return all;
}

/// 1500 to 4200 m/s with depth, each model a little slower than the one before.
std::vector<float> models(std::int64_t count) {
  std::vector<float> velocity;
  for (std::int64_t index = 0; index < count; ++index) {
    for (std::int64_t row = 0; row < kCells; ++row) {
      velocity.insert(velocity.end(), kCells,
                      1500.0F + 2700.0F / 69.0F * static_cast<float>(row) - 10.0F * static_cast<float>(index));
    }
  }
  return velocity;
}

double squares(std::int64_t /*model*/, std::int64_t /*shot*/, std::span<const float> gather,
               std::span<float> derivative) {
  double sum = 0.0;
  for (std::size_t i = 0; i < gather.size(); ++i) {
    sum += static_cast<double>(gather[i]) * gather[i];
    derivative[i] = 2.0F * gather[i];
  }
  return sum;
}

survey::Modelling modelling_of(const Case& one) {
  survey::Modelling modelling = survey::openfwi();
  modelling.scheme.absorbing_cells = one.layer;
  if (one.layered()) modelling.scheme.absorber = survey::Absorber::kPml;
  return modelling;
}

/// Every cell of the padded grid for every time step, whether the active window skips it or not. A gradient updates the
/// forward and the adjoint wave; what it computes a second time between checkpoints is not counted.
double updates_of(const Case& one) {
  const Propagator propagator(modelling_of(one));
  const std::int64_t cells = propagator.padded_cells(0, 4500.0);
  return static_cast<double>(cells * kShots * propagator.modelling().survey.samples * one.models *
                             (one.gradient ? 2 : 1));
}

void run_case(benchmark::State& state, const Case& one, const PropagatorOptions& options,
              std::map<std::string, double>& best) {
  const Propagator propagator(modelling_of(one), options);
  const std::vector<float> velocity = models(one.models);
  std::vector<float> gathers(static_cast<std::size_t>(one.models * propagator.gather_size()));
  for (auto _ : state) {
    const auto start = std::chrono::steady_clock::now();
    if (one.gradient) {
      benchmark::DoNotOptimize(propagator.gradient(velocity, one.models, squares));
    } else {
      propagator.forward(velocity, one.models, gathers);
    }
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    double& least = best.try_emplace(one.name, seconds).first->second;
    least = std::min(least, seconds);
  }
  state.counters["cells"] =
      benchmark::Counter(updates_of(one) * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
  state.counters["threads"] = Context{}.thread_count();
}

/// A shot of a marine line of so many columns of 10 m, 300 rows deep: a streamer of 96 channels 25 m apart behind the
/// source, 1,600 time steps, an aperture of 1 km. Its time must not depend on the line's length.
void run_shot_of_line(benchmark::State& state, std::int64_t columns) {
  constexpr std::int64_t kRows = 300;
  survey::Modelling modelling = survey::openfwi({.nz = kRows, .nx = columns});
  modelling.survey.samples = 1600;
  modelling.source.peak_frequency = 8.0;
  modelling.scheme.absorber = survey::Absorber::kPml;
  modelling.scheme.absorbing_cells = 20;
  modelling.scheme.free_surface = true;
  modelling.scheme.aperture = 1000.0;
  survey::Shot shot{modelling.grid.at(1.0, 450.0), {}};
  for (int channel = 0; channel < 96; ++channel) {
    shot.receivers.push_back({shot.source.x - 125.0 - 25.0 * channel, shot.source.z});
  }
  modelling.survey.shots = {shot};
  const Propagator propagator(modelling);
  const std::vector<float> velocity(static_cast<std::size_t>(kRows * columns), 3000.0F);
  for (auto _ : state) benchmark::DoNotOptimize(propagator.gradient(velocity, 1, squares));
  state.counters["padded cells"] = static_cast<double>(propagator.padded_cells(0, 3000.0));
}

/// What an update of a cell takes at least, counted from stencil_row.inl: flops, and float32 bytes if a time step
/// streamed every array once.
struct UpdateWork {
  double flops;
  double bytes;
};

UpdateWork work_of(const Case& one) {
  // Fourth order: 11 flops for L p and 9 for the rest; p, p-, p+ and a.
  UpdateWork work{20.0, 4 * sizeof(float)};
  if (one.layered()) {
    // In the cells outside the model: both memories, read and written.
    const double cells = std::pow(static_cast<double>(kCells + 2 * one.layer), 2.0);
    const double share = 1.0 - std::pow(static_cast<double>(kCells), 2.0) / cells;
    work.flops += share * 30.0;
    work.bytes += share * 4 * sizeof(float);
  }
  if (one.gradient) {
    // Half of what comes beside two updates: the image's multiply-add; L p written and read, the image read and
    // written.
    work.flops += 1.0;
    work.bytes += 2 * sizeof(float);
  }
  return work;
}

void print_shares_of_the_floor(const std::map<std::string, double>& best) {
  const std::string instruction_set = instruction_sets().front();
  const bench::MachineFloor floor = bench::measure_floor(instruction_set);
  fmt::print("\nmeasured on {} threads: {:.1f} GB/s (triad), {:.0f} Gflop/s (multiply-adds, {})\n",
             Context{}.thread_count(), floor.bytes_per_second / 1e9, floor.flops_per_second / 1e9, instruction_set);
  fmt::print("{:<22}{:>12}{:>8}{:>8}{:>18}{:>8}{:>20}{:>8}\n", "case, best of all runs", "Gupdates/s", "flops", "bytes",
             "by bandwidth", "share", "by multiply-adds", "share");
  for (const Case& one : cases()) {
    if (!best.contains(one.name)) continue;
    const double rate = updates_of(one) / best.at(one.name);
    const auto [flops, bytes] = work_of(one);
    const double by_bandwidth = floor.bytes_per_second / bytes;
    const double by_multiply_adds = floor.flops_per_second / flops;
    fmt::print("{:<22}{:>12.2f}{:>8.1f}{:>8.1f}{:>18.2f}{:>7.0f}%{:>20.2f}{:>7.0f}%\n", one.name, rate / 1e9, flops,
               bytes, by_bandwidth / 1e9, 100.0 * rate / by_bandwidth, by_multiply_adds / 1e9,
               100.0 * rate / by_multiply_adds);
  }
  fmt::print(
      "updates are of all cells of the grid, of both waves of a gradient; flops and bytes are of one update. More\n"
      "than 100% is possible: several steps run per sweep, in the caches, and the active window leaves cells out.\n");
}

/// The peer's seconds, from a script beside this file; empty where Python or the package is missing.
nlohmann::json peer_times() {
  const std::string command =
      fmt::format("'{}' '{}' {} 2>/dev/null", STRATAFORM_PYTHON, STRATAFORM_PEER_SCRIPT, Context{}.thread_count());
  // Both paths are the build's own. NOLINTNEXTLINE(bugprone-command-processor)
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  std::string output;
  std::array<char, 4096> buffer{};
  while (pipe && std::fgets(buffer.data(), buffer.size(), pipe.get()) != nullptr) output += buffer.data();
  return nlohmann::json::parse(output, nullptr, /*allow_exceptions=*/false);
}

void compare(const std::map<std::string, double>& ours) {
  const nlohmann::json peer = peer_times();
  if (!peer.is_object()) {
    fmt::print("deepwave is not installed: no comparison (make bench installs it)\n");
    return;
  }
  fmt::print("\n{:<24}{:>12}{:>16}{:>8}\n", "case, best of all runs", "here (s)",
             "deepwave " + peer["version"].get<std::string>(), "ratio");
  for (const Case& one : cases()) {
    if (!ours.contains(one.name)) continue;
    const double other = peer.value(one.name, 0.0);
    fmt::print("{:<24}{:>12.4f}{:>16.4f}{:>8.1f}\n", one.name, ours.at(one.name), other, other / ours.at(one.name));
  }
  fmt::print("without an absorbing layer, where waves come back from the edges, deepwave takes on 310x310:");
  for (const auto& [name, seconds] : peer.items()) {
    if (name.find("reflecting") != std::string::npos) {
      fmt::print(" {} {:.4f} s", name.substr(name.find('/') + 1), seconds.get<double>());
    }
  }
  fmt::print("\n");
}

}  // namespace
}  // namespace strataform::wave

int main(int argc, char** argv) {
  using namespace strataform::wave;
  std::map<std::string, double> best;
  std::map<std::string, double> others;
  for (const Case& one : cases()) {
    benchmark::RegisterBenchmark(one.name.c_str(), run_case, one, PropagatorOptions{}, std::ref(best))
        ->Unit(benchmark::kMillisecond)
        ->UseRealTime();
  }
  for (const std::string& instruction_set : instruction_sets()) {
    for (const bool window : {true, false}) {
      const std::string name = "310x310/forward/1/" + instruction_set + (window ? "/active window" : "/whole grid");
      benchmark::RegisterBenchmark(name.c_str(), run_case, cases().front(), PropagatorOptions{window, instruction_set},
                                   std::ref(others))
          ->Unit(benchmark::kMillisecond)
          ->UseRealTime();
    }
  }
  for (const std::int64_t columns : {940, 3760}) {
    const std::string name = "line/300x" + std::to_string(columns) + "/gradient of a shot";
    benchmark::RegisterBenchmark(name.c_str(), run_shot_of_line, columns)->Unit(benchmark::kMillisecond)->UseRealTime();
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  if (!best.empty()) print_shares_of_the_floor(best);
  // A filtered run is about our own numbers; the peer takes minutes.
  if (best.size() == cases().size()) compare(best);
}
