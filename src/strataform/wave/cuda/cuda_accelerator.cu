// The kernels on an NVIDIA device. Only the launch is here: what a thread computes is in device/device_kernels.h.
#include <cuda_runtime.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <variant>

#include "strataform/core/error.h"
#include "strataform/wave/accelerator.h"
#include "strataform/wave/cuda/resident_run.h"
#include "strataform/wave/device/device_kernels.h"

namespace strataform::wave {
namespace {

void require(cudaError_t status, const char* what) {
  if (status == cudaSuccess) return;
  throw Error(ExitStatus::kInternal, std::string("CUDA: ") + what + ": " + cudaGetErrorString(status));
}

/// That each cluster models in one kernel.
constexpr int kRunsOfCluster = 4;
/// That freed memory may take until it is used again.
constexpr std::uint64_t kKeptBytes = std::uint64_t{2} << 30;

/// Whether the device runs the resident kernel: blocks have to work on each other's shared memory, of which the widest
/// grid takes much, and code for older devices that is translated for this one has an empty kernel.
bool runs_resident_kernel(const cudaDeviceProp& properties) {
  constexpr int kHopper = 9;
  if (properties.major < kHopper ||
      properties.sharedMemPerBlockOptin < resident::shared_bytes(ResidentShots::kMostColumns)) {
    return false;
  }
  cudaFuncAttributes attributes{};
  require(cudaFuncGetAttributes(&attributes, resident::run), "the code of a kernel");
  return attributes.ptxVersion >= 10 * kHopper;
}

template <class Work>
__global__ void run_kernel(const __grid_constant__ Work work, std::int64_t columns, std::int64_t rows) {
  const std::int64_t x = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  const std::int64_t y = static_cast<std::int64_t>(blockIdx.y) * blockDim.y + threadIdx.y;
  if (x < columns && y < rows) work(x, y, blockIdx.z);
}

class CudaAccelerator final : public Accelerator {
 public:
  CudaAccelerator(const cudaDeviceProp& properties, const CudaOptions& options)
      : name_(properties.name), has_resident_kernel_(runs_resident_kernel(properties)) {
    // Of its own, so that what others compute on the device goes on beside it, and before it.
    int least = 0;
    int greatest = 0;
    require(cudaDeviceGetStreamPriorityRange(&least, &greatest), "priorities of streams");
    require(cudaStreamCreateWithPriority(&stream_, cudaStreamNonBlocking, least), "a stream");
    require(cudaEventCreateWithFlags(&done_, cudaEventBlockingSync | cudaEventDisableTiming), "an event");
    // Allocating and freeing then waits for nothing.
    cudaMemPool_t pool = nullptr;
    require(cudaDeviceGetDefaultMemPool(&pool, 0), "the memory pool");
    std::uint64_t kept = kKeptBytes;
    require(cudaMemPoolSetAttribute(pool, cudaMemPoolAttrReleaseThreshold, &kept), "the memory pool");
    most_clusters_ =
        std::max(1, static_cast<int>(options.share * properties.multiProcessorCount) / ResidentShots::kBlocks);
  }
  ~CudaAccelerator() override {
    cudaEventDestroy(done_);
    cudaStreamDestroy(stream_);
  }

  std::string name() const override { return name_; }

  std::int64_t free_bytes() const override {
    std::size_t free = 0;
    std::size_t total = 0;
    require(cudaMemGetInfo(&free, &total), "free memory");
    return static_cast<std::int64_t>(free);
  }

  void* allocate(std::size_t bytes) override {
    void* memory = nullptr;
    require(cudaMallocAsync(&memory, bytes, stream_), ("allocation of " + std::to_string(bytes) + " bytes").c_str());
    return memory;
  }

  void release(void* memory) noexcept override { cudaFreeAsync(memory, stream_); }
  void clear(void* memory, std::size_t bytes) override {
    require(cudaMemsetAsync(memory, 0, bytes, stream_), "clearing memory");
  }

  void copy(void* to, const void* from, std::size_t bytes) override {
    // A kernel that failed shows here, at the latest.
    wait();
    require(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDefault, stream_), "copying");
    wait();
  }

  void launch(const Kernel& kernel, const Extent& extent) override {
    // Warps along x, where neighbours in memory are; several rows, which share what they read, for kernels with rows.
    const auto rows = static_cast<unsigned>(std::min<std::int64_t>(extent.y, 4));
    const dim3 block(rows > 1 ? 64 : 128, rows);
    const dim3 grid(blocks(extent.x, block.x), blocks(extent.y, block.y), static_cast<unsigned>(extent.z));
    std::visit([&](const auto& work) { run_kernel<<<grid, block, 0, stream_>>>(work, extent.x, extent.y); },
               static_cast<const AnyKernel&>(kernel));
    require(cudaGetLastError(), "launching a kernel");
  }

  bool has_resident_kernel() const override { return has_resident_kernel_; }

  void run_resident(const ResidentShots& shots) override {
    const std::size_t bytes = resident::shared_bytes(shots.nx + 2 * shots.absorbing);
    require(cudaFuncSetAttribute(resident::run, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(bytes)),
            "shared memory of a kernel");
    const dim3 block(ResidentShots::kMostColumns, ResidentShots::kGroups);
    const int clusters = std::min(most_clusters_, shots.runs);
    // Short kernels: what has to wait for the whole device does not wait long.
    ResidentShots part = shots;
    for (int done = 0; done < shots.runs; done += part.runs) {
      part.first_run = shots.first_run + done;
      part.runs = std::min(kRunsOfCluster * clusters, shots.runs - done);
      resident::run<<<ResidentShots::kBlocks * clusters, block, bytes, stream_>>>(part);
      require(cudaGetLastError(), "launching a kernel");
    }
  }

 private:
  /// Until the device has done everything, without keeping the processor busy.
  void wait() {
    require(cudaEventRecord(done_, stream_), "an event");
    require(cudaEventSynchronize(done_), "a kernel, or copying");
  }

  static unsigned blocks(std::int64_t threads, unsigned block) {
    return static_cast<unsigned>((threads + block - 1) / block);
  }

  std::string name_;
  bool has_resident_kernel_;
  int most_clusters_ = 1;
  cudaStream_t stream_ = nullptr;
  cudaEvent_t done_ = nullptr;
};

}  // namespace

std::shared_ptr<Accelerator> cuda_accelerator(const CudaOptions& options) {
  int devices = 0;
  const cudaError_t status = cudaGetDeviceCount(&devices);
  if (status != cudaSuccess || devices == 0) {
    throw UsageError(std::string("CUDA: no device was found (") + cudaGetErrorString(status) + ")");
  }
  cudaDeviceProp properties{};
  require(cudaGetDeviceProperties(&properties, 0), "the device's name");
  return std::make_shared<CudaAccelerator>(properties, options);
}

}  // namespace strataform::wave
