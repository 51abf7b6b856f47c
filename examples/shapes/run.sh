#!/bin/sh
# What is in a picture: compiles one of the models of this folder for this machine and runs it.
#
#   examples/shapes/run.sh classify [PICTURE.png]       which shape it shows, the five likeliest
#   examples/shapes/run.sh detect [PICTURE.png]         where which shapes are; boxes in build/examples/detect/boxes.png
#   examples/shapes/run.sh segment [PICTURE.png]        what each pixel belongs to: build/examples/segment/mask.png
set -eu
here=$(dirname "$0") job=${1:-classify}
case $job in
classify) picture=$here/pictures/star.png result= ;;
detect) picture=$here/pictures/scene-0.png result=boxes.png ;;
segment) picture=$here/pictures/scene-0.png result=mask.png ;;
*) echo "usage: $0 classify|detect|segment [PICTURE.png]" >&2; exit 2 ;;
esac
picture=$(realpath "${2:-$picture}")
cd "$here/../.."
. examples/host.sh

case $job in
classify) compile_program "$job" "examples/shapes/$job.onnx" "examples/shapes/$job.c" --dim batch=1 -q ;;
*) compile_program "$job" "examples/shapes/$job.onnx" "examples/shapes/$job.c" -q ;;
esac
"$out/$job" "$picture" examples/shapes/labels.txt ${result:+"$out/$result"}
[ -z "$result" ] || echo "picture: $out/$result"
