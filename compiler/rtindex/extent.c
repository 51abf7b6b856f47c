#include "extent.h"

#include <string.h>

static unsigned line_begin(const char *text, unsigned at)
{
	while (at && text[at - 1] != '\n')
		at--;
	return at;
}

static unsigned line_end(const char *text, unsigned at)
{
	return at + (unsigned)strcspn(text + at, "\n");
}

/* End of what is on the line that ends at `end`, without white space. */
static unsigned trim(const char *text, unsigned begin, unsigned end)
{
	while (end > begin && strchr(" \t\r", text[end - 1]))
		end--;
	return end;
}

static bool is_directive(const char *text, unsigned begin)
{
	return text[begin + strspn(text + begin, " \t")] == '#';
}

/* Does the comment that closes at `end` stand on lines of its own? Then *begin is where its first line begins. */
static bool own_comment(const char *text, unsigned end, unsigned *begin)
{
	unsigned at = end, line;

	if (end < 4 || strncmp(text + end - 2, "*/", 2))
		return false;
	for (at = end - 2; at > 1 && strncmp(text + at - 2, "/*", 2); at--)
		;
	if (at < 2)
		return false;
	line = line_begin(text, at - 2);
	if (trim(text, line, at - 2) != line)
		return false;
	*begin = line;
	return true;
}

static bool is_line_comment(const char *text, unsigned begin)
{
	return !strncmp(text + begin + strspn(text + begin, " \t"), "//", 2);
}

/* Comments that end on the line above; an empty line between parts them. */
static unsigned with_comments(const char *text, unsigned begin)
{
	while (begin) {
		unsigned line = line_begin(text, begin - 1), end = trim(text, line, begin - 1), start;
		if (is_line_comment(text, line))
			start = line;
		else if (!own_comment(text, end, &start))
			break;
		begin = start;
	}
	return begin;
}

/* Lines above that end in the middle of a declaration: attributes, a return type. */
static unsigned with_head(const char *text, unsigned begin)
{
	while (begin) {
		unsigned line = line_begin(text, begin - 1), end = trim(text, line, begin - 1);
		if (end == line || is_directive(text, line) || strchr(";}/\\", text[end - 1]) ||
		    is_line_comment(text, line))
			break;
		begin = line;
	}
	return begin;
}

/* A comment behind the item on its last line belongs to it. */
static unsigned with_tail(const char *text, unsigned end)
{
	unsigned last = trim(text, end, line_end(text, end)), at = end + (unsigned)strspn(text + end, " \t");

	if (last > at + 3 && !strncmp(text + at, "/*", 2) && !strncmp(text + last - 2, "*/", 2))
		return last;
	return end;
}

struct extent extent_declaration(const char *text, struct extent x, bool is_function)
{
	x.begin = with_comments(text, with_head(text, line_begin(text, x.begin)));
	if (!is_function)
		x.end += (unsigned)strcspn(text + x.end, ";") + 1;
	else if (text[x.end] == ';')
		x.end++;
	if (x.end > x.begin + strlen(text + x.begin))
		x.end = x.begin + (unsigned)strlen(text + x.begin);
	x.end = with_tail(text, x.end);
	return x;
}

/* Is the line at `begin` the directive #word? */
static bool is_word(const char *text, unsigned begin, const char *word)
{
	if (!is_directive(text, begin))
		return false;
	begin += (unsigned)strspn(text + begin, " \t#");
	return !strncmp(text + begin, word, strlen(word)) && strchr(" \t\n(", text[begin + strlen(word)]);
}

/* A macro that an #if right above it chooses comes with the whole choice: the user's compiler may choose another. */
static bool macro_choice(const char *text, struct extent *x)
{
	unsigned line = line_begin(text, x->begin), at, end = x->end;

	if (!line)
		return false;
	at = line_begin(text, line - 1);
	if (!is_word(text, at, "if") && !is_word(text, at, "else") && !is_word(text, at, "elif"))
		return false;
	while (at && !is_word(text, at, "if"))
		at = line_begin(text, at - 1);
	while (text[end] && !is_word(text, line_begin(text, end), "endif"))
		end = line_end(text, end + 1);
	x->begin = with_comments(text, at);
	x->end = end;
	return true;
}

struct extent extent_macro(const char *text, struct extent x)
{
	unsigned open;

	if (macro_choice(text, &x))
		return x;
	x.begin = with_comments(text, line_begin(text, x.begin));
	x.end = line_end(text, x.end);
	while (text[x.end] && x.end && text[trim(text, 0, x.end) - 1] == '\\')
		x.end = line_end(text, x.end + 1);
	/* A comment that begins on the last line may end on a later one. */
	for (open = x.end; open > x.begin && strncmp(text + open, "/*", 2) && strncmp(text + open, "*/", 2); open--)
		;
	if (!strncmp(text + open, "/*", 2) && strstr(text + x.end, "*/"))
		x.end = line_end(text, (unsigned)(strstr(text + x.end, "*/") - text));
	return x;
}
