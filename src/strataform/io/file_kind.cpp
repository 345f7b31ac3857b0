#include "strataform/io/file_kind.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "strataform/io/mapped_file.h"

namespace strataform::io {
namespace {

using namespace std::string_view_literals;

struct Signature {
  std::string_view magic;
  std::string_view description;
};

// Files that end up where an array or a model is expected, by their leading bytes.
constexpr std::array kSignatures{
    Signature{"\x93NUMPY"sv, "a .npy array"},
    Signature{"PK\x03\x04"sv, "a ZIP archive (.npz or .pth)"},
    Signature{"PK\x05\x06"sv, "an empty ZIP archive (.npz or .pth)"},
    Signature{"\x89HDF\r\n\x1a\n"sv, "an HDF5 file"},
    Signature{"\x89PNG\r\n\x1a\n"sv, "a PNG picture"},
    Signature{"\x1f\x8b"sv, "a gzip-compressed file"},
    Signature{"MATLAB 5.0"sv, "a MATLAB file"},
    Signature{"version https://git-lfs"sv, "a Git LFS pointer, whose content was not downloaded"},
    Signature{"\x55\x3a\x01\x00"sv, "a SEG-2 file; save its traces as .npy"},
    Signature{"\x3a\x55\x00\x01"sv, "a SEG-2 file; save its traces as .npy"},
    Signature{"\x80\x02"sv, "a Python pickle"},
    Signature{"\x80\x03"sv, "a Python pickle"},
    Signature{"\x80\x04"sv, "a Python pickle"},
    Signature{"\x80\x05"sv, "a Python pickle"},
};

/// SEG-Y has no signature: 3200 bytes of text in EBCDIC or ASCII, each of whose 40 lines begins with a C, then a binary
/// header with one of the codes of the sample format.
bool begins_like_segy(std::span<const std::byte> content) {
  constexpr std::size_t kFormatCode = 3224;
  constexpr std::size_t kHeaders = 3600;
  if (content.size() < kHeaders) return false;
  const auto first = std::to_integer<unsigned>(content[0]);
  const auto code =
      (std::to_integer<unsigned>(content[kFormatCode]) << 8U) | std::to_integer<unsigned>(content[kFormatCode + 1]);
  constexpr unsigned kEbcdicC = 0xc3;
  constexpr unsigned kEbcdicSpace = 0x40;
  const bool begins = first == kEbcdicC || first == kEbcdicSpace || first == 'C' || first == ' ';
  return begins && code >= 1 && code <= 16;
}

std::string_view as_text(std::span<const std::byte> content) {
  return {reinterpret_cast<const char*>(content.data()), content.size()};
}

bool begins_like_safetensors(std::span<const std::byte> content) {
  std::uint64_t header_size = 0;
  if (content.size() <= sizeof(header_size)) return false;
  std::memcpy(&header_size, content.data(), sizeof(header_size));
  // Eight characters of a text, read as a number, are far beyond the length of any header.
  constexpr std::uint64_t kImplausible = 1ULL << 40U;
  return content[sizeof(header_size)] == std::byte{'{'} && header_size < kImplausible;
}

bool begins_like_json(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && (text[first] == '{' || text[first] == '[');
}

bool is_printable(std::string_view text) {
  return std::ranges::none_of(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20U && c != '\n' && c != '\r' && c != '\t'; });
}

}  // namespace

FileKind detect_file_kind(std::span<const std::byte> content) {
  if (as_text(content).starts_with(kSignatures.front().magic)) return FileKind::kNpy;
  if (begins_like_safetensors(content)) return FileKind::kSafetensors;
  if (begins_like_json(as_text(content))) return FileKind::kJson;
  return FileKind::kUnknown;
}

FileKind detect_file_kind(const std::filesystem::path& path) {
  if (std::filesystem::is_directory(path)) return FileKind::kFolder;
  return detect_file_kind(MappedFile(path).bytes());
}

std::string describe_content(std::span<const std::byte> content) {
  if (content.empty()) return "an empty file";
  const std::string_view text = as_text(content);
  for (const Signature& signature : kSignatures) {
    if (text.starts_with(signature.magic)) return std::string(signature.description);
  }
  if (begins_like_segy(content)) return "a SEG-Y file; save its traces as .npy";
  switch (detect_file_kind(content)) {
    case FileKind::kSafetensors: return "a .safetensors file";
    case FileKind::kJson: return "JSON text";
    default: break;
  }
  constexpr std::size_t kLooked = 512;
  return is_printable(text.substr(0, kLooked)) ? "a text file" : "a file of another format";
}

}  // namespace strataform::io
