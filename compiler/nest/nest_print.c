/* Loop nests as text for dumps: one line, the value written out in full up to a depth, for example
 *     %7[i0, i1] = max(%3[i0, i1] + %4[i1], 0)  for i0 < 8, i1 < 16
 */
#include "nest/nest_build.h"

#include <inttypes.h>

/* Below this depth an expression prints as e and its number, for fused expressions share their parts. */
enum { PRINT_DEPTH = 12 };

static void print_expr(const struct nest *n, int e, int depth, struct strbuf *out);

static void print_index(const struct nest *n, const struct index *at, int count, int depth, struct strbuf *out)
{
	for (int k = 0; k < count; k++) {
		if (k)
			strbuf_puts(out, ", ");
		if (at[k].expr < 0 || !num_is(at[k].affine, 0))
			num_print(&n->m->nums, at[k].affine, out);
		if (at[k].expr >= 0 && !num_is(at[k].affine, 0))
			strbuf_puts(out, " + ");
		if (at[k].expr >= 0)
			print_expr(n, at[k].expr, depth + 1, out);
	}
}

static void print_call(const struct nest *n, const char *name, const int *arg, int depth, struct strbuf *out)
{
	strbuf_printf(out, "%s(", name);
	for (int i = 0; i < 3 && arg[i] >= 0; i++) {
		if (i)
			strbuf_puts(out, ", ");
		print_expr(n, arg[i], depth + 1, out);
	}
	strbuf_puts(out, ")");
}

static void print_const(const struct expr *x, struct strbuf *out)
{
	const enum dtype_class class = dtypes[x->type].class;

	if (class == CLASS_F || class == CLASS_X)
		strbuf_printf(out, "%.9g", x->k.f);
	else if (x->type == DT_U64)
		strbuf_printf(out, "%" PRIu64, (uint64_t)x->k.i);
	else
		strbuf_printf(out, "%" PRId64, x->k.i);
}

static void print_expr(const struct nest *n, int e, int depth, struct strbuf *out)
{
	static const char *const scalars[] = {
#define SCALAR(id, arity, name, ...) name,
#include "nest/scalar.def"
#undef SCALAR
	};
	static const char *const reductions[] = { "sum", "prod", "max", "min", "all", "any", "argmax", "argmin",
						  "argmax_last", "argmin_last" };
	const struct expr *x = &n->e[e];
	const int arg[3] = { x->a, x->b, x->c };

	if (depth > PRINT_DEPTH) {
		strbuf_printf(out, "e%d", e);
		return;
	}
	switch (x->op) {
	case E_CONST:
		print_const(x, out);
		break;
	case E_INDEX:
		strbuf_puts(out, "(");
		num_print(&n->m->nums, x->index, out);
		strbuf_puts(out, ")");
		break;
	case E_LOAD:
		strbuf_printf(out, "%%%d%s[", x->tensor, x->n_at < 0 ? ".flat" : "");
		print_index(n, n->at + x->at, x->n_at < 0 ? 1 : x->n_at, depth, out);
		strbuf_puts(out, "]");
		break;
	case E_ACC:
		strbuf_puts(out, "acc");
		break;
	case E_CAST:
		print_call(n, dtypes[x->type].name, arg, depth, out);
		break;
	case E_BITS:
		strbuf_puts(out, "bits_");
		print_call(n, dtypes[x->type].name, arg, depth, out);
		break;
	case E_SATURATE:
		strbuf_puts(out, "saturate_");
		print_call(n, dtypes[x->type].name, arg, depth, out);
		break;
	case E_SELECT:
		print_call(n, "select", arg, depth, out);
		break;
	case E_REDUCE:
		print_call(n, reductions[x->how], arg, depth, out);
		break;
	default:
		print_call(n, scalars[x->op - E_SCALAR - 1], arg, depth, out);
	}
}

void nest_print(const struct nest *n, struct strbuf *out)
{
	strbuf_printf(out, "%%%d[", n->out);
	print_index(n, n->store, n->m->tensor[n->out].rank, 0, out);
	strbuf_puts(out, "] = ");
	if (n->value >= 0)
		print_expr(n, n->value, 0, out);
	for (int k = 0; k < n->n_axes + n->n_reduce; k++) {
		strbuf_printf(out, "%s i%d < ", k == 0 ? "  for" : k == n->n_axes ? " reducing" : ",", k);
		num_print(&n->m->nums, n->extent[k], out);
	}
	strbuf_puts(out, "\n");
}
