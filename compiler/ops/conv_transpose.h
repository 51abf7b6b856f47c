/* ConvTranspose: geometry. */
#ifndef NNC_CONV_TRANSPOSE_H
#define NNC_CONV_TRANSPOSE_H

#include "ops/window.h"

/** Sets in, out, kernel, stride, dilation, and begin: the elements cut at the beginning of the full result, so that
 *  output o gets input i through kernel position r when o + begin = i * stride + r * dilation. False: reported. */
bool transpose_window(struct module *m, int node, struct window *w);
/** For output o and kernel position r of that window: the input's indexes at, and the condition that they are whole and
 *  inside, an expression. */
int transpose_at(struct nest *n, const struct window *w, const struct num *o, const struct num *r, struct num *at);

#endif
