#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

namespace strataform::io {

enum class FileKind { kNpy, kSafetensors, kJson, kFolder, kUnknown };

/// What a path holds, judged by its first bytes and not by its name. kNpy, kSafetensors and kJson promise that the
/// file begins like one, not that it is whole. Throws IoError when it is missing or unreadable.
[[nodiscard]] FileKind detect_file_kind(const std::filesystem::path& path);
[[nodiscard]] FileKind detect_file_kind(std::span<const std::byte> content);

/// What a whole file's content looks like, to end the sentence "expected a .npy array, found …": "a ZIP archive
/// (.npz or .pth)", "an HDF5 file", "an empty file" and so on.
[[nodiscard]] std::string describe_content(std::span<const std::byte> content);

}  // namespace strataform::io
