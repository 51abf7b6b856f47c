#!/usr/bin/env python3
"""The compiler built as others build it: by each C compiler that is installed, in each of meson's build types, without
a warning; and each build writes the same C.

    builds.py [NAME ...]        NAME as it is printed: gcc-12/release

gcc warns of what its optimiser finds, so every gcc builds each level of optimisation; `debugoptimized` is what tests/run.sh
itself builds. clang's warnings are those of its front end: each clang builds the type that takes least, the newest one
that optimises. Only the compiler is built, and what is there of an earlier run is kept.
"""
import os
import re
import shutil
import subprocess
import sys

from report import Report
from targets import HERE

ROOT = os.path.dirname(os.path.dirname(HERE))
WORK = os.path.join(ROOT, "build", "tests-work", "builds")
MODEL = os.path.join("examples", "digits", "digits.onnx")
TYPES = ("release", "minsize", "debug")
FOR_PIP = "minsize"  # the build type of the wheel
OLDEST = {"gcc": 12, "clang": 14}


def installed(family):
    """gcc-12, gcc-13, ... from the oldest that is supported, by version."""
    found = {name for folder in os.get_exec_path() if os.path.isdir(folder) for name in os.listdir(folder)}
    versions = sorted(int(m[1]) for m in (re.fullmatch(family + r"-(\d+)", name) for name in found) if m)
    return [f"{family}-{v}" for v in versions if v >= OLDEST[family]]


def wanted():
    for cc in installed("gcc"):
        for kind in TYPES:
            yield cc, kind
    clangs = installed("clang")
    for cc in clangs:
        yield cc, "release" if cc == clangs[-1] else "debug"


def first_finding(text):
    lines = [line for line in text.splitlines() if re.search(r"(warning|error):", line, re.IGNORECASE)]
    return (lines or text.strip().splitlines()[-1:] or ["no message"])[0].replace("../", "")[:300]


def build(cc, kind):
    """The folder of the build and None, or what went wrong."""
    folder = os.path.join(WORK, f"{cc}-{kind}")
    setup = ["meson", "setup", folder, f"-Dbuildtype={kind}", "-Dwerror=true"]
    if kind == FOR_PIP:
        setup += ["-Dprefer_static=true"]
    steps = [["ninja", "-C", folder, "compiler/nnc"]]
    if not os.path.exists(os.path.join(folder, "build.ninja")):
        shutil.rmtree(folder, ignore_errors=True)
        steps.insert(0, setup)
    for step in steps:
        p = subprocess.run(step, cwd=ROOT, env={**os.environ, "CC": cc}, capture_output=True, text=True, check=False)
        if p.returncode:
            return folder, first_finding(p.stdout + p.stderr)
    return folder, None


def written_by(folder):
    """The C that this build makes of a model, or its complaint."""
    out = os.path.join(folder, "model.c")
    p = subprocess.run([os.path.join(folder, "compiler", "nnc"), MODEL, "-o", out, "--target=x86-64-v3"], cwd=ROOT,
                       capture_output=True, text=True, check=False)
    if p.returncode:
        return None, p.stderr.strip()
    with open(out, "rb") as f:
        return f.read(), None


def pip_installs(folder):
    """None when the wheel of this build puts an nnc on the path that writes C; else what is wrong."""
    place = os.path.join(folder, "pip")
    shutil.rmtree(place, ignore_errors=True)
    steps = [[sys.executable, os.path.join(ROOT, "install", "package.py"), "wheel", folder, place],
             [sys.executable, "-m", "venv", os.path.join(place, "venv")]]
    for step in steps:
        p = subprocess.run(step, capture_output=True, text=True, check=False)
        if p.returncode:
            return (p.stderr or p.stdout).strip()[-300:]
    wheels = [os.path.join(place, name) for name in os.listdir(place) if name.endswith(".whl")]
    for step in (["pip", "install", "-q", "--no-index", *wheels], ["nnc", MODEL, "-o", os.path.join(place, "m.c"), "-q"]):
        step[0] = os.path.join(place, "venv", "bin", step[0])
        p = subprocess.run(step, cwd=ROOT, capture_output=True, text=True, check=False)
        if p.returncode:
            return (p.stderr or p.stdout).strip()[-300:]
    return None


def main():
    report = Report()
    first = None
    for cc, kind in wanted():
        name = f"{cc}/{kind}"
        if sys.argv[1:] and name not in sys.argv[1:]:
            continue
        folder, bad = build(cc, kind)
        text, bad = (None, bad) if bad else written_by(folder)
        first = first or text
        if bad or text != first:
            report.failed(name, bad or "writes other C than the first build")
        else:
            report.ok(name)
        if kind == FOR_PIP and cc.startswith("gcc") and not bad:
            wrong = pip_installs(folder)
            report.failed(f"{name}/wheel", wrong) if wrong else report.ok(f"{name}/wheel")
    for family, oldest in OLDEST.items():
        if not installed(family):
            report.skip(family, f"not installed: {family}-{oldest} or newer")
    report.exit()


if __name__ == "__main__":
    main()
