#!/bin/sh
# The int8 digits model as firmware: builds nnc, compiles the model for a Cortex-M4, links it with the start-up code and
# the linker script of this folder, and runs the image under qemu-system-arm.
set -eu
cd "$(dirname "$0")/../.."
. examples/firmware/image.sh

out=build/examples/firmware
mkdir -p $out
build/compiler/nnc examples/digits/digits-int8.onnx -o $out/model.c --target=cortex-m4 --cc="$cc" --cflags="$flags"
run_image $out main.c
