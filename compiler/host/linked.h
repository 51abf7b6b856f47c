/* A model's object linked with the C library, to be looked at. */
#ifndef NNC_LINKED_H
#define NNC_LINKED_H

struct arena;
struct diag;
struct folder;
struct linked;
struct words;

/** Links model.o of folder f from `entry` on by compiler, a command with its flags. What no library has stays open.
 *  In a; NULL: reported. */
const struct linked *linked_make(const struct words *compiler, const struct folder *f, const char *entry,
				 struct arena *a, struct diag *d);

/** The path of a file with what the compiler's own objdump prints of it for `option`, until the next call. NULL:
 *  reported. */
const char *linked_dump(const struct linked *l, const char *option, struct diag *d);

#endif
