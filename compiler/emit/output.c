#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/arena.h"
#include "support/diag.h"

enum {
	MAX_TRIES = 100,
	NAME_MORE = 64,         /* what a temporary name adds to its path */
};

static const int deadly[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGXFSZ, SIGXCPU, SIGUSR1, SIGUSR2, SIGABRT,
			      SIGSEGV, SIGBUS, SIGFPE, SIGILL };
enum { N_DEADLY = sizeof deadly / sizeof *deadly };

/* The one set whose temporary files an interrupt removes: a signal handler has no argument. */
static struct output *volatile interrupted;
static struct sigaction previous[N_DEADLY];

static void on_signal(int number)
{
	struct output *o = interrupted;

	for (int i = 0; o && i < o->n; i++)
		if (o->files[i].temporary && !o->files[i].is_renamed)
			unlink(o->files[i].temporary);
	signal(number, SIG_DFL);
	raise(number);
}

static void catch_signals(struct output *o)
{
	struct sigaction action = { .sa_handler = on_signal };

	if (interrupted)
		return;
	interrupted = o;
	for (int i = 0; i < N_DEADLY; i++) {
		/* What the caller ignores (nohup) stays ignored. */
		if (sigaction(deadly[i], NULL, &previous[i]) == 0 && previous[i].sa_handler == SIG_DFL)
			sigaction(deadly[i], &action, NULL);
	}
}

static void release_signals(struct output *o)
{
	if (interrupted != o)
		return;
	for (int i = 0; i < N_DEADLY; i++)
		sigaction(deadly[i], &previous[i], NULL);
	interrupted = NULL;
}

/* Holds the deadly signals back while the set changes; true: also tells the old mask. */
static void block_signals(sigset_t *old)
{
	sigset_t set;

	sigemptyset(&set);
	for (int i = 0; i < N_DEADLY; i++)
		sigaddset(&set, deadly[i]);
	sigprocmask(SIG_BLOCK, &set, old);
}

static void unblock_signals(const sigset_t *old)
{
	sigprocmask(SIG_SETMASK, old, NULL);
}

static bool fail(struct output *o, const char *what, const char *path)
{
	return diag_error(o->diag, STATUS_ENVIRONMENT, NULL, "cannot %s %s: %s", what, path, strerror(errno));
}

static bool is_regular_or_new(const char *path)
{
	struct stat st;

	return stat(path, &st) != 0 || S_ISREG(st.st_mode) || S_ISDIR(st.st_mode);
}

/* Makes the file under a name that nobody has; -1 with errno when it cannot be made. */
static int create_temporary(struct output_file *f)
{
	for (int k = 0; k < MAX_TRIES; k++) {
		int fd;
		snprintf(f->name, f->name_bytes, "%s.nnc-%ld-%d", f->path, (long)getpid(), k);
		fd = open(f->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (fd >= 0)
			f->temporary = f->name;
		if (fd >= 0 || errno != EEXIST)
			return fd;
	}
	return -1;
}

static int open_file(struct output_file *f)
{
	struct stat st;

	if (!is_regular_or_new(f->path))
		return open(f->path, O_WRONLY | O_CLOEXEC);
	if (stat(f->path, &st) == 0 && S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		return -1;
	}
	return create_temporary(f);
}

FILE *output_open(struct output *o, const char *path)
{
	struct output_file *f = &o->files[o->n];
	sigset_t mask;
	int fd;

	if (o->n == OUTPUT_MAX) {
		diag_error(o->diag, STATUS_ENVIRONMENT, NULL, "more than %d output files", OUTPUT_MAX);
		return NULL;
	}
	for (int i = 0; i < o->n; i++)
		if (!strcmp(o->files[i].path, path)) {
			diag_error(o->diag, STATUS_USAGE, NULL, "two outputs would be called %s", path);
			return NULL;
		}
	/* All memory before signals are blocked and before there is a file: an arena that fails jumps out of here. */
	*f = (struct output_file){ .path = arena_strdup(o->arena, path), .name_bytes = strlen(path) + NAME_MORE };
	f->name = arena_alloc(o->arena, f->name_bytes);
	f->backup_name = arena_alloc(o->arena, f->name_bytes);
	block_signals(&mask);
	catch_signals(o);
	fd = open_file(f);
	f->stream = fd < 0 ? NULL : fdopen(fd, "w");
	if (f->stream)
		o->n++;
	else
		fail(o, "write", path);
	if (fd >= 0 && !f->stream) {
		close(fd);
		if (f->temporary)
			unlink(f->temporary);
	}
	unblock_signals(&mask);
	return f->stream;
}

/* Closes every stream; the first failure is told. */
static bool close_all(struct output *o)
{
	bool ok = true;

	for (int i = 0; i < o->n; i++) {
		struct output_file *f = &o->files[i];
		int error = ferror(f->stream) ? EIO : 0;
		/* The reason of an earlier failure is lost; writing more, to a file that goes, tells it again. */
		for (int k = 0; error && k < BUFSIZ; k++)
			putc(0, f->stream);
		if (fflush(f->stream) != 0)
			error = errno;
		if (fclose(f->stream) != 0 && !error)
			error = errno;
		f->stream = NULL;
		errno = error;
		if (error && ok)
			ok = fail(o, "write", f->path);
	}
	return ok;
}

/* Puts the old file back, or removes the new one where there was none. */
static void undo(struct output_file *f)
{
	if (f->is_renamed && f->backup)
		rename(f->backup, f->path);
	else if (f->is_renamed)
		unlink(f->path);
	else if (f->backup)
		unlink(f->backup);
	f->backup = NULL;
	if (f->is_renamed)
		f->temporary = NULL;
	f->is_renamed = false;
}

static bool rename_all(struct output *o)
{
	bool ok = true;
	int i;

	for (i = 0; ok && i < o->n; i++) {
		struct output_file *f = &o->files[i];
		if (!f->temporary)
			continue;
		snprintf(f->backup_name, f->name_bytes, "%s.old", f->temporary);
		/* A file system without links loses the way back, nothing else. */
		if (o->n > 1 && link(f->path, f->backup_name) == 0)
			f->backup = f->backup_name;
		f->is_renamed = rename(f->temporary, f->path) == 0;
		if (!f->is_renamed)
			ok = fail(o, "write", f->path);
	}
	while (i-- > 0) {
		struct output_file *f = &o->files[i];
		if (!ok)
			undo(f);
		else if (f->backup)
			unlink(f->backup);
	}
	return ok;
}

bool output_commit(struct output *o)
{
	sigset_t mask;
	bool ok;

	block_signals(&mask);
	ok = close_all(o) && rename_all(o);
	if (ok) {
		o->n = 0;
		release_signals(o);
	} else {
		output_abort(o);
	}
	unblock_signals(&mask);
	return ok;
}

void output_abort(struct output *o)
{
	sigset_t mask;

	block_signals(&mask);
	for (int i = 0; i < o->n; i++) {
		struct output_file *f = &o->files[i];
		if (f->stream)
			fclose(f->stream);
		if (f->temporary && !f->is_renamed)
			unlink(f->temporary);
	}
	o->n = 0;
	release_signals(o);
	unblock_signals(&mask);
}

static void abort_owned(void *o)
{
	output_abort(o);
}

struct output *output_new(struct arena *a, struct diag *d)
{
	struct output *o = ARENA_NEW(a, struct output);

	o->arena = a;
	o->diag = d;
	arena_own(a, abort_owned, o);
	return o;
}
