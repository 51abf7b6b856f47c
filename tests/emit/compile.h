/* For tests of generated text: text being written, a folder of its own, and compilers run on what is in it. */
#ifndef NNC_TEST_COMPILE_H
#define NNC_TEST_COMPILE_H

#include <criterion/criterion.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emit/emit.h"
#include "num/num.h"          /* before the names below, which its functions have for their own */
#include "support/arena.h"

/* As design section 2 promises to the user. */
#define WARNINGS "-Wall -Wextra -Wpedantic -Wconversion -Werror"

static struct arena a;
static struct strbuf out;
static struct emit e;          /* writes to out */
static char folder[512];

static inline void setup(void)
{
	const char *temporary = getenv("TMPDIR");

	arena_init(&a, NULL);
	strbuf_init(&out, &a);
	emit_to_text(&e, &a, &out);
	snprintf(folder, sizeof folder, "%s/nnc-test-XXXXXX", temporary ? temporary : P_tmpdir);
	cr_assert(mkdtemp(folder));
}

static inline void teardown(void)
{
	cr_expect_eq(system(arena_printf(&a, "rm -r '%s'", folder)), 0);
	arena_free(&a);
}

static inline const char *in_folder(const char *name)
{
	return arena_printf(&a, "%s/%s", folder, name);
}

static inline void write_file(const char *name, const char *text, size_t n)
{
	FILE *f = fopen(in_folder(name), "w");

	cr_assert(f && fwrite(text, 1, n, f) == n && fclose(f) == 0);
}

/* Runs a shell command in the folder; what it printed appears only when it failed. */
static inline bool run(const char *command)
{
	return system(arena_printf(&a, "cd '%s' && ( %s ) >log 2>&1", folder, command)) == 0;
}

static inline void expect_ok(const char *command)
{
	bool ok = run(command);

	cr_expect(ok, "%s", command);
	if (!ok && system(arena_printf(&a, "head -30 '%s/log' >&2", folder)))
		cr_log_warn("no log\n");
}

static inline bool has_program(const char *name)
{
	return system(arena_printf(&a, "command -v %s >/dev/null 2>&1", name)) == 0;
}

#endif
