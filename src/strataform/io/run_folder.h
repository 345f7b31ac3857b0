#pragma once

#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "strataform/core/atomic_file.h"

namespace strataform::io {

/// In what two configurations differ, member by member, objects within objects: "`learning_rate` was 0.01, now 0.02;
/// `survey.spacing` was absent, now 10.0". Long values are cut short. Empty where they are the same.
[[nodiscard]] std::string configuration_difference(const nlohmann::json& recorded, const nlohmann::json& present);

/// Throws MismatchError where the configuration that `file` records is not the present one: "FILE: DIFFERENCE; ADVICE".
void require_same_configuration(const std::filesystem::path& file, const nlohmann::json& recorded,
                                const nlohmann::json& present, std::string_view advice);

/// What a kind of run keeps in its folder.
struct RunFiles {
  std::string state;                             ///< what a run goes on from: without this file there is nothing
  std::function<bool(std::string_view)> is_own;  ///< whether another file of this name is such a run's
  /// What to do about a run that is another one, for the end of messages: "`work` names another folder".
  std::string advice;
  /// A file that every run begins with. Where it is there and `state` is not, the run failed before it had anything to
  /// keep, and its files may be removed. Empty: there is none.
  std::string first{};
};

/// What becomes of a run that a folder holds already.
enum class EarlierRun {
  kRefuse,         ///< is an error
  kReplace,        ///< its files are removed
  kResume,         ///< is gone on with, and there must be one
  kResumeIfThere,  ///< is gone on with, or a new one begins
};

/// What a user asks for who says both; to resume counts more.
[[nodiscard]] constexpr EarlierRun earlier_run(bool resume, Overwrite overwrite) {
  if (resume) return EarlierRun::kResume;
  return overwrite == Overwrite::kAllow ? EarlierRun::kReplace : EarlierRun::kRefuse;
}

/// The folder of work that keeps what it has finished, so that a later call goes on from there. It may hold files of
/// others too: none but those that RunFiles::is_own names are ever removed.
class RunFolder {
 public:
  /// Finds the run in a folder, or makes the folder and removes what earlier says. Throws IoError where that is
  /// impossible: a run that may not be replaced, none to go on with, or files of the run's names without its state,
  /// which are of unknown origin.
  RunFolder(std::filesystem::path path, RunFiles files, EarlierRun earlier);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::filesystem::path state_file() const { return path_ / files_.state; }
  /// Whether there is a run to go on with.
  [[nodiscard]] bool is_resumed() const { return resumed_; }

  /// For runs whose state file is their configuration: a new run writes it, one that is resumed must have the same.
  /// Throws MismatchError as require_same_configuration() does, InputError and IoError for the file.
  void configure(const nlohmann::json& configuration) const;
  /// Throws MismatchError as require_same_configuration() does.
  void require_same(const nlohmann::json& recorded, const nlohmann::json& present) const;
  /// Undoes the beginning of a run that has nothing to keep: removes its files and a folder that was made for it. Where
  /// the folder was there before, nothing.
  void discard() const noexcept;

 private:
  [[nodiscard]] std::vector<std::filesystem::path> own_files() const;
  void begin(EarlierRun earlier) const;

  std::filesystem::path path_;
  RunFiles files_;
  bool resumed_ = false;
  bool made_ = false;
};

}  // namespace strataform::io
