#!/usr/bin/env python3
"""Checks that read the source without running it.

    static_checks.py headers      every header compiles alone, one of runtime_min/ with at least one instruction set
    static_checks.py cppcheck     cppcheck over compile_commands.json of build/
    static_checks.py clang-tidy   clang-tidy with the repository's .clang-tidy over the same
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


def tracked(pattern):
    out = subprocess.run(["git", "ls-files", pattern], cwd=ROOT, capture_output=True, text=True, check=True).stdout
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


# Bodies compiled once for each instruction set: what is included is a header that brings its vectors first.
BODIES = {f"runtime_min/kernels/int8_{body}.h": "runtime_min/kernels/int8.h"
          for body in ("conv", "depthwise", "pair", "tiles")}


def compile_header(path, compiler, flags):
    """None, or the first error."""
    command = [*compiler, "-std=gnu11", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-Wno-unused-function", *flags,
               "-include", os.path.join(ROOT, BODIES.get(path, path)), "-x", "c", "/dev/null"]
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


def check_cppcheck(report):
    for path, entry in commands():
        if path.startswith("tests/"):  # Criterion's macros are beyond it
            continue
        flags = re.findall(r"-[ID]\S+", entry["command"])
        flags = [f if f.startswith("-D") else f"-I{os.path.normpath(os.path.join(entry['directory'], f[2:]))}" for f in flags]
        command = ["cppcheck", "--quiet", "--std=c11", "--enable=warning,portability", "--inline-suppr",
                   "--suppress=missingIncludeSystem", "--suppress=*:*.pb-c.*", "--error-exitcode=1", "--max-configs=1",
                   "--template={file}:{line}: {severity}: {message} [{id}]", *flags, path]
        run_check(report, f"cppcheck/{path}", command)


def check_tidy(report):
    for path, _ in commands():
        if path.startswith("tests/"):  # as above
            continue
        command = ["clang-tidy-14", "-p", BUILD, "--quiet", "--warnings-as-errors=*", path]
        run_check(report, f"clang-tidy/{path}", command)


def first_finding(text):
    for line in text.splitlines():
        if re.search(r"(error|warning|portability|style)[:,]", line):
            return line.replace(ROOT + "/", "")[:300]
    return text.strip()[:300]


def main():
    report = Report()
    {"headers": check_headers, "cppcheck": check_cppcheck, "clang-tidy": check_tidy}[sys.argv[1]](report)
    report.exit()


if __name__ == "__main__":
    main()
