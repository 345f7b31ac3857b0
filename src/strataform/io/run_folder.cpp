#include "strataform/io/run_folder.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "strataform/core/error.h"
#include "strataform/io/json.h"

namespace strataform::io {
namespace fs = std::filesystem;
namespace {

using nlohmann::json;

/// A list of receivers would fill the screen.
constexpr std::size_t kLongestValue = 60;

std::string text_of(const json* value) {
  if (value == nullptr) return "absent";
  std::string text = to_text(*value);
  if (text.size() > kLongestValue) text = text.substr(0, kLongestValue) + "...";
  return text;
}

const json* member_of(const json& object, const std::string& name) {
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

void add_differences(const json& recorded, const json& present, const std::string& prefix,
                     std::vector<std::string>& differences) {
  const auto compare = [&](const std::string& name) {
    const json* was = member_of(recorded, name);
    const json* is = member_of(present, name);
    if (was != nullptr && is != nullptr && *was == *is) return;
    if (was != nullptr && is != nullptr && was->is_object() && is->is_object()) {
      add_differences(*was, *is, prefix + name + ".", differences);
    } else {
      differences.push_back(fmt::format("`{}{}` was {}, now {}", prefix, name, text_of(was), text_of(is)));
    }
  };
  for (const auto& [name, value] : recorded.items()) compare(name);
  for (const auto& [name, value] : present.items()) {
    if (!recorded.contains(name)) compare(name);
  }
}

void remove_file(const fs::path& file) {
  std::error_code error;
  fs::remove(file, error);
  if (error) throw IoError(fmt::format("{}: cannot be removed: {}", file.string(), error.message()));
}

}  // namespace

std::string configuration_difference(const json& recorded, const json& present) {
  std::vector<std::string> differences;
  if (recorded.is_object() && present.is_object()) {
    add_differences(recorded, present, "", differences);
  } else if (recorded != present) {
    differences.push_back(fmt::format("the configuration was {}, now {}", text_of(&recorded), text_of(&present)));
  }
  return fmt::format("{}", fmt::join(differences, "; "));
}

void require_same_configuration(const fs::path& file, const json& recorded, const json& present,
                                std::string_view advice) {
  const std::string difference = configuration_difference(recorded, present);
  if (!difference.empty()) throw MismatchError(fmt::format("{}: {}; {}", file.string(), difference, advice));
}

RunFolder::RunFolder(fs::path path, RunFiles files, EarlierRun earlier)
    : path_(std::move(path)), files_(std::move(files)) {
  const bool may_resume = earlier == EarlierRun::kResume || earlier == EarlierRun::kResumeIfThere;
  resumed_ = may_resume && fs::exists(state_file());
  if (resumed_) return;
  if (earlier == EarlierRun::kResume) {
    throw IoError(fmt::format("{}: expected a run to resume, found no {} in it", path_.string(), files_.state));
  }
  std::error_code error;
  made_ = fs::create_directories(path_, error);
  if (error) throw IoError(fmt::format("{}: cannot make the folder: {}", path_.string(), error.message()));
  begin(earlier);
}

/// Makes place for a new run.
void RunFolder::begin(EarlierRun earlier) const {
  const std::vector<fs::path> old_files = own_files();
  const bool has_state = fs::exists(state_file());
  const bool is_abandoned = !files_.first.empty() && fs::exists(path_ / files_.first) && !has_state;
  if (!old_files.empty() && !is_abandoned && earlier != EarlierRun::kReplace) {
    const std::string found = old_files.front().filename().string();
    if (earlier == EarlierRun::kRefuse) {
      throw IoError(fmt::format("{}: holds a run already, found {}; continue with `resume` or replace it with `force`",
                                path_.string(), found));
    }
    throw IoError(
        fmt::format("{}: expected {} beside {}, found none; {}", path_.string(), files_.state, found, files_.advice));
  }
  for (const fs::path& file : old_files) {
    if (file != state_file()) remove_file(file);
  }
  remove_file(state_file());  // last: a run that is stopped here leaves no files of unknown origin
}

/// In the order of their names.
std::vector<fs::path> RunFolder::own_files() const {
  std::vector<fs::path> own;
  for (const fs::directory_entry& entry : fs::directory_iterator(path_)) {
    if (entry.is_directory()) continue;
    const std::string name = entry.path().filename().string();
    if (name == files_.state || name == files_.first || files_.is_own(name)) own.push_back(entry.path());
  }
  std::ranges::sort(own);
  return own;
}

void RunFolder::configure(const json& configuration) const {
  if (resumed_) {
    require_same(read_json(state_file()), configuration);
  } else {
    write_json(state_file(), configuration);
  }
}

void RunFolder::require_same(const json& recorded, const json& present) const {
  require_same_configuration(state_file(), recorded, present, files_.advice);
}

void RunFolder::discard() const noexcept {
  if (!made_) return;
  try {
    for (const fs::path& file : own_files()) fs::remove(file);
    fs::remove(path_);
  } catch (const fs::filesystem_error&) {
    return;  // what cannot be removed stays: the work has failed already, and that is what the user is told
  }
}

}  // namespace strataform::io
