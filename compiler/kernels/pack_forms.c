/* See pack_forms.h. */
#include "kernels/pack_forms.h"

#include <stddef.h>

#include "kernels/pack_chains.h"
#include "kernels/pack_columns.h"
#include "kernels/pack_winograd.h"
#include "support/checked.h"

static bool panels_size(const struct pack *p, const struct pack_tile *t, const void *w, int64_t *elements)
{
	(void)w;
	return pack_size(p, t->columns, elements);
}

static void pack_panels(const struct pack *p, const struct pack_tile *t, const void *w, void *packed)
{
	pack_f32(p, t->columns, w, packed);
}

static int64_t depth_of(const struct pack *p)
{
	return p->depth[0] * p->depth[1] * p->depth[2];
}

/* Where term k of every channel lies; -1 behind the last one. */
static int64_t term_at(const struct pack *p, int64_t k)
{
	const int64_t d2 = k % p->depth[2], d1 = k / p->depth[2] % p->depth[1], d0 = k / p->depth[2] / p->depth[1];

	return d0 < p->depth[0] ? d0 * p->stride[0] + d1 * p->stride[1] + d2 * p->stride[2] : -1;
}

static int8_t weight(const struct pack *p, const int8_t *w, int64_t n, int64_t term)
{
	return n < p->n && term >= 0 ? w[n * p->n_stride + term] : 0;
}

static bool bytes_size(const struct pack *p, int columns, int terms, int64_t *bytes)
{
	int64_t depth;

	return checked_mul(p->depth[0], p->depth[1], &depth) && checked_mul(depth, p->depth[2], &depth) &&
	       checked_align(depth, terms, &depth) && checked_align(p->n, columns, bytes) &&
	       checked_mul(*bytes, depth, bytes);
}

static bool terms_size(const struct pack *p, const struct pack_tile *t, const void *w, int64_t *bytes)
{
	(void)w;
	return bytes_size(p, t->columns, t->terms, bytes);
}

/* packed[n / columns][k / terms][n % columns / lanes][k % terms][n % lanes] */
static void pack_terms(const struct pack *p, int columns, int terms, int lanes, const int8_t *w, int8_t *packed)
{
	const int64_t steps = (depth_of(p) + terms - 1) / terms;

	for (int64_t panel = 0; panel < p->n; panel += columns)
		for (int64_t k = 0; k < steps; k++)
			for (int64_t n = panel; n < panel + columns; n += lanes)
				for (int i = 0; i < terms; i++) {
					const int64_t term = term_at(p, k * terms + i);
					for (int lane = 0; lane < lanes; lane++)
						*packed++ = weight(p, w, n + lane, term);
				}
}

static void pack_beside(const struct pack *p, const struct pack_tile *t, const void *w, void *packed)
{
	pack_terms(p, t->columns, t->terms, 1, w, packed);
}

/* As int16, little-endian; where the next one goes. */
static int8_t *put_word(int8_t *to, int8_t v)
{
	*to++ = v;
	*to++ = v < 0 ? -1 : 0;
	return to;
}

static bool words_size(const struct pack *p, const struct pack_tile *t, const void *w, int64_t *bytes)
{
	return terms_size(p, t, w, bytes) && checked_mul(*bytes, 2, bytes);
}

static void pack_words(const struct pack *p, const struct pack_tile *t, const void *w, void *packed)
{
	static const int order[] = { 0, 2, 1, 3 };
	const int64_t steps = (depth_of(p) + t->terms - 1) / t->terms;
	int8_t *to = packed;

	for (int64_t panel = 0; panel < p->n; panel += t->columns)
		for (int64_t k = 0; k < 2 * steps; k++)
			for (int64_t n = panel; n < panel + t->columns; n++)
				for (int i = 0; i < 2; i++)
					to = put_word(to, weight(p, w, n,
								 term_at(p, k / 2 * 4 + order[k % 2 * 2 + i])));
}

static void pack_apart(const struct pack *p, const struct pack_tile *t, const void *w, void *packed)
{
	pack_terms(p, t->columns, t->terms, t->lanes, w, packed);
}

static bool runs_size(const struct pack *p, const struct pack_tile *t, const void *w, int64_t *bytes)
{
	(void)w;
	int64_t run;

	return checked_mul(p->depth[1], p->depth[2], &run) && checked_align(run, t->terms, &run) &&
	       checked_align(p->n, t->columns, bytes) && checked_mul(run, p->depth[0], &run) &&
	       checked_mul(*bytes, run, bytes);
}

static void pack_runs(const struct pack *p, const struct pack_tile *t, const void *w, void *packed)
{
	const int64_t run = p->depth[1] * p->depth[2];
	int8_t *to = packed;

	for (int64_t panel = 0; panel < p->n; panel += t->columns)
		for (int64_t d0 = 0; d0 < p->depth[0]; d0++)
			for (int64_t k = 0; k < run; k += t->terms)
				for (int64_t n = panel; n < panel + t->columns; n++)
					for (int64_t i = k; i < k + t->terms; i++)
						*to++ = weight(p, w, n, i < run ? term_at(p, d0 * run + i) : -1);
}

static bool taps_size(const struct pack *p, const struct pack_tile *t, const void *w, int64_t *bytes)
{
	(void)w;
	return bytes_size(p, t->columns, 1, bytes);
}

static void pack_taps(const struct pack *p, const struct pack_tile *t, const void *w, void *packed)
{
	const int64_t width = (p->n + t->columns - 1) / t->columns * t->columns, depth = depth_of(p);
	int8_t *to = packed;

	for (int64_t k = 0; k < depth; k++) {
		const int64_t term = term_at(p, k);
		for (int64_t n = 0; n < width; n++)
			*to++ = weight(p, w, n, term);
	}
}

static bool pairs_size(const struct pack *p, const struct pack_tile *t, const void *w, int64_t *bytes)
{
	return taps_size(p, t, w, bytes) && checked_mul(*bytes, 2, bytes);
}

/* Two channels, n and n + 2; where the next two go. */
static int8_t *put_pair(const struct pack *p, const int8_t *w, int64_t n, int8_t *to)
{
	for (int kx = 2; kx >= 0; kx--) {
		for (int64_t i = n; i < n + 4; i += 2)
			for (int ky = 0; ky < 2; ky++)
				to = put_word(to, weight(p, w, i, term_at(p, ky * 3 + kx)));
		for (int64_t i = n; i < n + 4; i += 2)
			to = put_word(to, weight(p, w, i, term_at(p, 6 + kx)));
	}
	return to;
}

static void pack_pairs(const struct pack *p, const struct pack_tile *t, const void *w, void *packed)
{
	int8_t *to = packed;

	for (int64_t n = 0; n < p->n; n += t->columns)
		to = put_pair(p, w, n + 1, put_pair(p, w, n, to));
}

const struct pack_form_row pack_forms[N_PACK_FORMS] = {
#define PACK(id, size, pack) { size, pack },
#include "kernels/pack_forms.def"
#undef PACK
};
