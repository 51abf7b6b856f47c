/* Models that are built byte by byte and imported, with a table of operators of the tests' own. */
#ifndef NNC_TESTS_IMPORT_FIXTURE_H
#define NNC_TESTS_IMPORT_FIXTURE_H

#include <criterion/criterion.h>

#include "graph/ir.h"
#include "wire.h"

/* What the last import reported and made. */
extern struct diag diag;
extern struct module m;
/* The model's, of the test that runs. */
extern char folder[], path[64];

void setup(void);
void teardown(void);
/** Forgets the last import. */
void reset(void);

void write_file(const char *name, const void *bytes, size_t n);
/** Imports a file of these bytes; a ModelProto; a GraphProto in a model of opset 13. The messages are freed. */
bool import_bytes(const void *bytes, size_t n);
bool import_wire(struct wire *w);
bool import_graph_13(struct wire *g);

void graph_put(struct wire *g, int field, struct wire part);
/** The usual frame: input x, output y, and the nodes given. */
struct wire frame(const char *input, const char *const *nodes);
#define FRAME(input, ...) frame(input, (const char *const[]){ __VA_ARGS__, NULL })

/** The import was refused with a message that contains `text`. */
void expect_error(bool ok, enum status status, const char *text);
int tensor_named(const char *name);

#endif
