#!/usr/bin/env python3
"""Large graphs: what nnc takes of time and memory for each node, and that it takes no more where there are more.

    large.py [--all] [SHAPE ...]

Every shape of shapes.py is compiled at 1,000, 10,000 and 100,000 nodes. Held are the time and the memory at 100,000,
the ratio between the most and the least time for a node, and that the C of the smallest is C. Then some cases by
themselves (CASES). --all adds those that write gigabytes.

Times are of the processor, user and system, the least of several runs, less what a model of one node takes. Where a
bound is missed it is measured again, for other programs of this machine make a run slower and none makes it faster.
"""
import argparse
import contextlib
import multiprocessing
import os
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
RUNS = {1_000: 9, 10_000: 3, 100_000: 1}  # of one round
ROUNDS = 4  # as many more where a bound is missed
CPU_LIMIT = 60  # seconds
WEIGHTS_MB = 400
TARGET = "x86-64-v4"  # the one with the most kernels; the C compiler is asked about plain C


class Bounds(NamedTuple):
    seconds: float = 10.0
    megabytes: float = 300.0
    ratio: float = 2.0


# What is held of a shape. Each takes under 5 s of a machine that does nothing else.
#
# Ratio. Work that grows with the square of the nodes is ten times as much for each at the next size; an idle machine
# shows 1.1 to 1.5, for what is held of many nodes leaves the caches. The planner searches for a better order and better
# places as long as it has not met the lower bound, for a fixed amount of work in all: a fifth of a second, which is much
# for each of 10,000 nodes, and none for 1,000 whose bound is met. A node that is folded takes 2 to 5 us, most of it memory.
#
# Memory. Weights are made as kernels read them when they are written; what stays is 2 to 3 KB a node.
SHAPES = {
    "chain": Bounds(),
    "constants_chain": Bounds(),
    "reshape_chain": Bounds(),
    "transpose_chain": Bounds(),
    "tree": Bounds(ratio=3),
    "dense": Bounds(ratio=3),
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
    "folded": Bounds(ratio=3),
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


def compile_once(model, folder, options=(), target=TARGET):
    """What nnc took. The memory counts from what this process has, so that it holds no model itself."""
    error = os.path.join(folder, "errors")
    command = [generated.NNC, model, "-o", os.path.join(folder, "m.c"), f"--target={target}", *options]
    actions = [(os.POSIX_SPAWN_OPEN, fd, error, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600) for fd in (1, 2)]
    pid = os.posix_spawn(generated.NNC, command, os.environ, file_actions=actions)
    resource.prlimit(pid, resource.RLIMIT_CPU, (CPU_LIMIT, CPU_LIMIT))
    _, status, usage = os.wait4(pid, 0)
    if status != 0:
        with open(error, encoding="utf-8", errors="replace") as f:
            raise Missed(f"status {os.waitstatus_to_exitcode(status)}: {one_line(f.read())}")
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def least(costs):
    return Cost(min(c.seconds for c in costs), min(c.megabytes for c in costs))


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


class Measured:
    """A shape's models and what they took so far."""

    def __init__(self, shape, folder, start):
        self.shape, self.folder, self.start = shape, folder, start
        self.path = {n: os.path.join(folder, f"{shape}-{n}.onnx") for n in SIZES}
        self.nodes = {n: write_apart(write, shape, n, self.path[n]) for n in SIZES}
        self.costs = {n: [] for n in SIZES}

    def round(self):
        for n in SIZES:
            for _ in range(RUNS[n]):
                self.costs[n].append(compile_once(self.path[n], self.folder, OPTIONS.get(self.shape, ())))

    def microseconds(self):
        """Of a node, by size."""
        return {n: max(least(self.costs[n]).seconds - self.start, 1e-6) / self.nodes[n] * 1e6 for n in SIZES}

    def misses(self, bounds):
        """What is beyond the bounds, in words; and all figures."""
        cost, each = least(self.costs[SIZES[-1]]), self.microseconds()
        ratio = max(each.values()) / min(each.values())
        figures = (f"{cost.seconds:.2f} s, {cost.megabytes:.0f} MB, a node "
                   f"{' '.join(f'{t:.1f}' for t in each.values())} us, ratio {ratio:.2f}")
        missed = [f"{name} at most {getattr(bounds, name)}" for name, value in
                  (("seconds", cost.seconds), ("megabytes", cost.megabytes), ("ratio", ratio))
                  if value > getattr(bounds, name)]
        return ", ".join(missed), figures


def check_c(folder):
    """The C that lies there."""
    target = targets.TARGETS["generic"]
    command = [*target.compiler(), *target.cflags.split(), *generated.WARNINGS.split(), "-fsyntax-only"]
    code, text = execute([*command, os.path.join(folder, "m.c")], 300)
    if code != 0:
        raise Missed(f"the C compiler: {one_line(text)}")


def measure_shape(shape, start, folder):
    """What is missed, and the figures."""
    m = Measured(shape, folder, start)
    compile_once(m.path[SIZES[0]], folder, OPTIONS.get(shape, ()), "generic")
    check_c(folder)
    for _ in range(ROUNDS):
        m.round()
        missed, figures = m.misses(SHAPES[shape])
        if not missed:
            break
    return missed, figures


def measure_case(bounds, make, options, folder):
    """The same of a model by itself."""
    model = make(folder)
    for _ in range(ROUNDS):
        cost = compile_once(model, folder, options)
        missed = [f"at most {most} {unit}" for most, value, unit in
                  ((bounds.seconds, cost.seconds, "s"), (bounds.megabytes, cost.megabytes, "MB")) if value > most]
        if not missed:
            break
    return ", ".join(missed), f"{cost.seconds:.2f} s, {cost.megabytes:.0f} MB"


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


def start_seconds():
    """What nnc takes for a model of one node."""
    with work_folder() as folder:
        path = os.path.join(folder, "one.onnx")
        write_apart(write, "chain", 1, path)
        return min(compile_once(path, folder).seconds for _ in range(20))


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
# Weights are held as the file has them, and one at a time as the kernels read it.
RESNET50_QDQ = os.path.join(os.path.dirname(ROOT), "zoo", "resnet50-qdq", "model.onnx")
WEIGHTS = Bounds(5, WEIGHTS_MB + 70)
CASES = {
    "concat-8000": (Bounds(1), concat_8000, (), False),
    "resnet50-qdq": (Bounds(1.5), resnet50_qdq, (), False),
    "weights/incbin": (WEIGHTS, weights, ("--weights=incbin",), False),
    "weights/text": (WEIGHTS, weights, ("--weights=text",), True),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", action="store_true", help="also what writes gigabytes")
    parser.add_argument("names", nargs="*", metavar="SHAPE", help="or the name of a case")
    o = parser.parse_args()
    report = Report()
    start = start_seconds()
    for shape in SHAPES:
        if not o.names or shape in o.names:
            check(shape, report, measure_shape, shape, start)
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
