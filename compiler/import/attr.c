/* Attributes against the operator's table: unknown, repeated, wrongly typed and out-of-range ones are refused here, so
 * operator code sees decoded values only. */
#include <string.h>

#include "import/scope.h"
#include "ops/ops.h"
#include "support/nearest.h"
#include "support/strbuf.h"

static const char *copy_string(struct import *im, const ProtobufCBinaryData *s)
{
	return s->len ? arena_strndup(im->m->arena, (const char *)s->data, s->len) : "";
}

static bool in_list(const char *list, const char *s)
{
	const size_t n = strlen(s);

	for (; list; list = strchr(list, '|') ? strchr(list, '|') + 1 : NULL)
		if (!strncmp(list, s, n) && (list[n] == '|' || !list[n]))
			return true;
	return false;
}

static bool check_range(struct import *im, const struct place *at, const struct attr_def *def, int64_t v)
{
	if (def->lo >= def->hi || (v >= def->lo && v <= def->hi))
		return true;
	return diag_error(im->m->diag, STATUS_MODEL, at, "attribute \"%s\": %lld, must be %lld to %lld", def->name,
			  (long long)v, (long long)def->lo, (long long)def->hi);
}

static bool decode_lists(struct import *im, const struct place *at, const struct attr_def *def,
			 const Onnx__AttributeProto *p, struct attr *a)
{
	struct arena *arena = im->m->arena;
	const char **s;

	a->n = (int)(p->n_ints + p->n_floats + p->n_strings);
	if (def->kind == ATTR_INTS) {
		a->n = (int)p->n_ints;
		a->ints = arena_grow(arena, p->ints, p->n_ints, p->n_ints, sizeof *p->ints);
		for (int i = 0; i < a->n; i++)
			if (!check_range(im, at, def, a->ints[i]))
				return false;
		return true;
	}
	if (def->kind == ATTR_FLOATS) {
		a->n = (int)p->n_floats;
		a->floats = arena_grow(arena, p->floats, p->n_floats, p->n_floats, sizeof *p->floats);
		return true;
	}
	a->n = (int)p->n_strings;
	s = arena_array(arena, p->n_strings, sizeof *s);
	for (int i = 0; i < a->n; i++)
		s[i] = copy_string(im, &p->strings[i]);
	a->strings = s;
	return true;
}

static bool decode_graph(struct scope *s, const struct place *at, const struct attr_def *def,
			 const Onnx__AttributeProto *p, const Onnx__AttributeProto *written, struct attr *a)
{
	struct diag *d = s->im->m->diag;

	if (!p->g)
		return diag_error(d, STATUS_MODEL, at, "attribute \"%s\" has no graph, allowed: one", def->name);
	if (p != written)
		return diag_error(d, STATUS_UNSUPPORTED, at, "attribute \"%s\": a graph passed to a function",
				  def->name);
	a->i = graph_import(s->im, s, p->g, !strcmp(at->op, "If"));
	return a->i >= 0;
}

static bool decode_tensor(struct import *im, const struct place *at, const struct attr_def *def,
			  const Onnx__AttributeProto *p, struct attr *a)
{
	if (!p->t)
		return diag_error(im->m->diag, STATUS_MODEL, at, "attribute \"%s\" has no tensor, allowed: one",
				  def->name);
	a->i = tensor_add(im->m, NULL);
	return tensor_import(im, p->t, (int)a->i, def->name);
}

static bool decode(struct scope *s, const struct place *at, const struct attr_def *def, const Onnx__AttributeProto *p,
		   const Onnx__AttributeProto *written, struct attr *a)
{
	struct diag *d = s->im->m->diag;

	*a = (struct attr){ .kind = def->kind, .given = true };
	switch (def->kind) {
	case ATTR_INT:
		a->i = p->i;
		return check_range(s->im, at, def, a->i);
	case ATTR_FLOAT:
		a->f = (double)p->f;
		return true;
	case ATTR_STRING:
		a->s = copy_string(s->im, &p->s);
		if (!def->one_of || in_list(def->one_of, a->s))
			return true;
		return diag_error(d, STATUS_MODEL, at, "attribute \"%s\": \"%.200s\", must be one of %s", def->name,
				  a->s, def->one_of);
	case ATTR_TENSOR:
		return decode_tensor(s->im, at, def, p, a);
	case ATTR_TYPE:         /* of what is absent: nobody needs it */
		return true;
	case ATTR_GRAPH:
		return decode_graph(s, at, def, p, written, a);
	default:
		return decode_lists(s->im, at, def, p, a);
	}
}

/* Row of the operator's table; -1: no such attribute. */
static int find_row(const struct attr_def *def, const char *name)
{
	for (int k = 0; def && def[k].name; k++)
		if (!strcmp(def[k].name, name))
			return k;
	return -1;
}

static const char *row_names(struct arena *a, const struct attr_def *def)
{
	struct strbuf b;

	strbuf_init(&b, a);
	for (int k = 0; def && def[k].name; k++)
		strbuf_printf(&b, "%s%s", k ? " " : "", def[k].name);
	return b.size ? strbuf_text(&b) : "none";
}

static const char *near_name(struct arena *a, const struct attr_def *def, const char *name)
{
	struct nearest x;

	nearest_init(&x, name, strlen(name));
	for (; def && def->name; def++)
		nearest_try(&x, def->name, strlen(def->name));
	return nearest_text(&x, a);
}

static bool attribute(struct scope *s, const struct place *at, int node, const Onnx__AttributeProto *written)
{
	struct module *m = s->im->m;
	const struct op_def *op = m->node[node].op;
	const int row = find_row(op->attrs, written->name);
	const Onnx__AttributeProto *p = scope_attribute(s, written);
	struct attr a;

	if (row < 0)
		return diag_error(m->diag, STATUS_MODEL, at, "attribute \"%.200s\" is unknown, allowed: %s%s",
				  written->name, row_names(m->scratch, op->attrs),
				  near_name(m->scratch, op->attrs, written->name));
	if (m->node[node].attr[row].given)
		return diag_error(m->diag, STATUS_MODEL, at, "attribute \"%s\" is given twice, allowed: once",
				  op->attrs[row].name);
	if (!p && !s->call)
		return diag_error(m->diag, STATUS_MODEL, at, "attribute \"%s\" refers to a function's, outside of any",
				  op->attrs[row].name);
	if (!p)
		return true;
	if (!attr_check_kind(s->im, at, p, op->attrs[row].kind))
		return false;
	if (!decode(s, at, &op->attrs[row], p, written, &a))
		return false;
	m->node[node].attr[row] = a;
	return true;
}

bool attr_import(struct scope *s, const Onnx__NodeProto *p, int node)
{
	struct module *m = s->im->m;
	const struct op_def *op = m->node[node].op;
	const struct place at = node_place(m, node);
	bool ok = true;

	for (size_t i = 0; i < p->n_attribute; i++)
		ok &= attribute(s, &at, node, p->attribute[i]);
	for (int k = 0; op->attrs && op->attrs[k].name; k++)
		if (op->attrs[k].required && ok && !m->node[node].attr[k].given)
			ok = diag_error(m->diag, STATUS_MODEL, &at, "attribute \"%s\" is required", op->attrs[k].name);
	return ok;
}
