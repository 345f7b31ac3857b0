#!/usr/bin/env bash
# Installs what a build needs: the Debian packages of packages.txt and, in .venv, the wheels of requirements.txt.
# With --dev also those of requirements-dev.txt, for make lint and make format; with --test those of
# requirements-test.txt, without which some tests are skipped; with --bench those of requirements-bench.txt, the peers
# that benchmarks compare with.
#
# STRATAFORM_LIBTORCH=<folder> names a LibTorch that is already there; the wheels are then left out.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { echo "==> $*"; }

# Installs the Debian packages in its arguments, or prints how to and stops.
install_packages() {
  if [ "$(id -u)" -ne 0 ]; then
    echo "Some Debian packages are missing. Install them with this line, then start again:" >&2
    echo "sudo sh -c 'apt-get update && apt-get install -y $*'" >&2
    exit 1
  fi
  say "installing Debian packages: $*"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

check_packages() {
  local package missing=()
  if ! command -v dpkg-query >/dev/null; then
    say "this is not Debian: the counterparts of these packages must be there: $(paste -sd' ' packages.txt)"
    return
  fi
  while read -r package; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done <packages.txt
  if [ "${#missing[@]}" -gt 0 ]; then install_packages "${missing[@]}"; fi
}

# Installs a requirements file into .venv unless that was done for this very content.
install_requirements() {
  local requirements=$1 stamp wanted
  stamp=".venv/$1.stamp"
  wanted=$(sha256sum <"$requirements")
  if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then return 0; fi
  if [ ! -x .venv/bin/pip ]; then
    say "making .venv"
    /usr/bin/python3 -m venv .venv || return 1
  fi
  say "installing $requirements into .venv: $(paste -sd' ' "$requirements")"
  .venv/bin/python -m pip install --quiet --disable-pip-version-check -r "$requirements" </dev/null || return 1
  echo "$wanted" >"$stamp"
}

check_packages
if [ -n "${STRATAFORM_LIBTORCH:-}" ]; then
  say "using the LibTorch in $STRATAFORM_LIBTORCH"
elif ! install_requirements requirements.txt; then
  echo "the wheels of requirements.txt could not be installed (pip's message is above);" \
    "STRATAFORM_LIBTORCH=<folder> uses a LibTorch from 2.11 on that is already there" >&2
  exit 1
fi
if [ "${1:-}" = --test ] && [ -z "${STRATAFORM_LIBTORCH:-}" ] && ! install_requirements requirements-test.txt; then
  say "the wheels of requirements-test.txt could not be installed: tests that need them are skipped"
fi
if [ "${1:-}" = --bench ] && [ -z "${STRATAFORM_LIBTORCH:-}" ] && ! install_requirements requirements-bench.txt; then
  say "the wheels of requirements-bench.txt could not be installed: benchmarks do without their peers"
fi
if [ "${1:-}" = --dev ] && ! install_requirements requirements-dev.txt; then
  echo "the wheels of requirements-dev.txt could not be installed (pip's message is above)" >&2
  exit 1
fi
