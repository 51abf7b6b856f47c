/* Scales and zero points of quantised operators. */
#ifndef NNC_OPS_QUANT_H
#define NNC_OPS_QUANT_H

#include "ops/arguments.h"

/** Element `channel` of a scale or zero point: of one element it serves all channels. */
int nest_load_channel(struct nest *n, int t, struct num channel);
/** Element of x minus its zero point (tensor, -1: none) as int32. */
int nest_minus_zero(struct nest *n, int x, int zero, struct num channel);
/** y = saturate(round_half_even(acc * scale) + zero): acc int32, scale float32, zero of the output's type (-1:
 *  none). */
int nest_requantise(struct nest *n, enum dtype type, int acc, int scale, int zero, struct num channel);
/** A scale or zero point is a scalar or has `channels` elements. */
bool check_channels(struct module *m, int node, int input, struct num channels);

#endif
