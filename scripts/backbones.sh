#!/usr/bin/env bash
# Trains each network on the same 10,000 maps for the same time on this machine and measures it on the frozen evaluation
# set, for the comparison in models/README.md. MINUTES=15 of training for each; about an hour on two cores.
set -euo pipefail
cd "$(dirname "$0")/.."
readonly program=$1
readonly minutes=${MINUTES:-15}
readonly out=out/backbones
# Neither is the seed of other data: 31 is for training, 1003 that of models/frozen_set.json.
"$program" generate --family all --count 1000 --seed 31 --flip-shot --output "$out/data"
"$program" cache --data "$out/data" --decimation 5 --output "$out/cache"
"$program" generate --family all --count 200 --seed 1003 --output out/card/frozen

# compare NAME DATA OPTION...: trains on DATA, or goes on where an interrupted run stopped, and evaluates.
compare() {
  local start=(--force)
  if [ -e "$out/$1/checkpoint.safetensors" ]; then start=(--force --resume); fi
  "$program" pretrain --data "$out/$2" --output "$out/$1.safetensors" --run-dir "$out/$1" --max-minutes "$minutes" \
    --precision bfloat16 --channels-last --seed 31 "${start[@]}" "${@:3}"
  "$program" evaluate --network "$out/$1.safetensors" --data out/card/frozen --json "models/backbones/$1.json" --force
}

# InversionNet is far worse with Muon (models/README.md).
compare inversionnet data --backbone inversionnet --batch-size 16 --learning-rate 0.001
compare compact cache --optimizer muon --learning-rate 0.004 --weight-decay 0.1
