#include "host/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "support/arena.h"
#include "support/diag.h"

enum { TRIES = 100, PAUSE_NS = 50000000 };

/* Removes the files of a folder below `parent`. */
static void empty_inner(int parent, const char *name)
{
	const int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	while (dir && (e = readdir(dir)))
		unlinkat(fd, e->d_name, 0);
	if (dir)
		closedir(dir);
}

/* Removes the files of the folder and its folders, which hold none. */
static void empty_folder(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *e;

	while (dir && (e = readdir(dir))) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..") || unlinkat(dirfd(dir), e->d_name, 0) == 0)
			continue;
		empty_inner(dirfd(dir), e->d_name);
		unlinkat(dirfd(dir), e->d_name, AT_REMOVEDIR);
	}
	if (dir)
		closedir(dir);
}

/* A compiler that dies with us may still write for a moment. */
static void remove_folder(const char *path)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };

	for (int i = 0; i < TRIES; i++) {
		empty_folder(path);
		if (rmdir(path) == 0 || errno == ENOENT)
			return;
		nanosleep(&pause, NULL);
	}
}

/* Nothing is ever written to the pipe: reading ends when the last writer is gone. */
static _Noreturn void keep(const char *path, int end)
{
	const int null = open("/dev/null", O_RDWR);
	ssize_t n;
	char c;

	setsid();
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	for (int fd = 0; null >= 0 && fd < 3; fd++)     /* whoever reads our output must not wait for the keeper */
		dup2(null, fd);
	while ((n = read(end, &c, 1)) > 0 || (n < 0 && errno == EINTR))
		;
	remove_folder(path);
	_exit(0);
}

static void remove_owned(void *f)
{
	folder_remove(f);
}

struct folder *folder_make(struct arena *a, struct diag *d)
{
	const char *parent = getenv("TMPDIR");
	char *path = arena_printf(a, "%s/nnc-XXXXXX", parent && *parent ? parent : "/tmp");
	struct folder *f = ARENA_NEW(a, struct folder);
	int ends[2];

	arena_own(a, remove_owned, f);
	if (!mkdtemp(path)) {
		diag_error(d, STATUS_ENVIRONMENT, NULL, "cannot make the temporary folder %s: %s", path,
			   strerror(errno));
		return NULL;
	}
	*f = (struct folder){ .path = path, .keeper = -1, .pipe = -1 };
	if (pipe(ends) == 0) {
		fcntl(ends[0], F_SETFD, FD_CLOEXEC);
		fcntl(ends[1], F_SETFD, FD_CLOEXEC);
		fflush(NULL);
		f->keeper = fork();
		if (f->keeper == 0) {
			close(ends[1]);
			keep(path, ends[0]);
		}
		close(ends[0]);
		f->pipe = ends[1];
	}
	if (f->keeper > 0) {
		setenv("TMPDIR", path, 1);      /* what a compiler leaves when it is killed goes with the folder */
		return f;
	}
	diag_error(d, STATUS_ENVIRONMENT, NULL, "cannot start a process: %s", strerror(errno));
	folder_remove(f);
	return NULL;
}

const char *folder_path(const struct folder *f, const char *name, struct arena *a)
{
	return arena_printf(a, "%s/%s", f->path, name);
}

void folder_remove(struct folder *f)
{
	if (!f->path)
		return;
	if (f->pipe >= 0)
		close(f->pipe);
	if (f->keeper > 0)
		waitpid(f->keeper, NULL, 0);
	else
		remove_folder(f->path);
	*f = (struct folder){ .pipe = -1 };
}
