#!/usr/bin/env python3
"""What generated files must be, whatever they compute: warning-free C99 and C++ with gcc and clang, free of foreign
symbols, equal byte for byte on repetition and from another folder, many in one program, and never half-written.

    generated_clean.py [MODEL ...]

Every model is read by every compiler and generated twice. Those whose code is short (bounds.py) are compiled as well, for
the warnings that come of optimisation, and are the ones that share a program.
"""
import argparse
import filecmp
import os
import re
import shutil
import subprocess

import bounds
import built
import cases
import generated
from generated import Failure, execute, one_line
from report import Report
from targets import TARGETS, best_host, missing

STRICT = "-Wall -Wextra -Wpedantic -Wconversion -Werror"
# A compiler, its language, and whether it optimises: gcc warns of what its optimiser finds, which is the same for all its
# languages; clang's warnings are those of its front end.
COMPILERS = (("gcc", "-std=c99", True), ("gcc", "-std=c11", False), ("clang-14", "-std=c99", False),
             ("g++", "-x c++ -std=c++17", False), ("clang++-14", "-x c++ -std=c++17", False))
COMPILATIONS = 2 * 6  # what all that is done to a short model on two targets comes to, in compilations


def fresh(*parts):
    folder = os.path.join(generated.work_folder(), "clean", *parts)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    return folder


def check_warnings(model, target, level):
    """Every compiler and language; the header alone too. level: -fsyntax-only or one of optimisation."""
    folder = fresh("warnings", target.name, model.name)
    generated.compile_model(model.path, folder, "m", target, model.dims)
    march = " ".join(f for f in target.cflags.split() if f.startswith("-m"))
    with open(os.path.join(folder, "header.c"), "w", encoding="utf-8") as f:
        f.write('#include "m.h"\n')
    for cc, language, optimises in COMPILERS:
        if not shutil.which(cc):
            continue
        how = level if optimises else "-fsyntax-only"
        for source in [*generated.sources(folder, "m"), os.path.join(folder, "header.c")]:
            command = [cc, *language.split(), how, *STRICT.split(), *march.split(), "-I", folder, "-c", "-o",
                       os.path.join(folder, "out.o"), source]
            code, text = execute(command, 300)
            if code != 0:
                errors = [line for line in text.splitlines() if "error" in line]
                raise Failure("cc", f"{cc} {language}: {one_line(chr(10).join(errors) or text)}")


def check_symbols(model, target):
    """No global symbol without the prefix, nothing from outside but libc's memory and maths functions."""
    folder = fresh("symbols", target.name, model.name)
    generated.compile_model(model.path, folder, "m", target, model.dims)
    allowed = r"mem(cpy|set|move|cmp)|_GLOBAL_OFFSET_TABLE_|[a-z]+[0-9]*f?"
    for source in generated.sources(folder, "m"):
        obj = source[:-2] + ".o"
        code, text = execute([target.cc, *target.cflags.split(), "-c", "-o", obj, source], 300)
        if code != 0:
            raise Failure("cc", one_line(text))
        listing = subprocess.run(["nm", obj], capture_output=True, text=True, check=True).stdout
        for kind, name in re.findall(r"^[0-9a-f ]{16} (\w) (\S+)$", listing, flags=re.M):
            if kind in "TDBRC" and not name.startswith("m_"):
                raise Failure("wrong", f"global symbol {name} has no prefix")
            if kind == "U" and not name.startswith("m_") and not re.fullmatch(allowed, name):
                raise Failure("wrong", f"needs {name} from outside")
            if kind == "U" and re.fullmatch(r"(m|c|re)alloc|free|printf|f?puts|exit|abort|fopen", name):
                raise Failure("wrong", f"calls {name}")


def check_same(model, target):
    """Twice, the second time from another folder and by a relative path."""
    first, second = fresh("same", model.name, "a"), fresh("same", model.name, "b")
    generated.compile_model(model.path, first, "m", target, model.dims)
    command = [generated.NNC, os.path.relpath(model.path, second), "-o", "m.c", f"--target={target.name}", "--name=m",
               *model.dims]
    code, text = execute(command, 120, cwd=second)
    if code != 0:
        raise Failure("compile", one_line(text))
    names = sorted(os.listdir(first))
    if names != sorted(os.listdir(second)):
        raise Failure("wrong", f"files {names} and {sorted(os.listdir(second))}")
    for name in names:
        if not filecmp.cmp(os.path.join(first, name), os.path.join(second, name), shallow=False):
            raise Failure("wrong", f"{name} differs between two runs")
        with open(os.path.join(first, name), encoding="utf-8", errors="replace") as f:
            if first in f.read():
                raise Failure("wrong", f"{name} holds the path of its folder")


def name_of(n):
    """No such name is the beginning of another."""
    return f"m{n}x"


def check_together(models, target):
    """All models in one program, called in turn twice over: each must answer as it does alone."""
    folder = fresh("together")
    calls, prototypes = [], []
    for n, model in enumerate(models):
        generated.compile_model(model.path, folder, name_of(n), target, model.dims)
        prototypes.append(generated.Prototype(os.path.join(folder, f"{name_of(n)}.h"), name_of(n)))
    text = "\n".join(p.caller().replace("nnc_call", f"call_{p.name}").replace("arena_block", f"arena_{p.name}")
                     for p in prototypes)
    table = ", ".join(f"call_{p.name}" for p in prototypes)
    with open(os.path.join(folder, "call.c"), "w", encoding="utf-8") as f:
        f.write(f"{text}\nint nnc_call(const int *dims, void *const *in, void *const *out, int *returned);\n"
                "int nnc_call(const int *dims, void *const *in, void *const *out, int *returned)\n{\n"
                "\tstatic int (*const table[])(const int *, void *const *, void *const *, int *) = { " + table + " };\n"
                "\treturn table[dims[0]](dims + 1, in, out, returned);\n}\n")
    path = os.path.join(folder, "program")
    sources = [s for n in range(len(models)) for s in generated.sources(folder, name_of(n))]
    command = [target.cc, *target.cflags.split(), *generated.WARNINGS.split(), "-I", folder, "-o", path, *sources,
               os.path.join(folder, "call.c"), generated.runner_object(target), *target.ldflags.split()]
    code, text = execute(command, 600)
    if code != 0:
        raise Failure("cc", one_line(text))
    program = Together(folder, target, path, prototypes)
    for _ in range(2):
        for n, model in enumerate(models):
            alone = built.build(folder_of(model, target), "m", target).run([cases.call_of(*model.case(0))])[0]
            both = program.run_one(n, cases.call_of(*model.case(0)))
            if any(a.tobytes() != b.tobytes() for a, b in zip(alone.outputs, both.outputs)):
                raise Failure("wrong", f"{model.name} answers differently beside other models")


def folder_of(model, target):
    folder = fresh("alone", model.name)
    generated.compile_model(model.path, folder, "m", target, model.dims)
    return folder


class Together(generated.Program):
    """A program whose first dimension says which model is called."""

    def __init__(self, folder, target, path, prototypes):
        super().__init__(folder, prototypes[0], target, path)
        self.prototypes = prototypes

    def run_one(self, n, call):
        chosen = self.prototypes[n]
        which = generated.Parameter("dim", "which_model", None)
        self.prototype = type("Chosen", (), {"of": lambda _, kind: [which, *chosen.of(kind)] if kind == "dim"
                                             else chosen.of(kind)})()
        return self.run([call._replace(dims={**call.dims, "which_model": n})])[0]


def guarded(report, name, check, what, *arguments):
    """what: the model or models. Whether the check held."""
    try:
        check(what, *arguments)
        report.ok(name)
        return True
    except Failure as e:
        cases.tell(report, name, what, e)
        return False


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("names", nargs="*")
    a = p.parse_args()
    report, host, short = Report(), best_host(), []
    bound = bounds.compiled_often(TARGETS["generic"], COMPILATIONS)
    for model in cases.models(report, a.names):
        if not guarded(report, f"same/{model.name}", check_same, model, host):
            continue
        if not bound.reason(model):
            short.append(model)
        for target in dict.fromkeys((TARGETS["generic"], host)):
            level = "-O1" if model in short else "-fsyntax-only"
            guarded(report, f"warnings/{target.name}{level}/{model.name}", check_warnings, model, target, level)
            if model in short:
                guarded(report, f"symbols/{target.name}/{model.name}", check_symbols, model, target)
    guarded(report, "together", check_together, short, host)
    report.exit()


if __name__ == "__main__":
    main()
