#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "strataform/field/header_word.h"
#include "strataform/field/sample_format.h"
#include "strataform/field/text_header.h"
#include "strataform/field/trace_header.h"
#include "strataform/io/positional_file.h"

namespace strataform::field {

/// Where the traces of a SEG-Y or SU file lie and how they are coded. All traces are as long.
struct SegyLayout {
  bool big_endian = true;
  int revision = 0;  ///< 0, 1 or 2
  SampleFormat format{};
  TextHeader text{};
  std::int64_t trace0 = 0;                        ///< byte of the first trace
  std::int64_t header_bytes = kTraceHeaderBytes;  ///< of a trace, with its extensions
  std::int64_t samples = 0;
  std::int64_t traces = 0;
  double sample_interval = 0.0;  ///< s; 0: not told
  double unit = 1.0;             ///< of lengths, m
  std::vector<HeaderFinding> findings{};

  [[nodiscard]] std::int64_t trace_bytes() const { return header_bytes + samples * format.bytes; }
};

/// Throws InputError for a file that does not hold whole traces, or only if it is lenient for one that holds none.
[[nodiscard]] SegyLayout read_segy_layout(const io::PositionalFile& file, const ReadOptions& options);
/// The same for SU files, which are SEG-Y's traces without file headers and with IEEE floats of the machine's byte
/// order or the other one.
[[nodiscard]] SegyLayout read_su_layout(const io::PositionalFile& file, const ReadOptions& options);

}  // namespace strataform::field
