#include "includes.h"

#include <string.h>

#include "support/arena.h"

const char *take_string(struct arena *a, CXString s)
{
	const char *text = clang_getCString(s);
	const char *copy = arena_strdup(a, text ? text : "");

	clang_disposeString(s);
	return copy;
}

const char *locate(struct arena *a, CXSourceLocation at, unsigned *offset)
{
	CXFile file;

	clang_getExpansionLocation(at, &file, NULL, NULL, offset);
	return file ? take_string(a, clang_getFileName(file)) : NULL;
}

bool includes_is_runtime(const struct includes *s, const char *path)
{
	return !strncmp(path, s->folder, strlen(s->folder));
}

int includes_find(const struct includes *s, const char *path)
{
	for (int i = 0; i < s->n_files; i++)
		if (!strcmp(s->files[i].path, path))
			return i;
	return -1;
}

static void add_file(CXFile file, CXSourceLocation *stack, unsigned depth, CXClientData data)
{
	struct includes *s = data;
	const char *path = take_string(s->arena, clang_getFileName(file));
	unsigned offset;

	if (includes_find(s, path) >= 0)
		return;
	s->files = ARENA_PUSH(s->arena, s->files, s->n_files, struct included);
	s->files[s->n_files] = (struct included){ .path = path, .includer = -1 };
	if (depth)
		s->files[s->n_files].includer = includes_find(s, locate(s->arena, stack[0], &offset));
	s->n_files++;
}

/* Files come in the order in which they begin; a file ends when the first one that it does not enclose begins. */
static void rank_files(struct includes *s)
{
	int *open = ARENA_ARRAY(s->arena, s->n_files + 1, int);
	int depth = 0, rank = 0;

	for (int i = 0; i < s->n_files; i++) {
		while (depth && open[depth - 1] != s->files[i].includer)
			s->files[open[--depth]].rank = rank++;
		open[depth++] = i;
	}
	while (depth)
		s->files[open[--depth]].rank = rank++;
}

void includes_read(struct includes *s, struct arena *a, CXTranslationUnit tu, const char *folder)
{
	*s = (struct includes){ .arena = a, .folder = folder };
	clang_getInclusions(tu, add_file, s);
	rank_files(s);
}

const char *includes_note(struct includes *s, CXCursor directive)
{
	CXFile file = clang_getIncludedFile(directive);
	const char *name = take_string(s->arena, clang_getCursorSpelling(directive));
	int i = file ? includes_find(s, take_string(s->arena, clang_getFileName(file))) : -1;

	if (i < 0 || includes_is_runtime(s, s->files[i].path))
		return NULL;
	s->files[i].header = arena_printf(s->arena, "<%s>", name);
	return s->files[i].header;
}

const char *includes_header(const struct includes *s, int i)
{
	while (i >= 0 && !s->files[i].header)
		i = s->files[i].includer;
	return i >= 0 ? s->files[i].header : NULL;
}
