/* libFuzzer target: bytes -> graph, and its checker. */
#include <stdlib.h>

#include "import/import.h"
#include "place.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct fuzz_place *p = fuzz_place();
	static struct options o;
	static struct module m;
	bool ok;

	fuzz_put(p, bytes, n);
	if (!setjmp(p->no_memory)) {
		fuzz_options(p, &o, bytes, n);
		module_init(&m, &p->arena, &p->scratch, &p->diag);
		ok = import_model(&m, p->model, o.dims.v, o.dims.n);
		fuzz_check(p, ok);
		if (ok)
			module_check(&m);
	}
	arena_free(&p->scratch);
	arena_free(&p->arena);
	return 0;
}
