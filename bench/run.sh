#!/bin/sh
# nnc's C beside onnxruntime, one thread each, in one interleaved run on this machine; prints a Markdown table.
#
#   bench/run.sh [--rounds N] [--target T] [--cc COMPILER] [MODEL ...]      default: the float models of ../shared
#
# Builds nnc and makes its own virtual environment. Times move from machine to machine: only the ratio counts.
set -eu
cd "$(dirname "$0")/.."
. tests/install.sh

install_missing $build_packages python3 python3-venv
make_environment
configure build
build_into build compiler/nnc
exec python bench/compare.py "$@"
