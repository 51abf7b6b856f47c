/* Reads the runtime's headers once per base of targets and writes the index that nnc extracts from.
 *
 *     rtindex OUT.c DEPFILE SYMBOL ROOT TOP.h RESOURCE_DIR SYSTEM_DIR */
#include <stdio.h>

#include "library.h"
#include "parse.h"
#include "support/arena.h"
#include "targets/target.h"

int main(int argc, char **argv)
{
	struct arena a;
	struct library l;
	bool ok = true;

	if (argc != 8) {
		fprintf(stderr, "usage: rtindex OUT.c DEPFILE SYMBOL ROOT TOP.h RESOURCE_DIR SYSTEM_DIR\n");
		return 2;
	}
	arena_init(&a, NULL);
	library_init(&l, &a, argv[4]);
	for (size_t i = 0; i < n_target_bases; i++)
		ok &= parse_target(&l, target_bases[i],
			&(struct parse_options){ .top = argv[5], .resource_dir = argv[6], .system_dir = argv[7] });
	if (ok) {
		library_write(&l, argv[3], argv[1]);
		library_write_depfile(&l, argv[1], argv[2]);
	}
	arena_free(&a);
	return ok ? 0 : 1;
}
