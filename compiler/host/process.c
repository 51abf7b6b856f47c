#include "host/process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "support/arena.h"
#include "support/diag.h"

enum { MAX_KEPT = 1 << 16 };    /* bytes of a quiet program's output that are kept for an error */

void words_init(struct words *w, struct arena *a)
{
	*w = (struct words){ .arena = a };
}

void words_add(struct words *w, const char *word)
{
	w->v = arena_grow(w->arena, w->v, (size_t)w->n, (size_t)w->n + 2, sizeof *w->v);
	w->v[w->n++] = arena_strdup(w->arena, word);
}

void words_split(struct words *w, const char *text)
{
	static const char blanks[] = " \t\n";

	for (text += strspn(text, blanks); *text; text += strspn(text, blanks)) {
		const size_t n = strcspn(text, blanks);
		words_add(w, arena_strndup(w->arena, text, n));
		text += n;
	}
}

void words_make_absolute(struct words *w)
{
	char path[PATH_MAX];

	for (int i = 0; i < w->n; i++)
		if (*w->v[i] != '/' && strchr(w->v[i], '/') && realpath(w->v[i], path))
			w->v[i] = arena_strdup(w->arena, path);
}

bool runner_is_emulator(const char *text, struct arena *a)
{
	static const char *const emulators[] = { "qemu-", "simavr", "spike", "renode", "valgrind" };
	struct words w;

	words_init(&w, a);
	words_split(&w, text);
	for (int i = 0; i < w.n; i++) {
		const char *slash = strrchr(w.v[i], '/'), *name = slash ? slash + 1 : w.v[i];
		for (size_t k = 0; k < sizeof emulators / sizeof *emulators; k++)
			if (!strncmp(name, emulators[k], strlen(emulators[k])))
				return true;
	}
	return false;
}

/* In the child: only what may be called between fork and exec. `failed` tells the parent why exec did not work. */
static _Noreturn void become(const struct words *w, const char *folder, int output, int errors, int failed)
{
	const int null = open("/dev/null", O_RDONLY);
	int error;

#ifdef __linux__
	prctl(PR_SET_PDEATHSIG, SIGTERM);
#endif
	if (null >= 0)
		dup2(null, 0);
	if (output >= 0)
		dup2(output, 1);
	if (errors >= 0)
		dup2(errors, 2);
	if (!folder || chdir(folder) == 0)
		execvp(w->v[0], w->v);
	error = errno;
	while (write(failed, &error, sizeof error) < 0 && errno == EINTR)
		;
	_exit(127);
}

/* Reads until the end, keeping the first bytes. Returns how many were kept. */
static size_t drain(int fd, char *to, size_t room)
{
	char rest[4096];
	size_t kept = 0;
	ssize_t n;

	while ((n = read(fd, rest, sizeof rest)) > 0 || (n < 0 && errno == EINTR)) {
		const size_t take = n < 0 ? 0 : (size_t)n < room - kept ? (size_t)n : room - kept;
		memcpy(to + kept, rest, take);
		kept += take;
	}
	return kept;
}

static bool make_pipe(int ends[2])
{
	if (pipe(ends))
		return false;
	fcntl(ends[0], F_SETFD, FD_CLOEXEC);
	fcntl(ends[1], F_SETFD, FD_CLOEXEC);
	return true;
}

static bool judge(const struct words *w, int status, const char *what, struct diag *d)
{
	if (WIFSIGNALED(status))
		return diag_error(d, STATUS_ENVIRONMENT, NULL, "%s: %s was ended by signal %d (%s)", what, w->v[0],
				  WTERMSIG(status), strsignal(WTERMSIG(status)));
	if (WEXITSTATUS(status))
		return diag_error(d, STATUS_ENVIRONMENT, NULL, "%s: %s ended with status %d", what, w->v[0],
				  WEXITSTATUS(status));
	return true;
}

/* saved: where its standard output goes, -1: where its errors go. */
static bool run(const struct words *w, const char *folder, bool quiet, int saved, const char *what, struct arena *a,
		struct diag *d)
{
	char *said = arena_alloc(a, MAX_KEPT);
	int output[2] = { -1, -1 }, failed[2], error = 0, status = 0;
	size_t n = 0;
	pid_t child;

	if (!w->n)
		return diag_error(d, STATUS_USAGE, NULL, "%s: no program is named", what);
	if (!make_pipe(failed) || (quiet && !make_pipe(output)))
		return diag_error(d, STATUS_ENVIRONMENT, NULL, "%s: cannot make a pipe: %s", what, strerror(errno));
	fflush(NULL);
	child = fork();
	if (child == 0)
		become(w, folder, saved >= 0 ? saved : output[1], output[1], failed[1]);
	if (child < 0)
		error = errno;
	close(failed[1]);
	if (quiet)
		close(output[1]);
	if (child > 0 && read(failed[0], &error, sizeof error) != (ssize_t)sizeof error)
		error = 0;
	close(failed[0]);
	if (quiet) {
		n = drain(output[0], said, MAX_KEPT);
		close(output[0]);
	}
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (error)
		return diag_error(d, STATUS_ENVIRONMENT, NULL, "%s: cannot run %s: %s", what, w->v[0], strerror(error));
	if (status && n)
		fwrite(said, 1, n, stderr);
	return judge(w, status, what, d);
}

bool process_run(const struct words *w, const char *folder, bool quiet, const char *what, struct arena *a,
		 struct diag *d)
{
	return run(w, folder, quiet, -1, what, a, d);
}

bool process_save(const struct words *w, const char *path, const char *what, struct arena *a, struct diag *d)
{
	const int saved = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	bool ok;

	if (saved < 0)
		return diag_error(d, STATUS_ENVIRONMENT, NULL, "%s: %s", path, strerror(errno));
	ok = run(w, NULL, true, saved, what, a, d);
	close(saved);
	return ok;
}
