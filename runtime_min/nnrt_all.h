/* The runtime's headers but for the kernels' bodies, one line a header. What targets/kernel_lists.c writes adds
 * those: a header that is not reachable from there cannot end up in model.c. */
#ifndef NNRT_ALL_H
#define NNRT_ALL_H

#include "runtime_min/nnrt.h"
#include "runtime_min/flush.h"
#include "runtime_min/simd/half.h"
#include "runtime_min/simd/simd.h"
#include "runtime_min/kernels/epilogue.h"
#include "runtime_min/kernels/kernels.h"
#include "runtime_min/kernels/shape.h"
#include "runtime_min/maths/arc.h"
#include "runtime_min/maths/arg.h"
#include "runtime_min/maths/bits.h"
#include "runtime_min/maths/erf.h"
#include "runtime_min/maths/exp.h"
#include "runtime_min/maths/integer.h"
#include "runtime_min/maths/lane.h"
#include "runtime_min/maths/log.h"
#include "runtime_min/maths/minmax.h"
#include "runtime_min/maths/narrow.h"
#include "runtime_min/maths/requantise.h"
#include "runtime_min/maths/round.h"
#include "runtime_min/maths/sigmoid.h"
#include "runtime_min/maths/soft.h"
#include "runtime_min/maths/sum.h"
#include "runtime_min/maths/tanh.h"
#include "runtime_min/maths/trig.h"
#include "runtime_min/unmask.h"

#endif
