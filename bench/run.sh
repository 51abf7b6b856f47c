#!/bin/sh
# nnc's C beside onnxruntime, one thread each, in one interleaved run on this machine; prints a Markdown table.
#
#   bench/run.sh [--rounds N] [--target T]... [--cc COMPILER] [MODEL ...]   default: the float models of ../shared
#   bench/run.sh --peers [...]     OpenVINO, ncnn and MNN too: installs them into the environment; bench/peers.py
#   bench/run.sh --int8 [...]      models over bytes, beside nnc's own float32 too: bench/int8.py
#
# Builds nnc and makes its own virtual environment. Times move from machine to machine: only the ratio counts.
set -eu
cd "$(dirname "$0")/.."
. tests/install.sh

install_missing $build_packages python3 python3-venv
make_environment
configure build
build_into build compiler/nnc
if [ "${1-}" = --int8 ]; then
	shift
	exec python bench/int8.py "$@"
fi
case " $* " in
*" --peers "*) # each by itself: what has no package for this machine is left out, and named below the table
	for package in openvino ncnn pnnx MNN; do
		python -m pip install -q --no-deps "$package" || echo "bench/run.sh: $package is not to be had" >&2
	done
	python -m pip install -q openvino-telemetry || true ;;
esac
exec python bench/compare.py "$@"
