/* Runs generated models on data from a file: the one program behind all model tests, on the host, under an emulator
 * and, through semihosting, on bare metal.
 *
 * Reads request.bin and writes response.bin in the current folder, in the byte order of the machine. A request is a
 * list of calls ended by the word 0:
 *   call:      number of dimensions + 1, the dimensions, number of inputs, each input (bytes, data),
 *              number of outputs, each output's capacity in bytes, number of returned dimensions
 *   response:  the function's status, the returned dimensions, each output's whole capacity
 * Every input and output lies between guard zones; a changed guard, or a changed input, gives status GUARD_BROKEN.
 * The program is linked with one nnc_call() that test scripts write from the model's prototype. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_TENSORS = 256, MAX_DIMS = 256, GUARD_BYTES = 256, ALIGN = 64, GUARD_BROKEN = -1000 };

int nnc_call(const int *dims, void *const *in, void *const *out, int *returned);

struct guarded {
	unsigned char *block, *data, *copy;
	size_t n_bytes;
};

static void fail(const char *what)
{
	fprintf(stderr, "runner: %s\n", what);
	exit(99);
}

static void read_exact(FILE *f, void *to, size_t n)
{
	if (n && fread(to, 1, n, f) != n)
		fail("request.bin ends early");
}

static int32_t read_word(FILE *f, int32_t limit)
{
	int32_t word;

	read_exact(f, &word, sizeof word);
	if (word < 0 || word > limit)
		fail("request.bin holds a bad count");
	return word;
}

static unsigned char guard_byte(size_t i)
{
	return (unsigned char)(0xa5 ^ (i * 29));
}

static void guard_init(struct guarded *g, size_t n_bytes)
{
	size_t i;

	g->n_bytes = n_bytes;
	g->block = malloc(n_bytes + 2 * GUARD_BYTES + ALIGN);
	if (!g->block)
		fail("out of memory");
	g->data = g->block + GUARD_BYTES + (ALIGN - (uintptr_t)g->block % ALIGN);
	for (i = 0; i < GUARD_BYTES; i++) {
		(g->data - GUARD_BYTES)[i] = guard_byte(i);
		g->data[n_bytes + i] = guard_byte(i);
	}
	memset(g->data, 0xcc, n_bytes);
	g->copy = NULL;
}

static int guard_holds(const struct guarded *g)
{
	size_t i;

	for (i = 0; i < GUARD_BYTES; i++)
		if ((g->data - GUARD_BYTES)[i] != guard_byte(i) || g->data[g->n_bytes + i] != guard_byte(i))
			return 0;
	return !g->copy || !memcmp(g->copy, g->data, g->n_bytes);
}

static void guard_free(struct guarded *g)
{
	free(g->block);
	free(g->copy);
}

static void run_call(FILE *request, FILE *response, int n_dims)
{
	static struct guarded tensors[2 * MAX_TENSORS];
	static void *in[MAX_TENSORS], *out[MAX_TENSORS];
	static int dims[MAX_DIMS], returned[MAX_DIMS];
	int n_in, n_out, n_returned, status, i;

	for (i = 0; i < n_dims; i++)
		dims[i] = read_word(request, INT32_MAX);
	n_in = read_word(request, MAX_TENSORS);
	for (i = 0; i < n_in; i++) {
		struct guarded *g = &tensors[i];

		guard_init(g, (size_t)read_word(request, INT32_MAX));
		read_exact(request, g->data, g->n_bytes);
		g->copy = malloc(g->n_bytes + 1);
		if (!g->copy)
			fail("out of memory");
		memcpy(g->copy, g->data, g->n_bytes);
		in[i] = g->data;
	}
	n_out = read_word(request, MAX_TENSORS);
	for (i = 0; i < n_out; i++) {
		guard_init(&tensors[n_in + i], (size_t)read_word(request, INT32_MAX));
		out[i] = tensors[n_in + i].data;
	}
	n_returned = read_word(request, MAX_DIMS);
	memset(returned, 0xff, sizeof returned);
	status = nnc_call(dims, in, out, returned);
	for (i = 0; i < n_in + n_out; i++)
		if (!guard_holds(&tensors[i]))
			status = GUARD_BROKEN;
	fwrite(&status, sizeof status, 1, response);
	fwrite(returned, sizeof *returned, (size_t)n_returned, response);
	for (i = 0; i < n_out; i++)
		fwrite(out[i], 1, tensors[n_in + i].n_bytes, response);
	for (i = 0; i < n_in + n_out; i++)
		guard_free(&tensors[i]);
}

int main(void)
{
	FILE *request = fopen("request.bin", "rb"), *response = fopen("response.bin", "wb");
	int n_dims;

	if (!request || !response)
		fail("request.bin or response.bin does not open");
	while ((n_dims = read_word(request, MAX_DIMS + 1)) != 0)
		run_call(request, response, n_dims - 1);
	fclose(request);
	if (fclose(response))
		fail("response.bin is not written");
	return 0;
}
