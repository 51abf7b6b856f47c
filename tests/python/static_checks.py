#!/usr/bin/env python3
"""Checks that read the source without running it.

    static_checks.py headers      every header compiles alone, one of runtime_min/ with at least one instruction set
    static_checks.py cppcheck     cppcheck over compile_commands.json of build/, the benches and the examples
    static_checks.py clang-tidy FOLDER...    clang-tidy with the repository's .clang-tidy files over the same
    static_checks.py style        no line of C is longer than 120 columns with tabs of 8, none ends with blanks; a file
                                  that a comment or a page names is there
"""
import json
import os
import re
import shutil
import subprocess
import sys

from report import Report
from targets import HERE

ROOT = os.path.dirname(os.path.dirname(HERE))
BUILD = os.path.join(ROOT, "build")
CHECKED = ("compiler/", "runtime_min/", "targets/", "tests/")
COLUMNS = 120


def tracked(*patterns):
    out = subprocess.run(["git", "ls-files", *patterns], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return out.split()


def commands():
    """Our sources as meson compiles them, each once."""
    seen = set()
    with open(os.path.join(BUILD, "compile_commands.json"), encoding="utf-8") as f:
        for entry in json.load(f):
            path = os.path.relpath(os.path.normpath(os.path.join(entry["directory"], entry["file"])), ROOT)
            if path.startswith(CHECKED) and path not in seen:
                seen.add(path)
                yield path, entry


# The models whose headers the programs of examples include, by program or folder; nnc's options; what the program is
# compiled for.
BOARD = ["--target=arm-none-eabi", "-mcpu=cortex-m4", "-ffreestanding", "-DMODEL_STACK_BYTES=0"]
COMMON = [f"-I{ROOT}/examples/common"]
EXAMPLES = {"examples/digits": ("digits/digits.onnx", [], COMMON),
            "examples/common": ("digits/digits.onnx", [], COMMON),
            "examples/server": ("shapes/classify.onnx", ["--dim", "batch=1..32"], []),
            "examples/shapes": ("shapes/segment.onnx", [], COMMON),
            "examples/shapes/classify.c": ("shapes/classify.onnx", ["--dim", "batch=1"], COMMON),
            "examples/shapes/detect.c": ("shapes/detect.onnx", [], COMMON),
            "examples/iris": ("iris/iris.onnx", ["--dim", "X.0=1"], COMMON),
            "examples/firmware": ("digits/digits-int8.onnx", [], BOARD),
            "examples/firmware/keywords.c": ("keywords/keywords.onnx", ["--stream=T"], BOARD)}


def programs():
    """What meson does not build: benches and examples, each with the flags it is compiled with."""
    for path in tracked("bench/*.c", "examples/*.c"):
        flags, folder = ["-std=gnu11", f"-I{ROOT}", f"-I{ROOT}/compiler", f"-I{BUILD}"], os.path.dirname(path)
        if folder in EXAMPLES:
            model, options, more = EXAMPLES.get(path, EXAMPLES[folder])
            out = os.path.join(BUILD, "tests-work", "static", model)
            os.makedirs(out, exist_ok=True)
            subprocess.run([os.path.join(BUILD, "compiler", "nnc"), os.path.join(ROOT, "examples", model), "-o",
                            os.path.join(out, "model.c"), "--target=generic", *options], check=True)
            flags += [f"-I{out}", *more]
        else:
            flags.append("-march=x86-64-v3")
        yield path, flags


def sources():
    """(path, its -I and -D flags, what clang-tidy is told of its compilation) of every file that is checked."""
    for path, entry in commands():
        flags = re.findall(r"-[ID]\S+", entry["command"])
        folder = entry["directory"]
        flags = [f if f.startswith("-D") else f"-I{os.path.normpath(os.path.join(folder, f[2:]))}" for f in flags]
        yield path, flags, None
    for path, flags in programs():
        yield path, [f for f in flags if f[:2] in ("-I", "-D")], flags


def includes():
    """The folders that the compiler's own files are compiled with, so a header sees what a source sees."""
    flags = {}
    for path, entry in commands():
        if path.startswith("compiler/"):
            for flag, folder in re.findall(r"(-I|-isystem) ?(\S+)", entry["command"]):
                flags[f"{flag}{os.path.normpath(os.path.join(entry['directory'], folder))}"] = None
    return list(flags)


# How a header may be compiled: the runtime's need their instruction set, and some stand for one alone.
COMPILERS = (
    ["gcc"],
    ["gcc", "-march=x86-64-v3"],
    ["gcc", "-march=x86-64-v4", "-mavx512vnni"],
    ["aarch64-linux-gnu-gcc"],
    ["clang-14", "--target=wasm32-wasi", "-msimd128"],
    ["clang-16", "--target=riscv64-linux-gnu", "-march=rv64gcv"],
)


def compile_header(path, compiler, flags):
    """None, or the first error."""
    command = [*compiler, "-std=gnu11", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-Wno-unused-function", *flags,
               "-include", os.path.join(ROOT, path), "-x", "c", "/dev/null"]
    p = subprocess.run(command, capture_output=True, text=True)
    if p.returncode == 0:
        return None
    return next((line for line in p.stderr.splitlines() if "error" in line), p.stderr.strip())[:300]


def check_headers(report):
    flags = [*includes(), f"-I{ROOT}", f"-I{os.path.join(ROOT, 'runtime_min')}"]
    compilers = [c for c in COMPILERS if shutil.which(c[0])]
    for path in tracked("*.h"):
        if path.startswith("examples/"):
            continue
        errors = []
        for compiler in compilers if path.startswith("runtime_min/") else compilers[:1]:
            errors.append(compile_header(path, compiler, flags))
            if errors[-1] is None:
                break
        if errors[-1] is None:
            report.ok(path)
        else:
            report.failed(path, errors[0])


def run_check(report, name, command):
    p = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if p.returncode:
        report.failed(name, first_finding(p.stderr + p.stdout))
    else:
        report.ok(name)


# Criterion's macros, which are beyond cppcheck, as the functions that they make. All compilers of the targets shift
# numbers below 0 arithmetically, a remainder by 0 is tested to be NaN, keys of a selection are compared before their
# places, symbols of a linker script bound one section, and members of one type are walked as a row.
CPPCHECK = ("--quiet", "--std=c11", "--enable=warning,portability", "--inline-suppr", "--error-exitcode=1",
            "--max-configs=1", "--suppress=missingIncludeSystem", "--suppress=*:*.pb-c.*",
            "--suppress=shiftTooManyBitsSigned", "--suppress=shiftNegativeLHS:*/maths/requantise.h",
            "--suppress=invalidFunctionArg:*/maths/integer.h", "--suppress=arrayIndexThenCheck",
            "--suppress=comparePointers:examples/firmware/board.c",
            "--suppress=comparePointers:tests/kernels/test_recurrent.c",
            "-DTest(suite,name,...)=void suite##_##name(void)", "-DTestSuite(suite,...)=struct suite",
            "--template={file}:{line}: {severity}: {message} [{id}]")


def check_cppcheck(report):
    for path, flags, _ in sources():
        command = ["cppcheck", *CPPCHECK, *flags, path]
        run_check(report, f"cppcheck/{path}", command)


# Includes the kernels of every instruction set: checked as it is compiled for each. Other files are checked once.
ALL_KERNELS = "tests/kernels/table.c"


def tidy_database():
    """A folder with the compile_commands.json that clang-tidy goes by: it runs once for each entry of a file."""
    folder = os.path.join(BUILD, "tests-work", "static")
    once = [entry for _, entry in commands()]
    with open(os.path.join(BUILD, "compile_commands.json"), encoding="utf-8") as f:
        once += [e for e in json.load(f) if e["file"].endswith(ALL_KERNELS) and e not in once]
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "compile_commands.json"), "w", encoding="utf-8") as f:
        json.dump(once, f)
    return folder


def check_tidy(report):
    database = tidy_database()
    for path, _, compilation in sources():
        if not path.startswith(tuple(sys.argv[2:])):
            continue
        command = ["clang-tidy-14", "-p", database, "--quiet", "--warnings-as-errors=*", path]
        if compilation:
            command += ["--", *compilation]
        run_check(report, f"clang-tidy/{path}", command)


def check_style(report):
    for path in tracked("*.c", "*.h", "*.def", ":!tests/groups.def"):
        with open(os.path.join(ROOT, path), encoding="utf-8") as f:
            bad = [n for n, line in enumerate(f, 1)
                   if len(line.rstrip("\n").expandtabs(8)) > COLUMNS or line.rstrip() != line.rstrip("\n")]
        if bad:
            report.failed(f"style/{path}", f"too long, or ending with blanks: lines {bad}")
        else:
            report.ok(f"style/{path}")
    check_named_files(report)


# What a comment is in each kind of file; pages are read whole.
COMMENTS = {".c": r"/\*.*?\*/|//[^\n]*", ".py": r'#[^\n]*|""".*?"""', ".md": r".*"}
COMMENTS.update({".h": COMMENTS[".c"], ".def": COMMENTS[".c"], ".in": COMMENTS[".c"], ".sh": COMMENTS[".py"],
                 ".build": COMMENTS[".py"]})
FILE_NAME = re.compile(r"(?<![\w./*<{@$-])(?:[\w-]+/)*[\w-]+\.(?:c|h|def|py|sh)(?:\.in)?(?![\w(])")
# Files of the user or of tests, compilers' own headers, and members of structs that look like files.
NO_FILES = re.compile(r".*[A-Z].*|n?model\w*\.[ch]|_w\d\.c|([abm]|one|base_weights|avx2intrin)\.h|at\.c|make_(cases|zoo)\.py")


def check_named_files(report):
    paths = tracked()
    known = {path[i:] for path in paths for i in [0, *(m.end() for m in re.finditer("/", path))]}
    for path in paths:
        comment = COMMENTS.get(os.path.splitext(path)[1])
        if not comment or os.path.islink(os.path.join(ROOT, path)):
            continue
        with open(os.path.join(ROOT, path), encoding="utf-8") as f:
            text = "\n".join(re.findall(comment, f.read(), re.DOTALL))
        if path.endswith(".md"):  # what commands write is not of the tree
            text = re.sub(r"```.*?```|`nnc [^`]*`|^`[\w.]+`:$", "", text, flags=re.DOTALL | re.MULTILINE)
        lost = {n for n in FILE_NAME.findall(text) if n not in known and not NO_FILES.fullmatch(n)}
        if lost:
            report.failed(f"named/{path}", f"names files that are not there: {' '.join(sorted(lost))}")
        else:
            report.ok(f"named/{path}")


def first_finding(text):
    for line in text.splitlines():
        if re.search(r"(error|warning|portability|style)[:,]", line):
            return line.replace(ROOT + "/", "")[:300]
    return text.strip()[:300]


def main():
    report = Report()
    checks = {"headers": check_headers, "cppcheck": check_cppcheck, "clang-tidy": check_tidy, "style": check_style}
    checks[sys.argv[1]](report)
    report.exit()


if __name__ == "__main__":
    main()
