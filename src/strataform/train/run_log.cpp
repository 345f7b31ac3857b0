#include "strataform/train/run_log.h"

#include <fmt/format.h>

#include <string>
#include <vector>

#include "strataform/core/error.h"

namespace strataform::train {
namespace {

constexpr const char* kLogFile = "log.jsonl";
constexpr const char* kConfigurationFile = "config.json";

bool belongs_to_run(const std::filesystem::path& file, const std::filesystem::path& run_folder) {
  const std::string name = file.filename().string();
  return name == kLogFile || name == kConfigurationFile || file == checkpoint_file(run_folder) ||
         name.starts_with("events.out.tfevents");
}

}  // namespace

std::filesystem::path checkpoint_file(const std::filesystem::path& run_folder) {
  return run_folder / "checkpoint.safetensors";
}

void prepare_run_folder(const std::filesystem::path& run_folder, bool resume, Overwrite overwrite) {
  const std::string name = run_folder.string();
  if (resume) {
    if (std::filesystem::exists(checkpoint_file(run_folder))) return;
    throw IoError(fmt::format("{}: expected a checkpoint to resume from, found none", name));
  }
  std::error_code error;
  std::filesystem::create_directories(run_folder, error);
  if (error) throw IoError(fmt::format("{}: cannot make the run's folder: {}", name, error.message()));

  std::vector<std::filesystem::path> old_files;
  for (const auto& entry : std::filesystem::directory_iterator(run_folder)) {
    if (belongs_to_run(entry.path(), run_folder)) old_files.push_back(entry.path());
  }
  // A run that failed before its first checkpoint is nothing to go on from, and its log nothing to keep.
  const bool abandoned =
      std::filesystem::exists(run_folder / kLogFile) && !std::filesystem::exists(checkpoint_file(run_folder));
  if (!old_files.empty() && !abandoned && overwrite == Overwrite::kRefuse) {
    throw IoError(
        fmt::format("{}: the folder holds a run already; go on with --resume or replace it with --force", name));
  }
  for (const auto& file : old_files) std::filesystem::remove(file);
}

RunLog::RunLog(const std::filesystem::path& run_folder, const nlohmann::json& configuration, std::uintmax_t log_bytes)
    : log_path_(run_folder / kLogFile), scalars_(run_folder) {
  io::write_json(run_folder / kConfigurationFile, configuration, Overwrite::kAllow);
  if (std::filesystem::exists(log_path_) && std::filesystem::file_size(log_path_) > log_bytes) {
    std::filesystem::resize_file(log_path_, log_bytes);
  }
  lines_ = std::make_unique<io::JsonLines>(log_path_);
}

void RunLog::write(const nlohmann::json& line) { lines_->append(line); }

void RunLog::scalar(std::string_view tag, double value, std::int64_t step) {
  scalars_.add(tag, static_cast<float>(value), step);
}

void RunLog::flush() { scalars_.flush(); }

std::uintmax_t RunLog::log_bytes() const { return std::filesystem::file_size(log_path_); }

}  // namespace strataform::train
