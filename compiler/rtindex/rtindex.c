/* Reads the runtime's headers once per base of targets and writes the index that nnc extracts from.
 *
 *     rtindex OUT.c DEPFILE SYMBOL ROOT TOP.h FOLDER RESOURCE_DIR SYSTEM_DIR
 *
 * FOLDER, under ROOT, is what is indexed of all that TOP.h includes. */
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

	if (argc != 9) {
		fprintf(stderr, "usage: rtindex OUT.c DEPFILE SYMBOL ROOT TOP.h FOLDER RESOURCE_DIR SYSTEM_DIR\n");
		return 2;
	}
	arena_init(&a, NULL);
	library_init(&l, &a, argv[4]);
	for (size_t i = 0; i < n_target_bases; i++)
		ok &= parse_target(&l, target_bases[i],
			&(struct parse_options){ .top = argv[5], .folder = arena_printf(&a, "%s/%s/", argv[4], argv[6]),
						 .resource_dir = argv[7], .system_dir = argv[8] });
	if (ok) {
		library_write(&l, argv[3], argv[1]);
		library_write_depfile(&l, argv[1], argv[2]);
	}
	arena_free(&a);
	return ok ? 0 : 1;
}
