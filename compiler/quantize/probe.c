#include "quantize/probe.h"

#include <string.h>

#include "quantize/onnx_build.h"
#include "support/arena.h"

static bool build(struct probe *p, const struct options *o, const char *path, const struct folder *folder, int number,
		  struct arena *a, struct arena *scratch, struct diag *d)
{
	struct options own = *o;
	const struct module *m;

	own.model = path;
	own.taps = false;
	p->built = ARENA_NEW(a, struct built);
	if (!built_make(p->built, &own, folder, number, a, scratch, d))
		return false;
	m = &p->built->c.module;
	for (int i = 0; i < m->graph[0].n_out; i++)
		p->bytes += tensor_bytes(m, m->graph[0].out[i]);
	return true;
}

bool probe_make(struct probe *p, struct onnx_file *f, const char *const *name, int n, const struct options *o,
		const struct folder *folder, int number, struct arena *a, struct arena *scratch, struct diag *d)
{
	const char *path = folder_path(folder, arena_printf(a, "probe_%d.onnx", number), a);
	const size_t own = f->graph->n_output;
	struct map known;
	bool ok;

	*p = (struct probe){ .output = ARENA_ARRAY(a, n, int), .n = n };
	map_init(&known, a);
	for (size_t i = 0; i < own; i++)
		map_set_name(&known, f->graph->output[i]->name, (int64_t)i);
	for (int k = 0; k < n; k++) {
		p->output[k] = (int)map_get_name(&known, name[k], -1);
		if (p->output[k] >= 0)
			continue;
		p->output[k] = (int)f->graph->n_output;
		map_set_name(&known, name[k], p->output[k]);
		onnx_add_output(f, name[k]);
	}
	ok = onnx_file_write(f, path);
	f->graph->n_output = own;
	return ok && build(p, o, path, folder, number, a, scratch, d);
}

const struct value *probe_value(const struct probe *p, const struct answer *r, int k)
{
	return &r->out[p->output[k]];
}
