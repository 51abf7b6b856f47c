#include "library.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cstring.h"
#include "support/arena.h"

#define LICENCE_MARK "SPDX-License-Identifier:"
/* Of a header that says nothing else: LICENSE at the root covers it. */
#define LICENCE_DEFAULT LICENCE_MARK " Apache-2.0"

enum { MAX_HEADERS = 32 };

static _Noreturn void stop(const char *path, const char *why)
{
	fprintf(stderr, "%s: %s\n", path, why);
	exit(1);
}

void library_init(struct library *l, struct arena *a, const char *root)
{
	*l = (struct library){ .arena = a, .root = root };
}

static const char *find_licence(struct arena *a, const char *text)
{
	const char *at = strstr(text, LICENCE_MARK);
	size_t n;

	if (!at)
		return LICENCE_DEFAULT;
	n = strcspn(at, "\n*");
	while (n && at[n - 1] == ' ')
		n--;
	return arena_strndup(a, at, n);
}

static void read_file(struct library *l, struct source_file *f)
{
	FILE *in = fopen(f->path, "rb");
	long size = -1;
	char *text;

	if (in && fseek(in, 0, SEEK_END) == 0)
		size = ftell(in);
	if (size < 0)
		stop(f->path, "cannot be read");
	rewind(in);
	text = arena_alloc(l->arena, (size_t)size + 1);
	f->size = fread(text, 1, (size_t)size, in);
	fclose(in);
	f->text = text;
	f->licence = find_licence(l->arena, text);
}

int library_file(struct library *l, const char *path)
{
	size_t root = strlen(l->root);
	struct source_file *f;

	for (int i = 0; i < l->n_files; i++)
		if (!strcmp(l->files[i].path, path))
			return i;
	l->files = ARENA_PUSH(l->arena, l->files, l->n_files, struct source_file);
	f = &l->files[l->n_files];
	f->path = arena_strdup(l->arena, path);
	f->name = !strncmp(path, l->root, root) && path[root] == '/' ? f->path + root + 1 : f->path;
	read_file(l, f);
	return l->n_files++;
}

int library_header(struct library *l, const char *name)
{
	for (int i = 0; i < l->n_headers; i++)
		if (!strcmp(l->headers[i], name))
			return i;
	if (l->n_headers == MAX_HEADERS)
		stop(name, "too many system headers for a 32-bit set");
	l->headers = ARENA_PUSH(l->arena, l->headers, l->n_headers, const char *);
	l->headers[l->n_headers] = arena_strdup(l->arena, name);
	return l->n_headers++;
}

/* Headers are numbered as met, and written in alphabetical order: rank[i] is the place of header i. */
static void rank_headers(const struct library *l, int rank[MAX_HEADERS])
{
	for (int i = 0; i < l->n_headers; i++) {
		rank[i] = 0;
		for (int k = 0; k < l->n_headers; k++)
			rank[i] += strcmp(l->headers[k], l->headers[i]) < 0;
	}
}

static uint32_t rank_set(const struct library *l, uint32_t set, const int rank[MAX_HEADERS])
{
	uint32_t ranked = 0;

	for (int i = 0; i < l->n_headers; i++)
		if (set >> i & 1)
			ranked |= UINT32_C(1) << rank[i];
	return ranked;
}

static void write_headers(const struct library *l, FILE *out, const int rank[MAX_HEADERS])
{
	fprintf(out, "static const char *const headers[] = {\n");
	for (int place = 0; place < l->n_headers; place++)
		for (int i = 0; i < l->n_headers; i++)
			if (rank[i] == place)
				fprintf(out, "\t\"%s\",\n", l->headers[i]);
	fprintf(out, "\tNULL,\n};\n\nstatic const struct rt_file files[] = {\n");
	for (int i = 0; i < l->n_files; i++)
		fprintf(out, "\t{ \"%s\", \"%s\" },\n", l->files[i].name, l->files[i].licence);
	fprintf(out, "};\n\n");
}

/* Texts that several targets share are written once: text_of numbers them by content. */
static void write_texts(const struct library *l, FILE *out, struct map *text_of)
{
	int n = 0;

	for (int t = 0; t < l->n_indexes; t++) {
		const struct source_index *x = &l->indexes[t];
		for (int i = 0; i < x->n_items; i++) {
			const char *text = x->items[i].text;
			if (map_get_name(text_of, text, -1) >= 0)
				continue;
			map_set_name(text_of, text, n);
			fprintf(out, "static const char text_%d[] =", n++);
			cstring_write(out, text, strlen(text));
			fprintf(out, ";\n");
		}
	}
	fprintf(out, "\n");
}

static void write_index(const struct library *l, FILE *out, int t, const struct map *text_of, const int *rank)
{
	static const char *const kinds[] = {
		[RT_FUNCTION] = "RT_FUNCTION", [RT_TYPE] = "RT_TYPE", [RT_CONSTANT] = "RT_CONSTANT",
		[RT_MACRO] = "RT_MACRO", [RT_WHOLE] = "RT_WHOLE",
	};
	const struct source_index *x = &l->indexes[t];

	for (int i = 0; i < x->n_items; i++) {
		if (!x->items[i].n_uses)
			continue;
		fprintf(out, "static const uint16_t uses_%d_%d[] = {", t, i);
		for (int k = 0; k < x->items[i].n_uses; k++)
			fprintf(out, " %d,", x->items[i].uses[k]);
		fprintf(out, " };\n");
	}
	fprintf(out, "static const struct rt_item items_%d[] = {\n", t);
	for (int i = 0; i < x->n_items; i++) {
		const struct source_item *s = &x->items[i];
		fprintf(out, "\t{ \"%s\", text_%d, ", s->symbol, (int)map_get_name(text_of, s->text, -1));
		if (s->n_uses)
			fprintf(out, "uses_%d_%d, %d", t, i, s->n_uses);
		else
			fprintf(out, "NULL, 0");
		fprintf(out, ", %d, %s, 0x%x },\n", s->file, kinds[s->kind], rank_set(l, s->headers, rank));
	}
	fprintf(out, "\t{ 0 },\n};\n\n");
}

void library_write(const struct library *l, const char *symbol, const char *path)
{
	FILE *out = fopen(path, "w");
	int rank[MAX_HEADERS];
	struct map text_of;

	if (!out)
		stop(path, "cannot be written");
	map_init(&text_of, l->arena);
	rank_headers(l, rank);
	fprintf(out, "#include \"emit/extract.h\"\n\n#include <stddef.h>\n\n"
		"#pragma GCC diagnostic ignored \"-Woverlength-strings\"\n\n");
	write_headers(l, out, rank);
	write_texts(l, out, &text_of);
	for (int t = 0; t < l->n_indexes; t++)
		write_index(l, out, t, &text_of, rank);
	fprintf(out, "static const struct rt_index indexes[] = {\n");
	for (int t = 0; t < l->n_indexes; t++)
		fprintf(out, "\t{ \"%s\", items_%d, %d },\n", l->indexes[t].target, t, l->indexes[t].n_items);
	fprintf(out, "};\n\nextern const struct rt_library %s;\nconst struct rt_library %s = {\n", symbol, symbol);
	fprintf(out, "\tindexes, %d, files, %d, headers, %d, %s\n};\n", l->n_indexes, l->n_files, l->n_headers,
		l->is_whole ? "true" : "false");
	if (fclose(out))
		stop(path, "cannot be written");
}

void library_write_depfile(const struct library *l, const char *output, const char *path)
{
	FILE *out = fopen(path, "w");

	if (!out)
		stop(path, "cannot be written");
	fprintf(out, "%s:", output);
	for (int i = 0; i < l->n_files; i++) {
		fprintf(out, " \\\n  ");
		for (const char *c = l->files[i].path; *c; c++)
			fprintf(out, *c == ' ' ? "\\ " : "%c", *c);
	}
	fprintf(out, "\n");
	if (fclose(out))
		stop(path, "cannot be written");
}
