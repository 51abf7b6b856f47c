/* The model's own graph, and what became of each node of it: for the page of --report. */
#ifndef NNC_REPORT_ORIGIN_H
#define NNC_REPORT_ORIGIN_H

#include "commands/json.h"
#include "commands/report.h"
#include "support/map.h"
#include "support/sink.h"

/* Of a constant as the model has it. */
struct origin_constant {
	bool is;
	int64_t bytes;
	double least, greatest, mean, deviation, zeros; /* zeros: their share */
	bool has_numbers;       /* it has elements, all finite */
};

struct origin {
	struct arena *arena;
	struct node *node;              /* n, with the module's numbers */
	int n;
	int *graph_in, *graph_out;      /* tensors of graph 0 */
	int n_in, n_out;
	struct origin_constant *constant;       /* by tensor */
	int n_tensors;
	struct map said;                /* name of a node -> 1 + index of remarks */
	struct strbuf *remarks;         /* by node that something was said of, one line each */
	int n_remarks;
	struct sink onward;             /* who gets the remarks as well */
};

/** Has *o filled by the compilation c to come, from its import and from d's remarks, which it makes come. */
void origin_watch(struct origin *o, struct compilation *c, struct arena *a, struct diag *d);

/** The member "graph" of the report: nodes with their fates, tensors. */
void origin_json(struct json *j, const struct origin *o, const struct report *r);

#endif
