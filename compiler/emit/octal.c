#include "octal.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "emit.h"

enum {
	LINE_BYTES = 64,        /* of data in one literal */
	BUFFER_BYTES = 32 << 10,
	LINE_MAX_CHARS = 4 * LINE_BYTES + 4,
};

struct spelling {
	char text[4];
	uint8_t length;
};

/* How each byte is written; [1] when an octal digit follows, which a short escape would swallow. */
struct spellings {
	struct spelling of[2][256];
};

static struct spelling spell_byte(unsigned c, bool digit_follows)
{
	struct spelling s = { .text = { (char)c }, .length = 1 };
	int digits = digit_follows || c >= 64 ? 3 : c >= 8 ? 2 : 1;

	if (c >= ' ' && c <= '~' && c != '"' && c != '\\' && c != '?')
		return s;
	s.text[0] = '\\';
	for (int i = digits; i >= 1; i--, c >>= 3)
		s.text[i] = (char)('0' + (c & 7));
	s.length = (uint8_t)(digits + 1);
	return s;
}

static void spellings_init(struct spellings *s)
{
	for (unsigned c = 0; c < 256; c++) {
		s->of[0][c] = spell_byte(c, false);
		s->of[1][c] = spell_byte(c, true);
	}
}

/* One literal; returns the end of what it wrote, at most LINE_MAX_CHARS. */
static char *put_literal(char *out, const struct spellings *s, const unsigned char *bytes, size_t n)
{
	*out++ = '"';
	for (size_t i = 0; i < n; i++) {
		bool digit_follows = i + 1 < n && (bytes[i + 1] & 0xf8) == '0';
		const struct spelling *c = &s->of[digit_follows][bytes[i]];
		memcpy(out, c->text, 4);
		out += c->length;
	}
	*out++ = '"';
	return out;
}

void emit_octal(struct emit *e, const unsigned char *bytes, size_t n, size_t swap)
{
	struct spellings s;
	unsigned char swapped[LINE_BYTES];
	char buffer[BUFFER_BYTES], *out = buffer;

	if (!n)
		emit_puts(e, "\"\"");
	else
		spellings_init(&s);
	for (size_t at = 0; at < n; at += LINE_BYTES) {
		size_t k = n - at < LINE_BYTES ? n - at : LINE_BYTES;
		const unsigned char *line = bytes + at;
		for (size_t i = 0; swap > 1 && i < k; i++)
			swapped[i] = line[i ^ (swap - 1)];
		out = put_literal(out, &s, swap > 1 ? swapped : line, k);
		if (at + k < n)
			*out++ = '\n';
		if (out > buffer + BUFFER_BYTES - LINE_MAX_CHARS) {
			emit_text(e, buffer, (size_t)(out - buffer));
			out = buffer;
		}
	}
	emit_text(e, buffer, (size_t)(out - buffer));
}
