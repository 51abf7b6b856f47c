#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "import/import.h"
#include "ops/ops.h"

/* --- operators ---------------------------------------------------------------------------------------------------- */

static const struct attr_def pick_attrs[] = {
	{ .name = "axis", .kind = ATTR_INT, .has_default = true, .i = 1, .lo = -4, .hi = 4 },
	{ .name = "alpha", .kind = ATTR_FLOAT, .has_default = true, .f = 0.5 },
	{ .name = "mode", .kind = ATTR_STRING, .has_default = true, .s = "near", .one_of = "near|far" },
	{ .name = "sizes", .kind = ATTR_INTS },
	{ 0 },
};
static const struct attr_def branch_attrs[] = { { .name = "then_branch", .kind = ATTR_GRAPH, .required = true },
						{ 0 } };

static const struct op_def ops[] = {
	{ .domain = "", .name = "Relu", .since = 6, .min_in = 1, .max_in = 1, .min_out = 1, .max_out = 1 },
	{ .domain = "", .name = "Relu", .since = 14, .min_in = 1, .max_in = 1, .min_out = 1, .max_out = 1 },
	{ .domain = "", .name = "Add", .since = 7, .min_in = 2, .max_in = 2, .min_out = 1, .max_out = 1 },
	{ .domain = "", .name = "Identity", .since = 1, .min_in = 1, .max_in = 1, .min_out = 1, .max_out = 1 },
	{ .domain = "", .name = "Pick", .since = 1, .min_in = 1, .max_in = -1, .min_out = 1, .max_out = 2,
	  .attrs = pick_attrs },
	{ .domain = "", .name = "If", .since = 1, .min_in = 1, .max_in = 1, .min_out = 1, .max_out = 1,
	  .attrs = branch_attrs },
};

const struct op_def *op_find(const char *domain, const char *name, int opset, bool *known)
{
	const struct op_def *best = NULL;

	*known = false;
	for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
		if (strcmp(ops[i].name, name) || strcmp(ops[i].domain, domain))
			continue;
		*known = true;
		if (ops[i].since <= opset && (!best || ops[i].since > best->since))
			best = &ops[i];
	}
	return best;
}

/* --- fixture ------------------------------------------------------------------------------------------------------ */

static struct arena arena, scratch;
struct diag diag;
struct module m;
char folder[] = "import_test_XXXXXX", path[64];

void reset(void)
{
	arena_free(&arena);
	arena_free(&scratch);
	diag_init(&diag, &arena, "m.onnx");
	module_init(&m, &arena, &scratch, &diag);
}

void setup(void)
{
	arena_init(&arena, NULL);
	arena_init(&scratch, NULL);
	strcpy(folder, "import_test_XXXXXX");
	cr_assert(mkdtemp(folder) != NULL);
	snprintf(path, sizeof path, "%s/m.onnx", folder);
	reset();
}

void teardown(void)
{
	unlink(path);
	rmdir(folder);
	arena_free(&arena);
	arena_free(&scratch);
}

void write_file(const char *name, const void *bytes, size_t n)
{
	FILE *f = fopen(name, "wb");

	cr_assert(f != NULL);
	cr_assert_eq(fwrite(bytes, 1, n, f), n);
	fclose(f);
}

bool import_bytes(const void *bytes, size_t n)
{
	reset();
	write_file(path, bytes, n);
	return import_model(&m, path, NULL, 0);
}

bool import_wire(struct wire *w)
{
	const bool ok = import_bytes(w->bytes, w->n);

	wire_free(w);
	if (ok)
		module_check(&m);
	return ok;
}

void graph_put(struct wire *g, int field, struct wire part)
{
	wire_put(g, field, &part);
}

bool import_graph_13(struct wire *g)
{
	struct wire w = wire_model(g, 13);

	return import_wire(&w);
}

struct wire frame(const char *input, const char *const *nodes)
{
	struct wire g = { 0 };

	for (; *nodes; nodes++)
		graph_put(&g, GRAPH_NODE, wire_node(*nodes));
	graph_put(&g, GRAPH_INPUT, wire_value(input, ONNX_FLOAT));
	graph_put(&g, GRAPH_OUTPUT, wire_value("y", ONNX_FLOAT));
	return g;
}

void expect_error(bool ok, enum status status, const char *text)
{
	cr_assert_not(ok, "accepted, should say: %s", text);
	cr_expect_eq(diag.status, status, "status %d for: %s", (int)diag.status, diag_text(&diag));
	cr_expect(strstr(diag_text(&diag), text) != NULL, "should say \"%s\" but says: %s", text,
		  diag_text(&diag));
}

int tensor_named(const char *name)
{
	for (int t = 0; t < m.n_tensors; t++)
		if (!strcmp(m.tensor[t].name, name))
			return t;
	cr_assert_fail("no tensor %s", name);
	return -1;
}
