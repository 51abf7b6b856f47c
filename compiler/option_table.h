/* The rows of options.def. Private to option*.c. */
#ifndef NNC_OPTION_TABLE_H
#define NNC_OPTION_TABLE_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct options;

enum option_kind { KIND_FLAG, KIND_TEXT, KIND_CHOICE, KIND_BYTES, KIND_COUNT, KIND_NUMBER, KIND_DIM, KIND_SECTION,
		   KIND_POOL, KIND_FIX, KIND_STATE, KIND_EXPORT };

/* A row; without a flag, the beginning of a group: argument names its commands, a blank round each. */
struct option {
	const char *flag, *argument, *value, *help;
	enum option_kind kind;
	size_t field;
	const char *same;       /* another spelling of the flag, or NULL */
};

extern const struct option option_table[];
extern const int n_options;

bool option_takes_argument(const struct option *p);

/** The commands that take row k; "": all. */
const char *option_commands(int k);
bool option_is_of(int k, const char *command);

/** Sets the field of *o; false: the text is no argument of it. */
bool option_set(struct options *o, const struct option *p, const char *text, struct arena *a);

#endif
