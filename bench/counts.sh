#!/bin/sh
# Exact instruction counts of nnc's C: one warm inference each under the target's emulator with the counting plugin of
# ../shared/emulation (its interface and marks are described there).
#
#   bench/counts.sh [--target T] ... [--kind float|qdq|other] ... [--before NNC] [MODEL ...]
#
# Default: micro-kws-fp32, ultraface-rfb-320 and resnet18 for armv8. --kind counts all models of a kind. --before counts
# another compiler's C beside it and fails where a model takes 2 % more instructions than there.
set -eu
cd "$(dirname "$0")/.."
. tests/install.sh

install_missing $build_packages python3 python3-venv gcc-aarch64-linux-gnu libc6-dev-arm64-cross gcc-arm-linux-gnueabihf \
	libc6-dev-armhf-cross gcc-arm-none-eabi picolibc-arm-none-eabi qemu-user qemu-system-arm
make_environment
configure build
build_into build compiler/nnc
plugin=../shared/emulation/insncount.c
if [ ! -f "$plugin" ]; then
	echo "bench/counts.sh: $plugin is not there: nothing can be counted" >&2
	exit 1
fi
mkdir -p build/bench
gcc -std=c11 -O2 -fPIC -shared -o build/bench/libinsncount.so "$plugin"
exec python bench/count.py build/bench/libinsncount.so "$@"
