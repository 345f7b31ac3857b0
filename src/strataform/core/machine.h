#pragma once

#include <string>

namespace strataform {

/// What seconds were measured on: "AMD EPYC, 2 threads", by the processor's own name and thread_count().
[[nodiscard]] std::string machine_name();

}  // namespace strataform
