/* Weights for vpmaddubsw, which multiplies unsigned bytes by signed ones and adds two products in 16 bits. An item is
 * four neighbouring terms of eight channels; its even and odd pairs are sums of their own. Items are chained such
 * that the weights of each pair together, the positive ones and the negative ones by themselves, come to 128 at
 * most: sums within 255 * 128, whatever the image is. An item that exceeds this by itself becomes two, of half the
 * weights each, or, of weights of nine bits, up to four. */
#ifndef NNC_PACK_CHAINS_H
#define NNC_PACK_CHAINS_H

#include "kernels/pack_forms.h"

/** Bytes of the packed form, at least those of `columns` by `terms`: */
pack_size_fn chains_size;
/** Packs. Bytes, numbers little-endian:
 *    int32 at[panels], the distance from here to each panel; each begins at a multiple of 64:
 *    int32 list, the distance from the panel to its list; at 32: items of 32 bytes, [channel][term]; then the list, for
 *    each d0 and each 512 terms of its run (d1, d2), all uint16: how many chains there are of three, two, and one
 *    item, then for each item of these the first of its terms. */
pack_fn pack_chains;
/** Blocks of a run. */
int64_t chains_blocks(const struct pack *p);

#endif
