#!/usr/bin/env python3
"""Random graphs of Loop, Scan and If against onnxruntime and an interpreter of our own, equal to the bit.

    loops.py [--first SEED] [--count N] [--target T] [--sanitize] [--jobs N]

What is drawn is in draw_loops.py. A graph that differs is kept as SEED.onnx in the work folder; `loops.py --first SEED
--count 1` runs it alone. Where onnxruntime refuses a graph, or differs from nnc, interpreter.py decides
and says why that is needed. The last line tells how many graphs both oracles agreed on.
"""
import argparse
import concurrent.futures
import os
import shutil
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "python"))

import numpy as np
import onnx
import onnxruntime

import generated
import interpreter
from draw_loops import draw
from generated import Failure
from report import Report
from targets import TARGETS
from together import Together

PER_PROGRAM = 20
ORACLE_SECONDS = 5  # for onnxruntime, which may count turns up to a number that it never wrote
SANITIZE = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]


def by_onnxruntime(model, values):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    run = onnxruntime.RunOptions()
    stop = threading.Timer(ORACLE_SECONDS, setattr, (run, "terminate", True))
    stop.start()
    try:
        return session.run(None, dict(zip((i.name for i in model.graph.input), values)), run)
    finally:
        stop.cancel()


def difference(have, want):
    """None, or what differs."""
    if isinstance(have, int):
        return f"run: status {have}"
    for k, (a, b) in enumerate(zip(have, want)):
        if a.shape != b.shape or not np.array_equal(a, b):
            return f"output {k}: {a.ravel()[:6]}, expected {b.ravel()[:6]}"
    return None


def agree(model, values, want):
    """Whether onnxruntime says the same as the interpreter."""
    try:
        return difference([np.asarray(o) for o in by_onnxruntime(model, values)], want) is None
    except Exception:  # its many kinds of errors have no common name
        return False


def keep(batch, seed):
    folder = os.path.join(generated.work_folder(), "loops-kept")
    os.makedirs(folder, exist_ok=True)
    return shutil.copy(batch.path(f"m{seed}"), os.path.join(folder, f"{seed}.onnx"))


def run_batch(seeds, target, flags):
    """[(seed, None or what is wrong, whether the oracles agree)]."""
    batch = Together(os.path.join(generated.work_folder(), f"loops-{seeds[0]}"), target, flags)
    found, drawn, results = {}, {}, []
    for seed in seeds:
        model, values = draw(seed)
        onnx.save(model, batch.path(f"m{seed}"))
        drawn[seed] = model, values, interpreter.evaluate(model, values)
        try:
            batch.add(f"m{seed}", values, drawn[seed][2])
        except Failure as e:
            found[seed] = str(e)
    try:
        answers = batch.run()
    except Failure as e:
        if len(seeds) == 1:
            return [(seeds[0], f"{e} ({keep(batch, seeds[0])})", False)]
        return [one for seed in seeds for one in run_batch([seed], target, flags)]
    for seed in seeds:
        model, values, want = drawn[seed]
        what = found.get(seed) or difference(answers[f"m{seed}"], want)
        found[seed] = f"{what} ({keep(batch, seed)})" if what else None
        results.append((seed, found[seed], agree(model, values, want)))
    shutil.rmtree(batch.folder, ignore_errors=True)
    return results


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, default=150)
    parser.add_argument("--target", default="generic")
    parser.add_argument("--sanitize", action="store_true")
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args()
    report, target = Report(), TARGETS[args.target]
    target = target._replace(cflags=target.cflags.replace("-O2", "-O0"))
    seeds = list(range(args.first, args.first + args.count))
    batches = [seeds[k:k + PER_PROGRAM] for k in range(0, len(seeds), PER_PROGRAM)]
    right = agreed = 0
    with concurrent.futures.ProcessPoolExecutor(args.jobs) as pool:
        for results in pool.map(run_batch, batches, [target] * len(batches), [SANITIZE if args.sanitize else []] *
                                len(batches)):
            for seed, what, _ in results:
                if what:
                    report.failed(f"loops/{seed}", what)
            right += sum(not what for _, what, _ in results)
            agreed += sum(both for _, _, both in results)
    if agreed * 2 < len(seeds):
        report.failed("loops/oracles", f"onnxruntime and the interpreter agree on {agreed} of {len(seeds)} graphs alone")
    report.ok(f"loops/{seeds[0]}..{seeds[-1]}",
              f"{right} of {len(seeds)} graphs are right; onnxruntime and the interpreter agree on {agreed}")
    report.exit()


if __name__ == "__main__":
    main()
