#include "commands/quantize_table.h"

#include <stdio.h>
#include <stdlib.h>

#include "support/arena.h"
#include "support/name.h"

enum { WORST = 10 };

struct line {
	const struct quant_tensor *tensor;
	double db;
	int at;
};

static int compare_lines(const void *pa, const void *pb)
{
	const struct line *a = pa, *b = pb;

	return a->db != b->db ? (a->db > b->db) - (a->db < b->db) : a->at - b->at;
}

static void print_line(const struct line *x, struct arena *a)
{
	const struct quant_tensor *t = x->tensor;

	printf("%7.1f %12.5g %12.5g %12.6g %5d  %-18s %s\n", x->db, (double)t->low, (double)t->high, (double)t->scale,
	       t->zero, t->op, name_text(a, t->name));
}

void quantize_table_print(const struct selection *s, const struct quality *q, struct arena *a)
{
	struct line *line = ARENA_ARRAY(a, s->n, struct line);

	printf("\n SNR dB          low         high        scale  zero  made by            tensor\n");
	for (int t = 0; t < s->n; t++) {
		line[t] = (struct line){ &s->tensor[t], quality_db(&q[t]), t };
		print_line(&line[t], a);
	}
	if (s->n)
		qsort(line, (size_t)s->n, sizeof *line, compare_lines);
	printf("\nthe worst:\n");
	for (int t = 0; t < s->n && t < WORST; t++)
		print_line(&line[t], a);
}
