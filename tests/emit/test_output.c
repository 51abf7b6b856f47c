/* Outputs appear together or not at all, whatever goes wrong. */
#include "compile.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "emit/depfile.h"
#include "emit/output.h"
#include "support/sha256.h"
#include "support/diag.h"

static struct diag d;
static struct output *o;

static void setup_output(void)
{
	setup();
	diag_init(&d, &a, NULL);
	o = output_new(&a, &d);
}

TestSuite(output, .init = setup_output, .fini = teardown, .timeout = 60);
TestSuite(depfile, .init = setup_output, .fini = teardown);
TestSuite(sha256, .init = setup_output, .fini = teardown);

static void put(const char *name, const char *text)
{
	FILE *f = output_open(o, in_folder(name));

	cr_assert(f);
	fputs(text, f);
}

static void expect_file(const char *name, const char *wanted)
{
	char text[100] = "";
	FILE *f = fopen(in_folder(name), "r");

	cr_assert(f, "%s is not there", name);
	text[fread(text, 1, sizeof text - 1, f)] = 0;
	fclose(f);
	cr_expect_str_eq(text, wanted);
}

/* Exactly these names, separated by spaces, are in the folder. */
static void expect_names(const char *names)
{
	expect_ok(arena_printf(&a, "test \"$(ls | grep -v '^log$' | tr '\\n' ' ')\" = '%s'", names));
}

Test(output, nothing_shows_before_the_commit)
{
	write_file("m.c", "old", 3);
	put("m.c", "new");
	put("m.h", "header");
	expect_file("m.c", "old");
	cr_assert(output_commit(o));
	expect_file("m.c", "new");
	expect_file("m.h", "header");
	expect_names("m.c m.h ");
}

Test(output, abort_leaves_the_old_file)
{
	write_file("m.c", "old", 3);
	put("m.c", "new");
	put("m.h", "header");
	output_abort(o);
	output_abort(o);
	expect_file("m.c", "old");
	expect_names("m.c ");
	cr_expect_eq(d.n_errors, 0);
}

Test(output, a_set_can_be_used_again)
{
	put("a", "1");
	cr_assert(output_commit(o));
	put("b", "2");
	cr_assert(output_commit(o));
	expect_names("a b ");
}

Test(output, a_folder_that_is_not_there_is_an_environment_error)
{
	cr_expect_null(output_open(o, in_folder("none/m.c")));
	cr_expect_eq(d.status, STATUS_ENVIRONMENT);
	cr_expect_str_eq(diag_text(&d),
		arena_printf(&a, "nnc: error: cannot write %s: No such file or directory\n", in_folder("none/m.c")));
	output_abort(o);
}

Test(output, a_folder_is_no_file)
{
	cr_expect_null(output_open(o, folder));
	cr_expect(strstr(diag_text(&d), "Is a directory"));
}

Test(output, a_folder_without_permission_is_an_environment_error)
{
	cr_assert_eq(chmod(folder, 0555), 0);
	if (access(folder, W_OK) == 0) {
		rmdir(folder);          /* a test that is skipped is not torn down */
		cr_skip_test("this user may write everywhere");
	}
	cr_expect_null(output_open(o, in_folder("m.c")));
	cr_expect_eq(d.status, STATUS_ENVIRONMENT);
	chmod(folder, 0755);
}

Test(output, a_full_disk_leaves_the_old_files)
{
	const struct rlimit limit = { 4096, 4096 };
	FILE *f;

	write_file("m.c", "old", 3);
	/* A limit on file size fails as a full disk does: in the middle of a write. */
	signal(SIGXFSZ, SIG_IGN);
	put("m.h", "header");
	f = output_open(o, in_folder("m.c"));
	cr_assert(f);
	setrlimit(RLIMIT_FSIZE, &limit);
	for (int i = 0; i < 10000; i++)
		fputs("0123456789", f);
	cr_expect_not(output_commit(o));
	cr_expect_eq(d.status, STATUS_ENVIRONMENT);
	cr_expect_eq(d.n_errors, 1);
	cr_expect(strstr(diag_text(&d), "cannot write") && strstr(diag_text(&d), "m.c"));
	expect_file("m.c", "old");
	expect_names("m.c ");
}

Test(output, a_full_device_is_told)
{
	FILE *f = output_open(o, "/dev/full");

	if (!f)
		cr_skip_test("no /dev/full");
	fputs("x", f);
	cr_expect_not(output_commit(o));
	cr_expect_str_eq(diag_text(&d), "nnc: error: cannot write /dev/full: No space left on device\n");
}

Test(output, a_device_is_written_to_directly)
{
	FILE *f = output_open(o, "/dev/null");

	cr_assert(f);
	fputs("x", f);
	cr_expect(output_commit(o));
	expect_ok("test -c /dev/null");
}

Test(output, a_rename_that_fails_takes_the_others_back)
{
	write_file("a", "old", 3);
	put("a", "new");
	put("b", "fresh");
	put("z", "never");
	/* A folder of that name appears while we write. */
	cr_assert_eq(mkdir(in_folder("z"), 0777), 0);
	cr_expect_not(output_commit(o));
	cr_expect_eq(d.n_errors, 1);
	expect_file("a", "old");
	expect_names("a z ");
}

Test(output, an_interrupt_removes_the_temporary_files)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };

	write_file("m.c", "old", 3);
	for (int i = 0; i < 3; i++) {
		int status = 0;
		pid_t child = fork();
		if (!child) {
			signal(signals[i], SIG_DFL);
			put("m.c", "new");
			put("m.h", "new");
			raise(signals[i]);
			_exit(0);
		}
		cr_assert_eq(waitpid(child, &status, 0), child);
		cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == signals[i]);
		expect_file("m.c", "old");
		expect_names("m.c ");
	}
}

Test(output, an_ignored_signal_stays_ignored)
{
	signal(SIGHUP, SIG_IGN);
	put("m.c", "new");
	raise(SIGHUP);
	cr_expect(output_commit(o));
	expect_file("m.c", "new");
}

Test(depfile, make_finds_awkward_names)
{
	static const char *const outputs[] = { "out dir/m.c", "m.h" };
	static const char makefile[] = "all: out\ninclude m.d\nout:\n\ttouch out\n";
	static const char *const sources[] = { "a b#$c.onnx", "back\\slash", "end\\ x", "new\nline" };

	depfile_print(&e, outputs, 2, sources, 4);
	cr_expect_str_eq(strbuf_text(&out),
		"out\\ dir/m.c m.h: \\\n  a\\ b\\#$$c.onnx \\\n  back\\slash \\\n  end\\\\\\ x\n");
	if (!has_program("make"))
		return;
	out.size = 0;
	depfile_print(&e, (const char *const[]){ "out" }, 1, sources, 2);
	write_file("m.d", strbuf_text(&out), out.size);
	write_file("Makefile", makefile, sizeof makefile - 1);
	write_file("a b#$c.onnx", "x", 1);
	write_file("back\\slash", "x", 1);
	expect_ok("make && make -q && touch -d '+1 hour' 'a b#$c.onnx' && ! make -q");
}

Test(sha256, known_answers)
{
	char text[SHA256_TEXT_BYTES];

	sha256_text(text, "abc", 3);
	cr_expect_str_eq(text, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	sha256_text(text, "", 0);
	cr_expect_str_eq(text, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}
