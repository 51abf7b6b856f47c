/* Prints the id of each feature of features.def that this machine has, one a line. */
#include <stdio.h>

#include "targets/machine.h"

int main(void)
{
	static const char *const ids[] = {
#define FEATURE(id, ...) #id,
#include "targets/features.def"
#undef FEATURE
	};

	for (int i = 0; i < N_FEATURES; i++)
		if (machine_features() >> i & 1)
			puts(ids[i]);
	return 0;
}
