/* The graph of calls by gcc's own report. */
#ifndef NNC_CALL_REPORT_H
#define NNC_CALL_REPORT_H

#include <stdbool.h>

struct call_graph;
struct diag;

/** What -fcallgraph-info=su wrote to path. What functions of other files take, and where a pointer leads to, is not in
 *  it. False: reported. */
bool call_report_read(struct call_graph *g, const char *path, struct diag *d);

#endif
