#include "strataform/train/tensor_memory.h"

#include <c10/core/Allocator.h>
#include <c10/core/alignment.h>
#include <c10/core/impl/alloc_cpu.h>

#include <atomic>
#include <cstddef>
#include <cstring>

namespace strataform::train {
namespace {

std::atomic<std::int64_t> current_bytes{0};
std::atomic<std::int64_t> peak_bytes{0};

/// Before each block, where its size is kept: as much as the alignment that kernels expect.
constexpr std::size_t kHeader = c10::gAlignment;

void release(void* data) {
  if (data == nullptr) return;
  void* block = static_cast<std::byte*>(data) - kHeader;
  std::size_t size = 0;
  std::memcpy(&size, block, sizeof size);
  current_bytes -= static_cast<std::int64_t>(size);
  c10::free_cpu(block);
}

class CountingAllocator final : public c10::Allocator {
 public:
  c10::DataPtr allocate(std::size_t size) override {
    if (size == 0) return {nullptr, nullptr, &release, c10::Device(c10::DeviceType::CPU)};
    void* block = c10::alloc_cpu(size + kHeader);
    std::memcpy(block, &size, sizeof size);
    const std::int64_t now = current_bytes += static_cast<std::int64_t>(size);
    std::int64_t peak = peak_bytes;
    while (now > peak && !peak_bytes.compare_exchange_weak(peak, now)) {
    }
    void* data = static_cast<std::byte*>(block) + kHeader;
    return {data, data, &release, c10::Device(c10::DeviceType::CPU)};
  }
  [[nodiscard]] c10::DeleterFnPtr raw_deleter() const override { return &release; }
  void copy_data(void* target, const void* source, std::size_t size) const override {
    std::memcpy(target, source, size);
  }
};

}  // namespace

c10::Allocator& counting_allocator() {
  static CountingAllocator allocator;
  return allocator;
}

std::int64_t peak_tensor_bytes() { return peak_bytes; }

void reset_peak_tensor_bytes() { peak_bytes = current_bytes.load(); }

}  // namespace strataform::train
