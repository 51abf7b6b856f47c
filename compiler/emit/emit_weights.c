#include "emit_weights.h"

#include <string.h>

#include "emission.h"
#include "emit/protect.h"
#include "graph/ir.h"
#include "graph/recipe.h"
#include "support/arena.h"
#include "support/diag.h"
#include "support/ident.h"
#include "targets/target.h"
#include "weights_form.h"

static const struct weights_form *const forms[] = {
#define WEIGHTS_FORM(id, name) &weights_form_##name,
#include "emit/weights.def"
#undef WEIGHTS_FORM
};

/* Names of the union's members; types of one C type share one. */
static const char *const members[N_DTYPES] = {
	[DT_F32] = "f32", [DT_F64] = "f64", [DT_BOOL] = "u8", [DT_I8] = "i8", [DT_U8] = "u8", [DT_I16] = "i16",
	[DT_U16] = "u16", [DT_I32] = "i32", [DT_U32] = "u32", [DT_I64] = "i64", [DT_U64] = "u64", [DT_F16] = "u16",
	[DT_BF16] = "u16", [DT_I4] = "i8", [DT_U4] = "u8", [DT_I2] = "i8", [DT_U2] = "u8", [DT_F8E4M3FN] = "u8",
	[DT_F8E4M3FNUZ] = "u8", [DT_F8E5M2] = "u8", [DT_F8E5M2FNUZ] = "u8", [DT_F8E8M0] = "u8", [DT_F4E2M1] = "u8",
};

void weights_init(struct weights *w, struct arena *a, const char *prefix, const char *base,
	const struct target *target, enum weights_form_id form)
{
	*w = (struct weights){ .arena = a, .prefix = prefix, .base = base, .target = target, .form = forms[form],
		.file_bytes = WEIGHTS_FILE_BYTES };
	w->made = ARENA_ARRAY(a, 2, struct weights_made);
	map_init(&w->by_hash, a);
}

void weights_protect(struct weights *w, const struct protect_key *key)
{
	w->key = key;
	w->masked = ARENA_NEW(w->arena, struct weights);
	*w->masked = *w;
	w->masked->key = NULL;
	w->masked->masked = NULL;
	w->masked->made = ARENA_ARRAY(w->arena, 2, struct weights_made);
	map_init(&w->masked->by_hash, w->arena);
	w->form = &weights_form_masked;
}

const struct weights *weights_stored(const struct weights *w)
{
	return w->masked ? w->masked : w;
}

/* What the recipe makes, until this is called again with the same k. */
static const unsigned char *make_bytes(const struct weights *w, const struct recipe *r, size_t size_bytes, int k)
{
	struct weights_made *made = &w->made[k];
	struct arena_mark before;

	if (made->size_bytes < size_bytes) {
		arena_drop(w->arena, made->bytes, made->size_bytes, 1);
		made->size_bytes = 2 * size_bytes;
		made->bytes = arena_alloc(w->arena, made->size_bytes);
	}
	before = arena_mark(w->arena);
	r->make(r, made->bytes, w->arena);
	arena_release(w->arena, before);
	return made->bytes;
}

const unsigned char *weights_bytes(const struct weights *w, const struct weight *v)
{
	return v->recipe ? make_bytes(w, v->recipe, v->size_bytes, 1) : v->bytes;
}

/* What makes two constants one: the bytes, and the size of an element, by which a big-endian target reverses them. */
struct weight_key {
	uint64_t hash, size_bytes, element_bytes;
};

static int find_equal(const struct weights *w, int64_t first, const void *bytes, size_t size_bytes)
{
	for (int i = (int)first; i >= 0; i = w->v[i].next_same_hash)
		if (!memcmp(weights_bytes(w, &w->v[i]), bytes, size_bytes))
			return i;
	return -1;
}

/* `bytes`, of which only those without a recipe stay. */
static int add(struct weights *w, const void *bytes, const struct recipe *r, size_t n, enum dtype type, int align,
	       const char *name)
{
	size_t size_bytes = n * (size_t)dtypes[type].bytes;
	struct weight_key key = { hash_bytes(bytes, size_bytes, 0), size_bytes, (uint64_t)dtypes[type].bytes };
	int64_t first = map_get(&w->by_hash, &key, sizeof key, -1);
	int id = find_equal(w, first, bytes, size_bytes);

	if (align < dtypes[type].bytes)
		align = dtypes[type].bytes;
	if (id < 0) {
		id = w->n++;
		w->v = ARENA_PUSH(w->arena, w->v, id, struct weight);
		w->v[id] = (struct weight){ .bytes = r ? NULL : bytes, .recipe = r, .size_bytes = size_bytes,
			.align = align, .type = type, .next_same_hash = (int)first,
			.name = w->key ? NULL : name };
		map_set(&w->by_hash, &key, sizeof key, id);
	}
	w->v[id].views |= UINT32_C(1) << type;
	if (w->v[id].align < align)
		w->v[id].align = align;
	return id;
}

int weights_add(struct weights *w, const void *bytes, size_t n, enum dtype type, int align, const char *name)
{
	return add(w, bytes, NULL, n, type, align, name);
}

int weights_add_constant(struct weights *w, const struct tensor *t, size_t n, int align)
{
	const size_t size_bytes = n * (size_t)dtypes[t->type].bytes;

	if (!t->recipe)
		return weights_add(w, t->data, n, t->type, align, t->name);
	return add(w, make_bytes(w, t->recipe, size_bytes, 0), t->recipe, n, t->type, align, t->name);
}

const char *weights_ref(const struct weights *w, int id, enum dtype type)
{
	const struct weight *v = &w->v[id];

	if (!(v->views >> type & 1))
		die("constant %d is not known as %s", id, dtypes[type].name);
	if (!v->size_bytes)
		return arena_printf(w->arena, "(const %s *)0", dtypes[type].ctype);
	return arena_printf(w->arena, "%s.%s", w->form->object(w, id), members[type]);
}

void weights_finish(struct weights *w)
{
	size_t at = 0;

	w->order = ARENA_ARRAY(w->arena, w->n + 1, int);
	for (int i = 0; i < w->n; i++)
		w->order[i] = i;
	if (w->key)
		protect_shuffle(w->key, w->order, w->n);
	for (int i = 0; i < w->n; i++) {
		struct weight *v = &w->v[w->order[i]];
		size_t align = (size_t)v->align;
		w->align = v->align > w->align ? v->align : w->align;
		at = (at + align - 1) / align * align;
		v->offset = at;
		at += v->size_bytes;
	}
	w->total_bytes = at;
	w->n_files = 0;
	if (at)
		w->form->split(w);
}

void weights_print(const struct weights *w, struct emit *e)
{
	if (w->total_bytes)
		w->form->print(w, e);
}

const char *weights_file(const struct weights *w, int k)
{
	return w->total_bytes ? w->form->file(w, k) : NULL;
}

void weights_print_file(const struct weights *w, struct emit *e, int k)
{
	w->form->print_file(w, e, k);
}

/* --- what forms share --------------------------------------------------------------------------------------------- */

void weights_print_members(struct emit *e, const struct weight *v)
{
	const char *seen[N_DTYPES];
	int n_seen = 0;

	for (int t = DT_NONE + 1; t < N_DTYPES; t++) {
		bool is_new = v->views >> t & 1;
		for (int i = 0; i < n_seen; i++)
			is_new = is_new && strcmp(seen[i], members[t]);
		if (!is_new)
			continue;
		seen[n_seen++] = members[t];
		emit_line(e, "%s %s[%zu];", dtypes[t].ctype, members[t], v->size_bytes / (size_t)dtypes[t].bytes);
	}
}

void weights_print_comment(struct emit *e, int id, const struct weight *v)
{
	size_t n = v->size_bytes / (size_t)dtypes[v->type].bytes;

	strbuf_clear(&e->words);
	if (v->name && *v->name) {
		strbuf_puts(&e->words, "\"");
		emission_add_name(&e->words, v->name);
		strbuf_puts(&e->words, "\", ");
	}
	emit_comment(e, "%d: %s%zu %s", id, strbuf_text(&e->words), n, dtypes[v->type].name);
}

size_t weights_swap_bytes(const struct weights *w, const struct weight *v)
{
	return w->target->is_big_endian ? (size_t)dtypes[v->type].bytes : 1;
}

void weights_print_hidden(const struct weights *w, struct emit *e)
{
	const char *upper = ident_upper(w->arena, w->prefix);

	emit_directive(e, "#if defined(__ELF__) || defined(__APPLE__)");
	emit_directive(e, "#define %s_HIDDEN __attribute__((visibility(\"hidden\")))", upper);
	emit_directive(e, "#else");
	emit_directive(e, "#define %s_HIDDEN", upper);
	emit_directive(e, "#endif");
}

void weights_print_struct(const struct weights *w, struct emit *e, const char *begin, const char *end)
{
	emit_open(e, "%s", begin);
	for (int i = 0; i < w->n; i++) {
		const int id = w->order[i];
		if (!w->v[id].size_bytes)
			continue;
		weights_print_comment(e, id, &w->v[id]);
		emit_open(e, "union");
		weights_print_members(e, &w->v[id]);
		emit_close(e, arena_printf(w->arena, " w%d __attribute__((aligned(%d)));", id, w->v[id].align));
	}
	emit_close(e, end);
}

static void pad(struct emit *e, size_t n)
{
	static const char zeros[64];

	for (; n > sizeof zeros; n -= sizeof zeros)
		emit_text(e, zeros, sizeof zeros);
	emit_text(e, zeros, n);
}

static void write_swapped(struct emit *e, const unsigned char *bytes, size_t n, size_t swap)
{
	char swapped[4096];

	for (size_t at = 0; at < n; at += sizeof swapped) {
		size_t k = n - at < sizeof swapped ? n - at : sizeof swapped;
		for (size_t i = 0; i < k; i++)
			swapped[i] = (char)bytes[at + (i ^ (swap - 1))];
		emit_text(e, swapped, k);
	}
}

void weights_write_bytes(const struct weights *w, struct emit *e)
{
	size_t at = 0;

	for (int i = 0; i < w->n; i++) {
		const struct weight *v = &w->v[w->order[i]];
		const unsigned char *bytes = weights_bytes(w, v);
		pad(e, v->offset - at);
		if (weights_swap_bytes(w, v) == 1)
			emit_text(e, (const char *)bytes, v->size_bytes);
		else
			write_swapped(e, bytes, v->size_bytes, weights_swap_bytes(w, v));
		at = v->offset + v->size_bytes;
	}
}
