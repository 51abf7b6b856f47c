/* Errors and remarks for the user. Library code reports here and returns false; main.c prints and exits. `die` is for
 * our own bugs alone.
 *
 * Every message is one line of bounded length. Errors are kept until the end, since one that is reported for many nodes
 * (or many times for one) is one line that counts the others, and since a trial may take them back. Remarks are for
 * reading along: they leave at once. */
#ifndef NNC_DIAG_H
#define NNC_DIAG_H

#include <stdbool.h>

#include "limits.h"
#include "sink.h"
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

/* One line, and how often it was reported again for the same file, be it for other nodes. */
struct error_line {
	const char *file;       /* as diag.file was */
	const char *node;       /* `node "name" `, or "" */
	const char *rest;       /* `(Op-opset): message`, what those that are folded have in common */
	int more;
};

struct diag {
	const char *file;       /* the model's path as the user gave it */
	enum status status;
	int n_errors;           /* reported, repetitions as well */
	int verbose;            /* remarks are made when > 0 */
	struct sink remarks;
	int n_trials;           /* that have begun and not ended */
	struct strbuf held;     /* remarks of trials */
	struct error_line error[MAX_ERRORS];
	int n_lines;            /* of error */
	struct strbuf whole, line;      /* where a message is made, used again for each */
	struct arena *arena;
};

/** Remarks go nowhere until d->remarks is set. */
void diag_init(struct diag *d, struct arena *a, const char *file);

/** Adds the line `file: error: node "name" (Op-opset): message`, `nnc: error: message` without a file. Always returns
 *  false, so that `return diag_error(…)` reads well. Texts are made printable and are cut when they are long. */
bool diag_error(struct diag *d, enum status status, const struct place *at, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* Compilers and analyzers see one file at a time: here they see what a report returns. */
#define diag_error(...) diag_false(diag_error(__VA_ARGS__))
static inline bool diag_false(bool reported)
{
	(void)reported;
	return false;
}

/** All errors as lines, in the order in which they were first reported. */
const char *diag_text(const struct diag *d);

/** A remark for -v: what was chosen, declined or fell back, and why. */
void diag_remark(struct diag *d, const struct place *at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/** The same, kept without -v too: what the user must know of a result that is no error. */
void diag_note(struct diag *d, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Something is tried whose failure may be no error:
 *
 *     const struct diag before = diag_try(d);          d->status is STATUS_OK now
 *     ...                                              reports
 *     diag_keep(d, &before);    or    diag_drop(d, &before);
 *
 * Kept, the reports are as if there had been no trial; dropped, as if nothing had been reported. Trials may nest. */
struct diag diag_try(struct diag *d);
void diag_keep(struct diag *d, const struct diag *before);
void diag_drop(struct diag *d, const struct diag *before);

/** We are wrong: prints file and line and aborts. */
#define die(...) die_at(__FILE__, __LINE__, __VA_ARGS__)
_Noreturn void die_at(const char *file, int line, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
