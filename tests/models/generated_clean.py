#!/usr/bin/env python3
"""What generated files must be, whatever they compute: warning-free C99 and C++ with gcc and clang, free of foreign
symbols, equal byte for byte on repetition and from another folder, many in one program, and never half-written.

    generated_clean.py [MODEL ...]

Every model is read by every compiler and generated twice. Those whose code is short (bounds.py) are compiled as well, for
the warnings that come of optimisation and for their symbols, and are the ones that share a program. gcc compiles the
others as C99, optimised, where the models are run (built.py).
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
import together
from generated import Failure, execute, one_line
from report import Report
from targets import TARGETS, best_host, missing

STRICT = "-Wall -Wextra -Wpedantic -Wconversion -Werror"
# A compiler and its language. What gcc's optimiser finds is the same for all its languages, and seen in C99 with the
# symbols; clang's warnings are those of its front end.
COMPILERS = (("gcc", "-std=c11"), ("clang-14", "-std=c99"), ("g++", "-x c++ -std=c++17"),
             ("clang++-14", "-x c++ -std=c++17"))
COMPILATIONS = 2 * 6  # what all that is done to a short model on two targets comes to, in compilations


def fresh(*parts):
    folder = os.path.join(generated.work_folder(), "clean", *parts)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    return folder


def read_source(compiler, language, source, *options):
    """Raises Failure where the compiler has anything to say."""
    code, text = execute([*compiler, *language.split(), *STRICT.split(), *options, source], 300)
    if code != 0:
        errors = [line for line in text.splitlines() if "error" in line]
        raise Failure("cc", f"{compiler[0]} {language}: {one_line(chr(10).join(errors) or text)}")


def check_warnings(model, target):
    """Every compiler and language; the header alone too."""
    folder = fresh("warnings", target.name, model.name)
    generated.compile_model(model.path, folder, "m", target, model.dims)
    march = [f for f in target.cflags.split() if f.startswith("-m")]
    with open(os.path.join(folder, "header.c"), "w", encoding="utf-8") as f:
        f.write('#include "m.h"\n')
    for cc, language in COMPILERS:
        if not shutil.which(cc):
            continue
        for source in [*generated.sources(folder, "m"), os.path.join(folder, "header.c")]:
            read_source([cc, *march], language, source, "-fsyntax-only", "-I", folder)


def check_symbols(model, target):
    """Optimised without a warning; no global symbol without the prefix, nothing from outside but libc's memory and maths
    functions."""
    folder = fresh("symbols", target.name, model.name)
    generated.compile_model(model.path, folder, "m", target, model.dims)
    allowed = r"mem(cpy|set|move|cmp)|_GLOBAL_OFFSET_TABLE_|[a-z]+[0-9]*f?"
    for source in generated.sources(folder, "m"):
        obj = source[:-2] + ".o"
        read_source([target.cc, *target.cflags.split()], "-std=c99", source, "-c", "-o", obj)
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
    with open(os.path.join(folder, "call.c"), "w", encoding="utf-8") as f:
        f.write(f"{text}\n{together.choosing(f'call_{p.name}' for p in prototypes)}")
    path = os.path.join(folder, "program")
    sources = [s for n in range(len(models)) for s in generated.sources(folder, name_of(n))]
    command = [target.cc, *target.cflags.split(), *generated.WARNINGS.split(), "-I", folder, "-o", path, *sources,
               os.path.join(folder, "call.c"), generated.runner_object(target), *target.ldflags.split()]
    code, text = execute(command, 600)
    if code != 0:
        raise Failure("cc", one_line(text))
    for _ in range(2):
        for n, model in enumerate(models):
            alone = built.build(folder_of(model, target), "m", target).run([cases.call_of(*model.case(0))])[0]
            both = together.Member(folder, name_of(n), target, path, n).run([cases.call_of(*model.case(0))])[0]
            if any(a.tobytes() != b.tobytes() for a, b in zip(alone.outputs, both.outputs)):
                raise Failure("wrong", f"{model.name} answers differently beside other models")


def folder_of(model, target):
    folder = fresh("alone", model.name)
    generated.compile_model(model.path, folder, "m", target, model.dims)
    return folder


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
            guarded(report, f"warnings/{target.name}/{model.name}", check_warnings, model, target)
            if model in short:
                guarded(report, f"symbols/{target.name}/{model.name}", check_symbols, model, target)
    guarded(report, "together", check_together, short, host)
    report.exit()


if __name__ == "__main__":
    main()
