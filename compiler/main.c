/* The command: the only file that prints and exits. */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/commands.h"
#include "commands/help.h"
#include "host/progress.h"
#include "options.h"
#include "support/arena.h"
#include "support/diag.h"
#include "support/ident.h"
#include "support/nearest.h"

/* Remarks and notes, at once. */
static void print_remark(void *to, const char *text)
{
	(void)to;
	progress_clear();
	fputs(text, stderr);
}

/* A word that is neither a command nor looks like a file. */
static bool refuse_command(const char *word, struct arena *a, struct diag *d)
{
	struct nearest x;

	nearest_init(&x, word, strlen(word));
	for (int i = 0; i < n_commands; i++)
		nearest_try(&x, commands[i].name, strlen(commands[i].name));
	nearest_try(&x, "help", strlen("help"));
	return diag_error(d, STATUS_USAGE, NULL, "\"%s\" is no command%s", word,
			  x.best ? nearest_text(&x, a) : "; see nnc --help");
}

static bool check_arguments(const struct options *o, const struct command *c, bool is_named, struct arena *a,
			    struct diag *d)
{
	if (o->model && !is_named && !strpbrk(o->model, "./"))
		return refuse_command(o->model, a, d);
	if (!o->model && *c->arguments)
		return diag_error(d, STATUS_USAGE, NULL, "no model given: nnc %s%s%s; see nnc %s--help",
				  c > commands ? o->command : "", c > commands ? " " : "", c->arguments,
				  c > commands ? arena_printf(a, "%s ", o->command) : "");
	if (o->model && !*c->arguments)
		return diag_error(d, STATUS_USAGE, NULL, "%s takes no argument: \"%s\"", o->command, o->model);
	if (o->name && !ident_is_valid(o->name))
		return diag_error(d, STATUS_USAGE, NULL, "--name: \"%s\" is no C identifier", o->name);
	return true;
}

/* nnc help [COMMAND | man | bash | zsh | fish] */
static enum status run_help(int argc, char **argv, struct arena *a, struct diag *d)
{
	const char *of = argc > 2 ? argv[2] : "";

	if (argc > 3)
		diag_error(d, STATUS_USAGE, NULL, "help: one command at a time: \"%s\"", argv[3]);
	else if (!help_print(stdout, of))
		refuse_command(of, a, d);
	return d->status;
}

static enum status run_command(int argc, char **argv, struct arena *a, struct arena *scratch, struct diag *d)
{
	const char **names = ARENA_ARRAY(a, n_commands, const char *);
	const struct command *c = commands;
	struct options o;
	bool is_named;

	if (argc > 1 && !strcmp(argv[1], "help"))
		return run_help(argc, argv, a, d);
	for (int i = 0; i < n_commands; i++)
		names[i] = commands[i].name;
	if (!options_parse(&o, argc, argv, names, n_commands, a, d))
		return d->status;
	while (strcmp(c->name, o.command) != 0)
		c++;
	is_named = argc > 1 && !strcmp(argv[1], o.command);
	d->verbose = o.verbose;
	if (o.version)
		puts("nnc " NNC_VERSION);
	else if (o.help)
		help_print(stdout, is_named ? c->name : "");
	if (o.version || o.help || !check_arguments(&o, c, is_named, a, d))
		return d->status;
	d->remarks.write = o.quiet && !o.verbose ? NULL : print_remark;
	progress_allow(!o.quiet);
	d->file = o.model;
	return c->run(&o, a, scratch, d);
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
		fputs("nnc: error: out of memory\n", stderr);
		status = STATUS_ENVIRONMENT;
	} else {
		diag_init(&d, &a, NULL);
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
