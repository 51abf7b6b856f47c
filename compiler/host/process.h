/* Other programs: compilers, emulators and what they run. No shell is involved. */
#ifndef NNC_PROCESS_H
#define NNC_PROCESS_H

#include <stdbool.h>

struct arena;
struct diag;

/* An argument vector under construction. */
struct words {
	struct arena *arena;
	char **v;       /* copies; NULL-terminated once anything was added */
	int n;
};

void words_init(struct words *w, struct arena *a);
void words_add(struct words *w, const char *word);
/** Each word of text, which is split at blanks. */
void words_split(struct words *w, const char *text);
/** Words that name an existing file by a relative path become absolute, so that they hold in another folder. */
void words_make_absolute(struct words *w);

/** Whether a command of that text runs programs on a machine that is not there (qemu-arm, simavr...). */
bool runner_is_emulator(const char *text, struct arena *a);

/** Runs the program in `folder` (NULL: here) with no standard input, and waits. What it writes to standard output and
 *  standard error is shown on ours, but for `quiet`, which drops it unless the program fails. False, reported with
 *  STATUS_ENVIRONMENT and `what`: it did not start, or its exit status is not 0. */
bool process_run(const struct words *w, const char *folder, bool quiet, const char *what, struct arena *a,
		 struct diag *d);

/** The same, with what the program writes to standard output in a file; quiet otherwise. */
bool process_save(const struct words *w, const char *path, const char *what, struct arena *a, struct diag *d);

#endif
