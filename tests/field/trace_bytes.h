#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace strataform::test {

/// The bytes of a SEG-Y or SU file, word by word.
class TraceBytes {
 public:
  explicit TraceBytes(bool big_endian = true, int format = 5) : big_endian_(big_endian), format_(format) {
    bytes_.assign(3600, '\0');
    for (int k = 0; k < 3200; ++k) bytes_[static_cast<std::size_t>(k)] = k % 80 == 0 ? 'C' : ' ';
    file_word(3225, 2, format);
  }

  /// A word of the file's headers, by its first byte, from 1.
  TraceBytes& file_word(std::size_t byte, int size, std::int64_t value) {
    put(byte - 1, size, value);
    return *this;
  }
  TraceBytes& append(std::string_view more) {
    bytes_ += more;
    return *this;
  }
  /// Begins a trace: record, source and receiver along x, number of its time samples and their interval, microseconds.
  TraceBytes& trace(int record, int source, int receiver, int samples, int interval, int extensions = 0) {
    first_ = bytes_.size();
    bytes_.append(240 * (1 + static_cast<std::size_t>(extensions)), '\0');
    word(9, 4, record).word(29, 2, 1).word(73, 4, source).word(81, 4, receiver);
    return word(115, 2, samples).word(117, 2, interval);
  }
  /// A word of the last trace's header.
  TraceBytes& word(std::size_t byte, int size, std::int64_t value) {
    put(first_ + byte - 1, size, value);
    return *this;
  }
  /// A time sample of the last trace, coded as the file's are; a whole number where these are integers.
  TraceBytes& sample(double value) {
    const std::size_t end = bytes_.size();
    constexpr int kSizes[] = {0, 4, 4, 2, 0, 4, 8, 3, 1, 8, 4, 2, 8, 0, 0, 3, 1};
    bytes_.append(static_cast<std::size_t>(kSizes[format_]), '\0');
    put(end, kSizes[format_], coded(value));
    return *this;
  }
  TraceBytes& samples(const std::vector<double>& values) {
    for (const double value : values) sample(value);
    return *this;
  }

  void write(const std::filesystem::path& path) const {
    std::ofstream(path, std::ios::binary).write(bytes_.data(), std::ssize(bytes_));
  }
  /// Without the headers of the file.
  void write_su(const std::filesystem::path& path) const {
    std::ofstream(path, std::ios::binary).write(bytes_.data() + 3600, std::ssize(bytes_) - 3600);
  }
  std::string& bytes() { return bytes_; }

 private:
  [[nodiscard]] std::int64_t coded(double value) const {
    if (format_ == 1) return ibm_float(value);
    if (format_ == 5) return std::bit_cast<std::int32_t>(static_cast<float>(value));
    return format_ == 6 ? std::bit_cast<std::int64_t>(value) : static_cast<std::int64_t>(value);
  }
  /// Sign, exponent of 16 plus 64, and a fraction of 24 bits.
  static std::int64_t ibm_float(double value) {
    if (value == 0.0) return 0;
    std::int64_t exponent = 64;
    double fraction = std::abs(value);
    for (; fraction >= 1.0; fraction /= 16.0) ++exponent;
    for (; fraction < 1.0 / 16.0; fraction *= 16.0) --exponent;
    const auto digits = static_cast<std::int64_t>(fraction * 16777216.0);
    return (value < 0.0 ? 0x80000000LL : 0LL) | (exponent << 24) | digits;
  }
  void put(std::size_t place, int size, std::int64_t value) {
    for (int k = 0; k < size; ++k) {
      const int shift = 8 * (big_endian_ ? size - 1 - k : k);
      bytes_[place + static_cast<std::size_t>(k)] = static_cast<char>((value >> shift) & 0xff);
    }
  }

  bool big_endian_;
  int format_;
  std::string bytes_{};
  std::size_t first_ = 0;
};

/// Two shots at 0 and 100 m with receivers at 50, 60 and 70 m, three time samples of 2 ms.
inline TraceBytes two_shots() {
  TraceBytes file;
  file.file_word(3217, 2, 2000).file_word(3221, 2, 3);
  for (int shot = 0; shot < 2; ++shot) {
    for (int receiver = 0; receiver < 3; ++receiver) {
      file.trace(shot + 7, 100 * shot, 50 + 10 * receiver, 3, 2000);
      const double value = 10.0 * shot + receiver;
      file.samples({value, value + 0.25, value + 0.5});
    }
  }
  return file;
}

/// Where trace k of two_shots() begins.
inline std::size_t place_of_trace(std::size_t trace) { return 3600 + trace * (240 + 3 * 4); }

}  // namespace strataform::test
