#include "extract.h"

#include <string.h>

#include "emit.h"
#include "support/arena.h"
#include "support/diag.h"
#include "targets/target.h"

static const struct rt_index *find_index(const struct rt_library *l, const struct target *target)
{
	for (int i = 0; i < l->n_indexes; i++)
		if (l->is_whole || !strcmp(l->indexes[i].target, target->base))
			return &l->indexes[i];
	die("no runtime index for target %s", target->name);
}

void extract_init(struct extract *x, struct arena *a, const struct rt_library *runtime, const struct target *target)
{
	*x = (struct extract){ .runtime = runtime ? runtime : &runtime_library, .target = target };
	x->index = find_index(x->runtime, target);
	x->marked = ARENA_ARRAY(a, x->index->n_items, bool);
	x->stack = ARENA_ARRAY(a, x->index->n_items, uint16_t);
	map_init(&x->symbols, a);
	for (int i = 0; i < x->index->n_items; i++)
		map_set_name(&x->symbols, x->index->items[i].symbol, i);
}

static bool is_name_character(char c)
{
	return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Does the word occur in the text? */
static bool has_word(const char *text, const char *word)
{
	size_t n = strlen(word);

	for (const char *at = strstr(text, word); at; at = strstr(at + 1, word))
		if ((at == text || !is_name_character(at[-1])) && !is_name_character(at[n]))
			return true;
	return false;
}

static int find_item(const struct extract *x, const char *symbol)
{
	if (x->runtime->is_whole)
		return has_word(x->index->items[0].text, symbol) ? 0 : -1;
	return (int)map_get_name(&x->symbols, symbol, -1);
}

bool extract_mark(struct extract *x, const char *symbol)
{
	int item = find_item(x, symbol), n = 0;

	if (item < 0)
		return false;
	if (x->marked[item])
		return true;
	/* Each item enters the stack once, when it is marked. */
	x->marked[item] = true;
	x->stack[n++] = (uint16_t)item;
	while (n) {
		const struct rt_item *it = &x->index->items[x->stack[--n]];
		x->headers |= it->headers;
		for (int i = 0; i < it->n_uses; i++) {
			if (x->marked[it->uses[i]])
				continue;
			x->marked[it->uses[i]] = true;
			x->stack[n++] = it->uses[i];
		}
	}
	return true;
}

bool extract_need_header(struct extract *x, const char *header)
{
	for (int i = 0; i < x->runtime->n_headers; i++) {
		if (strcmp(x->runtime->headers[i], header))
			continue;
		x->headers |= UINT32_C(1) << i;
		return true;
	}
	return false;
}

void extract_print_headers(const struct extract *x, struct emit *e)
{
	for (int i = 0; i < x->runtime->n_headers; i++)
		if (x->headers >> i & 1)
			emit_directive(e, "#include %s", x->runtime->headers[i]);
}

static void print_banner(struct emit *e, const struct rt_file *f)
{
	emit_puts(e, "\n/* ---- ");
	emit_puts(e, f->name);
	emit_puts(e, " ---- ");
	emit_puts(e, f->licence);
	emit_puts(e, " */\n");
}

/* All headers as they are: the macros that chose this target's items at build time choose them in the user's
 * compiler. */
static void print_whole(const struct extract *x, struct emit *e)
{
	for (const char *s = x->target->index_flags; (s = strstr(s, "-D")); s += strcspn(s, " "))
		emit_directive(e, "#define %.*s", (int)strcspn(s + 2, " "), s + 2);
	emit_directive(e, "#pragma GCC diagnostic push");
	emit_directive(e, "#pragma GCC diagnostic ignored \"-Wunused-function\"");
	emit_directive(e, "#pragma GCC diagnostic ignored \"-Wunused-const-variable\"");
	for (int i = 0; i < x->runtime->n_files; i++)
		print_banner(e, &x->runtime->files[i]);
	emit_puts(e, x->index->items[0].text);
	emit_directive(e, "#pragma GCC diagnostic pop");
}

void extract_rename(const struct extract *x, struct emit *e, const char *prefix)
{
	for (int i = 0; i < x->index->n_items; i++) {
		const struct rt_item *it = &x->index->items[i];
		if (x->marked[i] && (it->kind == RT_FUNCTION || it->kind == RT_CONSTANT))
			emit_directive(e, "#define %s %s_f%d", it->symbol, prefix, i);
	}
}

void extract_print(const struct extract *x, struct emit *e)
{
	int file = -1;

	for (int i = 0; i < x->index->n_items; i++) {
		const struct rt_item *it = &x->index->items[i];
		if (!x->marked[i] || !*it->text)
			continue;
		if (it->kind == RT_WHOLE) {
			print_whole(x, e);
			continue;
		}
		if (it->file != file)
			print_banner(e, &x->runtime->files[it->file]);
		file = it->file;
		/* Items with a comment of their own stand apart; one-line macros and constants stay together. */
		if (it->kind == RT_FUNCTION || it->text[0] == '/')
			emit_blank(e);
		emit_puts(e, it->text);
	}
}
