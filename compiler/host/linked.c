#include "host/linked.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/folder.h"
#include "host/process.h"
#include "support/arena.h"
#include "support/diag.h"

struct linked {
	struct arena *arena;
	struct words objdump;
	const char *program, *text;
};

static void add_words(struct words *w, const struct words *more)
{
	for (int i = 0; i < more->n; i++)
		words_add(w, more->v[i]);
}

static bool write_script(const char *path, struct diag *d)
{
	FILE *f = fopen(path, "w");
	/* Nothing lies at 0, where a linker that lets a call stand open leads it. */
	const bool ok = f && fputs("SECTIONS { . = 0x1000; .text : { *(.text .text.*) } }\n", f) >= 0;

	return ((!f || fclose(f) == 0) && ok) ||
	       diag_error(d, STATUS_ENVIRONMENT, NULL, "%s: %s", path, strerror(errno));
}

/* compiler… -nostartfiles -T script -Wl,… -o program model.o -lm */
static bool link_program(const struct words *compiler, const struct folder *f, const char *entry, struct arena *a,
			 struct diag *d)
{
	const char *script = folder_path(f, "model.ld", a);
	struct words w;

	words_init(&w, a);
	add_words(&w, compiler);
	words_add(&w, "-nostartfiles");
	words_add(&w, "-T");
	words_add(&w, script);
	words_add(&w, arena_printf(a, "-Wl,-e,%s,--emit-relocs,--unresolved-symbols=ignore-all", entry));
	words_add(&w, "-o");
	words_add(&w, folder_path(f, "model.elf", a));
	words_add(&w, folder_path(f, "model.o", a));
	words_add(&w, "-lm");
	return write_script(script, d) && process_run(&w, NULL, true, "C compiler as linker", a, d);
}

/* The objdump beside the compiler: it says where. */
static bool find_objdump(struct words *objdump, const struct words *compiler, const struct folder *f, struct arena *a,
			 struct diag *d)
{
	const char *path = folder_path(f, "objdump.txt", a);
	char *line = NULL;
	size_t room = 0;
	struct words w;
	FILE *file;

	words_init(&w, a);
	add_words(&w, compiler);
	words_add(&w, "-print-prog-name=objdump");
	if (!process_save(&w, path, "C compiler", a, d))
		return false;
	file = fopen(path, "r");
	if (file && getline(&line, &room, file) > 0)
		words_split(objdump, line);
	free(line);
	if (file)
		fclose(file);
	return objdump->n ||
	       diag_error(d, STATUS_ENVIRONMENT, NULL, "the C compiler does not say which objdump is its own");
}

const struct linked *linked_make(const struct words *compiler, const struct folder *f, const char *entry,
				 struct arena *a, struct diag *d)
{
	struct linked *l = ARENA_NEW(a, struct linked);

	*l = (struct linked){ .arena = a, .program = folder_path(f, "model.elf", a),
			      .text = folder_path(f, "model.txt", a) };
	words_init(&l->objdump, a);
	return link_program(compiler, f, entry, a, d) && find_objdump(&l->objdump, compiler, f, a, d) ? l : NULL;
}

const char *linked_dump(const struct linked *l, const char *option, struct diag *d)
{
	struct words w;

	words_init(&w, l->arena);
	add_words(&w, &l->objdump);
	words_add(&w, option);
	words_add(&w, l->program);
	return process_save(&w, l->text, "objdump", l->arena, d) ? l->text : NULL;
}
