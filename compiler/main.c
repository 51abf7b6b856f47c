/* The command: the only file that prints and exits. */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/commands.h"
#include "host/progress.h"
#include "options.h"
#include "support/arena.h"
#include "support/diag.h"
#include "support/ident.h"

struct command {
	const char *name, *arguments, *help;
	enum status (*run)(const struct options *o, struct arena *a, struct arena *scratch, struct diag *d);
};

static const struct command commands[] = {
#define COMMAND(name, function, arguments, help) { name, arguments, help, function },
#include "commands.def"
#undef COMMAND
};

enum { N_COMMANDS = sizeof commands / sizeof *commands };

static const char data_help[] =
	"\nDATA is a file for each input in order, or NAME=FILE: .npy, .npz, ONNX tensors (.pb), PNG or JPEG pictures\n"
	"(scaled to the input's height and width; 1 or 3 channels, first or last as the input's shape says; --pixels\n"
	"chooses what float inputs get, integer inputs get the bytes, int8 less 128), raw little-endian elements\n"
	"(.bin, .raw). Symbolic dimensions without --dim take their sizes from the data. bench makes up data when\n"
	"none are given.\n";

/* The command, what it takes, its options. */
static void print_help(FILE *f, const struct command *c, struct arena *a)
{
	struct strbuf b;

	fprintf(f, "nnc %s%s%s%s: %s\n\n", c == commands ? "" : c->name, c == commands || !*c->arguments ? "" : " ",
		c->arguments, *c->arguments ? " [options]" : "", c->help);
	strbuf_init(&b, a);
	options_help(&b, c->name);
	fputs(strbuf_text(&b), f);
	if (strstr(c->arguments, "DATA"))
		fputs(data_help, f);
}

static void print_overview(FILE *f, struct arena *a)
{
	fputs("nnc: ONNX models to self-contained C\n\n", f);
	for (int i = 0; i < N_COMMANDS; i++)
		fprintf(f, "  nnc %-8s %-24s %s\n", i ? commands[i].name : "", commands[i].arguments, commands[i].help);
	fputs("\n`nnc COMMAND --help` lists what a command takes. Of the first:\n\n", f);
	print_help(f, &commands[0], a);
	fputs("\nExit status: 0 done, 1 the model or the data is wrong, 2 wrong usage, 3 not supported, 4 the\n"
	      "environment failed (file, memory, compiler), 5 outputs differ or a limit is exceeded.\n", f);
}

/* Remarks and notes, at once. */
static void print_remark(void *to, const char *text)
{
	(void)to;
	progress_clear();
	fputs(text, stderr);
}

static enum status run_command(int argc, char **argv, struct arena *a, struct arena *scratch, struct diag *d)
{
	const char *names[N_COMMANDS];
	struct options o;
	bool is_named = false;
	int k = 0;

	for (int i = 0; i < N_COMMANDS; i++)
		names[i] = commands[i].name;
	if (!options_parse(&o, argc, argv, names, N_COMMANDS, a, d))
		return d->status;
	while (strcmp(names[k], o.command) != 0)
		k++;
	is_named = argc > 1 && !strcmp(argv[1], o.command);
	d->verbose = o.verbose;
	if (o.help || o.version) {
		if (o.version)
			puts("nnc " NNC_VERSION);
		else if (is_named)
			print_help(stdout, &commands[k], a);
		else
			print_overview(stdout, a);
		return STATUS_OK;
	}
	if (o.model && !is_named && !strpbrk(o.model, "./")) {
		diag_error(d, STATUS_USAGE, NULL, "\"%s\" is no command; see nnc --help", o.model);
		return d->status;
	}
	if (!o.model && *commands[k].arguments) {
		diag_error(d, STATUS_USAGE, NULL, "no model given: nnc %s%s%s; see nnc %s--help", k ? o.command : "",
			   k ? " " : "", commands[k].arguments, k ? arena_printf(a, "%s ", o.command) : "");
		return d->status;
	}
	if (o.model && !*commands[k].arguments) {
		diag_error(d, STATUS_USAGE, NULL, "%s takes no argument: \"%s\"", o.command, o.model);
		return d->status;
	}
	if (o.name && !ident_is_valid(o.name)) {
		diag_error(d, STATUS_USAGE, NULL, "--name: \"%s\" is no C identifier", o.name);
		return d->status;
	}
	d->file = o.model;
	return commands[k].run(&o, a, scratch, d);
}

int main(int argc, char **argv)
{
	static struct arena a, scratch;         /* static: setjmp leaves them alone */
	static struct diag d;
	static jmp_buf no_memory;
	enum status status;

	arena_init(&a, &no_memory);
	arena_init(&scratch, &no_memory);
	if (setjmp(no_memory)) {
		progress_end();         /* it shows words that lie in the arenas */
		fputs("nnc: out of memory\n", stderr);
		status = STATUS_ENVIRONMENT;
	} else {
		diag_init(&d, &a, NULL);
		d.remarks.write = print_remark;
		status = run_command(argc, argv, &a, &scratch, &d);
		if (fflush(stdout) || ferror(stdout)) {
			diag_error(&d, STATUS_ENVIRONMENT, NULL, "standard output cannot be written");
			status = STATUS_ENVIRONMENT;
		}
		fputs(diag_text(&d), stderr);
	}
	arena_free(&scratch);
	arena_free(&a);
	return status;
}
