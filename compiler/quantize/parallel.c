#include "quantize/parallel.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/progress.h"
#include "import/reader.h"
#include "support/arena.h"
#include "support/diag.h"

enum { MOST = 64 };

int parallel_default(void)
{
	const long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : n > MOST ? MOST : (int)n;
}

static const char *report_path(const char *folder, int k, struct arena *a)
{
	return arena_printf(a, "%s/report_%d", folder, k);
}

/* In the new process: errors go to a file, of which the old one makes its own. */
static _Noreturn void work(bool (*job)(void *ctx, int k, int n), void *ctx, int k, int n, const char *path,
			   struct diag *d)
{
	FILE *f;

	progress_allow(false);
	if (!job(ctx, k, n) && (f = fopen(path, "w"))) {
		fputs(diag_text(d), f);
		fclose(f);
	}
	_exit(d->status);
}

/* The first error of a process, without the end of its line. */
static void report(const char *path, int status, struct arena *a, struct diag *d)
{
	const char *const model = d->file;
	const unsigned char *bytes;
	char *text;
	size_t size;

	d->file = path;
	bytes = access(path, R_OK) == 0 ? reader_read(a, d, path, &size) : NULL;
	d->file = NULL;
	if (bytes) {
		text = arena_strndup(a, (const char *)bytes, size);
		text[strcspn(text, "\n")] = 0;
		diag_error(d, (enum status)status, NULL, "%s", text);
	} else {
		diag_error(d, STATUS_ENVIRONMENT, NULL, "a process of the calibration died");
	}
	d->file = model;
}

bool parallel_run(bool (*job)(void *ctx, int k, int n), void *ctx, int n, const char *folder, struct arena *a,
		  struct diag *d)
{
	pid_t child[MOST];
	const char *path[MOST];
	int status, started = 0;

	if (n == 1)
		return job(ctx, 0, 1);
	for (int k = 0; k < n; k++)
		path[k] = report_path(folder, k, a);
	fflush(NULL);
	for (; started < n; started++) {
		child[started] = fork();
		if (child[started] == 0)
			work(job, ctx, started, n, path[started], d);
		if (child[started] < 0)
			break;
	}
	for (int k = 0; k < started; k++) {
		while (waitpid(child[k], &status, 0) < 0 && errno == EINTR)
			;
		if (d->status == STATUS_OK && (!WIFEXITED(status) || WEXITSTATUS(status)))
			report(path[k], WIFEXITED(status) ? WEXITSTATUS(status) : STATUS_ENVIRONMENT, a, d);
	}
	if (started < n && d->status == STATUS_OK)
		return diag_error(d, STATUS_ENVIRONMENT, NULL, "cannot start a process: %s", strerror(errno));
	return d->status == STATUS_OK;
}
