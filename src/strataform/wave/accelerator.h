#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace strataform::wave {

struct Kernel;
struct ResidentShots;

/// The threads of a kernel: x and y count cells or points, z runs.
struct Extent {
  std::int64_t x, y, z;
};

/// A processor with a memory of its own that runs the kernels, in the order in which they are launched. Its functions
/// may be called from any thread, but by one at a time. They throw Error where the processor fails.
class Accelerator {
 public:
  Accelerator() = default;
  Accelerator(const Accelerator&) = delete;
  Accelerator& operator=(const Accelerator&) = delete;
  virtual ~Accelerator() = default;

  [[nodiscard]] virtual std::string name() const = 0;
  /// Bytes that can still be allocated, at least: memory that is kept for later allocations does not count.
  [[nodiscard]] virtual std::int64_t free_bytes() const = 0;
  virtual void* allocate(std::size_t bytes) = 0;
  virtual void release(void* memory) noexcept = 0;
  virtual void clear(void* memory, std::size_t bytes) = 0;
  /// Either side may be memory of the accelerator or of the host. Done when it returns.
  virtual void copy(void* to, const void* from, std::size_t bytes) = 0;
  virtual void launch(const Kernel& kernel, const Extent& extent) = 0;
  /// Whether it has processors that can hold a whole wave, for run_resident().
  [[nodiscard]] virtual bool has_resident_kernel() const { return false; }
  virtual void run_resident(const ResidentShots& /*shots*/) {}
};

struct CudaOptions {
  /// Of the multiprocessors, those that run_resident() takes; others can be used by something else meanwhile.
  double share = 1.0;
};

/// The first CUDA device. Throws UsageError where this build has no CUDA or finds no device.
std::shared_ptr<Accelerator> cuda_accelerator(const CudaOptions& options = {});

/// An array in the memory of an accelerator, which has to outlive it.
template <class T>
class DeviceArray {
 public:
  /// Of zeros.
  DeviceArray(Accelerator& accelerator, std::int64_t size)
      : size_(static_cast<std::size_t>(size)), memory_(allocated(accelerator, size_), {&accelerator}) {
    clear();
  }
  DeviceArray(Accelerator& accelerator, std::span<const T> values)
      : size_(values.size()), memory_(allocated(accelerator, size_), {&accelerator}) {
    upload(values);
  }

  /// Null for an empty array.
  [[nodiscard]] T* data() const { return memory_.get(); }
  void clear() {
    if (size_ > 0) accelerator().clear(data(), size_ * sizeof(T));
  }
  /// All values, from or to the host; the span has as many.
  void upload(std::span<const T> values) {
    if (size_ > 0) accelerator().copy(data(), values.data(), size_ * sizeof(T));
  }
  void download(std::span<T> values) const {
    if (size_ > 0) accelerator().copy(values.data(), data(), size_ * sizeof(T));
  }
  /// All values of another array of the same size.
  void copy_from(const DeviceArray& other) { accelerator().copy(data(), other.data(), size_ * sizeof(T)); }

 private:
  struct Release {
    Accelerator* accelerator;
    void operator()(T* memory) const { accelerator->release(memory); }
  };
  static T* allocated(Accelerator& accelerator, std::size_t size) {
    return size > 0 ? static_cast<T*>(accelerator.allocate(size * sizeof(T))) : nullptr;
  }
  [[nodiscard]] Accelerator& accelerator() const { return *memory_.get_deleter().accelerator; }

  std::size_t size_;
  std::unique_ptr<T[], Release> memory_;
};

}  // namespace strataform::wave
