/* A temporary folder that is gone when nnc ends, however it ends. */
#ifndef NNC_FOLDER_H
#define NNC_FOLDER_H

#include <sys/types.h>

struct arena;
struct diag;

struct folder {
	const char *path;       /* NULL: it is not there */
	pid_t keeper;           /* a process that waits for us and removes the folder */
	int pipe;               /* that closes when we end */
};

/** Makes a folder in $TMPDIR (or /tmp). A small process of its own, deaf to interrupts, removes it as soon as this one
 *  has ended, be it by a signal. Programs started later find it as their $TMPDIR. NULL: reported.
 *  Freeing the arena removes it as well. */
struct folder *folder_make(struct arena *a, struct diag *d);

/** The path of a file in it; in a. */
const char *folder_path(const struct folder *f, const char *name, struct arena *a);

/** Removes it now; a second time does nothing. */
void folder_remove(struct folder *f);

#endif
