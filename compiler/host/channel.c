#include "host/channel.h"

#include <errno.h>
#include <string.h>

#include "support/arena.h"
#include "support/diag.h"
#include "support/limits.h"

struct channel channel_open(const char *path, const char *mode, bool swaps)
{
	struct channel c = { .swaps = swaps };

	errno = 0;
	c.f = fopen(path, mode);
	c.ok = c.f != NULL;
	return c;
}

bool channel_failed(struct diag *d, const char *what)
{
	return diag_error(d, STATUS_ENVIRONMENT, NULL, "cannot %s the compiled model's data: %s", what,
			  errno ? strerror(errno) : "it ends early");
}

bool channel_close(struct channel *c, struct diag *d, const char *what)
{
	bool ok = c->ok;

	if (c->f)
		ok = fclose(c->f) == 0 && ok;
	return ok || channel_failed(d, what);
}

void channel_put_word(struct channel *c, uint32_t word)
{
	if (c->swaps)
		bytes_swap((unsigned char *)&word, 1, 4);
	c->ok &= fwrite(&word, 4, 1, c->f) == 1;
}

uint32_t channel_get_word(struct channel *c)
{
	uint32_t word = 0;

	c->ok &= fread(&word, 4, 1, c->f) == 1;
	if (c->swaps)
		bytes_swap((unsigned char *)&word, 1, 4);
	return word;
}

void channel_put_value(struct channel *c, const struct value *v, struct arena *a)
{
	const int size = dtypes[v->type].bytes;
	unsigned char *bytes = v->bytes;

	if (c->swaps && size > 1) {
		bytes = arena_array(a, (size_t)v->n, (size_t)size);
		memcpy(bytes, v->bytes, (size_t)(v->n * size));
		bytes_swap(bytes, v->n, size);
	}
	channel_put_word(c, (uint32_t)(v->n * size));
	if (v->n)
		c->ok &= fwrite(bytes, (size_t)size, (size_t)v->n, c->f) == (size_t)v->n;
}

bool channel_get_elements(struct channel *c, struct value *v, struct arena *a)
{
	const int size = dtypes[v->type].bytes;

	v->bytes = arena_array(a, (size_t)v->n, (size_t)size);
	if (v->n)
		c->ok &= fread(v->bytes, (size_t)size, (size_t)v->n, c->f) == (size_t)v->n;
	if (c->swaps)
		bytes_swap(v->bytes, v->n, size);
	return c->ok;
}

const char *channel_get_text(struct channel *c, struct arena *a)
{
	const uint32_t n = channel_get_word(c);
	char *text;

	if (!c->ok || n > MAX_NAME_BYTES) {
		c->ok = false;
		return "";
	}
	text = arena_alloc(a, (size_t)n + 1);
	c->ok &= fread(text, 1, n, c->f) == n;
	return text;
}

double channel_get_seconds(struct channel *c)
{
	const uint32_t low = channel_get_word(c), high = channel_get_word(c);

	return 1e-9 * ((double)low + 0x1p32 * (double)high);
}
