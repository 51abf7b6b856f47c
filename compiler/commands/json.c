#include "commands/json.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* Length of the well-formed UTF-8 sequence at s, 0: it is none. */
static int utf8_length(const unsigned char *s)
{
	const int n = *s < 0x80 ? 1 : *s < 0xc2 ? 0 : *s < 0xe0 ? 2 : *s < 0xf0 ? 3 : *s < 0xf5 ? 4 : 0;

	for (int k = 1; k < n; k++)
		if ((s[k] & 0xc0) != 0x80)
			return 0;
	if ((*s == 0xe0 && s[1] < 0xa0) || (*s == 0xed && s[1] > 0x9f) || (*s == 0xf0 && s[1] < 0x90) ||
	    (*s == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

/* Bytes that are no UTF-8 stand as the characters of the same number. */
static void add_string(struct strbuf *b, const char *text)
{
	strbuf_puts(b, "\"");
	for (const unsigned char *s = (const unsigned char *)text; *s;) {
		const int n = utf8_length(s);
		if (*s == '"' || *s == '\\')
			strbuf_printf(b, "\\%c", *s);
		else if (*s < 32 || *s == 127 || !n)
			strbuf_printf(b, "\\u%04x", *s);
		else
			strbuf_add(b, (const char *)s, (size_t)n);
		s += n ? n : 1;
	}
	strbuf_puts(b, "\"");
}

static void begin_value(struct json *j, const char *name)
{
	strbuf_puts(&j->text, j->is_first ? "" : ",");
	if (j->depth)
		strbuf_printf(&j->text, "\n%*s", 2 * j->depth, "");
	j->is_first = false;
	if (!name)
		return;
	add_string(&j->text, name);
	strbuf_puts(&j->text, ": ");
}

void json_begin(struct json *j, struct arena *a)
{
	*j = (struct json){ .is_first = true };
	strbuf_init(&j->text, a);
	json_open(j, NULL, '{');
}

const char *json_end(struct json *j)
{
	json_close(j, '}');
	strbuf_puts(&j->text, "\n");
	return strbuf_text(&j->text);
}

void json_open(struct json *j, const char *name, char bracket)
{
	begin_value(j, name);
	strbuf_printf(&j->text, "%c", bracket);
	j->depth++;
	j->is_first = true;
}

void json_close(struct json *j, char bracket)
{
	j->depth--;
	if (!j->is_first)
		strbuf_printf(&j->text, "\n%*s", 2 * j->depth, "");
	strbuf_printf(&j->text, "%c", bracket);
	j->is_first = false;
}

void json_text(struct json *j, const char *name, const char *text)
{
	begin_value(j, name);
	add_string(&j->text, text);
}

void json_int(struct json *j, const char *name, int64_t n)
{
	begin_value(j, name);
	strbuf_printf(&j->text, "%" PRId64, n);
}

void json_ints(struct json *j, const char *name, const int64_t *v, int n)
{
	json_open(j, name, '[');
	for (int i = 0; i < n; i++)
		json_int(j, NULL, v[i]);
	json_close(j, ']');
}

void json_number(struct json *j, const char *name, double x)
{
	begin_value(j, name);
	if (isfinite(x))
		strbuf_printf(&j->text, "%.9g", x);
	else
		strbuf_puts(&j->text, "null");
}

void json_bool(struct json *j, const char *name, bool b)
{
	begin_value(j, name);
	strbuf_puts(&j->text, b ? "true" : "false");
}

void json_literal(struct json *j, const char *name, const char *text)
{
	begin_value(j, name);
	strbuf_puts(&j->text, text);
}
