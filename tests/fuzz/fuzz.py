#!/usr/bin/env python3
"""Builds the fuzzers of this folder with clang in build-fuzz/ and runs them side by side.

    fuzz.py [--seconds N] [--fresh] [import | pipeline ...]       two minutes: --seconds 60; hours: --seconds 36000
    fuzz.py TARGET --input FILE                                   one input again

What they learn stays in build-fuzz/corpus/TARGET, and the next run goes on from there; --fresh begins with the seeds
alone, of which a short run takes a few. Inputs that crash, take too long or too much memory are kept in
build/tests-work/fuzz; the run goes on after them for as long as it has time, and each cause has one line. A line for
each target says how often it ran, how many inputs its corpus has and how many edges of the program they cover.
"""
import argparse
import concurrent.futures
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "python"))

from report import Report

ROOT = os.path.dirname(os.path.dirname(HERE))
BUILD = os.path.join(ROOT, "build-fuzz")
KEPT = os.path.join(ROOT, "build", "tests-work", "fuzz")
TARGETS = ("import", "pipeline")
MAX_BYTES = {"import": 2048, "pipeline": 16384}     # of an input: the importer sees nothing new in large ones
MAX_SECONDS = 20      # for one input
MAX_MEGABYTES = 1024  # in all; a single allocation of a sixteenth of it fails, as if there were no more
MAX_FINDINGS = 20     # of one run
SEEDS_A_SECOND = 15   # of a run are read before it begins: a small part of what can be run in that time
ENVIRONMENT = {"ASAN_OPTIONS": "allocator_may_return_null=1:quarantine_size_mb=8:detect_leaks=1:"
                               f"max_allocation_size_mb={MAX_MEGABYTES // 16}",
               "UBSAN_OPTIONS": "print_stacktrace=1"}
STATISTICS = {"executions": r"stat::number_of_executed_units:\s*(\d+)", "edges": r" cov: (\d+) ",
              "inputs in the corpus": r" corp: (\d+)/"}


def program(target):
    return os.path.join(BUILD, "tests", "fuzz", "fuzz_" + target)


def build(targets, optimization):
    """True, or False after saying why not. What is there is built on as it was."""
    commands = [["ninja", "-C", BUILD, *(os.path.relpath(program(t), BUILD) for t in targets)]]
    if not os.path.exists(os.path.join(BUILD, "build.ninja")):
        commands.insert(0, ["meson", "setup", BUILD, "-Dfuzz=true", f"-Doptimization={optimization}", "-Dc_args=-g1"])
    for command in commands:
        p = subprocess.run(command, cwd=ROOT, env={"CC": "clang", **os.environ}, capture_output=True, text=True,
                           check=False)
        if p.returncode:
            print(p.stdout[-4000:], p.stderr[-4000:])
            return False
    return True


def make_seeds(folder):
    if not os.path.isdir(folder):
        subprocess.run([sys.executable, os.path.join(HERE, "seeds.py"), folder], check=True)


def what_happened(log):
    """The line that says it, and where in our code it was."""
    found = re.search(r"(.*(?:runtime error|internal error|ERROR: ).*)", log)
    place = re.search(r"#\d+ .* in (\w+) \S*?((?:compiler|runtime_min|targets)/\S+)", log)
    return f"{found[1].strip() if found else log[-200:]}{f' in {place[1]}, {place[2]}' if place else ''}"


def cause(happened):
    """What happened without what differs from one time to the next."""
    return re.sub(r"==\d+==|0x[0-9a-f]+|\b\d+\b(?![:.])|nnc-fuzz-\w+", "", happened)


def draw_seeds(n):
    folder = os.path.join(BUILD, "seeds")
    names = sorted(os.listdir(folder))
    return [os.path.join(folder, name) for name in random.sample(names, min(n, len(names)))]


def run_once(target, seconds, corpus, seeds):
    """One process; what it counted, and its log. Its inputs are written to memory where there is a file system there."""
    memory = "/dev/shm" if os.path.isdir("/dev/shm") else None
    with tempfile.TemporaryDirectory(prefix="nnc-fuzz-", dir=memory) as place:
        listed = os.path.join(place, "seeds")
        with open(listed, "w", encoding="utf-8") as f:
            f.write(",".join(seeds))
        command = [program(target), corpus, f"-seed_inputs=@{listed}", f"-max_total_time={max(seconds, 1)}",
                   f"-timeout={MAX_SECONDS}", f"-rss_limit_mb={MAX_MEGABYTES}", f"-max_len={MAX_BYTES[target]}",
                   "-entropic=0", "-print_final_stats=1", "-reload=0", f"-artifact_prefix={KEPT}/{target}-"]
        p = subprocess.run(command, env={**os.environ, **ENVIRONMENT, "TMPDIR": place}, stdout=subprocess.DEVNULL,
                           stderr=subprocess.PIPE, text=True, errors="replace", check=False)
    counts = {}
    for name, pattern in STATISTICS.items():
        found = re.findall(pattern, p.stderr)
        counts[name] = int(found[-1]) if found else 0
    return p.returncode == 0, counts, p.stderr


def fuzz(report, target, seconds):
    corpus, seeds = os.path.join(BUILD, "corpus", target), draw_seeds(seconds * SEEDS_A_SECOND)
    end, executions, findings, causes = time.monotonic() + seconds, 0, 0, set()
    os.makedirs(corpus, exist_ok=True)
    while findings < MAX_FINDINGS and time.monotonic() < end:
        ok, counts, log = run_once(target, int(end - time.monotonic()), corpus, seeds)
        executions += counts["executions"]
        if ok:
            continue
        findings += 1
        happened = what_happened(log)
        if cause(happened) not in causes:
            causes.add(cause(happened))
            kept = re.search(r"Test unit written to (\S+)", log)
            report.failed(f"fuzz/{target}", f"{happened}: {kept[1] if kept else 'no input was kept'}")
    counts["executions"] = executions
    remark = ", ".join(f"{n} {name}" for name, n in counts.items())
    if findings:
        print(f"fuzz/{target}: {len(causes)} causes of {findings} findings, {remark}", flush=True)
    elif executions:
        report.ok(f"fuzz/{target}", remark)
    else:
        report.failed(f"fuzz/{target}", "it never ran")


def run_input(target, path):
    command = [program(target), f"-timeout={MAX_SECONDS}", f"-rss_limit_mb={MAX_MEGABYTES}", path]
    sys.exit(subprocess.run(command, env={**os.environ, **ENVIRONMENT}, check=False).returncode)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--seconds", type=int, default=60, help="of each target")
    p.add_argument("--optimization", default="2", metavar="0..3",
                   help="of the first build: with 0 clang takes a sixth of the time, and inputs more")
    p.add_argument("--fresh", action="store_true", help="forget what earlier runs learnt")
    p.add_argument("--input", help="run this file instead")
    p.add_argument("targets", nargs="*", metavar="TARGET")
    a = p.parse_args()
    targets = a.targets or TARGETS
    if not set(targets) <= set(TARGETS):
        p.error(f"targets are {', '.join(TARGETS)}")
    report = Report()
    if not build(targets, a.optimization):
        report.failed("fuzz/build", "see above")
        report.exit()
    if a.input:
        run_input(targets[0], a.input)
    if a.fresh:
        shutil.rmtree(os.path.join(BUILD, "corpus"), ignore_errors=True)
    os.makedirs(KEPT, exist_ok=True)
    make_seeds(os.path.join(BUILD, "seeds"))
    with concurrent.futures.ThreadPoolExecutor(len(targets)) as pool:
        for done in [pool.submit(fuzz, report, t, a.seconds) for t in targets]:
            done.result()
    report.exit()


if __name__ == "__main__":
    main()
