#include "place.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "passes/pass.h"
#include "steps/fuse.h"
#include "tree.h"

static char folder[256];
static const char *const written[] = { "out.c", "out.h", "out.bin", "out.d" };
enum { N_WRITTEN = sizeof written / sizeof *written, DATA_BYTES = 4096 };

static const char *in_folder(const char *name)
{
	static char path[8][300];
	static int turn;
	char *to = path[turn++ % 8];

	snprintf(to, sizeof path[0], "%s/%s", folder, name);
	return to;
}

static void remove_folder(void)
{
	for (int i = 0; i < N_WRITTEN; i++)
		unlink(in_folder(written[i]));
	unlink(in_folder("data.bin"));
	unlink(in_folder("model.onnx"));
	rmdir(folder);
}

static void write_file(const char *path, const void *bytes, size_t n)
{
	const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, bytes, n) != (ssize_t)n || close(fd))
		die("cannot write %s", path);
}

/* What is compiled goes through links to the device that forgets it, and is printed all the same. */
static void make_folder(void)
{
	static const char zeros[DATA_BYTES];
	const char *where = getenv("TMPDIR");

	snprintf(folder, sizeof folder, "%s/nnc-fuzz-XXXXXX", where ? where : "/dev/shm");
	if (!mkdtemp(folder))
		die("cannot make %s", folder);
	atexit(remove_folder);
	for (int i = 0; i < N_WRITTEN; i++)
		if (symlink("/dev/null", in_folder(written[i])))
			die("cannot make a link in %s", folder);
	write_file(in_folder("data.bin"), zeros, sizeof zeros);
}

struct fuzz_place *fuzz_place(void)
{
	static struct fuzz_place p;

	if (!p.model) {
		make_folder();
		p.model = strdup(in_folder("model.onnx"));
		p.output = strdup(in_folder("out.c"));
		arena_init(&p.arena, &p.no_memory);
		arena_init(&p.scratch, &p.no_memory);
	}
	return &p;
}

void fuzz_put(struct fuzz_place *p, const uint8_t *bytes, size_t n)
{
	arena_free(&p->scratch);
	arena_free(&p->arena);
	write_file(p->model, bytes, n);
	diag_init(&p->diag, &p->arena, p->model);
}

/* 1 of n by the next digit of a hash. */
static unsigned digit(uint64_t *hash, unsigned n)
{
	const unsigned v = (unsigned)(*hash % n);

	*hash /= n;
	return v;
}

static uint64_t hash_text(const char *s)
{
	uint64_t h = 0xcbf29ce484222325;

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 0x100000001b3;
	return h ^ h >> 29;
}

static void choose_options(struct options *o, uint64_t hash)
{
	static const char *const names[] = { "generic", "x86-64-v3", "x86-64-v4+vnni", "armv7", "armv8",
					     "armv8.2+dotprod+i8mm+fp16", "cortex-m4", "cortex-m4+nofp", "rv64gcv",
					     "wasm32", "generic-be" };

	o->target = names[digit(&hash, sizeof names / sizeof *names)];
	o->fp = digit(&hash, 4) ? FP_DEFAULT : FP_STRICT;
	o->arena = digit(&hash, 2) ? ARENA_STATIC : ARENA_CALLER;
	o->weights = (int)digit(&hash, 2);
	o->taps = digit(&hash, 4) == 0;
	o->depfile = digit(&hash, 4) == 0;
	o->verbose = digit(&hash, 4) == 0;
	o->dump = digit(&hash, 4) ? NULL : "all";
	if (digit(&hash, 4) == 0) {
		const unsigned k = digit(&hash, (unsigned)(n_passes + n_step_passes));
		o->skip_pass = k < (unsigned)n_passes ? passes[k].name : step_passes[k - (unsigned)n_passes].name;
		o->skip_pass = strcmp(o->skip_pass, "infer") ? o->skip_pass : NULL;
	}
}

/* One size or a range, of a name not seen before. */
static void add_dim(struct arena *a, struct dim_options *dims, const char *name)
{
	uint64_t hash = hash_text(name);
	const int64_t lo = 1 + digit(&hash, 5), more = digit(&hash, 3) ? 0 : 1 + digit(&hash, 9);

	for (int i = 0; i < dims->n; i++)
		if (!strcmp(dims->v[i].name, name))
			return;
	dims->v = ARENA_PUSH(a, dims->v, dims->n, struct dim_option);
	dims->v[dims->n++] = (struct dim_option){ .name = name, .lo = lo, .hi = lo + more };
}

static bool is_initialised(const Onnx__GraphProto *g, const char *name)
{
	for (size_t i = 0; i < g->n_initializer; i++)
		if (!strcmp(g->initializer[i]->name, name))
			return true;
	return false;
}

static void add_dims(struct arena *a, struct dim_options *dims, const Onnx__GraphProto *g)
{
	for (size_t i = 0; i < g->n_input; i++) {
		const Onnx__ValueInfoProto *v = g->input[i];
		const Onnx__TensorShapeProto *shape =
			v->type && v->type->value_case == ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE ?
			v->type->tensor_type->shape : NULL;
		if (!shape || is_initialised(g, v->name))
			continue;
		for (size_t k = 0; k < shape->n_dim; k++) {
			const Onnx__TensorShapeProto__Dimension *d = shape->dim[k];
			if (d->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM && *d->dim_param)
				add_dim(a, dims, d->dim_param);
			else if (d->value_case != ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE ||
				 d->dim_value == -1)
				add_dim(a, dims, arena_printf(a, "%s.%zu", v->name, k));
		}
	}
}

void fuzz_options(struct fuzz_place *p, struct options *o, const uint8_t *bytes, size_t n)
{
	static const char *const commands[] = { "compile" };
	char name[] = "nnc", flag[] = "-o", *argv[] = { name, p->model, flag, p->output };
	const Onnx__ModelProto *model = tree_read(&p->arena, bytes, n);

	if (!options_parse(o, 4, argv, commands, 1, &p->arena, &p->diag))
		die("%s", diag_text(&p->diag));
	choose_options(o, model && model->graph ? hash_text(model->graph->name) : 0);
	p->diag.verbose = o->verbose;
	if (model && model->graph)
		add_dims(&p->arena, &o->dims, model->graph);
}

void fuzz_check(const struct fuzz_place *p, bool ok)
{
	const char *said = diag_text(&p->diag);

	if (ok && (p->diag.status != STATUS_OK || *said))
		die("done in spite of: %s", said);
	if (!ok && (p->diag.status == STATUS_OK || !*said))
		die("refused with status %d and these words: %s", (int)p->diag.status, said);
}
