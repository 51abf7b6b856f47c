/* Errors and remarks for the user. Library code reports here and returns false;
 * main.c prints and exits. `die` is for our own bugs alone. */
#ifndef NNC_DIAG_H
#define NNC_DIAG_H

#include <stdbool.h>

#include "strbuf.h"

/* The exit status of the command. The first error reported decides. */
enum status {
	STATUS_OK = 0,
	STATUS_MODEL = 1,       /* the model or the data is wrong */
	STATUS_USAGE = 2,
	STATUS_UNSUPPORTED = 3, /* operator, type or shape named in the message */
	STATUS_ENVIRONMENT = 4, /* file, memory, compiler */
	STATUS_DIFFERS = 5,     /* outputs differ, or a limit is exceeded */
};

/* Where in the model an error is. All may be NULL. */
struct place {
	const char *node, *op;
	int opset;
};

struct diag {
	const char *file;       /* the model's path as the user gave it */
	enum status status;
	int n_errors;
	int verbose;            /* remarks are kept when > 0 */
	struct strbuf errors, remarks;
};

void diag_init(struct diag *d, struct arena *a, const char *file);

/** Adds the line `file: node "name" (Op-opset): message`. Always returns false,
 *  so that `return diag_error(…)` reads well. Names are made printable. */
bool diag_error(struct diag *d, enum status status, const struct place *at, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* Compilers and analyzers see one file at a time: here they see what a report returns. */
#define diag_error(...) diag_false(diag_error(__VA_ARGS__))
static inline bool diag_false(bool reported)
{
	(void)reported;
	return false;
}

/** A remark for -v: what was chosen, declined or fell back, and why. */
void diag_remark(struct diag *d, const struct place *at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/** The same, kept without -v too: what the user must know of a result that is no error. */
void diag_note(struct diag *d, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** We are wrong: prints file and line and aborts. */
#define die(...) die_at(__FILE__, __LINE__, __VA_ARGS__)
_Noreturn void die_at(const char *file, int line, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
