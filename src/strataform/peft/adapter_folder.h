#pragma once

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "strataform/core/atomic_file.h"
#include "strataform/model/model.h"
#include "strataform/peft/adapter_options.h"

namespace strataform::peft {

class Adapter;

/// Of every adapter folder.
inline constexpr const char* kConfigFile = "adapter_config.json";
inline constexpr const char* kTensorFile = "adapter_model.safetensors";

/// An adapter on disk is a folder in the format of Hugging Face PEFT: adapter_config.json and
/// adapter_model.safetensors, keys "base_model.model.<layer path>.lora_A.weight". target_modules lists the layers
/// that the Python library can adapt (Conv2d, Linear); it ignores the tensors of the others. What that format has no
/// place for is in a third file, strataform.json: all adapted layers, the base's fingerprint and the provenance.
struct AdapterFile {
  std::filesystem::path folder;
  AdapterOptions options;
  std::string base_fingerprint;  ///< empty: made by another program, which records none
  std::vector<std::string> layers;
  std::vector<std::string> extensions;  ///< of the layers, those that Hugging Face PEFT cannot adapt
  nlohmann::json provenance = nlohmann::json::object();
};

/// Throws IoError where save_adapter() could not write: a missing parent, an existing adapter with kRefuse, or a
/// folder that is no adapter.
void check_adapter_output(const std::filesystem::path& folder, Overwrite overwrite);

/// Writes the folder as a whole or not at all. Throws UsageError for a method whose result is a model file.
void save_adapter(const std::filesystem::path& folder, const Adapter& adapter, const std::string& base_fingerprint,
                  const nlohmann::json& provenance, Overwrite overwrite = Overwrite::kRefuse);

/// Whether there is what looks like an adapter folder.
[[nodiscard]] bool is_adapter_folder(const std::filesystem::path& path);

/// The description of an adapter, without its tensors. Throws InputError for a folder that holds no adapter or one
/// with features that are not known here.
[[nodiscard]] AdapterFile read_adapter_file(const std::filesystem::path& folder);

/// An adapter folder in memory, for any number of copies of its base. It never changes, so that several threads may
/// use it.
class LoadedAdapter {
 public:
  /// Throws IoError and InputError as read_adapter_file() does, InputError for damaged tensors.
  explicit LoadedAdapter(const std::filesystem::path& folder);
  ~LoadedAdapter();
  LoadedAdapter(const LoadedAdapter&) = delete;
  LoadedAdapter& operator=(const LoadedAdapter&) = delete;
  LoadedAdapter(LoadedAdapter&&) = delete;
  LoadedAdapter& operator=(LoadedAdapter&&) = delete;

  [[nodiscard]] const AdapterFile& file() const { return file_; }
  /// Makes the model compute with the adapter, whose tensors are copied. Throws MismatchError for another base,
  /// InputError where the tensors are not those that the description asks for.
  [[nodiscard]] std::shared_ptr<Adapter> put_on(const model::Model& model) const;

 private:
  struct Tensors;

  AdapterFile file_;
  std::unique_ptr<const Tensors> tensors_;
};

/// Puts a stored adapter on a model. Throws MismatchError when it was made for another base, InputError when the
/// folder is damaged.
[[nodiscard]] std::shared_ptr<Adapter> load_adapter(const std::filesystem::path& folder, const model::Model& model);

/// What `strataform info` prints. Several lines.
[[nodiscard]] std::string describe_adapter(const AdapterFile& file);

}  // namespace strataform::peft
