/* Text as Unicode writes it in bytes. */
#ifndef NNC_UTF8_H
#define NNC_UTF8_H

#include <stdint.h>
#include <stddef.h>

/** Bytes of the character that s, of n >= 1 bytes, begins with; 0: none, for the bytes are no UTF-8 (RFC 3629: neither
 *  longer than needed, nor half of a pair of UTF-16, nor beyond U+10FFFF). *code: the character. */
static inline size_t utf8_length(const unsigned char *s, size_t n, uint32_t *code)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const size_t length = *s < 0x80 ? 1 : *s < 0xc0 ? 0 : *s < 0xe0 ? 2 : *s < 0xf0 ? 3 : *s < 0xf8 ? 4 : 0;

	*code = length == 1 ? *s : *s & (0xffu >> (length + 1));
	if (!length || length > n)
		return 0;
	for (size_t i = 1; i < length; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (s[i] & 0x3fu);
	}
	return *code < least[length] || (*code >= 0xd800 && *code < 0xe000) || *code > 0x10ffff ? 0 : length;
}

#endif
