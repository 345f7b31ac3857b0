#!/usr/bin/env bash
# Measures the shipped model on the frozen evaluation set, without and with --mirror, and on the part of the set that
# `make test` looks at. Writes models/evaluation*.json: `git diff models` tells whether they are what they were.
set -euo pipefail
cd "$(dirname "$0")/.."
readonly program=$1
# As in models/frozen_set.json. The seed is in no training.
readonly seed=1003
readonly model=models/foundation.safetensors

generate() { "$program" generate --family all --count "$2" --seed "$seed" --output "out/card/$1"; }
evaluate() { "$program" evaluate --model "$model" --data "out/card/$1" --json "models/$2.json" --force "${@:3}"; }

generate part 3
evaluate part evaluation_part
generate frozen 200
evaluate frozen evaluation
evaluate frozen evaluation_mirror --mirror
