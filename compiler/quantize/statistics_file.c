#include "quantize/statistics_file.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "emit/output.h"
#include "import/reader.h"
#include "support/arena.h"
#include "support/diag.h"

static const char head[] = "nnc statistics 1";

enum { MAX_STATISTICS = 1 << 20 };

/* --- writing ------------------------------------------------------------------------------------------------------ */

static void write_name(FILE *f, const char *name)
{
	for (const char *s = name; *s; s++) {
		const unsigned char c = (unsigned char)*s;
		if (c <= ' ' || c == '%' || c == 0x7f)
			fprintf(f, "%%%02x", (unsigned)c);
		else
			fputc(c, f);
	}
	fputc('\n', f);
}

static void write_bins(FILE *f, const char *what, const uint64_t *bin, int n)
{
	fputs(what, f);
	for (int k = 0; k < n; k++)
		if (bin[k])
			fprintf(f, " %d:%" PRIu64, k, bin[k]);
	fputc('\n', f);
}

bool statistics_write(const struct statistics *s, const char *path, struct arena *a, struct diag *d)
{
	struct output *o = output_new(a, d);
	FILE *f = output_open(o, path);

	if (!f)
		return false;
	fprintf(f, "%s\nbins %d samples %" PRId64 " tensors %d\n", head, s->bins, s->samples, s->n);
	for (int i = 0; i < s->n; i++) {
		const struct tensor_stats *t = &s->v[i];
		fprintf(f, "tensor %" PRId64 " %" PRId64 " %a %a %a ", t->n, t->n_not_finite, (double)t->low,
			(double)t->high, (double)t->least);
		write_name(f, t->name);
		if (s->bins) {
			write_bins(f, "values", t->bin, s->bins);
			write_bins(f, "absolute", t->absolute, s->bins);
		}
	}
	return output_commit(o);
}

/* --- reading ------------------------------------------------------------------------------------------------------ */

/* The rest of a file that is one string. */
struct text {
	char *at;
	const char *path;
	int line;
	struct diag *d;
};

static bool bad(const struct text *t)
{
	return diag_error(t->d, STATUS_MODEL, NULL, "%s: line %d is not what nnc writes into statistics", t->path,
			  t->line);
}

/* The next line, its end cut off; "" after the last. */
static char *next_line(struct text *t)
{
	char *line = t->at;

	t->at += strcspn(line, "\n");
	if (*t->at)
		*t->at++ = 0;
	t->line++;
	return line;
}

static bool read_count(char **s, uint64_t most, uint64_t *n)
{
	if (**s < '0' || **s > '9')
		return false;
	*n = strtoull(*s, s, 10);
	return *n <= most;
}

static bool read_float(char **s, float *x)
{
	char *end;
	const double v = strtod(*s, &end);

	if (end == *s || *end != ' ' || isnan(v))
		return false;
	*x = (float)v;
	*s = end + 1;
	return true;
}

static bool read_name(const char *s, struct tensor_stats *t, struct arena *a)
{
	char *name = arena_alloc(a, strlen(s) + 1), *to = name;

	for (; *s; s++) {
		unsigned c = (unsigned char)*s;
		if (c == '%') {
			char digits[3] = { s[1], s[1] ? s[2] : 0 }, *end;
			c = (unsigned)strtoul(digits, &end, 16);
			if (end != digits + 2 || !c)
				return false;
			s += 2;
		}
		*to++ = (char)c;
	}
	t->name = name;
	return true;
}

static bool read_bins(struct text *text, const char *what, uint64_t *bin, int n)
{
	char *s = next_line(text);
	uint64_t k, count;

	if (strncmp(s, what, strlen(what)) != 0)
		return bad(text);
	for (s += strlen(what); *s == ' ';) {
		s++;
		if (!read_count(&s, (uint64_t)n - 1, &k) || *s++ != ':' || !read_count(&s, INT64_MAX, &count))
			return bad(text);
		bin[k] = count;
	}
	return !*s || bad(text);
}

static bool read_tensor(struct text *text, struct statistics *s, struct tensor_stats *t)
{
	char *line = next_line(text);
	uint64_t n, wrong;
	bool ok = !strncmp(line, "tensor ", 7);

	line += ok ? 7 : 0;
	ok = ok && read_count(&line, INT64_MAX, &n) && *line++ == ' ' && read_count(&line, n, &wrong) &&
	     *line++ == ' ' && read_float(&line, &t->low) && read_float(&line, &t->high) &&
	     read_float(&line, &t->least) && read_name(line, t, s->arena);
	if (!ok)
		return bad(text);
	t->n = (int64_t)n;
	t->n_not_finite = (int64_t)wrong;
	if (!s->bins)
		return true;
	t->bin = ARENA_ARRAY(s->arena, s->bins, uint64_t);
	t->absolute = ARENA_ARRAY(s->arena, s->bins, uint64_t);
	return read_bins(text, "values", t->bin, s->bins) && read_bins(text, "absolute", t->absolute, s->bins);
}

/* "WORD N" */
static bool read_word(char **s, const char *word, uint64_t most, uint64_t *n)
{
	const size_t length = strlen(word);

	if (strncmp(*s, word, length) != 0)
		return false;
	*s += length;
	return read_count(s, most, n);
}

bool statistics_read(struct statistics *s, const char *path, struct arena *a, struct diag *d)
{
	struct text text = { .path = path, .d = d };
	const char *const model = d->file;
	const unsigned char *bytes;
	uint64_t bins, samples, n;
	size_t size;
	char *line;

	d->file = path;
	bytes = reader_read(a, d, path, &size);
	d->file = model;
	if (!bytes)
		return false;
	text.at = arena_strndup(a, (const char *)bytes, size);
	if (strcmp(next_line(&text), head) != 0)
		return bad(&text);
	line = next_line(&text);
	if (!read_word(&line, "bins ", MAX_BINS, &bins) || !read_word(&line, " samples ", INT64_MAX, &samples) ||
	    !read_word(&line, " tensors ", MAX_STATISTICS, &n) || *line)
		return bad(&text);
	*s = (struct statistics){ .bins = (int)bins, .samples = (int64_t)samples, .arena = a };
	map_init(&s->index, a);
	for (; s->n < (int)n; s->n++) {
		s->v = ARENA_PUSH(a, s->v, s->n, struct tensor_stats);
		if (!read_tensor(&text, s, &s->v[s->n]))
			return false;
		map_set_name(&s->index, s->v[s->n].name, s->n);
	}
	return true;
}
