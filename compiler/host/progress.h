/* A line on the terminal about whatever takes over a second. */
#ifndef NNC_PROGRESS_H
#define NNC_PROGRESS_H

#include <stdbool.h>

/** Whether anything is said at all (-q); it is until told otherwise. */
void progress_allow(bool allowed);

/** Says from now on, once a second, what is being done: `*what`, which may change; it must stay valid until
 *  progress_end(). Nothing is said when standard error is no terminal. */
void progress_begin(const char *const volatile *what);

/** Clears the line, for something that is printed; it comes back with the next second. */
void progress_clear(void);

/** Clears the line and ends. */
void progress_end(void);

#endif
