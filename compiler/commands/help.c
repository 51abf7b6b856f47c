#include "commands/help.h"

#include <string.h>

#include "option_table.h"

const struct command commands[] = {
#define COMMAND(name, function, arguments, help) { name, arguments, help, function },
#include "commands.def"
#undef COMMAND
};
const int n_commands = sizeof commands / sizeof *commands;

static const char data_help[] =
	"\nDATA is a file for each input in order, or NAME=FILE: .npy, .npz, ONNX tensors (.pb), PNG or JPEG pictures\n"
	"(scaled to the input's height and width; 1 or 3 channels, first or last as the input's shape says; --pixels\n"
	"chooses what float inputs get, integer inputs get the bytes, int8 less 128), raw little-endian elements\n"
	"(.bin, .raw). Symbolic dimensions without --dim take their sizes from the data. bench makes up data when\n"
	"none are given.\n";

static const char cases_help[] =
	"\nDIR holds input_0, input_1 ... in the order of the model's inputs and output_0 ... as they are expected,\n"
	"each a .npy, a .npz of one array or an ONNX tensor (.pb); or it holds folders of such, each of them a case.\n"
	"What has no file is not compared. `nnc run MODEL.onnx DATA --save DIR` writes such outputs.\n";

enum { FLAG_COLUMNS = 34, HELP_COLUMNS = 84 };

/* Words of a long text, wrapped below each other. */
static void print_wrapped(FILE *f, const char *text)
{
	size_t at = 0;

	while (*text) {
		const size_t n = strcspn(text, " ");
		if (at && at + 1 + n > HELP_COLUMNS) {
			fprintf(f, "\n  %-*s ", FLAG_COLUMNS, "");
			at = 0;
		}
		fprintf(f, "%s%.*s", at ? " " : "", (int)n, text);
		at += n + (at > 0);
		text += n;
		text += strspn(text, " ");
	}
	fputs("\n", f);
}

static void print_options(FILE *f, const char *command)
{
	for (int k = 0; k < n_options; k++) {
		const struct option *p = &option_table[k];
		char flag[200];
		if (!p->flag || !option_is_of(k, command))
			continue;
		snprintf(flag, sizeof flag, "%s%s%s%s%s", p->same ? p->same : "", p->same ? ", " : "", p->flag,
			 !option_takes_argument(p) ? "" : p->flag[1] == '-' ? "=" : " ", p->argument);
		if (strlen(flag) > FLAG_COLUMNS)
			fprintf(f, "  %s\n  %-*s ", flag, FLAG_COLUMNS, "");
		else
			fprintf(f, "  %-*s ", FLAG_COLUMNS, flag);
		print_wrapped(f, p->help);
	}
}

/* The command, what it takes, its options. */
static void print_command(FILE *f, const struct command *c)
{
	fprintf(f, "nnc %s%s%s%s: %s\n\n", c == commands ? "" : c->name, c == commands || !*c->arguments ? "" : " ",
		c->arguments, *c->arguments ? " [options]" : "", c->help);
	print_options(f, c->name);
	if (strstr(c->arguments, "DATA"))
		fputs(data_help, f);
	if (strstr(c->arguments, "--data"))
		fputs(cases_help, f);
}

static void print_overview(FILE *f)
{
	fputs("nnc: ONNX models to self-contained C\n\n", f);
	for (int i = 0; i < n_commands; i++)
		fprintf(f, "  nnc %-8s %-24s %s\n", i ? commands[i].name : "", commands[i].arguments, commands[i].help);
	fputs("\n`nnc help COMMAND` lists what a command takes; help man prints a manual page, help markdown\n"
	      "a page of all options, help bash, zsh or fish what completes command lines there. Of the first:\n\n", f);
	print_command(f, &commands[0]);
	fputs("\nExit status: 0 done, 1 the model or the data is wrong, 2 wrong usage, 3 not supported, 4 the\n"
	      "environment failed (file, memory, compiler), 5 outputs differ or a limit is exceeded.\n", f);
}

bool help_print(FILE *f, const char *of)
{
	if (!*of) {
		print_overview(f);
		return true;
	}
	for (int i = 0; i < n_commands; i++)
		if (!strcmp(commands[i].name, of)) {
			print_command(f, &commands[i]);
			return true;
		}
	return help_print_file(f, of);
}
