/* Text files as C strings: embed OUT.c SYMBOL=FILE... */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cstring.h"

enum { MAX_BYTES = 1 << 20 };

static int embed(FILE *out, const char *symbol, int n, const char *path)
{
	static char text[MAX_BYTES];
	FILE *in = fopen(path, "rb");
	size_t size = in ? fread(text, 1, sizeof text, in) : 0;

	if (!in || size == sizeof text) {
		fprintf(stderr, "%s: cannot be embedded\n", path);
		return 1;
	}
	fclose(in);
	fprintf(out, "extern const char %.*s[];\nconst char %.*s[] =", n, symbol, n, symbol);
	cstring_write(out, text, size);
	fprintf(out, ";\n\n");
	return 0;
}

int main(int argc, char **argv)
{
	FILE *out = argc > 1 ? fopen(argv[1], "w") : NULL;
	int failed = !out;

	if (out)        /* C promises no more than 4,095 characters; those who build nnc have more */
		fputs("#pragma GCC diagnostic ignored \"-Woverlength-strings\"\n\n", out);
	for (int i = 2; !failed && i < argc; i++) {
		const char *file = strchr(argv[i], '=');
		failed = !file || embed(out, argv[i], (int)(file - argv[i]), file + 1);
	}
	if (out && fclose(out))
		failed = 1;
	return failed;
}
