/* nnc targets: the machines, printed from their table. */
#include <stdio.h>

#include "commands/commands.h"
#include "commands/json.h"
#include "targets/target.h"

static void json_features(struct json *j, const char *name, feature_set s)
{
	json_open(j, name, '[');
	for (int k = 0; k < N_FEATURES; k++)
		if (s >> k & 1)
			json_text(j, NULL, feature_rows[k].name);
	json_close(j, ']');
}

/* Every fact of a target. */
static void json_target(struct json *j, const struct target *t)
{
	const struct {
		const char *name, *text;
	} texts[] = {
		{ "name", t->name }, { "base", t->base }, { "description", t->description }, { "triple", t->triple },
		{ "cc", t->cc }, { "cflags", t->cflags }, { "link_flags", t->link_flags }, { "runner", t->runner },
		{ "index_flags", t->index_flags }, { "check", t->check }, { "check_message", t->check_message },
	};
	const struct {
		const char *name;
		double n;
	} numbers[] = {
		{ "fmas", t->fmas }, { "int_ops", t->int_ops }, { "loads", t->loads },
		{ "fma_latency", t->fma_latency }, { "registers", t->registers }, { "vector_bytes", t->vector_bytes },
		{ "l1_bytes", t->l1_bytes }, { "l2_bytes", t->l2_bytes }, { "arena_align", t->arena_align },
	};

	json_open(j, NULL, '{');
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		json_text(j, texts[i].name, texts[i].text);
	json_features(j, "features", t->features);
	json_features(j, "may_add", t->may_add);
	json_features(j, "lacking", *t->runner ? HAS_NONE : target_lacks(t));
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		json_number(j, numbers[i].name, numbers[i].n);
	json_bool(j, "overlaps", t->overlaps);
	json_bool(j, "has_lane_fma", t->has_lane_fma);
	json_bool(j, "is_big_endian", t->is_big_endian);
	json_bool(j, "is_hosted", t->is_hosted);
	json_close(j, '}');
}

/* A base with every choice of the features that may be added. */
static void json_base(struct json *j, const struct target *base, struct arena *a)
{
	feature_set s = 0;

	do {
		const char *name = base->name;

		for (int k = 0; k < N_FEATURES; k++)
			if (s >> k & 1)
				name = arena_printf(a, "%s+%s", name, feature_rows[k].name);
		json_target(j, target_find(a, name, NULL));
		s = (s - base->may_add) & base->may_add;        /* the next subset: counts in the set's bits alone */
	} while (s);
}

static void print_targets_json(struct arena *a)
{
	struct json j;

	json_begin(&j, a);
	json_text(&j, "host", target_host_name(a));
	json_open(&j, "targets", '[');
	for (size_t i = 0; i < n_target_bases; i++)
		json_base(&j, target_bases[i], a);
	json_close(&j, ']');
	fputs(json_end(&j), stdout);
}

enum status command_targets(const struct options *o, struct arena *a, struct arena *scratch, struct diag *d)
{
	(void)scratch, (void)d;
	if (o->json)
		print_targets_json(a);
	for (size_t i = 0; !o->json && i < n_target_bases; i++) {
		const struct target *t = target_find(a, target_bases[i]->name, NULL);

		printf("%-14s %s%s%s\n", t->name, t->description, *t->cflags ? "; cc " : "", t->cflags);
		for (int k = 0; k < N_FEATURES; k++)
			if (t->may_add >> k & 1)
				printf("  +%-11s %s%s\n", feature_rows[k].name, feature_rows[k].takes ? "" : "with ",
				       feature_rows[k].description);
	}
	if (!o->json)
		printf("%-14s %s\n", "host", target_host_name(a));
	return STATUS_OK;
}
