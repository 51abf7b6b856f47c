#!/bin/sh
# Exact instruction counts of nnc's armv8 C: one warm inference each under qemu-aarch64 with the counting plugin of
# ../shared/emulation (its interface and marks are described there).
#
#   bench/armv8_counts.sh [MODEL ...]          default: micro-kws-fp32 ultraface-rfb-320 resnet18
set -eu
cd "$(dirname "$0")/.."
. tests/install.sh

install_missing $build_packages python3 python3-venv gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user
make_environment
configure build
build_into build compiler/nnc
plugin=../shared/emulation/insncount.c
if [ ! -f "$plugin" ]; then
	echo "bench/armv8_counts.sh: $plugin is not there: nothing can be counted" >&2
	exit 1
fi
mkdir -p build/bench
gcc -std=c11 -O2 -fPIC -shared -o build/bench/libinsncount.so "$plugin"
exec python bench/count.py build/bench/libinsncount.so "$@"
