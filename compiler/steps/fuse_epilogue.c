/* Element-wise nests become the tail of the kernel whose result they alone read: activation, residual addition, scale.
 *
 * Requires nests fused among themselves. Legal when the nest computes each element from the same element of the result,
 * of tensors of its shape, and of tensors broadcast to it by the standard's rule; when the kernel can write its tensor
 * as well; and when the kernel may run as late as the nest. Bit-exact: the sums are the same, and the
 * nest's operations follow them in the same order. */
#include <string.h>

#include "graph/strides.h"
#include "nest/address.h"
#include "nest/nest_build.h"
#include "steps/fuse.h"
#include "steps/uses.h"

/* --- the nest ----------------------------------------------------------------------------------------------------- */

static bool has_vector_form(enum eop op)
{
	static const bool has[] = {
#define SCALAR(id, arity, name, result, cost, floats, integers, c_f32, c_f64, c_integer, c_vector, ...) \
	(c_vector) != NULL,
#include "nest/scalar.def"
#undef SCALAR
	};

	return has[op - E_SCALAR - 1];
}

/* The load names the element at the nest's own axes, aligned at the last, or 0 where the tensor has extent 1. */
static bool is_broadcast(const struct nest *n, const struct expr *x)
{
	const struct tensor *t = &n->m->tensor[x->tensor];
	const int skip = n->n_axes - t->rank;

	if (x->n_at != t->rank || skip < 0)
		return false;
	for (int k = 0; k < t->rank; k++) {
		const struct index *at = &n->at[x->at + k];
		if (at->expr >= 0)
			return false;
		if (num_is(t->dim[k], 1) ? !num_is(at->affine, 0) :
		    !num_same(at->affine, n->axis[skip + k]) || !num_same(t->dim[k], n->extent[skip + k]))
			return false;
	}
	return true;
}

/* Whether the kernel's vector tail can compute an expression: floats, masks between comparisons and choices. */
static bool expr_fits(const struct nest *n, const struct expr *x)
{
	const enum dtype operand = x->a < 0 ? DT_NONE : n->e[x->a].type;

	switch (x->op) {
	case E_CONST:
	case E_ACC:
		return x->type == DT_F32;
	case E_LOAD:
		return x->type == DT_F32 && is_broadcast(n, x);
	case E_SELECT:
		return x->type == DT_F32;
	case E_INDEX:
	case E_CAST:
	case E_BITS:
	case E_SATURATE:
	case E_REDUCE:
		return false;
	case E_AND: case E_OR: case E_XOR: case E_NOT:
		return operand == DT_BOOL;
	default:
		return operand == DT_F32 && has_vector_form(x->op);
	}
}

static bool nest_fits(const struct nest *n)
{
	const struct tensor *t = &n->m->tensor[n->out];

	if (t->type != DT_F32 || n->n_reduce || n->n_axes != t->rank)
		return false;
	for (int k = 0; k < t->rank; k++)
		if (n->store[k].expr >= 0 || !num_same(n->store[k].affine, n->axis[k]) ||
		    !num_same(n->extent[k], t->dim[k]))
			return false;
	for (int e = 0; e < n->n_e; e++)
		if (!expr_fits(n, &n->e[e]))
			return false;
	return true;
}

/* --- the kernel's result ------------------------------------------------------------------------------------------ */

/* A kernel can write b where it wrote a: the same elements, channels side by side, columns in equal steps. */
static bool may_replace(struct module *m, const struct call *c, int a, int b)
{
	const struct tensor *x = &m->tensor[a], *y = &m->tensor[b];

	if (!tensor_same_shape(m, a, b) || x->type != y->type)
		return false;
	if (c->c_axis >= 0 && !num_is(y->dim[c->c_axis], 1) && !num_is(y->stride[c->c_axis], 1))
		return false;
	return tensor_is_run(m, b, c->col_axis, c->n_col_axes);
}

static void note_unknown(void *ctx, struct num var, const char *name)
{
	bool *known = ctx;

	(void)var;
	*known = *known && strncmp(name, "at.", 3) == 0;
}

/* A kernel's tail knows the element it is at, and no run-time size: with N blocks side by side in one run of columns,
 * the block is at.col % N. */
static bool has_known_addresses(struct module *m, const struct call *c, struct nest *n)
{
	struct num to[2 * MAX_RANK], address;
	bool known = true;

	call_bind_axes(&m->nums, c, n, to);
	for (int e = 0; e < n->n_e && known; e++)
		if (n->e[e].op == E_LOAD && n->e[e].tensor != c->out && address_of_load(n, e, &address))
			num_each_var(&m->nums, num_subst(&m->nums, address, n->axis, to, n->n_axes), note_unknown,
				     &known);
	return known;
}

/* The kernel writes out as a whole and nothing else, and reads nothing of the storage that it would write instead. */
static bool can_write(const struct module *m, const struct call *c, int instead)
{
	int writes = 0;

	for (int i = 0; i < c->n_args; i++) {
		const struct arg *a = &c->arg[i];
		if (a->kind >= ARG_NUMBER || a->tensor < 0)
			continue;
		if ((a->kind == ARG_WRITE) != (a->tensor == c->out) ||
		    (a->kind != ARG_WRITE && m->tensor[a->tensor].base == m->tensor[instead].base))
			return false;
		writes += a->kind == ARG_WRITE;
	}
	for (int e = 0; c->epilogue && e < c->epilogue->n_e; e++) {
		const struct expr *x = &c->epilogue->e[e];
		if (x->op == E_LOAD && m->tensor[x->tensor].base == m->tensor[instead].base)
			return false;
	}
	return writes == 1;
}

static bool reads_storage(const struct nest *n, int base)
{
	for (int e = 0; e < n->n_e; e++)
		if (n->e[e].op == E_LOAD && n->m->tensor[n->e[e].tensor].base == base)
			return true;
	return false;
}

/* --- the change --------------------------------------------------------------------------------------------------- */

/* The nest with what the kernel's tail computes so far in place of its loads of the result. */
static struct nest *epilogue_of(const struct call *c, const struct nest *from)
{
	struct nest *n = nest_over(from->m, from->out, from->n_axes, from->extent);
	const struct expr acc = { .op = E_ACC, .type = DT_F32, .a = -1, .b = -1, .c = -1, .tensor = -1 };
	int sum;

	if (c->epilogue)
		sum = nest_copy(n, c->epilogue, c->epilogue->value, n->axis, -2, -1);
	else
		sum = nest_add(n, acc, NULL);
	nest_store(n, nest_copy(n, from, from->value, n->axis, c->out, sum));
	return n;
}

static bool calls_functions(const struct nest *n)
{
	for (int e = 0; e < n->n_e; e++)
		if (n->e[e].op > E_SCALAR && nest_cost(n->e[e].op) == SCALAR_FUNCTION)
			return true;
	return false;
}

/* Tells the kernel, whose sums would leave no registers for the constants of functions. */
static void mark_long_tail(struct call *c)
{
	if (c->geometry.kind == GEOMETRY_CONV)
		c->geometry.conv.tail = calls_functions(c->epilogue);
	else if (c->geometry.kind == GEOMETRY_GEMM)
		c->geometry.gemm.tail = calls_functions(c->epilogue);
}

static void absorb(struct uses *u, struct site *s, struct site *reader)
{
	struct step call = *site_step(s), *at = site_step(reader);
	const struct nest *n = at->nest;
	struct call *c = call.call;

	c->epilogue = epilogue_of(c, n);
	mark_long_tail(c);
	call_result(u->m, c, n->out);
	*at = call;             /* the kernel runs where the nest did */
	s->removed = true;
	uses_reads_changed(u, reader);
}

/* The site where the call is after taking its reader in, or NULL. */
static struct site *absorb_reader(struct uses *u, struct site *s)
{
	struct module *m = u->m;
	const struct call *c = site_step(s)->call;
	struct site *reader;
	struct nest *n;

	if (!c->takes_epilogue || c->out < 0 || !uses_is_private(u, c->out) || uses_readers(u, c->out, &reader, 1) != 1)
		return NULL;
	if (reader->block != s->block || reader->index <= s->index || site_step(reader)->kind != STEP_NEST)
		return NULL;
	n = site_step(reader)->nest;
	if (!may_replace(m, c, c->out, n->out) || !nest_fits(n) || reads_storage(n, m->tensor[n->out].base) ||
	    !can_write(m, c, n->out) || !has_known_addresses(m, c, n) || !uses_may_run_later(u, s))
		return NULL;
	if (nest_count_loads(n) + (c->epilogue ? nest_count_loads(c->epilogue) : 0) > MAX_NEST_LOADS)
		return NULL;
	absorb(u, s, reader);
	return reader;
}

bool fuse_epilogues(struct module *m, struct block *b)
{
	struct uses u;
	int absorbed = 0;

	uses_init(&u, m, b);
	for (int i = 0; i < u.n_sites; i++) {
		struct site *s = &u.site[i];
		while (s && !s->removed && site_step(s)->kind == STEP_CALL) {
			s = absorb_reader(&u, s);
			absorbed += s != NULL;
		}
	}
	uses_remove(&u);
	if (absorbed)
		diag_remark(m->diag, NULL, "%d loop nests became epilogues of kernels", absorbed);
	return true;
}
