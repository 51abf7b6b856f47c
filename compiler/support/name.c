#include "support/name.h"

#include <stdbool.h>
#include <string.h>

#include "support/strbuf.h"
#include "support/utf8.h"

static const char cut[] = "...";

/* Control characters, and marks without a shape of their own: what joins, separates or turns, and line ends. */
static bool is_mark(uint32_t code)
{
	return code < 32 || (code >= 0x7f && code < 0xa0) || code == 0xad || code == 0x61c ||
	       (code >= 0x200b && code < 0x2010) || (code >= 0x2028 && code < 0x202f) ||
	       (code >= 0x2060 && code < 0x2070) || code == 0xfeff;
}

void text_add_printable(struct strbuf *b, const char *text, size_t n)
{
	uint32_t code;

	for (size_t i = 0, k; i < n; i += k) {
		k = utf8_length((const unsigned char *)text + i, n - i, &code);
		if (k && !is_mark(code)) {
			strbuf_add(b, text + i, k);
			continue;
		}
		k = 1;
		strbuf_printf(b, "\\x%02x", (unsigned char)text[i]);
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
