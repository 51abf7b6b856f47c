#include "nearest.h"

#include <string.h>

#include "arena.h"

enum { LONGEST = 40 };  /* longer words are not looked at */

static char lower(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c == '_' ? '-' : c);
}

static int least(int a, int b)
{
	return a < b ? a : b;
}

/* Letters put in, left out, changed or swapped with their neighbour (optimal string alignment), small and capital ones
 * alike. Both words have at most LONGEST letters. */
static int distance(const char *a, int n, const char *b, int m)
{
	int row[3][LONGEST + 1] = { { 0 } };

	for (int j = 0; j <= m; j++)
		row[0][j] = j;
	for (int i = 1; i <= n; i++) {
		int *const now = row[i % 3], *const before = row[(i + 2) % 3], *const earlier = row[(i + 1) % 3];

		now[0] = i;
		for (int j = 1; j <= m; j++) {
			const int change = before[j - 1] + (lower(a[i - 1]) != lower(b[j - 1]));

			now[j] = least(change, 1 + least(before[j], now[j - 1]));
			if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]))
				now[j] = least(now[j], earlier[j - 2] + 1);
		}
	}
	return row[n % 3][m];
}

void nearest_init(struct nearest *x, const char *word, size_t n)
{
	*x = (struct nearest){ .word = word, .n = n };
}

/* A third of the letters may be wrong; and what begins alike and only ends too soon is near as well. */
void nearest_try(struct nearest *x, const char *candidate, size_t n)
{
	const size_t longer = n > x->n ? n : x->n;
	int d;

	if (!x->n || !n || longer > LONGEST)
		return;
	d = distance(x->word, (int)x->n, candidate, (int)n);
	if (d > (int)(longer + 1) / 3 && (x->n < 4 || n < x->n || memcmp(candidate, x->word, x->n) != 0))
		return;
	if (x->best && d >= x->distance)
		return;
	x->best = candidate;
	x->best_n = n;
	x->distance = d;
}

const char *nearest_text(const struct nearest *x, struct arena *a)
{
	return x->best ? arena_printf(a, "; did you mean \"%.*s\"?", (int)x->best_n, x->best) : "";
}
