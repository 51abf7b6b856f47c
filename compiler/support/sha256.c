#include "support/sha256.h"

#include <openssl/sha.h>
#include <stdio.h>

void sha256_text(char text[SHA256_TEXT_BYTES], const void *bytes, size_t n)
{
	unsigned char digest[SHA256_DIGEST_LENGTH];

	SHA256(bytes, n, digest);
	for (int i = 0; i < SHA256_DIGEST_LENGTH; i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
}
