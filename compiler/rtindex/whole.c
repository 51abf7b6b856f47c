/* The runtime index for builds without libclang: one item that holds all headers,
 * flattened into one text that reads like them: #include "x" gives way to x's
 * text, #include <x> stays. Same functions, longer generated files.
 *
 *     whole OUT.c DEPFILE SYMBOL ROOT TOP.h */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "library.h"
#include "support/arena.h"
#include "support/strbuf.h"

enum { MAX_DEPTH = 32, MAX_FILES = 256, MAX_CONDITIONS = 8 };

struct flat {
	struct library runtime;
	struct strbuf text;
	bool done[MAX_FILES];   /* by file: already in the text wherever the compiler reads on from here */
};

/* The rest of a directive line after its word, when it is that directive. */
static const char *directive(const char *line, const char *word)
{
	size_t n = strlen(word);

	line += strspn(line, " \t");
	if (*line++ != '#')
		return NULL;
	line += strspn(line, " \t");
	return strncmp(line, word, n) ? NULL : line + n;
}

static void add_file(struct flat *f, const char *path, int conditions, int depth);

/* Replaces the line #include "x"; false when it is something else. */
static bool add_include(struct flat *f, const char *line, int conditions, int depth)
{
	const char *rest = directive(line, "include"), *end;

	if (!rest)
		return false;
	rest += strspn(rest, " \t");
	/* What every target includes may also be asked for by name: see extract_need_header(). */
	if (*rest == '<' && !conditions)
		library_header(&f->runtime, arena_printf(f->runtime.arena, "%.*s", (int)strcspn(rest, ">") + 1, rest));
	end = *rest == '"' ? strchr(rest + 1, '"') : NULL;
	if (!end)
		return false;
	add_file(f, arena_printf(f->runtime.arena, "%s/%.*s", f->runtime.root, (int)(end - rest - 1), rest + 1),
		 conditions, depth + 1);
	return true;
}

/* The #if round what is being read, without the file's own guard. What one branch includes, the next has not seen. */
struct conditions {
	int n;                  /* -1 outside of the guard */
	bool before[MAX_CONDITIONS][MAX_FILES];
};

static void follow_condition(struct flat *f, struct conditions *c, const char *line)
{
	bool begins = directive(line, "if"), goes_on = directive(line, "el"), ends = directive(line, "endif");

	if (begins && ++c->n > 0) {
		if (c->n >= MAX_CONDITIONS) {
			fprintf(stderr, "#if nested too deep: %.60s\n", line);
			exit(1);
		}
		memcpy(c->before[c->n], f->done, sizeof f->done);
	}
	if ((goes_on || ends) && c->n > 0)
		memcpy(f->done, c->before[c->n], sizeof f->done);
	c->n -= ends;
}

static void add_file(struct flat *f, const char *path, int conditions, int depth)
{
	int number = library_file(&f->runtime, path);
	struct conditions own = { .n = -1 };
	const char *line, *end;

	if (depth > MAX_DEPTH || number >= MAX_FILES) {
		fprintf(stderr, "%s: headers nested too deep\n", path);
		exit(1);
	}
	if (f->done[number])
		return;
	f->done[number] = true;
	for (line = f->runtime.files[number].text; *line; line = end) {
		end = line + strcspn(line, "\n");
		end += *end == '\n';
		follow_condition(f, &own, line);
		if (!add_include(f, line, conditions + (own.n > 0 ? own.n : 0), depth))
			strbuf_add(&f->text, line, (size_t)(end - line));
	}
}

int main(int argc, char **argv)
{
	struct arena a;
	struct flat f = { 0 };
	struct source_item item = { .symbol = "runtime_min", .kind = RT_WHOLE };
	struct source_index index = { .target = "any", .items = &item, .n_items = 1 };

	if (argc != 6) {
		fprintf(stderr, "usage: whole OUT.c DEPFILE SYMBOL ROOT TOP.h\n");
		return 2;
	}
	arena_init(&a, NULL);
	library_init(&f.runtime, &a, argv[4]);
	strbuf_init(&f.text, &a);
	add_file(&f, argv[5], 0, 0);
	item.text = strbuf_text(&f.text);
	f.runtime.indexes = &index;
	f.runtime.n_indexes = 1;
	f.runtime.is_whole = true;
	library_write(&f.runtime, argv[3], argv[1]);
	library_write_depfile(&f.runtime, argv[1], argv[2]);
	arena_free(&a);
	return 0;
}
