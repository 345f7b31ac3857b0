#!/usr/bin/env bash
# Measures the shipped model on the frozen evaluation set and on the part of it that `make test` looks at. Writes
# models/evaluation.json and models/evaluation_part.json: `git diff models` tells whether they are what they were.
set -euo pipefail
cd "$(dirname "$0")/.."
readonly program=$1
# As in models/frozen_set.json. The seed is in no training.
readonly seed=1003
readonly model=models/foundation.safetensors

measure() {  # folder, samples of each family, file of the scores
  "$program" generate --family all --count "$2" --seed "$seed" --output "$1"
  "$program" evaluate --model "$model" --data "$1" --json "$3" --force
}

measure out/card/part 3 models/evaluation_part.json
measure out/card/frozen 200 models/evaluation.json
