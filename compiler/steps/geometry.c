#include "steps/geometry.h"

/* A row that reads a member as another type than it is of does not compile. */
#define GEOMETRY(NAME, member, tag)
#define FIELD(member, name, kind, role) \
	_Static_assert(_Generic(((struct geometry *)0)->member.name, \
				struct num: FIELD_##kind == FIELD_COUNT || FIELD_##kind == FIELD_STEP, \
				int64_t: FIELD_##kind == FIELD_NUMBER, double: FIELD_##kind == FIELD_REAL, \
				bool: FIELD_##kind == FIELD_TAIL), #name);
#include "steps/geometry.def"
#undef GEOMETRY
#undef FIELD

/* One array a struct: a GEOMETRY row ends the one before and begins its own. */
static const struct geometry_field no_fields[] = {
	{ .name = NULL },
#define GEOMETRY(NAME, member, tag) \
	}; \
	static const struct geometry_field member##_fields[] = {
#define FIELD(member, name, kind, role) { #name, FIELD_##kind, ROLE_##role, offsetof(struct geometry, member.name) },
#include "steps/geometry.def"
#undef GEOMETRY
#undef FIELD
};

static const struct geometry_struct structs[] = {
	[GEOMETRY_NONE] = { NULL, no_fields, 0 },
#define GEOMETRY(NAME, member, tag) \
	[GEOMETRY_##NAME] = { #tag, member##_fields, sizeof member##_fields / sizeof *member##_fields },
#define FIELD(member, name, kind, role)
#include "steps/geometry.def"
#undef GEOMETRY
#undef FIELD
};

const struct geometry_struct *geometry_struct(enum geometry_kind kind)
{
	return &structs[kind];
}

static const void *member_at(const struct geometry *g, const struct geometry_field *f)
{
	return (const char *)g + f->offset;
}

struct num geometry_number(const struct geometry *g, const struct geometry_field *f)
{
	if (f->kind == FIELD_TAIL)
		return num_const(*(const bool *)member_at(g, f));
	return f->kind == FIELD_NUMBER ? num_const(*(const int64_t *)member_at(g, f)) :
					 *(const struct num *)member_at(g, f);
}

double geometry_real(const struct geometry *g, const struct geometry_field *f)
{
	return *(const double *)member_at(g, f);
}

const struct geometry_field *geometry_role(const struct geometry *g, enum field_role role)
{
	const struct geometry_struct *s = geometry_struct(g->kind);

	for (int i = 0; i < s->n_fields; i++)
		if (s->field[i].role == role)
			return &s->field[i];
	return NULL;
}

static bool fits(struct num v, int64_t most)
{
	return num_is_const(v) && v.n <= most && v.n >= -most;
}

bool geometry_is_short(const struct geometry *g)
{
	const struct conv_geometry *c = &g->conv;
	const int64_t small[] = { c->kernel_h, c->kernel_w, c->stride_h, c->stride_w, c->dilation_h, c->dilation_w };
	const struct geometry_struct *s = geometry_struct(GEOMETRY_CONV);

	for (size_t i = 0; i < sizeof small / sizeof *small; i++)
		if (small[i] > INT8_MAX)
			return false;
	for (int i = 0; i < s->n_fields; i++)
		if (s->field[i].role == ROLE_NONE && !fits(geometry_number(g, &s->field[i]), INT16_MAX / 2))
			return false;
	return fits(c->pad_top, INT8_MAX) && fits(c->pad_left, INT8_MAX) && fits(c->pad_bottom, INT8_MAX) &&
	       fits(c->pad_right, INT8_MAX) && c->out_h.n * c->out_w.n <= INT16_MAX;
}
