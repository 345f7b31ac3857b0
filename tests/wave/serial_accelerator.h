// An accelerator whose memory is the host's and which runs one thread of a kernel after the other.
#pragma once

#include <algorithm>
#include <cstring>
#include <map>
#include <variant>
#include <vector>

#include "strataform/wave/accelerator.h"
#include "strataform/wave/device/device_kernels.h"

namespace strataform::wave {

class SerialAccelerator final : public Accelerator {
 public:
  explicit SerialAccelerator(std::int64_t bytes = std::int64_t{1} << 40) : bytes_(bytes) {}

  [[nodiscard]] std::string name() const override { return "serial"; }
  [[nodiscard]] std::int64_t free_bytes() const override { return bytes_ - used_; }
  [[nodiscard]] std::int64_t used_bytes() const { return used_; }
  [[nodiscard]] std::int64_t peak_bytes() const { return peak_; }
  /// The most runs that a kernel was launched for.
  [[nodiscard]] std::int64_t most_runs() const { return most_runs_; }

  void* allocate(std::size_t bytes) override {
    // Not zeros, which a device's memory does not hold either.
    std::vector<std::byte> memory(bytes, std::byte{0xFF});
    void* const address = memory.data();
    memory_[address] = std::move(memory);
    used_ += static_cast<std::int64_t>(bytes);
    peak_ = std::max(peak_, used_);
    return address;
  }
  void release(void* memory) noexcept override {
    const auto found = memory_.find(memory);
    used_ -= std::ssize(found->second);
    memory_.erase(found);
  }
  void clear(void* memory, std::size_t bytes) override { std::memset(memory, 0, bytes); }
  void copy(void* to, const void* from, std::size_t bytes) override { std::memcpy(to, from, bytes); }

  void launch(const Kernel& kernel, const Extent& extent) override {
    most_runs_ = std::max(most_runs_, extent.z);
    // Backwards: the order of the threads must not matter.
    const auto run_threads = [&](const auto& work) {
      for (std::int64_t z = extent.z - 1; z >= 0; --z) {
        for (std::int64_t y = extent.y - 1; y >= 0; --y) {
          for (std::int64_t x = extent.x - 1; x >= 0; --x) work(x, y, z);
        }
      }
    };
    std::visit(run_threads, static_cast<const AnyKernel&>(kernel));
  }

 private:
  std::map<void*, std::vector<std::byte>> memory_;
  std::int64_t bytes_;
  std::int64_t used_ = 0, peak_ = 0, most_runs_ = 0;
};

}  // namespace strataform::wave
