#include "strataform/data/axes.h"

#include "strataform/core/error.h"
#include "tiny_data.h"

namespace strataform::data {
namespace {

TEST(Axes, AreGuessedWhereAnotherOrderFits) {
  EXPECT_EQ(guess_axes({5, 1000, 70}, 5, 70), "");
  EXPECT_EQ(guess_axes({6, 400, 70}, 5, 70), "") << "more shots than are needed";
  EXPECT_EQ(guess_axes({70, 1000, 5}, 5, 70), "[N, receivers, time samples, shots]");
  EXPECT_EQ(guess_axes({5, 70, 1500}, 5, 70), "[N, shots, receivers, time samples]");
  EXPECT_EQ(guess_axes({1000, 5, 70}, 5, 70), "[N, time samples, shots, receivers]");
  EXPECT_EQ(guess_axes({5, 1000, 60}, 5, 70), "");
}

TEST(Axes, AreNamedInTheRefusal) {
  EXPECT_NO_THROW(require_axes({6, 400, 70}, 5, 70, "d.npy"));
  expect_error<MismatchError>([] { require_axes({70, 1000, 5}, 5, 70, "d.npy"); },
                              {"d.npy", "[N, 70, 1000, 5]", "[N, receivers, time samples, shots]", "transpose"});
  expect_error<MismatchError>([] { require_axes({5, 1000, 60}, 5, 70, "d.npy"); },
                              {"5 shots and 70 receivers", "[N, 5, 1000, 60]"});
  expect_error<MismatchError>([] { require_axes({1, 70, 70}, 5, 70, "v.npy"); }, {"velocity maps?"});
}

}  // namespace
}  // namespace strataform::data
