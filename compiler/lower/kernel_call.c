#include "lower/kernel_call.h"

struct call *lower_layer(struct lowering *l, enum layer_kernel k)
{
	/* The kind of geometry whose text is that parameter struct. */
	enum params {
#define GEOMETRY(NAME, member, tag) PARAMS_##tag = GEOMETRY_##NAME,
#define FIELD(member, name, kind, role)
#include "steps/geometry.def"
#undef GEOMETRY
#undef FIELD
	};
	static const struct {
		const char *function;
		enum params kind;
	} layers[] = {
#define LAYER(name, function, params, family) { #function, PARAMS_##params },
#include "runtime_min/kernels/kernels_layer.def"
#undef LAYER
	};

	return lower_call(l, layers[k].function, (enum geometry_kind)layers[k].kind);
}

struct call *lower_kernel(struct lowering *l, const struct kernel *k, enum geometry_kind kind)
{
	struct call *c = lower_call(l, k->function, kind);

	if (kernel_kinds[k->kind].has_rows)
		c->tile[c->n_tile++] = k->rows;
	if (kernel_kinds[k->kind].has_columns)
		c->tile[c->n_tile++] = k->columns;
	c->shared = kernel_kinds[k->kind].shared;
	return c;
}

static int64_t count_tiles(int64_t rows, int64_t piece, int64_t pixels, int tile)
{
	return rows / piece * ((piece * pixels + tile - 1) / tile) + (rows % piece * pixels + tile - 1) / tile;
}

/* A piece is worth so many multiply-accumulates at least, and pieces have so many tiles more than the whole at most. */
enum { LEAST_WORK = 2000, MORE_TILES = 2, PERCENT = 100 };

void call_in_pieces(struct call *call, int consumed_arg, struct num rows, struct num pixels, int tile, int64_t work)
{
	const int64_t whole = count_tiles(rows.n, rows.n > 0 ? rows.n : 1, pixels.n, tile);
	int64_t piece = 1;

	if (call->n_loops || !num_is_const(rows) || !num_is_const(pixels))
		return;
	for (; piece < rows.n; piece++)
		if (piece * pixels.n * work >= LEAST_WORK &&
		    count_tiles(rows.n, piece, pixels.n, tile) * PERCENT <= whole * (PERCENT + MORE_TILES))
			break;
	call->consumed_arg = consumed_arg;
	call->piece_rows = piece;
}
