/* geometry.def against the parameter structs of runtime_min: what is printed is a member there, and of that type. */
#include <criterion/criterion.h>

#include "runtime_min/kernels/int8_plain.h"
#include "runtime_min/kernels/find.h"
#include "runtime_min/kernels/int8_add.h"
#include "runtime_min/kernels/int8_add_plain.h"
#include "runtime_min/kernels/int8_lines.h"
#include "runtime_min/kernels/int8_mean.h"
#include "runtime_min/kernels/int8_pair.h"
#include "runtime_min/kernels/int8_rescale.h"
#include "runtime_min/kernels/int8_resize.h"
#include "runtime_min/kernels/int8_softmax.h"
#include "runtime_min/kernels/int8_table.h"
#include "runtime_min/kernels/couple.h"
#include "runtime_min/kernels/nms.h"
#include "runtime_min/kernels/roi.h"
#include "runtime_min/kernels/rows.h"
#include "runtime_min/kernels/select.h"
#include "runtime_min/kernels/shape.h"
#include "runtime_min/kernels/trees.h"
#include "steps/geometry.h"

/* A value of each struct. */
#define GEOMETRY(NAME, member, tag) static const struct tag of_##member;
#define FIELD(member, name, kind, role)
#include "steps/geometry.def"
#undef GEOMETRY
#undef FIELD

/* COUNT is an int there, NUMBER too or a uint32_t or an int64_t, which has the type of ptrdiff_t here, STEP is a
 * ptrdiff_t, REAL a float, TAIL a
 * nnrt_tail: else this does not compile. */
#define GEOMETRY(NAME, member, tag)
#define FIELD(member, name, kind, role) \
	_Static_assert(_Generic(of_##member.name, int: FIELD_##kind == FIELD_COUNT || FIELD_##kind == FIELD_NUMBER, \
				uint32_t: FIELD_##kind == FIELD_NUMBER, \
				ptrdiff_t: FIELD_##kind == FIELD_STEP || FIELD_##kind == FIELD_NUMBER, \
				float: FIELD_##kind == FIELD_REAL, nnrt_tail: FIELD_##kind == FIELD_TAIL), #name);
#include "steps/geometry.def"
#undef GEOMETRY
#undef FIELD

/* Constants are printed one after the other, so that each has to come behind the one before. */
Test(geometry, names_members_in_their_order)
{
	const char *before, *base;

#define GEOMETRY(NAME, member, tag) before = NULL, base = (const char *)&of_##member;
#define FIELD(member, name, kind, role) \
	cr_expect((const char *)&of_##member.name > before && (const char *)&of_##member.name >= base, \
		#member "." #name); \
	before = (const char *)&of_##member.name;
#include "steps/geometry.def"
#undef GEOMETRY
#undef FIELD
}

Test(geometry, names_the_struct)
{
	cr_expect_str_eq(geometry_struct(GEOMETRY_CONV)->tag, "nnrt_conv");
	cr_expect_null(geometry_struct(GEOMETRY_NONE)->tag);
	cr_expect_eq(geometry_struct(GEOMETRY_NONE)->n_fields, 0);
}
