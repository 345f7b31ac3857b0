#!/usr/bin/env bash
# Checks the formatting, clang-tidy's warnings, the shell scripts, the words that users read, and that what is included
# is linked, too.
# Stops with status 1 when one of them fails, after all of them have run.
set -euo pipefail
cd "$(dirname "$0")/.."

failed=0
step() { echo "==> lint: $*"; }
fail() {
  echo "lint: $*" >&2
  failed=1
}

# Files of the working tree by pattern, also new ones that git does not ignore.
files() {
  local file
  git ls-files --cached --others --exclude-standard -- "$@" | while read -r file; do
    if [ -f "$file" ]; then echo "$file"; fi
  done
}

step "formatting"
files '*.h' '*.cpp' '*.cu' '*.inl' | xargs -r .venv/bin/clang-format --dry-run -Werror || fail "run make format"

step "shell scripts"
for script in $(files '*.sh' .ci/run); do bash -n "$script" || fail "$script does not parse"; done

step "src/ owns no process and names no option of the program"
of_processes='\<stderr\>|\<cerr\>|set_num_threads|mallopt|setBenchmarkCuDNN|SetCPUAllocator|SetAllocator\('
if files src | xargs grep -nE "$of_processes|\"[^\"]*--[a-z{]"; then
  fail "take a Context (core/context.h); write \`held_out\`, which the program turns into --held-out"
fi

step "words that users read"
python3 scripts/check_words.py || fail "choose the word of docs/glossary.md"

step "includes and links"
python3 scripts/check_includes.py || fail "a folder includes what it does not link"

step "configuring build/lint"
cmake --preset lint >build/lint.log 2>&1 || { cat build/lint.log >&2; exit 1; }
database=build/lint/compile_commands.json

# A source is checked again when it, a header, its compile command, the configuration or clang-tidy has changed.
check_source() {
  local source=$1 key
  key=$(cat "$source" "$2" | sha256sum | cut -d' ' -f1)
  if [ -f "build/lint/tidy/$key" ]; then return 0; fi
  if .venv/bin/clang-tidy -p build/lint --quiet --warnings-as-errors='*' "$source" 2>"build/lint/tidy/$key.log"; then
    mv "build/lint/tidy/$key.log" "build/lint/tidy/$key"
  else
    grep -vE '^[0-9]+ warnings? (generated|treated as)|^Suppressed|^Use -header' "build/lint/tidy/$key.log" >&2
    rm "build/lint/tidy/$key.log"
    return 1
  fi
}
export -f check_source

step "clang-tidy"
mkdir -p build/lint/tidy
common=build/lint/tidy/common
files '*.h' '*.inl' '*.def' '*.in' | xargs cat .clang-tidy requirements-dev.txt "$database" >"$common"
sed -n 's/^ *"file": "\(.*\)",\{0,1\}$/\1/p' "$database" | grep -v '/generated/' |
  xargs -r -P "$(nproc)" -I{} bash -c 'check_source "$1" "$2"' _ {} "$common" || fail "clang-tidy has warnings"

exit "$failed"
