"""Many small models in one program: it spares the compiler a start and its headers, and the linker a run, for each.

A test is a generator: it yields the folder of a model that it wants built, is sent the Program, and returns its result.
`results` runs many tests as far as that, builds their models together, and runs them on:

    def check(model, folder):
        generated.compile_model(model, folder, "m", target)
        program = yield folder
        return program.run(…)

The texts are compiled as nnc wrote them, one behind the other. Macros tell apart what they call alike. When a program
of many does not compile, each is built alone, and the failure is that test's to which it belongs.
"""
import itertools
import os
import re
import tempfile

import generated
from generated import WARNINGS, Failure, Parameter, Program, Prototype

MANY = 25  # models of a program
NAME = "m"  # of every model
OURS = re.compile(r"\b(?:m|M|nnrt|NNRT)_\w+")
CALLERS = ("nnc_call", "nnc_calls", "arena_block")  # names of Prototype.caller()
MACRO = re.compile(r"^\s*#\s*define\s+(\w+)", re.M)
WHICH = Parameter("dim", "which_model", None)
CALL = "(const int *dims, void *const *in, void *const *out, int *returned)"


class Chosen(Prototype):
    """A model whose program is asked for it by a dimension before its own."""

    def of(self, kind):
        return [WHICH, *super().of(kind)] if kind == "dim" else super().of(kind)


class Member(Program):
    """Model number `which` of a program."""

    def __init__(self, folder, name, target, path, which):
        super().__init__(folder, Chosen(os.path.join(folder, name + ".h"), name), target, path)
        self.which = which

    def run(self, calls, timeout=300):
        return super().run([c._replace(dims={**c.dims, WHICH.name: self.which}) for c in calls], timeout)


def choosing(functions):
    """C text of an nnc_call that calls one of several by the first dimension."""
    return (f"int nnc_call{CALL};\nint nnc_call{CALL}\n{{\n\tstatic int (*const table[]){CALL} = {{ {', '.join(functions)} }};\n"
            "\treturn table[dims[0]](dims + 1, in, out, returned);\n}\n")


def part(folder, k):
    """C text of model number k with its caller: every name of its own ends in k."""
    texts = []
    for ending in (".c", ".h"):
        with open(os.path.join(folder, NAME + ending), encoding="utf-8") as f:
            texts.append(f.read())
    macros = {m for text in texts for m in MACRO.findall(text)}
    names = {n for text in texts for n in OURS.findall(text)} - macros | set(CALLERS)
    return "\n".join([*(f"#define {n} {n}_{k}" for n in sorted(names)), f'#include "{folder}/call.c"',
                      *(f"#undef {n}" for n in sorted(names | macros)), ""])


def build(folders, place, target, flags, warnings):
    """The Program of each folder's model, all in one, which lies in the folder place."""
    path, source = os.path.join(place, "program"), os.path.join(place, "together.c")
    for folder in folders:
        generated.write_caller(folder, NAME, Prototype(os.path.join(folder, NAME + ".h"), NAME))
    with open(source, "w", encoding="utf-8") as f:
        f.writelines(part(os.path.abspath(folder), k) for k, folder in enumerate(folders))
        f.write(choosing(f"nnc_call_{k}" for k in range(len(folders))))
    generated.link(target, path, [source], flags, warnings)
    return [Member(folder, NAME, target, path, k) for k, folder in enumerate(folders)]


def build_each(folders, place, target, flags, warnings):
    """Folder -> Program, or the Failure to build it."""
    small = [f for f in folders if len(generated.sources(f, NAME)) == 1]
    made = {}
    if len(small) > 1:
        try:
            made = dict(zip(small, build(small, place, target, flags, warnings)))
        except Failure:
            pass
    for folder in folders:
        if folder not in made:
            try:
                made[folder] = generated.build(folder, NAME, target, flags, warnings)
            except Failure as e:
                made[folder] = e
    return made


def step(test, answer=None):
    """(what the test wants next, None), or (None, its result in a row)."""
    try:
        return (test.throw(answer) if isinstance(answer, Failure) else test.send(answer)), None
    except StopIteration as e:
        return None, [e.value]


def results(tests, target, flags="", warnings=WARNINGS, many=MANY):
    """What each test returns, in their order. A test catches the Failures that are to be its result."""
    tests = iter(tests)
    while batch := list(itertools.islice(tests, many)):
        at = [step(test) for test in batch]
        while wanted := [folder for folder, _ in at if folder]:
            with tempfile.TemporaryDirectory(dir=generated.work_folder()) as place:
                made = build_each(wanted, place, target, flags, warnings)
                at = [step(test, made[folder]) if folder else (folder, done) for test, (folder, done) in zip(batch, at)]
        yield from (done[0] for _, done in at)
