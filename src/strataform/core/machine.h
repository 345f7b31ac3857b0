#pragma once

#include <string>

namespace strataform {

/// What seconds were measured on: "AMD EPYC, 2 threads", by the processor's own name.
[[nodiscard]] std::string machine_name(int threads);

}  // namespace strataform
