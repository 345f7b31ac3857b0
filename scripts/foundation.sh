#!/usr/bin/env bash
# Trains the network for any survey on recordings that are simulated meanwhile, each in another way, in stretches. A
# stretch can be stopped at any time and goes on where it stopped, as long as its run folder is there; after MINUTES it
# writes the weights that the next stretch, of the next number, begins with, on whatever machine.
#
# Usage: foundation.sh PROGRAM STRETCH MINUTES [OPTIONS OF pretrain...]
#
# The learning rate stays as it is (--final-share 1), so that stretches can follow one another; the last one lets it
# cool down (--final-share 0.01). Threads that wait sleep: the simulation needs the processor, too.
set -euo pipefail
cd "$(dirname "$0")/.."
readonly program=$1
readonly stretch=$2
readonly minutes=$3
shift 3
readonly work=out/foundation
readonly weights=models/in_training/shotwise.safetensors
# Another seed than the training's, the frozen set's (1003) and the study's.
readonly validation_seed=5005
if [ ! -d "$work/validation" ]; then
  "$program" generate --family all --count 20 --seed "$validation_seed" --decimation 5 --output "$work/validation"
fi
begin=(--backbone shotwise --backbone-options '{"features": 320, "mixers": 8}')
if [ "$stretch" -gt 1 ]; then begin=(--initial "$weights"); fi
earlier=(--force)
if [ -d "$work/stretch$stretch" ]; then earlier+=(--resume); fi
export OMP_WAIT_POLICY=passive
nice -n 19 "$program" pretrain "${begin[@]}" \
  --generate style-b=4,flatfault-b=4,curvefault-b=4,style-a=3,curvevel-b=2,curvefault-a,flatfault-a,curvevel-a,flatvel-b,flatvel-a,basin=2 \
  --generate-examples 2000000 --generate-first 512 --generate-passes 20 --generate-kept 20000 \
  --validation "$work/validation" --validation-limit 200 --validation-steps 1000 \
  --output "$work/shotwise.safetensors" --run-dir "$work/stretch$stretch" --max-minutes "$minutes" --final-share 1 \
  --batch-size 64 --optimizer muon --learning-rate 0.004 --warmup-steps 300 --weight-decay 0.1 --ema-decay 0.999 \
  --structure-weight 0.2 --precision bfloat16 --channels-last --augment 0.85 --seed "$((40 + stretch))" \
  --checkpoint-minutes 10 "${earlier[@]}" "$@"
mkdir -p models/in_training
cp "$work/shotwise.safetensors" "$weights.part"
mv "$weights.part" "$weights"
