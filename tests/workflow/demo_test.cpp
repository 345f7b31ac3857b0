#include "strataform/workflow/demo.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <vector>

#include "strataform/core/error.h"
#include "strataform/io/npy.h"
#include "support/small_model.h"
#include "support/test_support.h"

namespace strataform::workflow {
namespace {

class DemoTest : public ::testing::Test {
 protected:
  DemoTest() {
    options_.model = folder_ / "model.safetensors";
    (void)model::save_model(options_.model, test::small_model());
    options_.output = folder_ / "demo";
    options_.marmousi = folder_ / "marmousi.npy";
  }

  test::TemporaryFolder folder_;
  DemoOptions options_;
};

TEST_F(DemoTest, InvertsMarmousiWhereItIs) {
  Demo demo(options_);
  EXPECT_FALSE(demo.invert_marmousi());
  io::write_npy(options_.marmousi, std::vector<float>(90 * 100, 2000.0F), {90, 100});
  const auto found = demo.invert_marmousi();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->windows, 4);
  EXPECT_GT(found->error, 0.0);
  EXPECT_TRUE(std::filesystem::exists(found->picture));
  io::write_npy(options_.marmousi, std::vector<float>(60 * 100, 2000.0F), {60, 100}, io::DType::kFloat32,
                Overwrite::kAllow);
  EXPECT_THROW((void)demo.invert_marmousi(), InputError);
}

TEST_F(DemoTest, RefusesBadOptionsBeforeItBegins) {
  DemoOptions options = options_;
  options.rank = 0;
  EXPECT_THROW(Demo{options}, UsageError);
  options = options_;
  options.max_minutes = -1.0;
  EXPECT_THROW(Demo{options}, UsageError);
  EXPECT_FALSE(std::filesystem::exists(options_.output));
}

}  // namespace
}  // namespace strataform::workflow
