/* All floating-point kernels; the vectors are those of the instruction set being compiled for. */
#ifndef NNRT_KERNELS_H
#define NNRT_KERNELS_H

#include "runtime_min/kernels/conv.h"
#include "runtime_min/kernels/conv_first.h"
#include "runtime_min/kernels/depthwise.h"
#include "runtime_min/kernels/gemm.h"
#include "runtime_min/kernels/gemv.h"
#include "runtime_min/kernels/pool.h"
#include "runtime_min/kernels/recurrent.h"
#include "runtime_min/kernels/recurrent_f64.h"
#include "runtime_min/kernels/roi.h"
#include "runtime_min/kernels/rows.h"
#include "runtime_min/kernels/select.h"
#include "runtime_min/kernels/winograd.h"

#endif
