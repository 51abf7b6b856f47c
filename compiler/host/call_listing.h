/* The graph of calls by the disassembly of a linked program, in which library functions and assembly are like any. */
#ifndef NNC_CALL_LISTING_H
#define NNC_CALL_LISTING_H

#include <stdbool.h>

struct arena;
struct call_graph;
struct diag;
struct folder;
struct target;
struct words;

/** Whether programs for that target are read: those of Cortex-M. */
bool call_listing_reads(const struct target *t);

/** Links model.o of folder f by compiler, a command with its flags, and reads what came of it. A call through a pointer
 *  leads to each function whose address is stored somewhere, and to "the caller's function" where calls_back. Calls of
 *  what no library has are external. False: reported. */
bool call_listing_read(struct call_graph *g, const struct words *compiler, const struct folder *f, const char *entry,
		       bool calls_back, struct diag *d);

#endif
