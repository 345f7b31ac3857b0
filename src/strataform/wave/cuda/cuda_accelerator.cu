// The kernels on an NVIDIA device. Only the launch is here: what a thread computes is in accelerator_kernels.h.
#include <cuda_runtime.h>

#include <algorithm>
#include <string>
#include <variant>

#include "strataform/core/error.h"
#include "strataform/wave/accelerator.h"

namespace strataform::wave {
namespace {

void require(cudaError_t status, const char* what) {
  if (status == cudaSuccess) return;
  throw Error(ExitStatus::kInternal, std::string("CUDA: ") + what + ": " + cudaGetErrorString(status));
}

template <class Work>
__global__ void run_kernel(const __grid_constant__ Work work, std::int64_t columns, std::int64_t rows) {
  const std::int64_t x = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  const std::int64_t y = static_cast<std::int64_t>(blockIdx.y) * blockDim.y + threadIdx.y;
  if (x < columns && y < rows) work(x, y, blockIdx.z);
}

class CudaAccelerator final : public Accelerator {
 public:
  explicit CudaAccelerator(const std::string& name) : name_(name) {}

  std::string name() const override { return name_; }

  std::int64_t free_bytes() const override {
    std::size_t free = 0;
    std::size_t total = 0;
    require(cudaMemGetInfo(&free, &total), "free memory");
    return static_cast<std::int64_t>(free);
  }

  void* allocate(std::size_t bytes) override {
    void* memory = nullptr;
    require(cudaMalloc(&memory, bytes), ("allocation of " + std::to_string(bytes) + " bytes").c_str());
    return memory;
  }

  void release(void* memory) noexcept override { cudaFree(memory); }
  void clear(void* memory, std::size_t bytes) override { require(cudaMemset(memory, 0, bytes), "clearing memory"); }

  void copy(void* to, const void* from, std::size_t bytes) override {
    // A kernel that failed shows here, at the latest.
    require(cudaMemcpy(to, from, bytes, cudaMemcpyDefault), "copying, or a kernel before it");
  }

  void launch(const Kernel& kernel, const Extent& extent) override {
    // Warps along x, where neighbours in memory are; several rows, which share what they read, for kernels with rows.
    const auto rows = static_cast<unsigned>(std::min<std::int64_t>(extent.y, 4));
    const dim3 block(rows > 1 ? 64 : 128, rows);
    const dim3 grid(blocks(extent.x, block.x), blocks(extent.y, block.y), static_cast<unsigned>(extent.z));
    std::visit([&](const auto& work) { run_kernel<<<grid, block>>>(work, extent.x, extent.y); }, kernel);
    require(cudaGetLastError(), "launching a kernel");
  }

 private:
  static unsigned blocks(std::int64_t threads, unsigned block) {
    return static_cast<unsigned>((threads + block - 1) / block);
  }

  std::string name_;
};

}  // namespace

std::shared_ptr<Accelerator> cuda_accelerator() {
  int devices = 0;
  const cudaError_t status = cudaGetDeviceCount(&devices);
  if (status != cudaSuccess || devices == 0) {
    throw UsageError(std::string("CUDA: no device was found (") + cudaGetErrorString(status) + ")");
  }
  cudaDeviceProp properties{};
  require(cudaGetDeviceProperties(&properties, 0), "the device's name");
  return std::make_shared<CudaAccelerator>(properties.name);
}

}  // namespace strataform::wave
