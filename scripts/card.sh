#!/usr/bin/env bash
# Measures the shipped model on the frozen evaluation set, without and with --mirror, on a tenth of it with noise, on the
# part of the set that `make test` looks at, and on that part modelled with another absorbing layer. Writes
# models/evaluation*.json: `git diff models` tells whether they are what they were.
set -euo pipefail
cd "$(dirname "$0")/.."
readonly program=$1
# As in models/frozen_set.json. The seed is in no training.
readonly seed=1003
readonly model=models/foundation.safetensors

# Modelled anew each time, by the program that is measured.
generate() { "$program" generate --family all --count "$2" --seed "$seed" --output "out/card/$1" --force; }
evaluate() { "$program" evaluate --model "$model" --data "out/card/$1" --json "models/$2.json" --force "${@:3}"; }

generate part 3
evaluate part evaluation_part
for velocity in out/card/part/*/{model,vel}*.npy; do
  family=$(basename "$(dirname "$velocity")")
  name=$(basename "$velocity")
  mkdir -p "out/card/pml/$family"
  cp "$velocity" "out/card/pml/$family"
  gathers=${name/#model/data}
  "$program" forward --velocity "$velocity" --output "out/card/pml/$family/${gathers/#vel/seis}" --pml 20 --force
done
evaluate pml evaluation_pml
generate frozen 200
evaluate frozen evaluation
evaluate frozen evaluation_mirror --mirror
evaluate frozen evaluation_noise_20db --limit 20 --noise-db 20
evaluate frozen evaluation_noise_10db --limit 20 --noise-db 10
