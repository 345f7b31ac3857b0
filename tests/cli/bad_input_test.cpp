#include <sys/mount.h>
#include <unistd.h>

#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "cli_fixture.h"
#include "strataform/core/atomic_file.h"
#include "strataform/io/npy.h"

namespace strataform::test {
namespace {

constexpr std::int64_t kNz = 20;
constexpr std::int64_t kNx = 24;

class BadInput : public CliTest {
 protected:
  /// A small model of 2,000 m/s with one other value.
  std::string write_velocity(const std::string& name, float first = 2000.0F) const {
    std::vector<float> velocity(kNz * kNx, 2000.0F);
    velocity[0] = first;
    io::write_npy(path(name), velocity, {kNz, kNx});
    return path(name);
  }

  void expect_forward_failure(const std::string& velocity, ExitStatus status, const std::string& mentioned,
                              const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments{"forward",       "--velocity", velocity, "--output",
                                       path("out.npy"), "--samples",  "100"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    expect_failure(arguments, status, mentioned);
  }
};

TEST_F(BadInput, MissingArray) { expect_forward_failure(path("none.npy"), ExitStatus::kIo, "none.npy"); }

TEST_F(BadInput, FolderInsteadOfArray) {
  expect_forward_failure(folder_.path(), ExitStatus::kIo, folder_.path().filename());
}

TEST_F(BadInput, TruncatedArray) {
  const std::string velocity = write_velocity("v.npy");
  std::filesystem::resize_file(velocity, std::filesystem::file_size(velocity) - 8);
  expect_forward_failure(velocity, ExitStatus::kInput, "v.npy");
}

TEST_F(BadInput, WronglyShapedArray) {
  io::write_npy(path("v.npy"), std::vector<float>(16, 2000.0F), {2, 2, 2, 2});
  expect_forward_failure(path("v.npy"), ExitStatus::kInput, "[2, 2, 2, 2]");
}

TEST_F(BadInput, WronglyTypedArray) {
  std::string bytes = read_text_file(write_velocity("v.npy"));
  bytes.replace(bytes.find("<f4"), 3, "<c8");
  write_text_file(path("v.npy"), bytes, Overwrite::kAllow);
  expect_forward_failure(path("v.npy"), ExitStatus::kInput, "<c8");
}

TEST_F(BadInput, NonFiniteOrNegativeVelocity) {
  expect_forward_failure(write_velocity("nan.npy", std::numeric_limits<float>::quiet_NaN()), ExitStatus::kInput,
                         "nan.npy");
  expect_forward_failure(write_velocity("minus.npy", -1.0F), ExitStatus::kInput, "minus.npy");
}

TEST_F(BadInput, FileThatIsNotWhatItsNameSays) {
  write_text_file(path("text.npy"), "velocity = 2000\n");
  expect_forward_failure(path("text.npy"), ExitStatus::kInput, "text.npy");
  write_text_file(path("text.safetensors"), "weights\n");
  io::write_npy(path("d.npy"), std::vector<float>(5 * 1000 * 70, 0.5F), {5, 1000, 70});
  expect_failure({"invert", "--model", path("text.safetensors"), "--data", path("d.npy"), "--output", path("out.npy")},
                 ExitStatus::kInput, "text.safetensors");
  expect_failure({"info", path("text.npy")}, ExitStatus::kInput, "text.npy");
}

TEST_F(BadInput, ArrayInsteadOfModel) {
  io::write_npy(path("d.npy"), std::vector<float>(5 * 1000 * 70, 0.5F), {5, 1000, 70});
  expect_failure({"invert", "--model", path("d.npy"), "--data", path("d.npy"), "--output", path("out.npy")},
                 ExitStatus::kInput, "d.npy");
}

TEST_F(BadInput, VelocityInsteadOfGathers) {
  const std::string velocity = write_velocity("v.npy");
  expect_failure({"invert", "--model", path("m.safetensors"), "--data", velocity, "--output", path("out.npy")},
                 ExitStatus::kInput, "v.npy");
}

TEST_F(BadInput, FolderWithoutDataset) {
  std::filesystem::create_directory(path("empty"));
  expect_failure({"evaluate", "--model", path("m.safetensors"), "--data", path("empty")}, ExitStatus::kInput, "empty");
}

TEST_F(BadInput, UnstableTimeStep) {
  expect_forward_failure(write_velocity("v.npy"), ExitStatus::kNumerical, "time step", {"--time-step", "0.01"});
}

TEST_F(BadInput, SourceOutsideTheModel) {
  expect_forward_failure(write_velocity("v.npy"), ExitStatus::kUsage, "24", {"--sources", "0,24"});
}

TEST_F(BadInput, RefinementThatCannotBegin) {
  const std::string velocity = write_velocity("v.npy");
  expect_success({"forward", "--velocity", velocity, "--output", path("d.npy"), "--samples", "60"});
  const auto refused = [&](ExitStatus status, const std::string& mentioned, const std::vector<std::string>& more) {
    std::vector<std::string> arguments{"refine", "--data",   path("d.npy"),  "--initial",
                                       velocity, "--output", path("out.npy")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    expect_failure(arguments, status, mentioned);
  };
  refused(ExitStatus::kUsage, "misfit", {"--misfit", "l3"});
  refused(ExitStatus::kUsage, "--gradients", {"--gradients", "0"});
  refused(ExitStatus::kUsage, "lower --fastest to", {"--fastest", "9000"});
  refused(ExitStatus::kMismatch, "d.npy", {"--source-count", "3"});
  refused(ExitStatus::kIo, "none.npy", {"--truth", path("none.npy")});
}

TEST_F(BadInput, AdaptationThatCannotBegin) {
  const auto refused = [&](ExitStatus status, const std::string& mentioned, const std::vector<std::string>& more) {
    std::vector<std::string> arguments{"adapt", "--model", path("none.safetensors"), "--data", path("d.npy")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    expect_failure(arguments, status, mentioned);
  };
  refused(ExitStatus::kUsage, "--output", {"--maps", path("v.npy")});
  refused(ExitStatus::kUsage, "--maps", {"--each-gather"});
  refused(ExitStatus::kUsage, "--misfit", {"--misfit", "l3", "--output", path("a")});
  refused(ExitStatus::kUsage, "--figures", {"--output", path("a"), "--figures", path("f")});
  refused(ExitStatus::kIo, "none.safetensors", {"--output", path("a")});
}

TEST_F(BadInput, BornOfAnotherShape) {
  const std::string velocity = write_velocity("v.npy");
  io::write_npy(path("dv.npy"), std::vector<float>(12, 1.0F), {3, 4});
  expect_failure({"born", "--velocity", velocity, "--change", path("dv.npy"), "--output", path("d.npy")},
                 ExitStatus::kMismatch, "dv.npy");
}

TEST_F(BadInput, NothingIsOverwrittenWithoutForce) {
  const std::string velocity = write_velocity("v.npy");
  write_text_file(path("out.npy"), "precious");
  expect_forward_failure(velocity, ExitStatus::kIo, "--force");
  EXPECT_EQ(read_text_file(path("out.npy")), "precious");
  expect_success({"forward", "--velocity", velocity, "--output", path("out.npy"), "--samples", "100", "--force"});
  EXPECT_EQ(io::NpyReader(path("out.npy")).shape(), (std::vector<std::int64_t>{5, 100, kNx}));
}

TEST_F(BadInput, WhatBelongsToSomebodyElse) {
  write_text_file(path("file"), "precious");
  expect_failure({"generate", "--family", "flatvel-a", "--count", "1", "--output", path("file")}, ExitStatus::kIo,
                 "file");
  std::filesystem::create_directory(path("data"));
  write_velocity("data/model1.npy");
  expect_failure({"generate", "--family", "flatvel-a", "--count", "1", "--output", path("data")}, ExitStatus::kIo,
                 "model1.npy");
  EXPECT_EQ(count_entries(path("data")), 1);
}

TEST_F(BadInput, NoCheckpoint) {
  write_text_file(path("text.pth"), "weights\n");
  const RunResult result =
      run_program({"import", path("text.pth"), "--data-range", "-30", "60", "--output", path("m.safetensors")});
  if (result.errors.find("torch is missing") != std::string::npos) GTEST_SKIP() << result.errors;
  EXPECT_EQ(result.status, static_cast<int>(ExitStatus::kInput)) << result.errors;
  EXPECT_NE(result.errors.find("text.pth"), std::string::npos) << result.errors;
  EXPECT_FALSE(std::filesystem::exists(path("m.safetensors")));
}

TEST_F(BadInput, BackboneOptionsThatAreNoJson) {
  expect_failure(
      {"pretrain", "--data", path("x"), "--steps", "1", "--backbone-options", "{", "--output", path("m.safetensors")},
      ExitStatus::kUsage, "--backbone-options");
}

TEST_F(BadInput, MissingOutputFolder) {
  expect_failure({"forward", "--velocity", write_velocity("v.npy"), "--output", path("none/out.npy")}, ExitStatus::kIo,
                 "none");
}

TEST_F(BadInput, FullDisk) {
  const std::string velocity = write_velocity("v.npy");
  const std::string disk = path("disk");
  std::filesystem::create_directory(disk);
  if (::mount("none", disk.c_str(), "tmpfs", 0, "size=16k") != 0) {
    GTEST_SKIP() << "a small file system can be mounted by root alone";
  }
  expect_failure({"forward", "--velocity", velocity, "--output", disk + "/out.npy", "--samples", "1000"},
                 ExitStatus::kIo, "No space left");
  EXPECT_EQ(count_entries(disk), 0);
  ::umount(disk.c_str());
}

}  // namespace
}  // namespace strataform::test
