/* What nnc says of itself, from commands.def and options.def. */
#ifndef NNC_HELP_H
#define NNC_HELP_H

#include <stdio.h>

#include "commands/commands.h"

struct command {
	const char *name, *arguments, *help;
	enum status (*run)(const struct options *o, struct arena *a, struct arena *scratch, struct diag *d);
};

/* Rows of commands.def; the first is the default command. */
extern const struct command commands[];
extern const int n_commands;

/** Prints what `of` names: a command, "" all of them, "man" the manual page, "bash", "zsh" and "fish" what completes
 *  command lines in these shells. False: it is none of these. */
bool help_print(FILE *f, const char *of);

/** Parts of it (help_files.c): false: `of` is another one. */
bool help_print_file(FILE *f, const char *of);

#endif
