#!/usr/bin/env python3
"""Large graphs: what nnc takes of work and memory for each node, and that it takes no more where there are more.

    large.py [--all] [SHAPE ...]

Every shape of shapes.py is compiled at 1,000, 10,000 and 100,000 nodes. Held are the processor's time and the memory at
100,000, the ratio between the most and the least work for a node, and that the C of the smallest is C. Then some cases
by themselves (CASES). --all adds those that write gigabytes, and counts the work at 100,000 nodes too.

Work is counted in instructions, by valgrind: a count is the same on every machine, busy or idle, where times of a
machine that others use differ by two. The work for a model of one node is taken off. Time is printed beside it.
"""
import argparse
import contextlib
import multiprocessing
import os
import re
import resource
import shutil
import sys
import tempfile
from typing import NamedTuple

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.join(os.path.dirname(HERE), "python"))

import generated  # noqa: E402
import shapes  # noqa: E402
import targets  # noqa: E402
from generated import ROOT, execute, one_line  # noqa: E402
from report import Report  # noqa: E402

SIZES = (1_000, 10_000, 100_000)
CPU_LIMIT = 60  # seconds
COUNT_LIMIT = 900  # seconds of a run under valgrind
WEIGHTS_MB = 400
TARGET = "x86-64-v4"  # the one with the most kernels; the C compiler is asked about plain C
COUNTER = ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]
COUNTED = re.compile(r"I +refs: +([\d,]+)")


class Bounds(NamedTuple):
    seconds: float = 10.0
    megabytes: float = 300.0
    ratio: float = 1.5
    giga: float = None  # 1e9 instructions


# What is held of a shape. Each takes under 5 s of a machine that does nothing else.
#
# Ratio. Work that grows with the square of the nodes is ten times as much for each at the next size. The planner
# searches for a better order and better places as long as it has not met the lower bound, for a fixed amount of work in
# all. In "tree" it does so: 10,000 nodes are fused into 78 steps, and the search for their order uses all of its 2
# thousand million instructions, where that of 1,000 nodes ends at once with the bound.
#
# Memory. Weights are made as kernels read them when they are written; what stays is 2 to 3 KB a node.
SHAPES = {
    "chain": Bounds(),
    "constants_chain": Bounds(),
    "reshape_chain": Bounds(),
    "transpose_chain": Bounds(),
    "tree": Bounds(ratio=2.5),
    "dense": Bounds(),
    "matmul_chain": Bounds(),
    "conv_chain": Bounds(),
    "quantised_chain": Bounds(),
    "quantised_tables": Bounds(),
    "inputs": Bounds(),
    "outputs": Bounds(),
    "fan_out": Bounds(),
    "concat": Bounds(),
    "split": Bounds(),
    "equal": Bounds(),
    "dead": Bounds(),
    "folded": Bounds(),
    "branches": Bounds(),
    "many_branches": Bounds(),
    "loop": Bounds(),
    "dynamic": Bounds(),
}
OPTIONS = {"dynamic": ["--dim=rows=1..32"]}


class Cost(NamedTuple):
    seconds: float
    megabytes: float


class Missed(Exception):
    """nnc did not compile, or the C is none."""


def command_of(model, folder, options=(), target=TARGET):
    return [generated.NNC, model, "-o", os.path.join(folder, "m.c"), f"--target={target}", *options]


def compile_once(*arguments):
    """What nnc took. The memory counts from what this process has, so that it holds no model itself."""
    command, error = command_of(*arguments), os.path.join(arguments[1], "errors")
    actions = [(os.POSIX_SPAWN_OPEN, fd, error, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600) for fd in (1, 2)]
    pid = os.posix_spawn(generated.NNC, command, os.environ, file_actions=actions)
    resource.prlimit(pid, resource.RLIMIT_CPU, (CPU_LIMIT, CPU_LIMIT))
    _, status, usage = os.wait4(pid, 0)
    if status != 0:
        with open(error, encoding="utf-8", errors="replace") as f:
            raise Missed(f"status {os.waitstatus_to_exitcode(status)}: {one_line(f.read())}")
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def count(*arguments):
    """nnc's instructions."""
    code, text = execute([*COUNTER, *command_of(*arguments)], COUNT_LIMIT)
    found = COUNTED.search(text)
    if code != 0 or not found:
        raise Missed(f"valgrind: status {code}: {one_line(text)}")
    return int(found[1].replace(",", ""))


def count_nodes(graph):
    inner = (a.g for n in graph.node for a in n.attribute if a.HasField("g"))
    return len(graph.node) + sum(count_nodes(g) for g in inner)


def write(shape, n, path):
    model = getattr(shapes, shape)(n)
    with open(path, "wb") as f:
        f.write(model.SerializeToString())
    return count_nodes(model.graph)


def write_apart(function, *arguments):
    """In a process of its own: what that takes of memory would count as nnc's, for it begins as a copy of this one."""
    with multiprocessing.get_context("fork").Pool(1) as pool:
        return pool.apply(function, arguments)


def check_c(folder):
    """The C that lies there."""
    target = targets.TARGETS["generic"]
    command = [*target.compiler(), *target.cflags.split(), *generated.WARNINGS.split(), "-fsyntax-only"]
    code, text = execute([*command, os.path.join(folder, "m.c")], 300)
    if code != 0:
        raise Missed(f"the C compiler: {one_line(text)}")


def beyond(bounds, **values):
    """The bounds that are missed, in words."""
    return ", ".join(f"{name} at most {getattr(bounds, name)}" for name, value in values.items()
                     if getattr(bounds, name) is not None and value > getattr(bounds, name))


def measure_shape(shape, start, counted, folder):
    """What is missed, and the figures. start: the work for one node; counted: the sizes at which work is counted."""
    options = OPTIONS.get(shape, ())
    path = {n: os.path.join(folder, f"{shape}-{n}.onnx") for n in SIZES}
    nodes = {n: write_apart(write, shape, n, path[n]) for n in SIZES}
    compile_once(path[SIZES[0]], folder, options, "generic")
    check_c(folder)
    cost = compile_once(path[SIZES[-1]], folder, options)
    each = [(count(path[n], folder, options) - start) / nodes[n] for n in counted]
    ratio = max(each) / min(each)
    figures = (f"{cost.seconds:.2f} s, {cost.megabytes:.0f} MB, a node {' '.join(f'{w / 1000:.1f}' for w in each)} "
               f"thousand instructions, ratio {ratio:.2f}")
    return beyond(SHAPES[shape], seconds=cost.seconds, megabytes=cost.megabytes, ratio=ratio), figures


def measure_case(bounds, make, options, folder):
    """The same of a model by itself."""
    model = make(folder)
    cost, giga = compile_once(model, folder, options), count(model, folder, options) / 1e9
    figures = f"{cost.seconds:.2f} s, {cost.megabytes:.0f} MB, {giga:.1f} thousand million instructions"
    return beyond(bounds, seconds=cost.seconds, megabytes=cost.megabytes, giga=giga), figures


@contextlib.contextmanager
def work_folder():
    folder = tempfile.mkdtemp(prefix="nnc-large-")
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def check(name, report, measure, *arguments):
    with work_folder() as folder:
        try:
            missed, figures = measure(*arguments, folder)
        except Missed as e:
            missed, figures = "nnc", e
    if missed:
        report.failed(name, f"{missed}: {figures}")
    else:
        report.ok(name, figures)


def start_work():
    """nnc's work for a model of one node."""
    with work_folder() as folder:
        path = os.path.join(folder, "one.onnx")
        write_apart(write, "chain", 1, path)
        return count(path, folder)


def concat_8000(folder):
    """A Concat of 8,000 parts with 8,000 readers."""
    path = os.path.join(folder, "concat.onnx")
    write_apart(write, "concat", 4 * 8000, path)
    return path


def weights(folder):
    """Products with WEIGHTS_MB of weights beside the model's file."""
    path = os.path.join(folder, "weights.onnx")
    write_apart(shapes.write_weights, WEIGHTS_MB, path)
    return path


def resnet50_qdq(_):
    return RESNET50_QDQ


# By name: bounds, what makes the model's file in a folder, nnc's options, and whether --all alone takes it.
#
# Weights are held as the file has them, and one at a time as the kernels read it. An idle Zen 3 did 8.5
# thousand million instructions of nnc a second: the bounds on work are for one second and for less than two.
RESNET50_QDQ = os.path.join(os.path.dirname(ROOT), "zoo", "resnet50-qdq", "model.onnx")
WEIGHTS = Bounds(seconds=5, megabytes=WEIGHTS_MB + 70)
CASES = {
    "concat-8000": (Bounds(giga=8), concat_8000, (), False),
    "resnet50-qdq": (Bounds(giga=16), resnet50_qdq, (), False),
    "weights/incbin": (WEIGHTS, weights, ("--weights=incbin",), False),
    "weights/text": (WEIGHTS, weights, ("--weights=text",), True),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", action="store_true", help="also what writes gigabytes, and the work at the most nodes")
    parser.add_argument("names", nargs="*", metavar="SHAPE", help="or the name of a case")
    o = parser.parse_args()
    report = Report()
    start, counted = start_work(), SIZES if o.all else SIZES[:-1]
    for shape in SHAPES:
        if not o.names or shape in o.names:
            check(shape, report, measure_shape, shape, start, counted)
    for name, (bounds, make, options, is_huge) in CASES.items():
        if o.names and name not in o.names:
            continue
        if is_huge and not o.all and name not in o.names:
            report.skip(name, "writes gigabytes: --all takes it")
        elif make is resnet50_qdq and not os.path.exists(RESNET50_QDQ):
            report.skip(name, f"{os.path.relpath(RESNET50_QDQ, ROOT)} is not there")
        else:
            check(name, report, measure_case, bounds, make, options)
    report.exit()


if __name__ == "__main__":
    main()
