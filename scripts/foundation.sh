#!/usr/bin/env bash
# Trains the network for any survey on recordings that are modelled meanwhile, each in another way. It can be stopped at
# any time and goes on where it stopped; after HOURS of it, over all its stretches, it writes the model.
#
# Usage: foundation.sh PROGRAM HOURS [OPTIONS OF pretrain...]
#
# The learning rate stays as it is (--final-share 1), so that stretches can follow one another; a last stretch from the
# written model (--initial, --run-dir of its own, --final-share 0.01) lets it cool down. Threads that wait sleep: the
# modelling needs the processor, too.
set -euo pipefail
cd "$(dirname "$0")/.."
readonly program=$1
readonly hours=$2
shift 2
readonly work=out/foundation
# Another seed than the training's, the frozen set's (1003) and the study's.
readonly validation_seed=5005
if [ ! -d "$work/validation" ]; then
  "$program" generate --family all --count 20 --seed "$validation_seed" --decimation 5 --output "$work/validation"
fi
resume=()
if [ -d "$work/run" ]; then resume=(--resume); fi
export OMP_WAIT_POLICY=passive
exec nice -n 19 "$program" pretrain --backbone shotwise \
  --generate style-b=4,flatfault-b=4,curvefault-b=4,style-a=3,curvevel-b=2,curvefault-a,flatfault-a,curvevel-a,flatvel-b,flatvel-a,basin=2 \
  --generate-examples 2000000 --generate-first 512 --generate-passes 20 --generate-kept 20000 \
  --validation "$work/validation" --validation-limit 200 --validation-steps 1000 \
  --output "$work/shotwise.safetensors" --run-dir "$work/run" --max-minutes "$((60 * hours))" --final-share 1 \
  --batch-size 64 --optimizer muon --learning-rate 0.004 --warmup-steps 300 --weight-decay 0.1 --ema-decay 0.999 \
  --structure-weight 0.2 --precision bfloat16 --channels-last --augment 0.85 --seed 41 --checkpoint-minutes 10 \
  "${resume[@]}" "$@"
