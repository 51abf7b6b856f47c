#!/bin/sh
# From an ONNX model to an answer: builds nnc, compiles the digits model for this machine, reads one picture.
#
#   examples/run.sh [PICTURE.png]          default: examples/digits/pictures/digit-3.png
#
# Works on a fresh Debian 12: what is missing is installed first.
set -eu
picture=$(realpath "${1:-$(dirname "$0")/digits/pictures/digit-3.png}")
cd "$(dirname "$0")/.."
echo "building nnc in build/"
. examples/host.sh

compile_program digits examples/digits/digits.onnx examples/digits/main.c
"$out/digits" "$picture" examples/digits/labels.txt
size "$out/model.o" | awk 'NR == 2 { print "flash:   " $1 + $2 " bytes of code and constants" }'
echo "C:       $out/model.c, $out/model.h"
