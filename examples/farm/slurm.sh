#!/bin/sh
# Calibration as array jobs of Slurm: slurm.sh MODEL SAMPLES OUT
#
# SAMPLES holds a folder for each job: 0, 1, 2 … A job takes one processor; every node must see the three paths and nnc. It waits
# for the model; what each job says is in OUT.parts/log. SBATCH_OPTIONS: more options, as --partition=short.
set -eu
[ $# = 3 ] || { sed -n 2p "$0" >&2; exit 2; }
model=$(realpath "$1") samples=$(realpath "$2") out=$(realpath "$3")
job=$(dirname "$(realpath "$0")")/job.sh
last=$(($(find "$samples" -mindepth 1 -maxdepth 1 -type d | wc -l) - 1))
rm -f "$out"
mkdir -p "$out.parts/log"
log=$out.parts/log/%x.%A_%a

# submit STAGE AFTER ARRAY OPTION...: prints the job's number
submit() {
	stage=$1 after=$2 array=$3
	shift 3
	# shellcheck disable=SC2086  # several words
	sbatch --parsable --job-name="$stage" --cpus-per-task=1 --output="$log" ${array:+--array=$array} \
		${after:+--dependency=afterok:$after --kill-on-invalid-dep=yes} ${SBATCH_OPTIONS-} "$@" \
		--wrap="'$job' $stage '$model' '$samples' '$out' \${SLURM_ARRAY_TASK_ID-}"
}

ranges=$(submit ranges "" "0-$last")
limits=$(submit limits "$ranges" "")
counts=$(submit counts "$limits" "0-$last")
submit model "$counts" "" --wait >/dev/null || true
[ -e "$out" ] || { tail -n 1 "$out.parts"/log/* >&2; exit 1; } # also when a job before it failed and it never ran
