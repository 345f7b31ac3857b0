#include "strataform/model/import_openfwi.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <utility>

#include "strataform/core/error.h"
#include "strataform/model/convert_checkpoint.h"
#include "strataform/model/model.h"
#include "strataform/model/tensor_file.h"
#include "strataform/nn/backbone.h"
#include "strataform/survey/openfwi.h"

namespace strataform::model {

namespace {

// The helper's exit status for a checkpoint that it refuses.
constexpr int kRefused = 3;

class ScratchFolder {
 public:
  ScratchFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "strataform-import-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
      throw IoError(fmt::format("{}: cannot make a temporary folder: {}", name, std::strerror(errno)));
    }
    path_ = name;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  ScratchFolder(ScratchFolder&&) = delete;
  ScratchFolder& operator=(ScratchFolder&&) = delete;

  [[nodiscard]] std::filesystem::path operator/(const char* name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

std::string find_python() {
  if (const char* chosen = std::getenv("STRATAFORM_PYTHON"); chosen != nullptr && *chosen != '\0') return chosen;
  return std::filesystem::exists(STRATAFORM_DEFAULT_PYTHON) ? STRATAFORM_DEFAULT_PYTHON : "python3";
}

/// The exit status of a child process, -1 where a signal ended it. Ends it where the work is to stop.
int wait_for(pid_t child, const Context& context) {
  for (int status = 0;;) {
    const pid_t found = ::waitpid(child, &status, WNOHANG);
    if (found == child) return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    if (found < 0 && errno != EINTR) return -1;
    if (context.stop_requested()) {
      ::kill(child, SIGKILL);
      while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
      }
      return -1;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

/// Runs the helper with its standard error in a file and returns its exit status, -1 where a signal ended it.
int run_helper(const std::string& python, std::string checkpoint, std::string output, const std::string& messages,
               const Context& context) {
  std::string program = python;
  std::string flag = "-c";
  std::string script = kConvertCheckpoint;
  char* arguments[] = {program.data(), flag.data(), script.data(), checkpoint.data(), output.data(), nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, messages.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  pid_t child = 0;
  const int failure = ::posix_spawnp(&child, python.c_str(), &actions, nullptr, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failure != 0) {
    throw IoError(fmt::format("{}: cannot run Python, which reads the checkpoint: {} (STRATAFORM_PYTHON names another)",
                              python, std::strerror(failure)));
  }
  return wait_for(child, context);
}

std::string last_line(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  const std::size_t start = text.rfind('\n');
  return start == std::string::npos ? text : text.substr(start + 1);
}

TensorMap read_checkpoint(const std::filesystem::path& checkpoint, const Context& context) {
  if (!std::filesystem::is_regular_file(checkpoint)) {
    throw IoError(fmt::format("{}: expected a checkpoint file, found none", checkpoint.string()));
  }
  const ScratchFolder scratch;
  const std::filesystem::path messages = scratch / "messages";
  const std::filesystem::path converted = scratch / "weights.safetensors";
  const std::string python = find_python();
  const int status = run_helper(python, std::filesystem::absolute(checkpoint), converted, messages, context);
  context.throw_if_stopped("interrupted: no network was written");
  if (status == 0) return read_tensor_file(converted).tensors;
  const std::string reason = last_line(read_text_file(messages));
  if (status == kRefused) throw InputError(fmt::format("{}: {}", checkpoint.string(), reason));
  throw IoError(fmt::format("{}: cannot read it with {}: {} (STRATAFORM_PYTHON names another Python)",
                            checkpoint.string(), python, reason.empty() ? "it failed without a message" : reason));
}

/// The extent of the weight of a block's convolution along an axis.
std::int64_t extent_of(const TensorMap& weights, const std::string& block, std::int64_t axis,
                       const std::string& source) {
  const std::string name = block + ".layers.0.weight";
  const auto found = weights.find(name);
  if (found == weights.end() || found->second.dim() != 4) {
    throw InputError(fmt::format("{}: expected an InversionNet with a convolution weight '{}', found {}", source, name,
                                 found == weights.end() ? "none" : "another shape"));
  }
  return found->second.size(axis);
}

std::shared_ptr<nn::Backbone> make_matching_inversionnet(const TensorMap& weights, const std::string& source) {
  nlohmann::json widths = nlohmann::json::array();
  for (const char* block : {"convblock1", "convblock2_1", "convblock4_1", "convblock6_1", "convblock8"}) {
    widths.push_back(extent_of(weights, block, 0, source));
  }
  try {
    return nn::make_backbone("inversionnet",
                             {{"shots", extent_of(weights, "convblock1", 1, source)}, {"widths", widths}});
  } catch (const UsageError& error) {
    throw InputError(fmt::format("{}: {}", source, error.what()));
  }
}

}  // namespace

void import_openfwi_checkpoint(const ImportOptions& options, const Context& context) {
  check_output_path(options.output, options.overwrite);
  data::Normalization normalization;
  normalization.data_min = options.data_min;
  normalization.data_max = options.data_max;
  data::check(normalization);

  const std::string source = options.checkpoint.string();
  const TensorMap weights = read_checkpoint(options.checkpoint, context);
  Model model;
  model.backbone = make_matching_inversionnet(weights, source);
  load_state(state_of(*model.backbone), weights, source);
  const nn::BackboneShape& shape = model.backbone->shape();
  model.input.shots = shape.shots;
  model.input.samples = shape.samples;
  model.input.receivers = shape.receivers;
  model.input.decimation = 1;
  // The scripts feed every sample, the wrong last one included, so these networks have learned with it.
  model.input.ignore_last_sample = false;
  model.input.normalization = normalization;
  model.modelling = survey::openfwi();
  model.provenance = {{"imported_from", options.checkpoint.filename().string()}};
  save_model(options.output, model, io::DType::kFloat32, options.overwrite);
}

}  // namespace strataform::model
