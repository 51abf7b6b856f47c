# Calibration in parts on one machine: make -f farm.mk -j4 MODEL=m.onnx SAMPLES=dir OUT=q.onnx
# The same jobs as slurm.sh submits; make keeps the order, starts as many at a time as -j says, and does not repeat what is there.

JOB := $(dir $(lastword $(MAKEFILE_LIST)))job.sh
K := $(notdir $(wildcard $(SAMPLES)/*))
PARTS := $(OUT).parts

$(OUT): $(K:%=$(PARTS)/counts.%)
	$(JOB) model $(MODEL) $(SAMPLES) $@
$(PARTS)/counts.%: $(PARTS)/limits
	$(JOB) counts $(MODEL) $(SAMPLES) $(OUT) $*
$(PARTS)/limits: $(K:%=$(PARTS)/ranges.%)
	$(JOB) limits $(MODEL) $(SAMPLES) $(OUT)
$(PARTS)/ranges.%:
	$(JOB) ranges $(MODEL) $(SAMPLES) $(OUT) $*

.PRECIOUS: $(PARTS)/counts.% $(PARTS)/ranges.%
.DELETE_ON_ERROR:
