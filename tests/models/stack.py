#!/usr/bin/env python3
"""The stack figure of generated headers against the compiler's own report, on boards against what a run leaves of a
painted stack, library functions included; and what makes a bound possible at all: no frame that grows at run time, no
large one, no recursion, nothing called but the C library's memory and maths functions. Where a run takes less, the
figure's own path must have a function that the emulator never came to, as no constant of this model needs it or no
number of this run, or one that is called from several, of which only some need what is below.

    stack.py [--target NAME ...] [MODEL ...]       without models all whose code is not too large (bounds.py)
"""
import argparse
import functools
import json
import os
import re
import shutil

import bounds
import cases
import generated
from generated import Failure, execute, one_line
from report import Report
from targets import TARGETS, missing

FRAME_BYTES = 2048  # no function's own frame may be larger: one register tile with all that it spills
SLACK = 16  # bytes by which the figure may be above what a run on a board takes; it may never be below
LEVELS = {"cortex-m0": ("-O2",), "cortex-m55": ("-O2",)}  # the others also at -Os, which shares more between steps
STANDARD = "-std=c99"  # decides whether gcc contracts multiplications and additions, and so takes part
DEFAULT_TARGETS = ("x86-64-v3", "armv8", "cortex-m4", "cortex-m55", "cortex-m0")
LIBRARY = re.compile(r"mem(cpy|set|move|cmp)|__aeabi_\w+|__clzsi2|[a-z]+[0-9]*f?")
WATER = """#include <stdio.h>
#include "m.h"

%s

int main(void)
{
	unsigned char *top;
	volatile unsigned char *p;

	__asm volatile("mov %%0, sp" : "=r"(top));
	for (p = top - %d; p < top; p++)
		*p = 0xa5;
	if (%s(%s))
		return 1;
	for (p = top - %d; p < top && *p == 0xa5; p++)
		;
	printf("%%d bytes of stack\\n", (int)(top - p));
	return 0;
}
"""


def read_report(path):
    """(function -> (bytes, how) or None where it is not in this file, function -> functions that it calls)"""
    frames, calls = {}, {}
    with open(path, encoding="utf-8") as f:
        for line in f:
            if node := re.match(r'node: \{ title: "([^"]*)" label: "([^"]*)"', line):
                size = re.search(r"(\d+) bytes \(([^)]*)\)", node[2])
                frames[node[1]] = (int(size[1]), size[2]) if size else None
            elif edge := re.match(r'edge: \{ sourcename: "([^"]*)" targetname: "([^"]*)"', line):
                calls.setdefault(edge[1], set()).add(edge[2])
    return frames, calls


def worst_path(frames, calls, root):
    """Bytes of the heaviest chain of calls from root; a cycle is an error (functools would not end, the set does)."""
    open_calls = set()

    @functools.lru_cache(None)
    def below(f):
        if f in open_calls:
            raise Failure("wrong", f"{f} calls itself")
        open_calls.add(f)
        worst = max((below(g) for g in calls.get(f, ())), default=0)
        open_calls.discard(f)
        return worst + (frames[f][0] if frames.get(f) else 0)

    return below(root)


def water_mark(folder, target, flags, room):
    """Bytes of stack that a run on zeros takes, the calling function's own not counted; the functions it came to."""
    prototype = generated.Prototype(os.path.join(folder, "m.h"), "m")
    sizes = [prototype.arena_bytes if p.kind == "arena" else (p.elements or 1) * 8 for p in prototype.parameters]
    blocks = [f"static union {{ unsigned char bytes[{size}]; double align[8]; }} v{k} __attribute__((aligned(64)));"
              for k, size in enumerate(sizes)]
    values = ["1" if p.kind == "dim" else f"(void *)v{k}.bytes" for k, p in enumerate(prototype.parameters)]
    with open(os.path.join(folder, "water.c"), "w", encoding="utf-8") as f:
        f.write(WATER % ("\n".join(blocks), room, prototype.entry, ", ".join(values), room))
    program, log = os.path.join(folder, "water"), os.path.join(folder, "entered.txt")
    code, text = execute([target.cc, *flags, "-o", program, os.path.join(folder, "water.c"), os.path.join(folder, "m.o"),
                          *target.ldflags.split()], 300)
    if code != 0:
        raise Failure("cc", one_line(text))
    emulator, *options = target.runner.split()
    code, text = execute([emulator, "-d", "in_asm", "-D", log, *options, program], 300)
    found = re.search(r"(\d+) bytes of stack", text)
    if code != 0 or not found:
        raise Failure("run", one_line(text))
    with open(log, encoding="utf-8", errors="replace") as f:
        entered = set(re.findall(r"^IN: ([A-Za-z_]\w*)", f.read(), flags=re.M))
    return int(found[1]), with_other_names(entered, program, target)


def with_other_names(functions, program, target):
    """And what else they are called: the library's go by several names, of which the emulator prints one."""
    code, text = execute([re.sub("gcc$", "nm", target.cc), program], 60)
    if code != 0:
        raise Failure("run", one_line(text))
    names = {}
    for address, name in re.findall(r"^([0-9a-f]+) [TtWw] (\w+)$", text, flags=re.M):
        names.setdefault(int(address, 16) & ~1, set()).add(name)
    return functions.union(*(same for same in names.values() if same & functions))


def plain(title):
    """A function's name in the source: without file and the compiler's endings."""
    return re.sub(r"\..*", "", title.rsplit(":", 1)[-1])


def several_callers(calls):
    callers = {}
    for caller, callees in calls.items():
        for callee in callees:
            callers.setdefault(plain(callee), set()).add(caller)
    return {name for name, names in callers.items() if len(names) > 1}


def judge(said, taken, entered, path, calls):
    """path: the functions of the figure's path."""
    if not entered:
        raise Failure("run", "the emulator names no function that it came to")
    if taken > said:
        raise Failure("wrong", f"M_STACK_BYTES is {said}, a run took {taken}")
    if said <= taken + SLACK:
        return f"{said} bytes, {taken} taken"
    if idle := [function for function in path if function not in entered]:
        return f"{said} bytes, {taken} taken: never in {', '.join(idle)}"
    if parted := [function for function in path if function in several_callers(calls)]:
        return f"{said} bytes, {taken} taken: several call {', '.join(parted)}"
    raise Failure("wrong", f"M_STACK_BYTES is {said}, a run took {taken} and came to all of {', '.join(path)}")


def check(model, target, level):
    folder = os.path.join(generated.work_folder(), "stack", target.name + level, model.name)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    facts = os.path.join(folder, "m.json")
    options = [f"--cc={' '.join(target.compiler())}", f"--cflags={level} {STANDARD}", f"--report={facts}"]
    header = generated.compile_model(model.path, folder, "m", target, [*model.dims, *options])
    with open(header, encoding="utf-8") as f:
        macro = re.search(r"^#define M_STACK_BYTES (\d+)$", f.read(), flags=re.M)
    if not macro:
        raise Failure("wrong", "header: no M_STACK_BYTES")
    flags = [f for f in target.cflags.split() if not f.startswith("-O")]
    code, text = execute([*target.compiler(), level, *flags, STANDARD, "-Wvla", "-Werror", "-fcallgraph-info=su",
                          "-c", "-o", os.path.join(folder, "m.o"), os.path.join(folder, "m.c")], 300)
    if code != 0:
        raise Failure("cc", one_line(text))
    frames, calls = read_report(os.path.join(folder, "m.ci"))
    for name, frame in frames.items():
        if frame is None and not LIBRARY.fullmatch(name) and not (name == "__indirect_call" and on_board(target)):
            raise Failure("wrong", f"calls {name}")
        if frame and frame[1] not in ("static", "dynamic,bounded"):
            raise Failure("wrong", f"the frame of {name} is {frame[1]}")
        if frame and frame[0] > FRAME_BYTES:
            raise Failure("wrong", f"the frame of {name} has {frame[0]} bytes, at most {FRAME_BYTES} are allowed")
    worst, said = worst_path(frames, calls, "m_run"), int(macro[1])
    if not on_board(target):
        if said != worst:
            raise Failure("wrong", f"M_STACK_BYTES is {said}, the worst path {worst}")
        return f"{said} bytes"
    if missing(target):
        return f"{said} bytes, not run: {missing(target)}"
    taken, entered = water_mark(folder, target, [level, *flags, STANDARD], 2 * said + 1024)
    with open(facts, encoding="utf-8") as f:
        path = [plain(call["function"]) for call in json.load(f)["stack"]["calls"]]
    return judge(said, taken, entered, path, calls)


def on_board(target):
    return target.runner.startswith("qemu-system-arm")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--target", action="append")
    parser.add_argument("models", nargs="*")
    given = parser.parse_args()
    report = Report()
    for name in given.target or DEFAULT_TARGETS:
        target = TARGETS[name]
        if not shutil.which(target.cc):
            report.skip(f"stack/{name}", f"{target.cc} is not installed")
            continue
        often = bounds.compiled_often(target, 2 * 2 * len(DEFAULT_TARGETS))  # by nnc and here
        bound = bounds.of_target(target)._replace(code=often.code)
        for model in cases.models(report, given.models, bound=bound):
            for level in LEVELS.get(name, ("-O2", "-Os")):
                try:
                    report.ok(f"stack/{name}{level}/{model.name}", check(model, target, level))
                except Failure as e:
                    cases.tell(report, f"stack/{name}{level}/{model.name}", model, e)
    report.exit()


if __name__ == "__main__":
    main()
