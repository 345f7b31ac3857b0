// The gradient beside that of the best-known differentiable propagator.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <vector>

#include "strataform/io/npy.h"
#include "strataform/wave/propagator.h"
#include "support/test_support.h"
#include "wave/derivative_support.h"

namespace strataform::wave {
namespace {

constexpr std::int64_t kCells = 70;

/// 1500 to 4000 m/s with depth, with a slower lens in it or without. deepwave shortens its time step from 4243 m/s on.
std::vector<float> model(bool with_lens) {
  std::vector<float> velocity;
  for (std::int64_t row = 0; row < kCells; ++row) {
    for (std::int64_t column = 0; column < kCells; ++column) {
      const double distance = std::hypot(static_cast<double>(row - 35) / 8.0, static_cast<double>(column - 30) / 14.0);
      velocity.push_back(static_cast<float>(1500.0 + 2500.0 / 69.0 * static_cast<double>(row) -
                                            (with_lens && distance < 1.0 ? 300.0 : 0.0)));
    }
  }
  return velocity;
}

std::vector<double> gradient_of(const std::vector<float>& start, const std::vector<float>& truth,
                                const CellSurvey& acquisition) {
  const Propagator propagator(acquisition.on(kCells, kCells));
  std::vector<float> observed(static_cast<std::size_t>(propagator.gather_size()));
  propagator.forward(truth, 1, observed);
  const Misfit<float> squares = [&](std::int64_t /*model*/, std::int64_t shot, std::span<const float> gather,
                                    std::span<float> derivative) {
    std::transform(gather.begin(), gather.end(), observed.begin() + shot * std::ssize(gather), derivative.begin(),
                   std::minus<>());
    return 0.5 * dot(derivative, derivative);
  };
  return propagator.gradient(start, 1, squares).velocity;
}

TEST(Gradient, PointsWhereThatOfDeepwaveDoes) {
  const test::TemporaryFolder folder;
  CellSurvey acquisition = openfwi_cells();
  acquisition.absorber = Absorber::kPml;
  acquisition.absorbing_cells = 20;
  io::write_npy(folder / "start.npy", model(false), {kCells, kCells});
  io::write_npy(folder / "true.npy", model(true), {kCells, kCells});
  const std::string command = fmt::format("'{}' '{}' '{}' '{}' {} '{}'", STRATAFORM_PYTHON, STRATAFORM_DEEPWAVE_SCRIPT,
                                          (folder / "start.npy").string(), (folder / "true.npy").string(),
                                          acquisition.absorbing_cells, (folder / "gradient.npy").string());
  // All paths are the build's own. NOLINTNEXTLINE(bugprone-command-processor,concurrency-mt-unsafe)
  const int status = WEXITSTATUS(std::system(command.c_str()));
  if (status == 77 || status == 127) GTEST_SKIP() << "there is no Python with deepwave (scripts/setup.sh --test)";
  ASSERT_EQ(status, 0);

  const std::vector<float> theirs = io::NpyReader(folder / "gradient.npy").read_all();
  const std::vector<double> ours = gradient_of(model(false), model(true), acquisition);
  // All cells of the model, those at sources, receivers and edges included.
  EXPECT_GE(dot(ours, theirs) / (norm(ours) * norm(theirs)), 0.9999);
  EXPECT_NEAR(norm(ours) / norm(theirs), 1.0, 1e-2);
}

}  // namespace
}  // namespace strataform::wave
