#include "target.h"

#include <string.h>

#include "support/arena.h"
#include "support/nearest.h"
#include "support/strbuf.h"

#define TARGET(id) extern const struct target target_##id;
#include "targets.def"
#undef TARGET

const struct target *const target_bases[] = {
#define TARGET(id) &target_##id,
#include "targets.def"
#undef TARGET
};
const size_t n_target_bases = sizeof target_bases / sizeof *target_bases;

/* The flags of a base with those of the features behind. What begins with + goes on behind the word that names the
 * architecture or processor. */
static const char *compose_flags(struct arena *a, const char *flags, feature_set features)
{
	const char *march = strstr(flags, "-march="), *mcpu = strstr(flags, "-mcpu="), *word = march ? march : mcpu;
	const size_t head = word ? (size_t)(word - flags) + strcspn(word, " ") : strlen(flags);
	struct strbuf b;

	strbuf_init(&b, a);
	strbuf_printf(&b, "%.*s", (int)head, flags);
	for (int i = 0; i < N_FEATURES; i++)
		if (features >> i & 1 && feature_rows[i].flag[0] == '+')
			strbuf_puts(&b, feature_rows[i].flag);
	strbuf_puts(&b, flags + head);
	for (int i = 0; i < N_FEATURES; i++)
		if (features >> i & 1 && feature_rows[i].flag[0] && feature_rows[i].flag[0] != '+')
			strbuf_printf(&b, "%s%s", b.size ? " " : "", feature_rows[i].flag);
	return strbuf_text(&b);
}

static const char *compose_check(struct arena *a, const char *check, feature_set features)
{
	struct strbuf b;

	strbuf_init(&b, a);
	strbuf_puts(&b, check);
	for (int i = 0; i < N_FEATURES; i++)
		if (features >> i & 1 && feature_rows[i].check[0])
			strbuf_printf(&b, "%s%s", b.size ? " && " : "", feature_rows[i].check);
	return strbuf_text(&b);
}

static const char *compose_message(struct arena *a, const struct target *t, feature_set added)
{
	struct strbuf b;

	strbuf_init(&b, a);
	strbuf_printf(&b, "compiled by nnc for %s", t->check_for);
	for (int i = 0; i < N_FEATURES; i++)
		if (added >> i & 1)
			strbuf_printf(&b, " with %s", feature_rows[i].description);
	if (*t->cflags)
		strbuf_printf(&b, ": add %s", t->cflags);
	for (int i = 0; i < N_FEATURES; i++)
		if (t->may_add >> i & 1 && feature_rows[i].takes & t->features)
			strbuf_printf(&b, ", or use nnc --target=%s+%s for %s", t->name, feature_rows[i].name,
				      feature_rows[i].description);
	return strbuf_text(&b);
}

/* "+fp16, +vnni" */
static const char *names_of(struct arena *a, feature_set s)
{
	struct strbuf b;

	strbuf_init(&b, a);
	for (int i = 0; i < N_FEATURES; i++)
		if (s >> i & 1)
			strbuf_printf(&b, "%s+%s", b.size ? ", " : "", feature_rows[i].name);
	return strbuf_text(&b);
}

static const char *unknown_feature(struct arena *a, const struct target *base, const char *name, size_t n)
{
	struct nearest x;

	nearest_init(&x, name, n);
	for (int i = 0; i < N_FEATURES; i++)
		if (base->may_add >> i & 1)
			nearest_try(&x, feature_rows[i].name, strlen(feature_rows[i].name));
	return arena_printf(a, "target %s: \"+%.*s\": no such feature; allowed: %s%s", base->name, (int)n, name,
			    base->may_add ? names_of(a, base->may_add) : "none", nearest_text(&x, a));
}

/* Reads +feature+feature. False with *why. */
static bool read_features(struct arena *a, const struct target *base, const char *s, feature_set *added,
			  const char **why)
{
	for (*added = 0; *s; s += strcspn(s, "+")) {
		const size_t n = strcspn(++s, "+");
		int i = 0;

		while (i < N_FEATURES && !(base->may_add >> i & 1 && strlen(feature_rows[i].name) == n &&
					   !strncmp(feature_rows[i].name, s, n)))
			i++;
		if (i == N_FEATURES) {
			*why = unknown_feature(a, base, s, n);
			return false;
		}
		*added |= (feature_set)1 << i;
	}
	return true;
}

static const struct target *compose(struct arena *a, const struct target *base, feature_set added)
{
	struct target *t = ARENA_NEW(a, struct target);
	struct strbuf name;

	*t = *base;
	t->base = base->name;
	strbuf_init(&name, a);
	strbuf_puts(&name, base->name);
	t->features = features_closed(base->features | added);
	for (int i = 0; i < N_FEATURES; i++)
		if (added >> i & 1) {
			strbuf_printf(&name, "+%s", feature_rows[i].name);
			t->features = features_without(t->features, feature_rows[i].takes);
		}
	t->has_soft_floats |= (t->features & HAS_NO_FPU) != 0;
	t->name = strbuf_text(&name);
	t->cflags = compose_flags(a, base->cflags, t->features);
	t->check = compose_check(a, base->check, t->features);
	t->check_message = compose_message(a, t, added);
	t->index_flags = target_index_flags(a, base);
	return t;
}

const char *target_index_flags(struct arena *a, const struct target *base)
{
	feature_set all = base->features;

	/* One that takes another away is compiled for too, but has no functions of its own. */
	for (int i = 0; i < N_FEATURES; i++)
		if (base->may_add >> i & 1 && !feature_rows[i].takes)
			all |= (feature_set)1 << i;
	return compose_flags(a, base->index_flags, all);
}

static const char *unknown_target(struct arena *a, const char *name, size_t n)
{
	struct nearest x;

	nearest_init(&x, name, n);
	for (size_t i = 0; i < n_target_bases; i++)
		nearest_try(&x, target_bases[i]->name, strlen(target_bases[i]->name));
	return arena_printf(a, "unknown target \"%.*s\"%s", (int)n, name,
			    x.best ? nearest_text(&x, a) : "; see nnc targets");
}

const struct target *target_find(struct arena *a, const char *name, const char **why)
{
	const char *text = strcmp(name, "host") ? name : target_host_name(a), *ignored = NULL;
	const size_t n = strcspn(text, "+");
	feature_set added;

	why = why ? why : &ignored;
	for (size_t i = 0; i < n_target_bases; i++) {
		const struct target *base = target_bases[i];
		if (strlen(base->name) == n && !strncmp(base->name, text, n))
			return read_features(a, base, text + n, &added, why) ? compose(a, base, added) : NULL;
	}
	*why = unknown_target(a, text, n);
	return NULL;
}
