/* ConvTranspose: geometry. */
#ifndef NNC_CONV_TRANSPOSE_H
#define NNC_CONV_TRANSPOSE_H

#include "ops/window.h"

/** Sets in, out, kernel, stride, dilation, and begin: the elements cut at the beginning of the full result, so that
 *  output o gets input i through kernel position r when o + begin = i * stride + r * dilation. False: reported. */
bool transpose_window(struct module *m, int node, struct window *w);

#endif
