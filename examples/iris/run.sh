#!/bin/sh
# A model of scikit-learn, compiled for this machine, names flowers.
#
#   examples/iris/run.sh [FLOWERS.csv]       lengths and widths of sepal and petal in cm; default: thirty that were not seen
set -eu
flowers=$(realpath "${1:-$(dirname "$0")/flowers.csv}")
cd "$(dirname "$0")/../.."
. examples/host.sh

compile_program iris examples/iris/iris.onnx examples/iris/main.c --dim X.0=1 -q
"$out/iris" examples/iris/labels.txt <"$flowers"
