#include "strataform/refine/options.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "refine/lens.h"
#include "strataform/core/error.h"

namespace strataform::refine {
namespace {

TEST(RefineOptions, HaveTheirNamesAndDecideTheIdentityOfARun) {
  RefineOptions options;
  io::find_option(refine_options(), "misfit").set(options, "huber");
  io::find_option(refine_options(), "decay").set(options, "constant");
  io::find_option(refine_options(), "frequencies").set(options, {5.0, 0.0});
  EXPECT_EQ(options.decay, Decay::kConstant);
  nlohmann::json identity = identity_of(options);
  EXPECT_EQ(identity.at("misfit"), "huber");
  EXPECT_EQ(identity.at("frequencies"), (nlohmann::json{5.0, 0.0}));
  EXPECT_EQ(identity.at("storage"), "checkpoints");
  EXPECT_TRUE(identity.at("signal_to_noise").is_null());
  options.wavefield.memory_bytes = 1;
  EXPECT_EQ(identity_of(options), identity) << "it goes on in another memory";
  EXPECT_THROW(io::find_option(refine_options(), "misfit").set(options, "l3"), UsageError);
  EXPECT_THROW(io::find_option(refine_options(), "decay").set(options, "cosin"), UsageError);
  EXPECT_THROW(io::find_option(refine_options(), "frequencies").set(options, {5.0, "all"}), UsageError);
}

TEST_F(SlowLens, BadOptionsAreRefused) {
  const auto refused = [&](auto change) {
    RefineOptions options;
    change(options);
    EXPECT_THROW((void)run(options), UsageError);
  };
  refused([](RefineOptions& options) { options.gradients = 0; });
  refused([](RefineOptions& options) { options.frequencies = {600.0}; });
  refused([](RefineOptions& options) { options.frequencies.clear(); });
  refused([](RefineOptions& options) { options.fastest = 9000.0; });
  refused([](RefineOptions& options) { options.slowest = 2000.0; });
  refused([](RefineOptions& options) { options.total_variation = -1.0; });
  refused([](RefineOptions& options) { options.tikhonov = std::nan(""); });
  refused([](RefineOptions& options) { options.illumination = -0.5; });
  refused([](RefineOptions& options) { options.mask = -1.0; });
  refused([](RefineOptions& options) { options.learning_rate = 0.0; });
  refused([](RefineOptions& options) { options.wavefield.memory_bytes = 1000; });
  refused([](RefineOptions& options) {
    options.misfit = "l1";
    options.signal_to_noise = 10.0;
  });
  refused([](RefineOptions& options) { options.misfit = "l3"; });
  refused([](RefineOptions& options) { options.frequencies = {-1.0}; });
  refused([](RefineOptions& options) { options.signal_to_noise = std::nan(""); });
  recorded_.pop_back();
  refused([](RefineOptions&) {});
}

}  // namespace
}  // namespace strataform::refine
