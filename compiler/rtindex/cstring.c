#include "cstring.h"

void cstring_write(FILE *out, const char *text, size_t n)
{
	fputs("\n\t\"", out);
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)text[i];
		if (c == '\n')
			fputs(i + 1 < n ? "\\n\"\n\t\"" : "\\n", out);
		else if (c == '\t')
			fputs("\\t", out);
		else if (c == '"' || c == '\\' || c == '?')
			fprintf(out, "\\%c", c);
		else if (c < 32 || c > 126)
			fprintf(out, "\\%03o", c);
		else
			fputc(c, out);
	}
	fputc('"', out);
}
