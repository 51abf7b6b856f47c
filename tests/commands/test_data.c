/* Data files: what is read, what is refused, and that damaged files are only ever refused. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config_data.h"
#include "data/data_file.h"
#include "data/image.h"
#include "data/npy.h"
#include "support/arena.h"
#include "support/diag.h"

enum { ROUNDS = 3000, MAX_FILE = 4096 };

struct fixture {
	struct arena a;
	struct diag d;
	jmp_buf failed;
};

static void begin(struct fixture *x)
{
	arena_init(&x->a, &x->failed);
	diag_init(&x->d, &x->a, NULL);
}

/* A .npy of version 1 with this header and these bytes; returns its size. */
static size_t make_npy(unsigned char *file, const char *header, const void *bytes, size_t n)
{
	const size_t length = strlen(header);

	memcpy(file, "\x93NUMPY\1", 8);
	file[8] = (unsigned char)length;
	file[9] = (unsigned char)(length >> 8);
	memcpy(file + 10, header, length);
	memcpy(file + 10 + length, bytes, n);
	return 10 + length + n;
}

Test(npy, fortran_order_becomes_row_major)
{
	static const uint8_t columns[] = { 1, 4, 2, 5, 3, 6 }, rows[] = { 1, 2, 3, 4, 5, 6 };
	unsigned char file[MAX_FILE];
	const size_t n = make_npy(file, "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3), }\n", columns, 6);
	struct value v = { .source = "x.npy" };
	struct fixture x;

	begin(&x);
	cr_assert(npy_read(&v, &x.a, &x.d, file, n), "%s", diag_text(&x.d));
	cr_assert(v.type == DT_U8 && v.rank == 2 && v.dim[0] == 2 && v.dim[1] == 3);
	cr_assert_arr_eq(v.bytes, rows, 6);
	arena_free(&x.a);
}

Test(npy, other_byte_order_is_swapped)
{
	static const unsigned char big[] = { 1, 2, 0xff, 0xfe }, little[] = { 2, 1, 0xfe, 0xff };
	unsigned char file[MAX_FILE];
	struct fixture x;

	begin(&x);
	for (int k = 0; k < 2; k++) {
		struct value v = { .source = "x.npy" };
		const size_t n = make_npy(file,
					  k ? "{'descr':'<i2','fortran_order':False,'shape':(2,)}" :
					      "{\"descr\": \">i2\", \"fortran_order\": False, \"shape\": (2L,)}  \n",
					  k ? little : big, 4);
		cr_assert(npy_read(&v, &x.a, &x.d, file, n), "%s", diag_text(&x.d));
		cr_assert(value_number(&v, 0) == 0x102 && value_number(&v, 1) == -2);
	}
	arena_free(&x.a);
}

Test(npy, odd_files_are_refused)
{
	static const struct {
		const char *header;
		size_t bytes;
	} rows[] = {
		{ "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", 7 },
		{ "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", 12 },
		{ "{'descr': '<f4', 'fortran_order': False, 'shape': (-2,), }", 8 },
		{ "{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775807, 9223372036854775807), }",
		  8 },
		{ "{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1,2), }", 8 },
		{ "{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }", 8 },
		{ "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", 8 },
		{ "{'descr': '<f4', 'fortran_order': Maybe, 'shape': (2,), }", 8 },
		{ "{'descr': '<f4', 'shape': (2,), }", 8 },
		{ "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,), }", 8 },
		{ "", 8 },
		{ "{", 8 },
	};
	static const unsigned char zeros[16];
	unsigned char file[MAX_FILE];

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct value v = { .source = "x.npy" };
		struct fixture x;
		begin(&x);
		cr_expect(!npy_read(&v, &x.a, &x.d, file, make_npy(file, rows[i].header, zeros, rows[i].bytes)),
			  "row %zu", i);
		cr_expect(x.d.n_errors == 1, "row %zu: %d errors", i, x.d.n_errors);
		arena_free(&x.a);
	}
}

Test(npy, what_is_written_reads_back)
{
	static const float numbers[] = { 1.5f, -0.0f, 3e38f, 1e-45f, 7, 8 };
	struct value v = { .source = "x", .type = DT_F32, .rank = 2, .dim = { 3, 2 }, .n = 6 },
		     back = { .source = "y" };
	unsigned char file[MAX_FILE];
	FILE *f = tmpfile();
	struct fixture x;
	size_t n;

	begin(&x);
	v.bytes = memcpy(arena_alloc(&x.a, sizeof numbers), numbers, sizeof numbers);
	npy_write(f, &v);
	rewind(f);
	n = fread(file, 1, sizeof file, f);
	fclose(f);
	cr_assert((n - sizeof numbers) % 64 == 0);
	cr_assert(npy_read(&back, &x.a, &x.d, file, n), "%s", diag_text(&x.d));
	cr_assert(back.type == DT_F32 && back.rank == 2 && back.dim[0] == 3 && back.dim[1] == 2);
	cr_assert_arr_eq(back.bytes, numbers, sizeof numbers);
	arena_free(&x.a);
}

Test(value, conversion_is_exact_or_refused)
{
	static const struct {
		double from;
		enum dtype type;
		bool exact;
		double nearest;
	} rows[] = {
		{ 1.5, DT_F32, true, 1.5 }, { 0.1, DT_F32, false, 0.1f }, { 255, DT_U8, true, 255 },
		{ 256, DT_U8, false, 255 }, { -1, DT_U8, false, 0 }, { -128, DT_I8, true, -128 },
		{ -129, DT_I8, false, -128 }, { 2.5, DT_I32, false, 2 }, { 0x1p63, DT_I64, false, 0x1p63 },
		{ -0x1p63, DT_I64, true, -0x1p63 }, { 0x1p63, DT_U64, true, 0x1p63 }, { 65504, DT_F16, true, 65504 },
		{ 1, DT_BOOL, true, 1 }, { 2, DT_BOOL, false, 1 }, { 1e300, DT_I16, false, 32767 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct fixture x;
		begin(&x);
		for (int rounds = 0; rounds < 2; rounds++) {
			double number = rows[i].from;
			struct value v = { .source = "x", .type = DT_F64, .n = 1, .bytes = (unsigned char *)&number };
			const bool ok = value_convert(&v, rows[i].type, rounds, &x.a, &x.d, "input");
			cr_expect(ok == (rounds || rows[i].exact), "row %zu", i);
			if (ok)
				cr_expect(value_number(&v, 0) == rows[i].nearest, "row %zu: %g", i,
					  value_number(&v, 0));
		}
		arena_free(&x.a);
	}
}

/* --- damaged files: any answer but a crash ------------------------------------------------------------------------ */

static uint32_t next(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

static void damage(unsigned char *file, size_t *n, uint32_t *state)
{
	const int changes = 1 + (int)(next(state) % 6);

	for (int i = 0; i < changes; i++)
		file[next(state) % *n] = (unsigned char)next(state);
	if (next(state) % 3 == 0)
		*n = 1 + next(state) % *n;
}

typedef bool reader(struct fixture *x, const unsigned char *bytes, size_t n);

/* One reading, which may run out of memory: that is an answer too. */
static void read_once(reader *read, const unsigned char *bytes, size_t n, bool is_whole)
{
	static struct fixture x;        /* setjmp leaves it alone */

	begin(&x);
	if (!setjmp(x.failed)) {
		const bool ok = read(&x, bytes, n);
		cr_assert(ok == (x.d.status == STATUS_OK), "%s", diag_text(&x.d));
		cr_assert(!is_whole || ok, "the file itself: %s", diag_text(&x.d));
	}
	arena_free(&x.a);
}

/* Reads the file and damaged copies of it. Each must leave either a value or an error. */
static void fuzz(reader *read, const unsigned char *file, size_t n)
{
	unsigned char copy[MAX_FILE];
	uint32_t state = 1;

	read_once(read, file, n, true);
	for (int i = 0; i < ROUNDS; i++) {
		size_t size = n;
		memcpy(copy, file, n);
		damage(copy, &size, &state);
		read_once(read, copy, size, false);
	}
}

static bool read_npy(struct fixture *x, const unsigned char *bytes, size_t n)
{
	struct value v = { .source = "x.npy" };

	return npy_read(&v, &x->a, &x->d, bytes, n);
}

static bool read_npz(struct fixture *x, const unsigned char *bytes, size_t n)
{
	struct value *v;
	int n_values;

	return npz_read(&v, &n_values, &x->a, &x->d, "x.npz", bytes, n);
}

/* Readers of whole files go through one in the temporary folder. */
static bool read_pb(struct fixture *x, const unsigned char *bytes, size_t n)
{
	char path[] = "/tmp/nnc-test-XXXXXX.pb";
	const int fd = mkstemps(path, 3);
	struct value *v;
	int n_values;
	bool ok;

	cr_assert(fd >= 0 && write(fd, bytes, n) == (ssize_t)n);
	close(fd);
	ok = data_file_read(&v, &n_values, &x->a, &x->d, path);
	unlink(path);
	return ok;
}

static bool read_image(struct fixture *x, const unsigned char *bytes, size_t n)
{
	struct image image;

	return image_is_known(bytes, n) ? image_read(&image, 3, &x->a, &x->d, "x.png", bytes, n)
					: diag_error(&x->d, STATUS_MODEL, NULL, "no picture");
}

Test(fuzz, npy)
{
	static const unsigned char zeros[24];
	unsigned char file[MAX_FILE];

	fuzz(read_npy, file, make_npy(file, "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }\n", zeros, 24));
}

/* One stored entry "x.npy". */
static size_t make_zip(unsigned char *zip)
{
	unsigned char npy[MAX_FILE];
	const size_t n = make_npy(npy, "{'descr': '|u1', 'fortran_order': False, 'shape': (4,), }", "abcd", 4);
	uint32_t crc = 0xffffffff;
	unsigned char head[46] = { 'P', 'K', 1, 2, 20, 0, 20 }, local[30] = { 'P', 'K', 3, 4, 20 },
		      end[22] = { 'P', 'K', 5, 6 };
	size_t at = 0;

	for (size_t i = 0; i < n; i++) {
		crc ^= npy[i];
		for (int k = 0; k < 8; k++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	crc = ~crc;
	for (int k = 0; k < 4; k++) {
		head[16 + k] = local[14 + k] = (unsigned char)(crc >> 8 * k);
		head[20 + k] = head[24 + k] = local[18 + k] = local[22 + k] = (unsigned char)(n >> 8 * k);
	}
	head[28] = local[26] = 5;
	end[8] = end[10] = 1;
	end[12] = 46 + 5;
	end[16] = (unsigned char)(30 + 5 + n);
	memcpy(zip, local, 30);
	memcpy(zip + 30, "x.npy", 5);
	memcpy(zip + 35, npy, n);
	at = 35 + n;
	memcpy(zip + at, head, 46);
	memcpy(zip + at + 46, "x.npy", 5);
	memcpy(zip + at + 51, end, 22);
	return at + 73;
}

Test(fuzz, npz)
{
	unsigned char file[MAX_FILE];

	fuzz(read_npz, file, make_zip(file));
}

Test(fuzz, pb, .timeout = 120)
{
	/* dims 2, 2; float32; name "t"; raw_data of 16 bytes */
	static const unsigned char file[] = { 0x08, 2, 0x08, 2, 0x10, 1, 0x42, 1,  't', 0x4a, 16, 0,   0, 128,
					      63,   0, 0,    0, 64,   0, 0,    64, 64,	0,    0,  128, 64 };

	fuzz(read_pb, file, sizeof file);
}

#ifdef HAVE_PNG
Test(fuzz, png)
{
	/* 2 x 2, grey */
	static const unsigned char file[] = { 0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d,
					      0x49, 0x48, 0x44, 0x52, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x02,
					      0x08, 0x00, 0x00, 0x00, 0x00, 0x57, 0xdd, 0x52, 0xf8, 0x00, 0x00, 0x00,
					      0x0e, 0x49, 0x44, 0x41, 0x54, 0x78, 0x9c, 0x63, 0x60, 0x68, 0x60, 0xf8,
					      0xef, 0x00, 0x00, 0x04, 0x44, 0x01, 0xc0, 0xea, 0x6a, 0xe1, 0xdf, 0x00,
					      0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82 };

	fuzz(read_image, file, sizeof file);
}
#endif
