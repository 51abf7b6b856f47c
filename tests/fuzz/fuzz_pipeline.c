/* libFuzzer target: bytes -> all files of the compiled program, whose text is thrown away. */
#include <stdlib.h>

#include "place.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void forget(void *ctx, const char *text)
{
	(void)ctx;
	(void)text;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct fuzz_place *p = fuzz_place();
	static struct options o;
	static struct compilation c;

	fuzz_put(p, bytes, n);
	if (!setjmp(p->no_memory)) {
		fuzz_options(p, &o, bytes, n);
		c = (struct compilation){ .dump = { .write = forget } };
		p->diag.remarks = c.dump;
		fuzz_check(p, compile_model(&c, &o, &p->arena, &p->scratch, &p->diag) && compile_emit(&c, &o, NULL));
	}
	arena_free(&p->scratch);
	arena_free(&p->arena);
	return 0;
}
