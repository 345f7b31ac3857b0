#pragma once

#include <torch/torch.h>

#include <filesystem>
#include <map>
#include <string>

#include "strataform/core/atomic_file.h"
#include "strataform/io/dtype.h"

namespace strataform::model {

/// Named tensors, sorted by name.
using TensorMap = std::map<std::string, torch::Tensor>;

struct TensorFile {
  TensorMap tensors;                            ///< float32 on the CPU
  std::map<std::string, std::string> metadata;  ///< text by key
  /// Where it is written: what float16 holds bit by bit is stored so, whatever the storage.
  bool exact_halves = false;
};

/// What an adapter that was merged into a model has replaced.
struct UnmergedWeights {
  TensorMap tensors;        ///< parameters and buffers with their values before
  std::string fingerprint;  ///< of the model before
};

/// A .safetensors file of floating-point tensors. Throws InputError for the content and IoError for the file.
[[nodiscard]] TensorFile read_tensor_file(const std::filesystem::path& path);
/// storage is float16 or float32. Throws NumericalError, naming the tensor, for a value that is not finite once it is
/// stored.
void write_tensor_file(const std::filesystem::path& path, const TensorFile& file, io::DType storage,
                       Overwrite overwrite = Overwrite::kRefuse);

/// The type in which write_tensor_file() stores a tensor: storage, or float32 where float16 would lose values that are
/// small as a whole.
[[nodiscard]] torch::ScalarType stored_type(const torch::Tensor& tensor, io::DType storage);

/// Copies values into the tensors of a network or an adapter. Throws InputError, naming source ("model.safetensors"),
/// when names or shapes are not exactly those of state or a value is not finite; state is then unchanged.
void load_state(const TensorMap& state, const TensorMap& values, const std::string& source);

/// Parameters and buffers of a network; the tensors share its memory. BatchNorm's batch counters are left out:
/// with a fixed momentum nothing depends on them.
[[nodiscard]] TensorMap state_of(const torch::nn::Module& module);

}  // namespace strataform::model
