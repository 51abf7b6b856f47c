/* The manual page, the page of options and what completes command lines, for `meson install`. */
#include "commands/help.h"

#include <string.h>

#include "option_table.h"
#include "targets/target.h"

/* --- the manual page ---------------------------------------------------------------------------------------------- */

/* Text as troff takes it literally. */
static void put_troff(FILE *f, const char *s)
{
	for (; *s; s++) {
		if (*s == '\\')
			fputs("\\e", f);
		else if (*s == '-')
			fputs("\\-", f);
		else if (*s == '\'')
			fputs("\\(aq", f);
		else if (*s == '.')
			fputs("\\&.", f);
		else
			fputc(*s, f);
	}
}

static void man_option(FILE *f, const struct option *p)
{
	fputs(".TP\n", f);
	for (int k = p->same ? 0 : 1; k < 2; k++) {
		fputs("\\fB", f);
		put_troff(f, k ? p->flag : p->same);
		fputs(k ? "\\fR" : "\\fR, ", f);
	}
	if (option_takes_argument(p)) {
		fputs(p->flag[1] == '-' ? "=\\fI" : " \\fI", f);
		put_troff(f, p->argument);
		fputs("\\fR", f);
	}
	fputs("\n", f);
	put_troff(f, p->help);
	if (p->value && strcmp(p->value, "0") != 0) {
		fputs(" (default: ", f);
		put_troff(f, p->value);
		fputs(")", f);
	}
	fputs("\n", f);
}

static void man_options(FILE *f)
{
	for (int k = 0; k < n_options; k++) {
		const char *list = option_table[k].argument;
		if (option_table[k].flag) {
			man_option(f, &option_table[k]);
			continue;
		}
		fputs(".SS ", f);
		fputs(*list ? "Of" : "Of all commands", f);
		fprintf(f, "%.*s\n", *list ? (int)strlen(list) - 1 : 0, list);
	}
}

static void print_man(FILE *f)
{
	fputs(".TH NNC 1 \"\" \"nnc " NNC_VERSION "\" \"User Commands\"\n.SH NAME\n"
	      "nnc \\- compile ONNX models to self\\-contained C\n.SH SYNOPSIS\n", f);
	for (int i = 0; i < n_commands; i++) {
		fprintf(f, "%s\\fBnnc%s%s\\fR ", i ? ".br\n" : "", i ? " " : "", i ? commands[i].name : "");
		put_troff(f, commands[i].arguments);
		fputs(*commands[i].arguments ? " [\\fIoptions\\fR]\n" : "\n", f);
	}
	fputs(".SH DESCRIPTION\nWrites C for a model: constants inside, one arena planned at compile time, no\n"
	      "run\\-time library. The other commands compile a model, build it and run it, or say what it is made\n"
	      "of.\n"
	      ".SH COMMANDS\n", f);
	for (int i = 0; i < n_commands; i++) {
		fprintf(f, ".TP\n\\fB%s\\fR\n", commands[i].name);
		put_troff(f, commands[i].help);
		fputs(i ? "\n" : "; what is done when no command is named\n", f);
	}
	fputs(".SH OPTIONS\n", f);
	man_options(f);
	fputs(".SH EXIT STATUS\n0: done. 1: the model or the data is wrong. 2: wrong usage. 3: not supported. 4: the\n"
	      "environment failed (file, memory, compiler). 5: outputs differ or a limit is exceeded.\n", f);
}

/* --- the page of options ------------------------------------------------------------------------------------------ */

/* Text as a cell of a table takes it. */
static void put_cell(FILE *f, const char *s)
{
	for (; *s; s++) {
		if (strchr("\\|*_[]<>`", *s))
			fputc('\\', f);
		fputc(*s, f);
	}
}

/* As put_cell, between back quotes, where only the bar ends a cell. */
static void put_code(FILE *f, const char *s)
{
	for (; *s; s++) {
		if (*s == '|')
			fputc('\\', f);
		fputc(*s, f);
	}
}

static void markdown_option(FILE *f, const struct option *p)
{
	fputs("| `", f);
	if (p->same)
		fprintf(f, "%s`, `", p->same);
	fputs(p->flag, f);
	if (option_takes_argument(p)) {
		fputs(p->flag[1] == '-' ? "=" : " ", f);
		put_code(f, p->argument);
	}
	fputs("` | ", f);
	if (p->value && strcmp(p->value, "0") != 0)
		fprintf(f, "`%s`", p->value);
	fputs(" | ", f);
	put_cell(f, p->help);
	fputs(" |\n", f);
}

static void print_markdown(FILE *f)
{
	fputs("# nnc " NNC_VERSION ": commands and options\n\n| command | |\n|---|---|\n", f);
	for (int i = 0; i < n_commands; i++) {
		fprintf(f, "| `nnc%s%s%s", i ? " " : "", i ? commands[i].name : "", *commands[i].arguments ? " " : "");
		put_code(f, commands[i].arguments);
		fputs("` | ", f);
		put_cell(f, commands[i].help);
		fputs(i ? " |\n" : "; what is done when no command is named |\n", f);
	}
	for (int k = 0; k < n_options; k++) {
		const char *list = option_table[k].argument;
		if (option_table[k].flag) {
			markdown_option(f, &option_table[k]);
			continue;
		}
		fprintf(f, "\n## Of%s%.*s\n\n", *list ? "" : " all commands", *list ? (int)strlen(list) - 1 : 0, list);
		fputs("| option | default | |\n|---|---|---|\n", f);
	}
}

/* --- completions -------------------------------------------------------------------------------------------------- */

/* "speed size ram" of "speed|size|ram", "" for anything but a choice. */
static void put_choices(FILE *f, const struct option *p)
{
	for (const char *s = p->argument; p->kind == KIND_CHOICE && *s; s++)
		fputc(*s == '|' ? ' ' : *s, f);
}

static void print_bash(FILE *f)
{
	fputs("# completions of nnc for bash\n_nnc()\n{\n\tlocal cur prev words cword split command=compile\n"
	      "\t_init_completion -s || return\n\tcase ${words[1]} in\n\t", f);
	for (int i = 0; i < n_commands; i++)
		fprintf(f, "%s%s", i ? "|" : "", commands[i].name);
	fputs(") command=${words[1]};;\n\tesac\n\tcase $prev in\n"
	      "\t--target) COMPREPLY=($(compgen -W \"host", f);
	for (size_t i = 0; i < n_target_bases; i++)
		fprintf(f, " %s", target_bases[i]->name);
	fputs("\" -- \"$cur\")); return;;\n", f);
	for (int k = 0; k < n_options; k++) {
		if (!option_table[k].flag || option_table[k].kind != KIND_CHOICE)
			continue;
		fprintf(f, "\t%s) COMPREPLY=($(compgen -W \"", option_table[k].flag);
		put_choices(f, &option_table[k]);
		fputs("\" -- \"$cur\")); return;;\n", f);
	}
	fputs("\tesac\n\tif [[ $cur == -* ]]; then\n\t\tcase $command in\n", f);
	for (int i = 0; i < n_commands; i++) {
		fprintf(f, "\t\t%s) COMPREPLY=($(compgen -W \"", commands[i].name);
		for (int k = 0; k < n_options; k++) {
			const struct option *p = &option_table[k];
			if (p->flag && option_is_of(k, commands[i].name))
				fprintf(f, "%s%s ", p->flag, option_takes_argument(p) && p->flag[1] == '-' ? "=" : "");
		}
		fputs("\" -- \"$cur\"));;\n", f);
	}
	fputs("\t\tesac\n\t\t[[ ${COMPREPLY-} == *= ]] && compopt -o nospace\n\t\treturn\n\tfi\n\t_filedir\n"
	      "\t((cword == 1)) && COMPREPLY+=($(compgen -W \"help", f);
	for (int i = 0; i < n_commands; i++)
		fprintf(f, " %s", commands[i].name);
	fputs("\" -- \"$cur\"))\n}\ncomplete -F _nnc nnc\n", f);
}

/* Text inside single quotes of zsh and fish; brackets and colons, which _arguments reads, are left out. */
static void put_quoted(FILE *f, const char *s)
{
	for (; *s; s++)
		fputc(*s == '\'' ? '`' : *s == '[' || *s == ']' || *s == ':' ? ' ' : *s, f);
}

static void print_zsh(FILE *f)
{
	fputs("#compdef nnc\n# completions of nnc for zsh\nlocal command=compile\n"
	      "(( CURRENT == 2 )) && compadd help", f);
	for (int i = 0; i < n_commands; i++)
		fprintf(f, " %s", commands[i].name);
	fputs("\ncase ${words[2]} in\n", f);
	for (int i = 0; i < n_commands; i++)
		fprintf(f, "%s%s", i ? "|" : "", commands[i].name);
	fputs(") command=${words[2]}; shift words; (( CURRENT-- ));;\nesac\ncase $command in\n", f);
	for (int i = 0; i < n_commands; i++) {
		fprintf(f, "%s) _arguments", commands[i].name);
		for (int k = 0; k < n_options; k++) {
			const struct option *p = &option_table[k];
			if (!p->flag || !option_is_of(k, commands[i].name))
				continue;
			fprintf(f, " \\\n\t'%s%s[", p->flag,
				!option_takes_argument(p) ? "" : p->flag[1] == '-' ? "=" : "+");
			put_quoted(f, p->help);
			fputs(option_takes_argument(p) ? "]:argument:" : "]", f);
			if (p->kind == KIND_CHOICE) {
				fputs("(", f);
				put_choices(f, p);
				fputs(")", f);
			} else if (option_takes_argument(p)) {
				fputs("_files", f);
			}
			fputs("'", f);
		}
		fputs(" \\\n\t'*:file:_files';;\n", f);
	}
	fputs("esac\n", f);
}

static void print_fish(FILE *f)
{
	fputs("# completions of nnc for fish\n", f);
	for (int i = 0; i < n_commands; i++) {
		fprintf(f, "complete -c nnc -n __fish_use_subcommand -a %s -d '", commands[i].name);
		put_quoted(f, commands[i].help);
		fputs("'\n", f);
	}
	for (int k = 0; k < n_options; k++) {
		const struct option *p = &option_table[k];
		const char *list;
		if (!p->flag)
			continue;
		list = option_commands(k);
		fputs("complete -c nnc", f);
		if (*list && !strstr(list, " compile "))
			fprintf(f, " -n '__fish_seen_subcommand_from%.*s'", (int)strlen(list) - 1, list);
		fprintf(f, p->flag[1] == '-' ? " -l %s" : p->flag[2] ? " -o %s" : " -s %s",
			p->flag + 1 + (p->flag[1] == '-'));
		if (p->same)
			fprintf(f, " -s %s", p->same + 1);
		if (option_takes_argument(p))
			fputs(p->kind == KIND_CHOICE ? " -x -a '" : " -r", f);
		put_choices(f, p);
		fputs(p->kind == KIND_CHOICE ? "' -d '" : " -d '", f);
		put_quoted(f, p->help);
		fputs("'\n", f);
	}
}

bool help_print_file(FILE *f, const char *of)
{
	static const struct {
		const char *name;
		void (*print)(FILE *f);
	} files[] = { { "man", print_man },   { "markdown", print_markdown }, { "bash", print_bash },
		      { "zsh", print_zsh }, { "fish", print_fish } };

	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		if (!strcmp(files[i].name, of)) {
			files[i].print(f);
			return true;
		}
	return false;
}
