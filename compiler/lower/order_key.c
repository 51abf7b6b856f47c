#include "lower/order_key.h"

#include "ops/arguments.h"

/* Negative floats are ordered by their bits the other way round, and signed integers come in order when their sign is
 * turned. */
int order_key(struct nest *n, int x, bool largest)
{
	const enum dtype type = compute_type((enum dtype)n->e[x].type);
	const bool wide = dtypes[type].bytes == 8;
	const enum dtype bits = wide ? DT_I64 : DT_I32;
	const struct nest_param sign = { "sign", nest_const_int(n, bits, wide ? INT64_MIN : INT32_MIN) };
	int key = nest_cast(n, type, x);

	if (is_float(type)) {
		x = nest_parse(n, "x == 0 ? 0 : x", &key, 1, NULL, 0);
		key = nest_bits(n, bits, x);
		key = nest_parse(n, "x < 0 ? not(x) : xor(x, sign)", &key, 1, &sign, 1);
		key = nest_select(n, nest_unary(n, E_ISNAN, x), nest_const_int(n, bits, -1), key);
	} else if (dtypes[type].class == CLASS_I) {
		key = nest_cast(n, bits, key);
		key = nest_parse(n, "xor(x, sign)", &key, 1, &sign, 1);
	}
	key = nest_cast(n, DT_U64, nest_cast(n, wide ? DT_U64 : DT_U32, key));
	return largest ? key : nest_unary(n, E_NOT, key);
}
