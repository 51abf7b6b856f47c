/* Import of constants: elements in typed fields, raw bytes and files beside the model. */
#include <stdio.h>
#include <unistd.h>

#include "fixture.h"
#include "support/strbuf.h"

TestSuite(import_tensors, .init = setup, .fini = teardown);

static bool import_initializer(struct wire t)
{
	struct wire g = FRAME("x:2", "Add x w -> y");

	wire_put(&g, GRAPH_INITIALIZER, &t);
	return import_graph_13(&g);
}

Test(import_tensors, typed_fields_of_every_type)
{
	static const struct { int type, field; uint64_t v; double want; } rows[] = {
		{ ONNX_INT8, 5, (uint64_t)-5, -5 }, { ONNX_UINT8, 5, 200, 200 }, { 4, 5, 65535, 65535 },
		{ 5, 5, (uint64_t)-32768, -32768 }, { 6, 5, (uint64_t)-7, -7 }, { ONNX_INT64, 7, (uint64_t)-9, -9 },
		{ ONNX_BOOL, 5, 1, 1 }, { ONNX_UINT32, 11, 4000000000u, 4e9 },
		{ ONNX_UINT64, 11, 1u << 31, 2147483648.0 }, { ONNX_FLOAT16, 5, 0xc200, -3 }, { 16, 5, 0x4040, 3 },
	};
	const int64_t dims[] = { 1 };

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct wire t = wire_tensor("w", rows[i].type, 1, dims);
		wire_int(&t, rows[i].field, rows[i].v);
		cr_assert(import_initializer(t), "row %zu: %s", i, diag_text(&diag));
		cr_assert_eq(const_double(&m, tensor_named("w"), 0), rows[i].want, "row %zu: %g", i,
			     const_double(&m, tensor_named("w"), 0));
	}
}

Test(import_tensors, raw_data_is_checked_to_the_byte)
{
	static const unsigned char raw[] = { 0, 0, 0x80, 0x3f, 0, 0, 0x20, 0xc0, 0 };
	const int64_t dims[] = { 2 };

	for (size_t n = 1; n <= sizeof raw; n++) {
		struct wire t = wire_tensor("w", ONNX_FLOAT, 1, dims);
		wire_bytes(&t, 9, raw, n);
		if (n == 8)
			cr_assert(import_initializer(t), "%s", diag_text(&diag));
		else
			expect_error(import_initializer(t), STATUS_MODEL, "bytes of raw_data");
		if (n == 8)
			cr_assert_eq(const_double(&m, tensor_named("w"), 1), -2.5);
	}
}

Test(import_tensors, wrong_tensors_are_refused)
{
	static const struct {
		int type, field;
		uint64_t v;
		int64_t dim;
		enum status status;
		const char *text;
	} rows[] = {
		{ ONNX_INT8, 5, 128, 1, STATUS_MODEL, "element 0 is 128, beyond int8" },
		{ ONNX_BOOL, 5, 2, 1, STATUS_MODEL, "beyond bool" },
		{ ONNX_UINT32, 11, (uint64_t)1 << 32, 1, STATUS_MODEL, "beyond uint32" },
		{ ONNX_INT64, 7, 1, 2, STATUS_MODEL, "number of elements: 1, must be 2" },
		{ ONNX_INT64, 7, 1, -1, STATUS_MODEL, "axis 0 has size -1" },
		{ ONNX_INT64, 7, 1, INT64_MAX, STATUS_MODEL, "allowed: at most" },
		{ ONNX_FLOAT8E4M3FN, 5, 256, 1, STATUS_MODEL, "beyond float8e4m3fn" },
		{ ONNX_STRING, 6, 0, 1, STATUS_UNSUPPORTED, "element type string" },
		{ ONNX_COMPLEX64, 4, 0, 1, STATUS_UNSUPPORTED, "element type complex64" },
		{ 99, 4, 0, 1, STATUS_MODEL, "element type 99, which is none, allowed: float32" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct wire t = wire_tensor("w", rows[i].type, 1, &rows[i].dim);
		if (rows[i].field != 6 && rows[i].field != 4)
			wire_int(&t, rows[i].field, rows[i].v);
		expect_error(import_initializer(t), rows[i].status, rows[i].text);
	}
}

Test(import_tensors, initializer_that_is_an_input_becomes_a_constant)
{
	const int64_t dims[] = { 1 };
	struct wire g = FRAME("x:2", "Add x w -> y"), t = wire_tensor("w", ONNX_FLOAT, 1, dims);

	wire_float(&t, 4, 1.5f);
	wire_put(&g, GRAPH_INITIALIZER, &t);
	graph_put(&g, GRAPH_INPUT, wire_value("w:1", ONNX_FLOAT));
	cr_assert(import_graph_13(&g), "%s", diag_text(&diag));
	cr_assert_eq(m.graph[0].n_in, 1);
	cr_assert_eq(const_double(&m, tensor_named("w"), 0), 1.5);
}

/* A tensor whose data lies in `location`, in a file of 8 bytes called w.bin beside the model. */
static bool import_external(const char *location, const char *offset, const char *length)
{
	static const unsigned char bytes[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	const char *const pairs[][2] = { { "location", location }, { "offset", offset }, { "length", length } };
	const int64_t dims[] = { 4 };
	struct wire t = wire_tensor("w", ONNX_INT8, 1, dims);
	char name[80];
	bool ok;

	for (int i = 0; i < 3; i++) {
		struct wire e = { 0 };
		if (!pairs[i][1])
			continue;
		wire_text(&e, 1, pairs[i][0]);
		wire_text(&e, 2, pairs[i][1]);
		wire_put(&t, 13, &e);
	}
	wire_int(&t, 14, 1);
	snprintf(name, sizeof name, "%s/w.bin", folder);
	write_file(name, bytes, sizeof bytes);
	snprintf(name, sizeof name, "%s/out", folder);
	cr_assert_eq(symlink("/", name), 0);
	ok = import_initializer(t);
	unlink(name);
	snprintf(name, sizeof name, "%s/w.bin", folder);
	unlink(name);
	return ok;
}

Test(import_tensors, external_data_stays_in_the_models_folder)
{
	cr_assert(import_external("w.bin", "4", "4"), "%s", diag_text(&diag));
	cr_assert_eq(const_int(&m, tensor_named("w"), 0), 5);
	cr_assert(import_external("./w.bin", NULL, NULL));
	expect_error(import_external("../w.bin", NULL, NULL), STATUS_MODEL, "not inside the model's folder");
	expect_error(import_external("/etc/hostname", NULL, NULL), STATUS_MODEL, "not inside the model's folder");
	expect_error(import_external("out", NULL, NULL), STATUS_MODEL, "not inside the model's folder");
	expect_error(import_external("", NULL, NULL), STATUS_MODEL, "not inside the model's folder");
	expect_error(import_external("none.bin", NULL, NULL), STATUS_ENVIRONMENT, "No such file");
	expect_error(import_external("w.bin", "5", NULL), STATUS_MODEL, "has 8 bytes: 4 from 5 are wanted");
	expect_error(import_external("w.bin", "9223372036854775807", NULL), STATUS_MODEL, "are wanted");
	expect_error(import_external("w.bin", "-4", NULL), STATUS_MODEL, "allowed: a number of bytes");
	expect_error(import_external("w.bin", "4x", NULL), STATUS_MODEL, "allowed: a number of bytes");
	expect_error(import_external("w.bin", "0", "8"), STATUS_MODEL, "bytes of external data: 8, must be 4");
}
