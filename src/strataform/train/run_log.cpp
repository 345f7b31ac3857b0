#include "strataform/train/run_log.h"

#include <string>

#include "strataform/io/json_field.h"
#include "strataform/io/run_folder.h"

namespace strataform::train {
namespace {

constexpr const char* kLogFile = "log.jsonl";
constexpr const char* kConfigurationFile = "config.json";
constexpr const char* kCheckpointFile = "checkpoint.safetensors";

bool belongs_to_run(std::string_view name) {
  return name == kConfigurationFile || name.starts_with("events.out.tfevents");
}

/// Of the log's last line; -1 for a log without any. What the log does not have, TensorBoard's files may not have.
std::int64_t last_step_of(const std::filesystem::path& log) {
  if (!std::filesystem::exists(log)) return -1;
  std::string text = read_text_file(log);
  while (text.ends_with('\n')) text.pop_back();
  if (text.empty()) return -1;
  const nlohmann::json line = io::parse_json(text.substr(text.rfind('\n') + 1), log);
  return io::json_field<std::int64_t>(line, "step", log.string());
}

}  // namespace

std::filesystem::path checkpoint_file(const std::filesystem::path& run_folder) { return run_folder / kCheckpointFile; }

void prepare_run_folder(const std::filesystem::path& run_folder, bool resume, Overwrite overwrite) {
  const io::RunFiles files{.state = kCheckpointFile, .is_own = belongs_to_run, .advice = {}, .first = kLogFile};
  (void)io::RunFolder(run_folder, files, io::earlier_run(resume, overwrite));
}

RunLog::RunLog(const std::filesystem::path& run_folder, const nlohmann::json& configuration, std::uintmax_t log_bytes)
    : log_path_(run_folder / kLogFile) {
  io::write_json(run_folder / kConfigurationFile, configuration, Overwrite::kAllow);
  if (std::filesystem::exists(log_path_) && std::filesystem::file_size(log_path_) > log_bytes) {
    std::filesystem::resize_file(log_path_, log_bytes);
  }
  io::cut_scalar_events(run_folder, last_step_of(log_path_));
  lines_ = std::make_unique<io::JsonLines>(log_path_);
  scalars_ = std::make_unique<io::ScalarEventWriter>(run_folder);
}

void RunLog::write(const nlohmann::json& line) { lines_->append(line); }

void RunLog::scalar(std::string_view tag, double value, std::int64_t step) {
  scalars_->add(tag, static_cast<float>(value), step);
}

void RunLog::flush() { scalars_->flush(); }

std::uintmax_t RunLog::log_bytes() const { return std::filesystem::file_size(log_path_); }

}  // namespace strataform::train
