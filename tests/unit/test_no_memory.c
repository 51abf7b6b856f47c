/* Memory that runs out, at every allocation there is: nnc says so in one line, ends with status 4, and leaves the
 * folder as it was. The program holds all of nnc; the linker leads its allocations here (--wrap). */
#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

int nnc_main(int argc, char **argv);
void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);

/* Allocations until one fails; that one alone, or all from then on. Below 1: none fails any more. */
static long countdown;
static bool stays_out;

static bool fails(void)
{
	if (countdown < 1)
		return countdown < 0 && stays_out;
	countdown = countdown > 1 ? countdown - 1 : -1;
	return countdown < 0;
}

void *__wrap_malloc(size_t n)
{
	return fails() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
	return fails() ? NULL : __real_realloc(p, n);
}

enum { MAX_PATH = 512, ENVIRONMENT = 4, STILL_CAUGHT = 98 };

static char folder[MAX_PATH];

static void setup(void)
{
	const char *temporary = getenv("TMPDIR");

	snprintf(folder, sizeof folder, "%s/nnc-test-XXXXXX", temporary ? temporary : "/tmp");
	cr_assert(mkdtemp(folder));
	cr_assert_eq(chdir(folder), 0);
}

static void teardown(void)
{
	char command[MAX_PATH + 16];

	snprintf(command, sizeof command, "rm -r '%s'", folder);
	cr_expect_eq(system(command), 0);
}

TestSuite(no_memory, .init = setup, .fini = teardown, .timeout = 240);

static void write_old(const char *name)
{
	FILE *f = fopen(name, "w");

	cr_assert(f && fputs("old", f) >= 0 && fclose(f) == 0);
}

static bool is_old(const char *name)
{
	char text[8] = "";
	FILE *f = fopen(name, "r");
	const size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;

	if (f)
		fclose(f);
	return n == 3 && !strcmp(text, "old");
}

static int count_files(void)
{
	DIR *dir = opendir(".");
	int n = 0;

	while (readdir(dir))
		n++;
	closedir(dir);
	return n - 2;
}

/* A handler that is left would look for temporary files in memory that is gone. */
static bool catches_interrupts(void)
{
	struct sigaction now;

	sigaction(SIGTERM, NULL, &now);
	return now.sa_handler != SIG_DFL;
}

/* nnc with these words in a process of its own whose allocation number k fails; its exit status, or -1 when a signal
 * ended it. What it says is in the file "said". */
static int run(char **words, int n, long k, bool all)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		const int said = open("said", O_WRONLY | O_CREAT | O_TRUNC, 0666);
		if (said < 0 || dup2(said, 2) < 0)
			_exit(99);
		for (int i = 1; i < NSIG; i++)  /* Criterion's handlers are not nnc's */
			signal(i, SIG_DFL);
		countdown = k;
		stays_out = all;
		status = nnc_main(n, words);
		_exit(catches_interrupts() ? STILL_CAUGHT : status);
	}
	cr_assert_gt(child, 0);
	cr_assert_eq(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void read_said(char text[256])
{
	FILE *f = fopen("said", "r");

	cr_assert(f);
	text[fread(text, 1, 255, f)] = 0;
	fclose(f);
}

/* Every allocation of a compilation in turn. */
static void expect_clean_failures(const char *model, const char *weights, bool all)
{
	char *words[] = { (char[]){ "nnc" }, strdup(model), (char[]){ "-o" }, (char[]){ "model.c" },
			  (char[]){ "--target=generic" }, (char[]){ "-MD" }, strdup(weights) };
	char said[256];
	int status = ENVIRONMENT, files;
	long k = 0;

	write_old("model.c");
	write_old("model.h");
	write_old("said");
	files = count_files();
	while ((status = run(words, sizeof words / sizeof *words, ++k, all)) != 0) {
		read_said(said);
		cr_assert_eq(status, ENVIRONMENT, "allocation %ld: status %d: %s", k, status, said);
		cr_assert(strchr(said, '\n') && !strchr(said, '\n')[1], "allocation %ld: not one line: %s", k, said);
		cr_assert_eq(count_files(), files, "allocation %ld: files are left", k);
		cr_assert(is_old("model.c") && is_old("model.h"), "allocation %ld: an old file has changed", k);
	}
	cr_assert_gt(k, 10, "no allocation failed");
	cr_assert_not(is_old("model.c"));
	free(words[1]);
	free(words[6]);
}

Test(no_memory, one_allocation_fails)
{
	expect_clean_failures(EXAMPLES "/digits/digits.onnx", "--weights=text", false);
}

Test(no_memory, all_allocations_from_one_on_fail)
{
	expect_clean_failures(EXAMPLES "/digits/digits.onnx", "--weights=incbin", true);
}

Test(no_memory, one_allocation_fails_for_integers)
{
	expect_clean_failures(EXAMPLES "/digits/digits-int8.onnx", "--weights=incbin", false);
}
