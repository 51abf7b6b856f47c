/* What nnc inspect finds out about a model, and how it says it. */
#ifndef NNC_REPORT_H
#define NNC_REPORT_H

#include "driver.h"
#include "emit/emit_weights.h"

struct stack;

struct op_count {
	const struct op_def *op;
	int n;
};

/* A leaf step in the order of the timeline, which counts control flow too. */
struct line {
	const struct step *step;
	int time;               /* its place on the timeline of the plan */
	int64_t live_bytes;     /* of buffers that live during it */
	int64_t constant_bytes; /* that it reads */
};

struct report {
	struct compilation *c;
	struct op_count *op;
	int n_ops;
	struct line *line;
	int n_lines;
	int64_t macs, parameters, constant_bytes, input_bytes, output_bytes;
	struct weights weights;
	bool *counted;          /* constants, by tensor */
	int64_t *live_bytes;    /* by place on the timeline */
	int time;
	struct arena *arena;
	const struct stack *stack;      /* NULL: not measured */
};

/** Fills in everything but c, arena and stack, which the caller gives. */
void report_gather(struct report *r);

/** The tensor that a leaf step writes, -1: none. */
int report_written(const struct step *s);
const char *report_op_name(const struct module *m, const struct step *s);
const char *report_node_name(const struct module *m, const struct step *s);
/** The tensor whose place buffer i of the plan is. */
const char *report_buffer_name(const struct report *r, int i);

/** Members of an object of JSON: everything. */
struct json;
void report_json(struct json *j, const struct report *r);

/** On standard output. */
void report_print_text(const struct report *r);
void report_print_json(const struct report *r);

#endif
