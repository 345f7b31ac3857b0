#!/usr/bin/env bash
# Measures a model on the frozen evaluation set as it is and recorded in other ways, one row after the other, each of
# COUNT maps of every family. Writes evaluation*.json beside the model: `git diff models` tells whether they are what
# they were. What a model cannot read is said and has no file.
#
# Usage: card.sh PROGRAM [MODEL [COUNT]]
set -euo pipefail
cd "$(dirname "$0")/.."
readonly program=$1
readonly model=${2:-models/foundation.safetensors}
readonly count=${3:-200}
# As in models/frozen_set.json. The seed is in no training.
readonly seed=1003
readonly results=$(dirname "$model")
readonly work=out/card

# evaluate DATA NAME OPTIONS...
evaluate() {
  if ! "$program" evaluate --network "$model" --data "$work/$1" --json "$results/evaluation$2.json" --force "${@:3}"; then
    echo "==> row${2//_/ }: refused"
    rm -f "$results/evaluation$2.json"
  fi
}
# Modelled anew each time, by the program that is measured. row NAME CONDITIONS...
row() {
  echo "==> row${1//_/ }"
  "$program" generate --family all --count "$count" --seed "$seed" --output "$work/row" --decimation 5 --force "${@:2}"
  evaluate row "$1"
  rm -rf "$work/row"
}

# The part of the set that `make test` looks at, and the same with another absorber.
"$program" generate --family all --count 3 --seed "$seed" --output "$work/part" --force
evaluate part _part
"$program" generate --family all --count 3 --seed "$seed" --output "$work/pml" --force --absorber pml --absorbing-cells 20
evaluate pml _pml

echo "==> as it is"
"$program" generate --family all --count "$count" --seed "$seed" --output "$work/frozen" --force
evaluate frozen ""
evaluate frozen _mirror --mirror
evaluate frozen _noise_20db --limit 20 --noise-db 20
evaluate frozen _noise_10db --limit 20 --noise-db 10
if python=$(command -v .venv/bin/python) && "$python" -c "import deepwave" 2>/dev/null; then
  echo "==> row another absorber: deepwave's, by its propagator"
  "$python" scripts/deepwave_gathers.py "$work/frozen" "$work/deepwave" 20
  evaluate deepwave _deepwave
else
  echo "==> row another absorber: skipped, deepwave is not installed (requirements-test.txt)"
fi
rm -rf "$work/frozen" "$work/deepwave"

row _amplitude --gain 10
row _polarity --gain -1
row _delay --delay 5
row _phase --phase 30
row _free_surface --free-surface
row _three_shots --sources 0,340,690
row _other_places --sources 60,210,390,500,650
row _every_second_receiver --receiver-step 2
row _one_sided --one-sided
row _7hz --frequency 7 --spacing 21.428571428571427
row _22hz --frequency 22 --spacing 6.818181818181818
