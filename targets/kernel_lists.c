/* Writes what follows from kernels.def and features.def for C that is compiled with one instruction set or another:
 *
 *     kernel_lists HEADERS.h ROWS.def
 *
 * HEADERS.h includes all of the runtime, each body where a feature that one of its rows needs is there. ROWS.def has
 * the rows that are run, for tests and benches: as a target runs them (compiler/kernels/choose.c), but with
 * preprocessor conditions in place of sets. A program for one feature, TEST_NEEDS, has that feature's rows alone, and
 * those of each other with TEST_ROWS_<feature>: the rest is what its base's program has. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "targets/feature.h"

static const struct kernel_row {
	const char *function, *body, *feature, *text;
	feature_set needs;
} rows[] = {
#define KERNEL(function, body, kind, needs, ...) \
	{ #function, #body, #needs, "KERNEL(" #function ", " #body ", " #kind ", " #needs ", " #__VA_ARGS__ ")", \
	  HAS_##needs },
#include "runtime_min/kernels/kernels.def"
#undef KERNEL
};

enum { N_ROWS = sizeof rows / sizeof *rows };

static FILE *create(const char *path)
{
	FILE *f = fopen(path, "w");

	if (!f) {
		perror(path);
		exit(1);
	}
	return f;
}

static void finish(FILE *f, const char *path)
{
	if (ferror(f) | fclose(f)) {
		perror(path);
		exit(1);
	}
}

/* The condition that a feature is there, with what it implies; of one without a condition, that one is that implies
 * it. */
static void write_condition(FILE *f, int feature)
{
	const feature_set needs = features_closed((feature_set)1 << feature);
	const char *joint = "";

	fputs("(", f);
	if (!*feature_rows[feature].check) {
		for (int i = feature + 1; i < N_FEATURES; i++)
			if (feature_rows[i].implies >> feature & 1) {
				fputs(joint, f);
				write_condition(f, i);
				joint = " || ";
			}
		if (!*joint) {
			fprintf(stderr, "features.def: a kernel needs %s, which has no check\n",
				feature_rows[feature].name);
			exit(1);
		}
	}
	for (int i = 0; *feature_rows[feature].check && i < N_FEATURES; i++)
		if (needs >> i & 1 && *feature_rows[i].check) {
			fprintf(f, "%s%s", joint, feature_rows[i].check);
			joint = " && ";
		}
	fputs(")", f);
}

/* Any of the features. */
static void write_any(FILE *f, feature_set s)
{
	const char *joint = "";

	fputs("!defined(NNRT_GENERIC) && (", f);
	for (int i = 0; i < N_FEATURES; i++)
		if (s >> i & 1) {
			fputs(joint, f);
			write_condition(f, i);
			joint = " || ";
		}
	fputs(")", f);
}

/* What the rows of a body need; *always: one of them needs nothing. */
static feature_set body_needs(const char *body, bool *always)
{
	feature_set s = HAS_NONE;

	*always = false;
	for (int i = 0; i < N_ROWS; i++)
		if (!strcmp(rows[i].body, body)) {
			s |= rows[i].needs;
			*always |= !rows[i].needs;
		}
	return s;
}

static void write_headers(FILE *f)
{
	fputs("/* All of the runtime. Made by targets/kernel_lists.c. */\n"
	      "#ifndef NNRT_HEADERS_H\n#define NNRT_HEADERS_H\n\n#include \"runtime_min/nnrt_all.h\"\n", f);
	for (int i = 0; i < N_ROWS; i++) {
		bool always, is_first = true;
		const feature_set needs = body_needs(rows[i].body, &always);

		for (int k = 0; k < i; k++)
			is_first &= strcmp(rows[k].body, rows[i].body) != 0;
		if (!is_first)
			continue;
		if (!always) {
			fputs("#if ", f);
			write_any(f, needs);
			fputs("\n", f);
		}
		fprintf(f, "#include \"runtime_min/kernels/%s.h\"\n%s", rows[i].body, always ? "" : "#endif\n");
	}
	fputs("\n#endif\n", f);
}

/* The features that put other rows of its function in place of a row. */
static feature_set displacing(const struct kernel_row *r)
{
	feature_set s = HAS_NONE;

	for (int i = 0; i < N_ROWS; i++)
		if (features_displace(rows[i].needs, r->needs) && !strcmp(rows[i].function, r->function))
			s |= rows[i].needs;
	return s;
}

static void write_rows(FILE *f)
{
	feature_set open_needs = HAS_NONE, open_displacing = HAS_NONE;
	bool is_open = false;

	fputs("/* Rows of kernels.def that are run by what is compiled for. Made by targets/kernel_lists.c. */\n", f);
	for (int i = 0; i < N_ROWS; i++) {
		const feature_set needs = rows[i].needs, without = displacing(&rows[i]);

		if (!is_open || needs != open_needs || without != open_displacing) {
			fputs(is_open ? "#endif\n" : "", f);
			fprintf(f, "#if (!defined(TEST_NEEDS) || defined(TEST_ROWS_%s))", rows[i].feature);
			if (needs) {
				fputs(" && ", f);
				write_any(f, needs);
			}
			if (without) {
				fputs(" && !(", f);
				write_any(f, without);
				fputs(")", f);
			}
			fputs("\n", f);
			open_needs = needs;
			open_displacing = without;
			is_open = true;
		}
		fprintf(f, "%s\n", rows[i].text);
	}
	fputs(is_open ? "#endif\n" : "", f);
}

int main(int argc, char **argv)
{
	FILE *headers, *defs;

	if (argc != 3) {
		fprintf(stderr, "usage: kernel_lists HEADERS.h ROWS.def\n");
		return 2;
	}
	headers = create(argv[1]);
	write_headers(headers);
	finish(headers, argv[1]);
	defs = create(argv[2]);
	write_rows(defs);
	finish(defs, argv[2]);
	return 0;
}
