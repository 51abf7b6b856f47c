/* The words of --input and --output. */
#include "edge_words.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"
#include "support/arena.h"
#include "support/diag.h"
#include "support/nearest.h"
#include "support/strbuf.h"

enum { IN = 1, OUT = 2, BOTH = IN | OUT };
enum group { TYPE, LAYOUT, AXIS, COLOUR, MEAN, SCALE, SIZE, SOFTMAX, PICK, N_GROUPS };
enum { MOST_TOP = 1 << 20 };

/* --- What each word takes ----------------------------------------------------------------------------------------- */

/* A finite number, or two with a slash between them; *end: behind it. */
static bool read_number(const char *text, const char **end, double *v)
{
	char *behind;

	*v = strtod(text, &behind);
	if (behind == text)
		return false;
	if (*behind == '/') {
		const char *below = behind + 1;
		*v /= strtod(below, &behind);
		if (behind == below)
			return false;
	}
	*end = behind;
	return isfinite(*v);
}

static bool read_numbers(struct edge_numbers *n, const char *text, struct arena *a)
{
	const char *end;
	double v;

	for (;; text = end + 1) {
		if (!read_number(text, &end, &v) || (*end && *end != ':'))
			return false;
		n->v = ARENA_PUSH(a, n->v, n->n, double);
		n->v[n->n++] = v;
		if (!*end)
			return true;
	}
}

static bool read_count(const char *text, char end, const char **behind, int64_t *n)
{
	char *e;

	*n = strtoll(text, &e, 10);
	*behind = e + 1;
	return e != text && *e == end && *text >= '0' && *text <= '9' && *n >= 1 && *n <= MOST_TOP;
}

static bool take_type(struct edge_words *e, const char *text, int value, struct arena *a)
{
	(void)text, (void)a;
	e->type = (enum dtype)value;
	return true;
}

static bool take_last(struct edge_words *e, const char *text, int value, struct arena *a)
{
	(void)text, (void)a;
	e->layout = LAYOUT_CHANNELS_LAST;
	e->layout_rank = value;
	return true;
}

static bool take_first(struct edge_words *e, const char *text, int value, struct arena *a)
{
	(void)text, (void)a;
	e->layout = LAYOUT_CHANNELS_FIRST;
	e->layout_rank = value;
	return true;
}

static bool take_axis(struct edge_words *e, const char *text, int value, struct arena *a)
{
	(void)value, (void)a;
	e->axis = *text - '0';
	return e->axis >= 0 && e->axis < MAX_RANK && !text[1];
}

static bool take_colour(struct edge_words *e, const char *text, int value, struct arena *a)
{
	(void)text, (void)a;
	e->is_reversed = value;
	return true;
}

static bool take_mean(struct edge_words *e, const char *text, int value, struct arena *a)
{
	(void)value;
	return read_numbers(&e->mean, text, a);
}

/* scale=, and std= (value 1), which divides. */
static bool take_scale(struct edge_words *e, const char *text, int value, struct arena *a)
{
	if (!read_numbers(&e->scale, text, a))
		return false;
	for (int i = 0; i < e->scale.n; i++) {
		double *v = &e->scale.v[i];
		*v = value ? 1 / *v : *v;
		if (!isfinite((float)*v) || (float)*v == 0.0f)
			return false;
	}
	return true;
}

static bool take_size(struct edge_words *e, const char *text, int value, struct arena *a)
{
	(void)value, (void)a;
	return read_count(text, 'x', &text, &e->rows) && read_count(text, 0, &text, &e->columns);
}

static bool take_softmax(struct edge_words *e, const char *text, int value, struct arena *a)
{
	(void)text, (void)value, (void)a;
	e->softmax = true;
	return true;
}

static bool take_argmax(struct edge_words *e, const char *text, int value, struct arena *a)
{
	(void)text, (void)value, (void)a;
	e->argmax = true;
	return true;
}

static bool take_top(struct edge_words *e, const char *text, int value, struct arena *a)
{
	(void)value, (void)a;
	return read_count(text, 0, &text, &e->top);
}

/* --- The list ----------------------------------------------------------------------------------------------------- */

static const struct word {
	const char *word, *argument;
	int sides;
	enum group group;
	bool (*take)(struct edge_words *e, const char *text, int value, struct arena *a);
	int value;
} words[] = {
#define EDGE_WORD(word, argument, sides, group, take, value) { word, argument, sides, group, take, value },
#include "edge_words.def"
#undef EDGE_WORD
};

enum { N_WORDS = sizeof words / sizeof *words };

static bool is_word(const struct word *w, const char *text)
{
	return *w->argument ? !strncmp(w->word, text, strlen(w->word)) : !strcmp(w->word, text);
}

static bool refuse(const struct edge_words *e, int side, const char *text, struct arena *a, struct diag *d)
{
	struct nearest x;
	struct strbuf b;

	strbuf_init(&b, a);
	nearest_init(&x, text, strlen(text));
	for (const struct word *w = words; w < words + N_WORDS; w++) {
		if (!(w->sides & side))
			continue;
		strbuf_printf(&b, " %s%s", w->word, w->argument);
		nearest_try(&x, w->word, strlen(w->word));
	}
	return diag_error(d, STATUS_USAGE, NULL, "%s %s: \"%s\" is no word of it, allowed:%s%s", e->option, e->name,
			  text, strbuf_text(&b), nearest_text(&x, a));
}

static bool take_word(struct edge_words *e, int side, const char *text, const char **given, struct arena *a,
		      struct diag *d)
{
	const struct word *w = words;

	while (w < words + N_WORDS && !((w->sides & side) && is_word(w, text)))
		w++;
	if (w == words + N_WORDS)
		return refuse(e, side, text, a, d);
	if (given[w->group])
		return diag_error(d, STATUS_USAGE, NULL, "%s %s: \"%s\" beside \"%s\", allowed: one of them", e->option,
				  e->name, text, given[w->group]);
	given[w->group] = text;
	return w->take(e, text + strlen(w->word), w->value, a) ||
	       diag_error(d, STATUS_USAGE, NULL, "%s %s: \"%s\": must be %s%s", e->option, e->name, text, w->word,
			  w->argument);
}

/* What stands for itself in each word may not go with another. */
static bool check_together(const struct edge_words *e, const char *const *given, struct diag *d)
{
	if (given[PICK] && given[LAYOUT])
		return diag_error(d, STATUS_USAGE, NULL, "%s %s: \"%s\" beside \"%s\", allowed: one of them", e->option,
				  e->name, given[LAYOUT], given[PICK]);
	if (!e->is_input && given[TYPE] && !given[PICK])
		return diag_error(d, STATUS_USAGE, NULL, "%s %s: \"%s\" is the type of what argmax and topK give, "
				  "allowed: one of them beside it", e->option, e->name, given[TYPE]);
	return true;
}

bool edge_words_read(struct edge_words *e, bool is_input, const struct fix_option *o, struct arena *a, struct diag *d)
{
	const char *given[N_GROUPS] = { NULL };

	*e = (struct edge_words){ .option = is_input ? "--input" : "--output", .name = o->name, .is_input = is_input,
				  .axis = -1 };
	for (const char *s = o->text;; s++) {
		const size_t n = strcspn(s, ",");
		if (!take_word(e, is_input ? IN : OUT, arena_strndup(a, s, n), given, a, d))
			return false;
		s += n;
		if (!*s)
			return check_together(e, given, d);
	}
}

/* --- Axes --------------------------------------------------------------------------------------------------------- */

/* More channels than a picture has. */
enum { MOST_COLOURS = 4 };

static int find_channels(const struct edge_words *e, int rank, const int64_t *extent)
{
	const int first = rank > 3 || rank == 2, last = rank - 1;
	const int n = e->mean.n > e->scale.n ? e->mean.n : e->scale.n;
	const int64_t wanted = n > 1 ? n : e->is_reversed ? 3 : 0;
	const int places[] = { first, last, 1 };

	if (e->axis >= 0 && e->axis < rank)
		return e->axis;
	if (rank < 2 || (!e->is_input && rank < 4))
		return rank - 1;
	if (!e->is_input)
		return 1;
	for (int k = 0; k < 3 && wanted; k++)
		if (extent[places[k]] == wanted)
			return places[k];
	return extent[first] > MOST_COLOURS && extent[last] >= 0 && extent[last] <= MOST_COLOURS ? last : first;
}

static bool check_numbers(const struct edge_words *e, const char *what, int n, int64_t channels, struct diag *d)
{
	return n <= 1 || n == channels ||
	       diag_error(d, STATUS_USAGE, NULL, "%s %s: %d numbers of %s=, allowed: 1, or one for each of its %lld "
			  "channels", e->option, e->name, n, what, (long long)(channels < 0 ? 0 : channels));
}

static bool check_fit(const struct edge_words *e, const struct edge_axes *x, int rank, const int64_t *extent,
		      struct diag *d)
{
	const int64_t channels = x->channel < 0 ? 1 : extent[x->channel];

	if (e->axis >= rank)
		return diag_error(d, STATUS_USAGE, NULL, "%s %s: axis=%d of a tensor of rank %d", e->option, e->name,
				  e->axis, rank);
	if (e->layout_rank && e->layout_rank != rank)
		return diag_error(d, STATUS_USAGE, NULL, "%s %s: a layout of %d axes for a tensor of rank %d, allowed: "
				  "%s", e->option, e->name, e->layout_rank, rank, rank == 4 ? "nhwc nchw" :
				  rank == 3 ? "hwc chw" : "none");
	if (e->is_reversed && channels != 3)
		return diag_error(d, STATUS_USAGE, NULL, "%s %s: bgr for an input without 3 channels", e->option,
				  e->name);
	if (e->rows && (x->row < 0 || extent[x->row] < 1 || extent[x->column] < 1))
		return diag_error(d, STATUS_USAGE, NULL, "%s %s: size= for an input of rank %d, allowed: 3 or 4, with "
				  "constant rows and columns (--dim)", e->option, e->name, rank);
	return check_numbers(e, "mean", e->mean.n, channels, d) && check_numbers(e, "scale", e->scale.n, channels, d);
}

bool edge_axes_find(struct edge_axes *x, const struct edge_words *e, int rank, const int64_t *extent, struct diag *d)
{
	const int before = rank > 3;            /* the batch */
	int n = 0;

	*x = (struct edge_axes){ .channel = find_channels(e, rank, extent), .row = -1, .column = -1 };
	for (int k = rank - 1; k >= before && (rank == 3 || rank == 4); k--)
		if (k != x->channel)
			*(x->column < 0 ? &x->column : &x->row) = k;
	for (int k = 0; k < rank; k++) {
		if (e->layout == LAYOUT_CHANNELS_FIRST && n == before)
			x->from[n++] = x->channel;
		if (e->layout == LAYOUT_OF_MODEL || k != x->channel)
			x->from[n++] = k;
	}
	if (e->layout == LAYOUT_CHANNELS_LAST && n < rank)
		x->from[n] = x->channel;
	return check_fit(e, x, rank, extent, d);
}
