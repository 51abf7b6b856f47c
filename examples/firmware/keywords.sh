#!/bin/sh
# A keyword spotter as firmware: builds nnc, compiles the model of examples/keywords as a stream for a Cortex-M4, and runs
# it under qemu-system-arm over a clip, 64 samples at a time. What it hears is printed; the clip counts as flash.
set -eu
cd "$(dirname "$0")/../.."
. examples/firmware/image.sh

out=build/examples/keywords
mkdir -p $out
build/compiler/nnc examples/keywords/keywords.onnx --stream=T -o $out/model.c --target=cortex-m4
run_image $out keywords.c -I examples/keywords
