#!/bin/sh
# One job of a calibration in parts: job.sh STAGE MODEL SAMPLES OUT [K]
#
#   ranges K    the ranges that the samples in SAMPLES/K show    -> OUT.parts/ranges.K
#   limits      all of them in one                               -> OUT.parts/limits
#   counts K    histograms of SAMPLES/K within those             -> OUT.parts/counts.K
#   model       all of them in one, and the model from it        -> OUT
#
# Jobs of one stage know nothing of each other; a stage begins when the one before it has ended. slurm.sh and farm.mk are two
# ways to have that done. NNC and NNC_OPTIONS may name another nnc and options for every stage.
set -eu
stage=$1 model=$2 samples=$3 out=$4 k=${5-}
parts=$out.parts
mkdir -p "$parts"
quantize() {
	# shellcheck disable=SC2086  # several words
	"${NNC:-nnc}" quantize "$model" ${NNC_OPTIONS-} "$@"
}

case $stage in
ranges) quantize --threads=1 --calibrate "$samples/$k" --statistics "$parts/ranges.$k" ;;
limits) quantize --merge "$parts"/ranges.* --statistics "$parts/limits" ;;
counts) quantize --threads=1 --calibrate "$samples/$k" --ranges "$parts/limits" --statistics "$parts/counts.$k" ;;
model) quantize --merge "$parts"/counts.* -o "$out" ;;
*) echo "job.sh: no stage \"$stage\"" >&2; exit 2 ;;
esac
