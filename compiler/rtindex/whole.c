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

enum { MAX_DEPTH = 32 };

struct flat {
	struct library library;
	struct strbuf text;
	bool done[256];         /* by file: stands outside of any condition already, its guard makes it vanish here */
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
		library_header(&f->library, arena_printf(f->library.arena, "%.*s", (int)strcspn(rest, ">") + 1, rest));
	end = *rest == '"' ? strchr(rest + 1, '"') : NULL;
	if (!end)
		return false;
	add_file(f, arena_printf(f->library.arena, "%s/%.*s", f->library.root, (int)(end - rest - 1), rest + 1), conditions,
		depth + 1);
	return true;
}

/* `conditions` counts the #if round the file; the file's own guard is not one. */
static void add_file(struct flat *f, const char *path, int conditions, int depth)
{
	int number = library_file(&f->library, path), own = -1;
	const char *line, *end;

	if (depth > MAX_DEPTH || number >= 256) {
		fprintf(stderr, "%s: headers nested too deep\n", path);
		exit(1);
	}
	if (f->done[number])
		return;
	f->done[number] = conditions == 0;
	for (line = f->library.files[number].text; *line; line = end) {
		end = line + strcspn(line, "\n");
		end += *end == '\n';
		if (directive(line, "if"))
			own++;
		else if (directive(line, "endif"))
			own--;
		if (!add_include(f, line, conditions + (own > 0 ? own : 0), depth))
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
	library_init(&f.library, &a, argv[4]);
	strbuf_init(&f.text, &a);
	add_file(&f, argv[5], 0, 0);
	item.text = strbuf_text(&f.text);
	f.library.indexes = &index;
	f.library.n_indexes = 1;
	f.library.is_whole = true;
	library_write(&f.library, argv[3], argv[1]);
	library_write_depfile(&f.library, argv[1], argv[2]);
	arena_free(&a);
	return 0;
}
