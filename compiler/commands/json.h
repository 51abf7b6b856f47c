/* Writes JSON: members of objects with their names, elements of arrays without (NULL). */
#ifndef NNC_JSON_H
#define NNC_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "support/strbuf.h"

struct json {
	struct strbuf text;
	int depth;
	bool is_first;
};

/** Begins with the object that holds everything. */
void json_begin(struct json *j, struct arena *a);
/** The whole text, ended by a newline. */
const char *json_end(struct json *j);

/** Opens '{' or '['; json_close takes '}' or ']'. */
void json_open(struct json *j, const char *name, char bracket);
void json_close(struct json *j, char bracket);
void json_text(struct json *j, const char *name, const char *text);
void json_int(struct json *j, const char *name, int64_t n);
/** A list of n of them. */
void json_ints(struct json *j, const char *name, const int64_t *v, int n);
/** null when it is no finite number. */
void json_number(struct json *j, const char *name, double x);
/** A number as its text says it. */
void json_literal(struct json *j, const char *name, const char *text);
void json_bool(struct json *j, const char *name, bool b);

#endif
