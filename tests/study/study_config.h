#pragma once

#include <string>

namespace strataform::study {

/// A small configuration; tests change it by replacing a line.
inline std::string small_config() {
  return R"(title = "A small study"
base = "base.safetensors"
seeds = [1, 2]
sizes = [4, 8]
examples = 2

[data]
validation = 2
test = 3
mixed = 1
seed = 7000

[training]
passes = 1.0
min_steps = 2
max_steps = 3
batch_size = 2
learning_rates = [0.001, 0.01]
validations = 1
patience = 2

[[method]]
name = "scratch"
title = "Task-specific"
kind = "scratch"
steps_factor = 2.0

[[method]]
name = "zero-shot"
kind = "zero-shot"

[[method]]
name = "full"
kind = "adapted"
method = "full"

[[method]]
name = "lora"
title = "LoRA <1 %"
kind = "adapted"
method = "lora"
rank = 1

[[domain]]
name = "flatvel-a"
kind = "in"
family = "flatvel-a"

[[domain]]
name = "spoilt"
kind = "out"
family = "all"
frequency = 7.0
noise_db = 0.0
muted = 0.4
sizes = [4]
)";
}

inline std::string replaced(std::string text, const std::string& old_part, const std::string& new_part) {
  return text.replace(text.find(old_part), old_part.size(), new_part);
}

}  // namespace strataform::study
