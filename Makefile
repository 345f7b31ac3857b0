# A thin front: set-up is in scripts/setup.sh, the build in CMakeLists.txt.
STRATAFORM_PRESET ?= release
PREFIX ?= /usr/local
JOBS ?= $(shell nproc)
CMAKE_ARGS ?=
DEMO_ARGS ?=

build_dir := build/$(STRATAFORM_PRESET)
timed := scripts/timed.sh

.DEFAULT_GOAL := help
# Two builds in one folder would get into each other's way.
.NOTPARALLEL:
.PHONY: help setup configure program build demo test bench card backbones refine-study lint format install clean

help:
	@echo "make demo      invert seismic gathers, train an adapter and show what it changed (sets everything up)"
	@echo "make test      build everything and run the tests (sets everything up)"
	@echo "make build     build everything; the program is $(build_dir)/bin/strataform"
	@echo "make bench     build and run the benchmarks"
	@echo "make card      measure the shipped model on the frozen evaluation set (models/README.md)"
	@echo "make backbones  train each network for the same time and measure it, about an hour (models/README.md)"
	@echo "make refine-study  measure refinement on all families, about two hours (docs/refine.md)"
	@echo "make lint      check formatting, words, clang-tidy and that what is included is linked"
	@echo "make format    format the C++ sources"
	@echo "make install   install to PREFIX ($(PREFIX))"
	@echo "make clean     remove the build folders"
	@echo
	@echo "STRATAFORM_PRESET=release|debug|asan, JOBS=$(JOBS), CMAKE_ARGS=, DEMO_ARGS="
	@echo "STRATAFORM_LIBTORCH=<folder> uses a LibTorch that is already there"

setup:
	@$(timed) "checking packages and .venv" scripts/setup.sh

configure: setup
	@echo "==> configuring ($(STRATAFORM_PRESET))"
	@mkdir -p build
	@cmake --preset $(STRATAFORM_PRESET) $(CMAKE_ARGS) >build/configure.log 2>&1 || { cat build/configure.log; exit 1; }

program: configure
	@$(timed) "building the program ($(STRATAFORM_PRESET))" cmake --build $(build_dir) -j $(JOBS) --target strataform

build: configure
	@$(timed) "building ($(STRATAFORM_PRESET))" cmake --build $(build_dir) -j $(JOBS)

demo: program
	@$(timed) "running the demo" $(build_dir)/bin/strataform demo $(DEMO_ARGS)

test: build
	@scripts/setup.sh --test
	@$(timed) "running the tests" ctest --test-dir $(build_dir) --output-on-failure -j 2 --output-junit $(CURDIR)/build/test.xml

bench: build
	@scripts/setup.sh --bench
	@for program in $(build_dir)/bench/*_bench; do echo "==> running $$program"; $$program || exit 1; done

card: program
	@echo "==> measuring the shipped model on the frozen evaluation set"
	@scripts/card.sh $(build_dir)/bin/strataform

backbones: program
	@echo "==> training each network for the same time"
	@scripts/backbones.sh $(build_dir)/bin/strataform

refine-study: program
	@echo "==> running the study of refinement"
	@.venv/bin/python scripts/refine_study.py --program $(build_dir)/bin/strataform

lint:
	@echo "==> checking packages and .venv"
	@scripts/setup.sh --dev
	@mkdir -p build
	@$(timed) "lint" scripts/lint.sh

format:
	@scripts/setup.sh --dev
	@echo "==> formatting"
	@git ls-files --cached --others --exclude-standard '*.h' '*.cpp' '*.cu' '*.inl' | xargs ls 2>/dev/null | xargs .venv/bin/clang-format -i

install: build
	@echo "==> installing to $(PREFIX)"
	@cmake --install $(build_dir) --prefix $(PREFIX)

clean:
	rm -rf build
