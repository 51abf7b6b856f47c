/* Sequences and optionals: no values of their own, but what a tensor of the graph stands for. Inference resolves them:
 * the operators on them say where tensors go, and the tensors that stand for them are not read by what is left. */
#ifndef NNC_BUNDLE_H
#define NNC_BUNDLE_H

#include "graph/ir.h"

struct bundle {
	bool text;              /* strings: t[0] has their bytes, with an axis more (text.h) */
	bool optional;
	int given;              /* optional: a bool scalar */
	int n;                  /* sequence: its length; optional: 1, or 0 where nobody knows what it would be */
	const int *t;           /* tensors, or bundles */
};

/** Lets t stand for these. */
void bundle_set(struct module *m, int t, bool optional, int given, const int *v, int n);
/** Appends that t is `from`, be it a tensor or a bundle. */
void bundle_copy(struct module *m, int like, int from, int t);
/** Appends that `out` is the value, or the run ends where the bool scalar `given` does not hold (optional.c). */
void expand_checked(struct module *m, int node, int given, int value, int out);
/** An Identity or Equal of bundles, or a Loop that carries them: not inferred, but moved. */
bool bundle_is_moved(const struct module *m, int node);
bool bundle_move(struct module *m, int node);
/** unroll.c: appends the turns of a Loop, whose number must be known. */
bool loop_unroll(struct module *m, int node);
/* unroll.c: copies of the nodes of a sub-graph of `node`, in the graph of that node. to[t]: what takes the place of
 * tensor t of the first n, which the body's are all among. */
struct clones {
	int node, body, n;
	int *to;
};

/** So many copies will be made. False (reported): they are more than a model may have. */
bool clones_begin(struct clones *c, struct module *m, int node, int body, int64_t times);
/** Begins another copy: the caller now sets `to` of the body's inputs. */
void clones_next(struct clones *c);
/** Appends the nodes; `to` then has the outputs. */
void clones_add(struct clones *c, struct module *m);

/** bundle_join.c: an If whose branches give bundles gives their tensors; `from` and `other` are the graphs of the
 *  branches, or one of them twice. False (reported): they do not go together. */
bool bundle_join(struct module *m, int node, int from, int other);
/** bundle_join.c: outputs of the model that are bundles become their tensors: NAME_0, NAME_1 …; of an optional
 *  NAME_given first. */
bool bundle_outputs(struct module *m);

#endif
