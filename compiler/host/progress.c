#include "host/progress.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

enum { LINE = 72 };

static const char *const volatile *volatile current;
static volatile sig_atomic_t seconds, shown;
static bool is_allowed = true;

static void show(const char *text, size_t n)
{
	while (n > 0) {
		const ssize_t written = write(STDERR_FILENO, text, n);
		if (written <= 0)
			return;
		text += written;
		n -= (size_t)written;
	}
}

/* "nnc: emit, 3 s": a signal handler, so no stdio. */
static void on_alarm(int number)
{
	const int error = errno;
	const char *const volatile *const place = current;
	const char *what = place ? *place : NULL;
	char line[LINE + 32] = "\r\033[Knnc: ", digits[12];
	size_t n = strlen(line), k = 0, length = what ? strlen(what) : 0;

	(void)number;
	seconds++;
	if (!what)
		return;
	memcpy(line + n, what, length < LINE ? length : LINE);
	n += length < LINE ? length : LINE;
	for (int s = seconds; s || !k; s /= 10)
		digits[k++] = (char)('0' + s % 10);
	line[n++] = ',';
	line[n++] = ' ';
	while (k)
		line[n++] = digits[--k];
	line[n++] = ' ';
	line[n++] = 's';
	show(line, n);
	shown = 1;
	errno = error;
}

static void set_timer(int interval)
{
	const struct itimerval timer = { .it_interval.tv_sec = interval, .it_value.tv_sec = interval };

	setitimer(ITIMER_REAL, &timer, NULL);
}

void progress_allow(bool allowed)
{
	is_allowed = allowed;
}

void progress_begin(const char *const volatile *what)
{
	const struct sigaction action = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };

	if (!is_allowed || !isatty(STDERR_FILENO))
		return;
	current = what;
	seconds = shown = 0;
	sigaction(SIGALRM, &action, NULL);
	set_timer(1);
}

void progress_clear(void)
{
	static const char clear[] = "\r\033[K";

	if (shown)
		show(clear, sizeof clear - 1);
	shown = 0;
}

void progress_end(void)
{
	if (!current)
		return;
	set_timer(0);
	current = NULL;
	progress_clear();
}
