/* Kernels that are called by name: kernels_layer.def. Headers of those that rows of kernels.def name are included by
 * what targets/kernel_lists.c makes of the table. */
#ifndef NNRT_KERNELS_H
#define NNRT_KERNELS_H

#include "runtime_min/kernels/couple.h"
#include "runtime_min/kernels/find.h"
#include "runtime_min/kernels/input_rows.h"
#include "runtime_min/kernels/int8_mean.h"
#include "runtime_min/kernels/int8_pair.h"
#include "runtime_min/kernels/int8_pool.h"
#include "runtime_min/kernels/nms.h"
#include "runtime_min/kernels/pool.h"
#include "runtime_min/kernels/product_bytes.h"
#include "runtime_min/kernels/recurrent.h"
#include "runtime_min/kernels/recurrent_f64.h"
#include "runtime_min/kernels/roi.h"
#include "runtime_min/kernels/rows.h"
#include "runtime_min/kernels/select.h"
#include "runtime_min/kernels/shift.h"
#include "runtime_min/kernels/trees.h"

#endif
