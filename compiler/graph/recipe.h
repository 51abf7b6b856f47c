/* Elements that are made where they are written out, and until then take no memory. */
#ifndef NNC_RECIPE_H
#define NNC_RECIPE_H

struct arena;

/* The first member of a struct that knows all that make() needs, and lives as long as the constant. */
struct recipe {
	/* Writes all elements, the same each time. What it takes of scratch is free again afterwards. */
	void (*make)(const struct recipe *r, void *elements, struct arena *scratch);
};

#endif
