/* .npz: a zip of .npy files, stored or deflated (PKWARE APPNOTE 4.3 and 4.5.3). Sizes are those of the central
 * directory. */
#include <string.h>

#include "config_data.h"
#include "data/npy.h"
#include "support/arena.h"
#include "support/diag.h"
#ifdef HAVE_ZLIB
#include <zlib.h>
#endif

enum { END_BYTES = 22, ENTRY_BYTES = 46, LOCAL_BYTES = 30, MAX_COMMENT = 1 << 16, STORED = 0, DEFLATED = 8,
       MAX_RATIO = 1032, MAX_ENTRIES = 4096 };

struct entry {
	const char *name;
	size_t packed, size, local;
	uint32_t crc;
	int method, flags;
};

static uint32_t get(const unsigned char *p, int bytes)
{
	uint32_t v = 0;

	for (int i = bytes; i-- > 0;)
		v = v << 8 | p[i];
	return v;
}

/* The end record, searched from the back: a comment may follow it. */
static const unsigned char *find_end(const unsigned char *bytes, size_t size)
{
	const size_t limit = size < MAX_COMMENT + END_BYTES ? size : MAX_COMMENT + END_BYTES;

	for (size_t back = END_BYTES; back <= limit; back++)
		if (!memcmp(bytes + size - back, "PK\5\6", 4))
			return bytes + size - back;
	return NULL;
}

static bool bad(struct diag *d, const char *path, const char *what)
{
	return diag_error(d, STATUS_MODEL, NULL, "%s: %s", path, what);
}

/* The packed bytes of an entry, NULL: they are not in the file. */
static const unsigned char *packed_bytes(const struct entry *e, const unsigned char *bytes, size_t size)
{
	size_t start;

	if (e->local > size || size - e->local < LOCAL_BYTES || memcmp(bytes + e->local, "PK\3\4", 4) != 0)
		return NULL;
	start = e->local + LOCAL_BYTES + get(bytes + e->local + 26, 2) + get(bytes + e->local + 28, 2);
	return start <= size && e->packed <= size - start ? bytes + start : NULL;
}

#ifdef HAVE_ZLIB
static bool inflate_entry(const struct entry *e, const unsigned char *from, unsigned char *to)
{
	/* zlib's interface lacks a const that it keeps to. NOLINTNEXTLINE(performance-no-int-to-ptr) */
	z_stream z = { .next_in = (unsigned char *)(uintptr_t)from, .avail_in = (uInt)e->packed, .next_out = to,
		       .avail_out = (uInt)e->size };
	bool ok;

	if (inflateInit2(&z, -MAX_WBITS) != Z_OK)
		return false;
	ok = inflate(&z, Z_FINISH) == Z_STREAM_END && z.total_out == e->size;
	inflateEnd(&z);
	return ok;
}

static bool crc_holds(const struct entry *e, const unsigned char *bytes)
{
	return crc32(crc32(0, NULL, 0), bytes, (uInt)e->size) == e->crc;
}
#else
static bool inflate_entry(const struct entry *e, const unsigned char *from, unsigned char *to)
{
	(void)e, (void)from, (void)to;
	return false;
}

static bool crc_holds(const struct entry *e, const unsigned char *bytes)
{
	(void)e, (void)bytes;
	return true;
}
#endif

static bool read_entry(struct value *v, const struct entry *e, struct arena *a, struct diag *d, const char *path,
		       const unsigned char *bytes, size_t size)
{
	const unsigned char *from = packed_bytes(e, bytes, size);
	const size_t n = strlen(e->name);
	unsigned char *copy;

	if (e->flags & 1)
		return bad(d, path, "it is encrypted");
	if (e->packed == UINT32_MAX || e->size == UINT32_MAX || e->local == UINT32_MAX)
		return diag_error(d, STATUS_UNSUPPORTED, NULL, "%s: arrays beyond 4 GB are not supported", path);
	if (!from || (e->method == STORED && e->packed != e->size))
		return bad(d, path, "the file is damaged or truncated");
	if (e->method == DEFLATED) {
#ifndef HAVE_ZLIB
		return diag_error(d, STATUS_UNSUPPORTED, NULL, "%s: it is compressed, and nnc was built without zlib",
				  path);
#endif
		if (e->size / MAX_RATIO > e->packed)
			return bad(d, path, "the file is damaged or truncated");
		copy = arena_alloc(a, e->size);
		if (!inflate_entry(e, from, copy))
			return bad(d, path, "its compressed contents are damaged");
		from = copy;
	} else if (e->method != STORED) {
		return diag_error(d, STATUS_UNSUPPORTED, NULL,
				  "%s: compression method %d, supported are stored and deflated", path, e->method);
	}
	if (!crc_holds(e, from))
		return bad(d, path, "its contents are damaged: the check sum differs");
	*v = (struct value){ .name = arena_strndup(a, e->name, n - 4),
			     .source = arena_printf(a, "%s: %s", path, e->name) };
	return npy_read(v, a, d, from, e->size);
}

bool npz_read(struct value **values, int *n, struct arena *a, struct diag *d, const char *path,
	      const unsigned char *bytes, size_t size)
{
	const unsigned char *end = find_end(bytes, size), *p;
	int entries;
	size_t left;

	*values = NULL;
	*n = 0;
	if (!end || get(end + 16, 4) > (size_t)(end - bytes))
		return bad(d, path, "not a .npz file");
	p = bytes + get(end + 16, 4);
	entries = (int)get(end + 10, 2);
	if (entries > MAX_ENTRIES)
		return diag_error(d, STATUS_UNSUPPORTED, NULL, "%s: %d arrays, at most %d are supported", path, entries,
				  MAX_ENTRIES);
	for (int i = 0; i < entries; i++) {
		struct entry e;
		size_t name, skip;
		left = (size_t)(end - p);
		if (left < ENTRY_BYTES || memcmp(p, "PK\1\2", 4) != 0)
			return bad(d, path, "its directory is damaged");
		name = get(p + 28, 2);
		skip = ENTRY_BYTES + name + get(p + 30, 2) + get(p + 32, 2);
		if (skip > left)
			return bad(d, path, "its directory is damaged");
		e = (struct entry){ .name = arena_strndup(a, (const char *)p + ENTRY_BYTES, name),
				    .flags = (int)get(p + 8, 2), .method = (int)get(p + 10, 2), .crc = get(p + 16, 4),
				    .packed = get(p + 20, 4), .size = get(p + 24, 4), .local = get(p + 42, 4) };
		p += skip;
		name = strlen(e.name);
		if (name < 5 || strcmp(e.name + name - 4, ".npy") != 0)
			continue;
		*values = ARENA_PUSH(a, *values, *n, struct value);
		if (!read_entry(&(*values)[(*n)++], &e, a, d, path, bytes, size))
			return false;
	}
	return *n > 0 || bad(d, path, "it holds no array");
}
