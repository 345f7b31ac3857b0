#!/usr/bin/env bash
# Usage: timed.sh PHASE COMMAND...: announces a phase, runs it and says how many seconds it took.
# build/phases.txt keeps a line for each phase, for CI's table.
set -uo pipefail

phase=$1
shift
echo "==> $phase"
start=$(date +%s)
"$@"
status=$?
seconds=$(($(date +%s) - start))
mkdir -p build
printf '%6d s  %s\n' "$seconds" "$phase" >>build/phases.txt
echo "==> $phase: $seconds s"
exit "$status"
