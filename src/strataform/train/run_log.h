#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string_view>

#include "strataform/core/atomic_file.h"
#include "strataform/io/event_log.h"
#include "strataform/io/json.h"

namespace strataform::train {

std::filesystem::path checkpoint_file(const std::filesystem::path& run_folder);

/// Makes the folder of a new run, or checks that of a run to resume. Throws IoError where the folder holds a run
/// already and overwrite is kRefuse, unless that run failed before its first checkpoint; with kAllow the files of that
/// run are removed, and no others.
void prepare_run_folder(const std::filesystem::path& run_folder, bool resume, Overwrite overwrite);

/// What a run leaves behind beside its checkpoint: config.json, log.jsonl and TensorBoard's scalars.
class RunLog {
 public:
  /// log_bytes: how much of log.jsonl is older than the state that the run starts from; what an interrupted run wrote
  /// after its last checkpoint is cut off there and in TensorBoard's files.
  RunLog(const std::filesystem::path& run_folder, const nlohmann::json& configuration, std::uintmax_t log_bytes);

  /// One line of log.jsonl.
  void write(const nlohmann::json& line);
  void scalar(std::string_view tag, double value, std::int64_t step);
  void flush();
  [[nodiscard]] std::uintmax_t log_bytes() const;

 private:
  std::filesystem::path log_path_;
  std::unique_ptr<io::JsonLines> lines_;
  std::unique_ptr<io::ScalarEventWriter> scalars_;
};

}  // namespace strataform::train
