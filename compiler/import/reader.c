/* Files are read, not mapped: a file that shrinks while it is mapped would kill the compiler, and the bytes of a model
 * are released as soon as they are unpacked. */
#include "reader.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/arena.h"
#include "support/diag.h"
#include "support/limits.h"

static bool fail(struct diag *d, const char *what, const char *path, const char *why)
{
	if (d->file && !strcmp(d->file, path))          /* the message begins with it */
		return diag_error(d, STATUS_ENVIRONMENT, NULL, "cannot %s it: %s", what, why);
	return diag_error(d, STATUS_ENVIRONMENT, NULL, "cannot %s \"%s\": %s", what, path, why);
}

/* Opens a regular file; -1 (reported): it is none. */
static int open_regular(struct diag *d, const char *path, int64_t *size)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat s;

	if (fd < 0 || fstat(fd, &s)) {
		fail(d, "open", path, strerror(errno));
	} else if (!S_ISREG(s.st_mode)) {
		fail(d, "read", path, S_ISDIR(s.st_mode) ? "it is a directory" : "it is no regular file");
	} else {
		*size = (int64_t)s.st_size;
		return fd;
	}
	if (fd >= 0)
		close(fd);
	return -1;
}

/* Fills n bytes from `offset`; false: the file ends early or cannot be read, with errno 0 for the former. */
static bool read_all(int fd, unsigned char *to, int64_t n, int64_t offset)
{
	while (n > 0) {
		const ssize_t got = pread(fd, to, (size_t)(n < 1 << 30 ? n : 1 << 30), (off_t)offset);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			errno = got ? errno : 0;
			return false;
		}
		to += got;
		n -= got;
		offset += got;
	}
	return true;
}

/* Allocation may jump away, so memory comes first and the descriptor is closed before anyone else allocates. */
static const unsigned char *read_part(struct arena *a, struct diag *d, const char *path, int64_t offset, int64_t n)
{
	unsigned char *bytes = arena_alloc(a, (size_t)n);
	int64_t size;
	bool ok;
	int fd = open_regular(d, path, &size), error;

	if (fd < 0)
		return NULL;
	ok = read_all(fd, bytes, n, offset);
	error = errno;
	close(fd);
	if (!ok)
		fail(d, "read", path, error ? strerror(error) : "it became shorter while it was read");
	return ok ? bytes : NULL;
}

static bool file_size(struct diag *d, const char *path, int64_t *size)
{
	const int fd = open_regular(d, path, size);

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

const unsigned char *reader_read(struct arena *a, struct diag *d, const char *path, size_t *size)
{
	int64_t n;

	if (!file_size(d, path, &n))
		return NULL;
	if (n == 0)
		diag_error(d, STATUS_MODEL, NULL, "the file is empty");
	else if (n > MAX_FILE_BYTES)
		diag_error(d, STATUS_UNSUPPORTED, NULL, "the file has %lld bytes, at most %lld are supported",
			   (long long)n, (long long)MAX_FILE_BYTES);
	if (n == 0 || n > MAX_FILE_BYTES)
		return NULL;
	*size = (size_t)n;
	return read_part(a, d, path, 0, n);
}

/* No part of the path is "..", and it does not begin at the root. */
static bool stays_below(const char *location)
{
	if (!*location || *location == '/')
		return false;
	for (const char *s = location; *s; s += strspn(s, "/")) {
		const size_t n = strcspn(s, "/\\");
		if (n == 2 && s[0] == '.' && s[1] == '.')
			return false;
		s += strcspn(s, "/");
	}
	return !strchr(location, '\\');
}

/* The real path of dir/location when that is inside dir, links followed; NULL with errno 0 when it is outside. */
static const char *resolve(struct arena *a, const char *dir, const char *location)
{
	char folder[PATH_MAX], file[PATH_MAX];
	const char *path = arena_printf(a, "%s/%s", dir, location);
	size_t n;

	if (!realpath(dir, folder) || !realpath(path, file))
		return NULL;
	n = strlen(folder);
	while (n && folder[n - 1] == '/')
		n--;
	errno = 0;
	return !strncmp(folder, file, n) && file[n] == '/' ? arena_strdup(a, file) : NULL;
}

const void *reader_external(struct arena *a, struct diag *d, const char *model_path, const char *location,
			    const char *tensor, int64_t offset, int64_t n)
{
	const char *slash = strrchr(model_path, '/'), *path;
	const char *dir = slash ? arena_strndup(a, model_path, (size_t)(slash - model_path) + 1) : ".";
	int64_t size;

	path = stays_below(location) ? resolve(a, dir, location) : (errno = 0, NULL);
	if (!path) {
		if (errno)
			diag_error(d, STATUS_ENVIRONMENT, NULL, "tensor \"%s\": external data \"%s\": %s", tensor,
				   location, strerror(errno));
		else
			diag_error(d, STATUS_MODEL, NULL,
				   "tensor \"%s\": external data \"%s\" is not inside the model's folder", tensor,
				   location);
		return NULL;
	}
	if (!file_size(d, path, &size))
		return NULL;
	if (offset < 0 || offset > size || n > size - offset) {
		diag_error(d, STATUS_MODEL, NULL,
			   "tensor \"%s\": external data \"%s\" has %lld bytes: %lld from %lld are wanted", tensor,
			   location, (long long)size, (long long)n, (long long)offset);
		return NULL;
	}
	return read_part(a, d, path, offset, n);
}
