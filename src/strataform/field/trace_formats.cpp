#include "strataform/field/trace_formats.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

#include "strataform/core/error.h"
#include "strataform/field/joined_traces.h"
#include "strataform/io/file_kind.h"
#include "strataform/io/mapped_file.h"

namespace strataform::field {
namespace {

namespace fs = std::filesystem;

const auto& trace_formats() {
#define STRATAFORM_TRACE_FORMAT(factory) factory(),
  static const std::array formats = {
#include "strataform/field/trace_formats.def"
  };
#undef STRATAFORM_TRACE_FORMAT
  return formats;
}

std::string ending_of(const fs::path& path) {
  std::string ending = path.extension().string();
  std::ranges::transform(ending, ending.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return ending;
}

/// Files that another format has a signature for are not asked for SEG-Y's, which has none.
bool may_be_traces(const fs::path& path) {
  const io::MappedFile file(path);
  return !file.bytes().empty() && io::detect_file_kind(file.bytes()) == io::FileKind::kUnknown;
}

/// The format of a file; null where it is none of them. By its name only where the content does not tell.
const TraceFormat* find_format(const fs::path& path) {
  if (!may_be_traces(path)) return nullptr;
  const auto& formats = trace_formats();
  const auto* found = std::ranges::find_if(formats, [&](const TraceFormat& format) { return format.knows(path); });
  if (found == formats.end()) {
    const std::string ending = ending_of(path);
    found = std::ranges::find_if(formats, [&](const TraceFormat& format) {
      return std::ranges::find(format.endings, ending) != format.endings.end();
    });
  }
  return found == formats.end() ? nullptr : &*found;
}

/// The files of a folder in one of the formats, by number.
std::vector<fs::path> trace_files_in(const fs::path& folder) {
  std::vector<fs::path> paths;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    const std::string ending = ending_of(entry.path());
    const bool is_named = std::ranges::any_of(trace_formats(), [&](const TraceFormat& format) {
      return std::ranges::find(format.endings, ending) != format.endings.end();
    });
    if (is_named && find_format(entry.path()) != nullptr) paths.push_back(entry.path());
  }
  std::ranges::sort(paths, is_numbered_before, [](const fs::path& path) { return path.filename().string(); });
  return paths;
}

}  // namespace

std::string TraceFile::name_of(std::int64_t trace) const { return fmt::format("{}: trace {}", name(), trace + 1); }

bool is_trace_file(const fs::path& path) {
  return fs::is_directory(path) ? !trace_files_in(path).empty() : find_format(path) != nullptr;
}

std::unique_ptr<TraceFile> open_trace_file(const fs::path& path, const ReadOptions& options) {
  if (fs::is_directory(path)) {
    const std::vector<fs::path> paths = trace_files_in(path);
    if (paths.empty()) throw InputError(fmt::format("{}: holds no SEG-Y, SU or SEG-2 file", path.string()));
    return std::make_unique<JoinedTraces>(path.string(), paths, options);
  }
  if (const TraceFormat* format = find_format(path)) return format->open(path, options);
  throw InputError(fmt::format("{}: expected a SEG-Y, SU or SEG-2 file, found {}", path.string(),
                               io::describe_content(io::MappedFile(path).bytes())));
}

}  // namespace strataform::field
