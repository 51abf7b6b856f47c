#!/bin/sh
# From an ONNX model to an answer: builds nnc, compiles the digits model for this machine, reads one picture.
#
#   examples/run.sh [PICTURE.png]          default: examples/digits/pictures/digit-3.png
#
# Works on a fresh Debian 12: what is missing is installed first.
set -eu
picture=$(realpath "${1:-$(dirname "$0")/digits/pictures/digit-3.png}")
cd "$(dirname "$0")/.."
. tests/install.sh

install_missing $build_packages binutils
echo "building nnc in build/"
configure build
build_into build compiler/nnc

out=build/examples/digits
mkdir -p "$out"
build/compiler/nnc examples/digits/digits.onnx -o "$out/model.c" --target=host
gcc -O2 -march=native -Wall -Wextra -c -o "$out/model.o" "$out/model.c"
gcc -O2 -Wall -Wextra -I "$out" -o "$out/digits" examples/digits/main.c "$out/model.o" -lpng -lm
"$out/digits" "$picture" examples/digits/labels.txt
size "$out/model.o" | awk 'NR == 2 { print "flash:   " $1 + $2 " bytes of code and constants" }'
echo "C:       $out/model.c, $out/model.h"
