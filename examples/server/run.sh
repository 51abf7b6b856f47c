#!/bin/sh
# A server round the classifier of examples/shapes: builds nnc, compiles the model for batches of up to 32, and serves.
#
#   examples/server/run.sh [build | SERVER'S OPTIONS]         build: build/examples/server/server and no more
set -eu
cd "$(dirname "$0")/../.."
. tests/install.sh

install_missing $build_packages libmicrohttpd-dev
configure build
build_into build compiler/nnc

out=build/examples/server
mkdir -p $out
build/compiler/nnc examples/shapes/classify.onnx -o $out/model.c --target=host --dim batch=1..32 -q
gcc -O2 -march=native -Wall -Wextra ${SERVER_FLAGS:-} -I $out -o $out/server examples/server/*.c $out/model.c -lmicrohttpd -lpthread -lm
[ "${1:-}" = build ] || exec $out/server "$@"
