#include "support/name.h"

#include <stdbool.h>
#include <string.h>

#include "support/strbuf.h"

static const char cut[] = "...";

/* Marks without a shape of their own: what joins, separates or turns, and line ends. */
static bool is_mark(unsigned code)
{
	return code < 0xa0 || code == 0xad || code == 0x61c || (code >= 0x200b && code < 0x2010) ||
	       (code >= 0x2028 && code < 0x202f) || (code >= 0x2060 && code < 0x2070) || code == 0xfeff;
}

/* Bytes of the UTF-8 character beyond ASCII at s that may be shown; 0: there is none. */
static size_t utf8_length(const unsigned char *s, size_t n)
{
	size_t length = *s >= 0xf0 && *s <= 0xf4 ? 4 : *s >= 0xe0 && *s < 0xf0 ? 3 : *s >= 0xc2 && *s < 0xe0 ? 2 : 0;
	unsigned code = length == 4 ? *s & 7u : length == 3 ? *s & 15u : *s & 31u;

	if (!length || length > n)
		return 0;
	for (size_t i = 1; i < length; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (s[i] & 0x3fu);
	}
	if (is_mark(code) || (code >= 0xd800 && code < 0xe000) || code > 0x10ffff || (length == 3 && code < 0x800) ||
	    (length == 4 && code < 0x10000))
		return 0;
	return length;
}

void text_add_printable(struct strbuf *b, const char *text, size_t n)
{
	for (size_t i = 0, k; i < n; i += k) {
		const unsigned char c = (unsigned char)text[i];

		k = c < 128 ? c >= 32 && c < 127 : utf8_length((const unsigned char *)text + i, n - i);
		if (k)
			strbuf_add(b, text + i, k);
		else
			strbuf_printf(b, "\\x%02x", c);
		k += !k;
	}
}

static bool continues_character(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

void text_add_short(struct strbuf *b, const char *text, size_t n, size_t most)
{
	size_t head = most / 2, tail = most / 2 - strlen(cut);

	if (n <= most) {
		text_add_printable(b, text, n);
		return;
	}
	while (head && continues_character(text[head]))
		head--;
	while (tail && continues_character(text[n - tail]))
		tail--;
	text_add_printable(b, text, head);
	strbuf_puts(b, cut);
	text_add_printable(b, text + n - tail, tail);
}

void name_add(struct strbuf *b, const char *name)
{
	text_add_short(b, name, strlen(name), NAME_BYTES);
}

const char *name_text(struct arena *a, const char *name)
{
	struct strbuf b;

	strbuf_init(&b, a);
	name_add(&b, name);
	return strbuf_text(&b);
}
