#!/usr/bin/env python3
"""Runs the programs that meson knows as tests of one build folder and prints a line for each Criterion test.

    unit.py BUILD          a program that speaks no TAP counts as one test, by its exit status; 77 is a skip, its last
                           line the reason
"""
import json
import os
import re
import subprocess
import sys

from report import Report

SKIPPED = 77  # the exit status that meson takes for a skip
TAP = re.compile(r"(not ok|ok)\b[\s\d]*-?\s*(\S+)?\s*(.*)")


def read_tap(report, test, output):
    """Counts TAP lines; returns how many."""
    n = 0
    for line in output.splitlines():
        match = TAP.match(line)
        if not match:
            continue
        n += 1
        name = f"{test}/{match[2] or n}"
        if "# SKIP" in line.upper():
            report.skip(name, line.upper().split("# SKIP", 1)[1].strip().lower() or "skipped by the test")
        elif match[1] == "ok":
            report.ok(name)
        else:
            report.failed(name, reason_after(output, line))
    return n


def reason_after(output, line):
    """The comment lines that follow a failed test."""
    rest = output[output.index(line) + len(line):].splitlines()
    text = []
    for following in rest[1:]:
        if TAP.match(following):
            break
        text.append(following.strip("# "))
    return " ".join(text)[:300] or "failed"


def sanitizer_report(text):
    for line in text.splitlines():
        if "ERROR: " in line or "runtime error:" in line:
            return line.strip()[:300]
    return None


def run_test(report, build, test):
    name, timeout = test["name"], test.get("timeout") or 300
    env = {**os.environ, **{k: str(v) for k, v in test.get("env", {}).items()}}
    try:
        p = subprocess.run(test["cmd"], cwd=test.get("workdir") or build, env=env, capture_output=True, text=True,
                           errors="replace", stdin=subprocess.DEVNULL, timeout=timeout)
    except (subprocess.TimeoutExpired, OSError) as e:
        report.failed(name, str(e))
        return
    n = read_tap(report, name, p.stdout) if test.get("protocol") == "tap" else 0
    found = sanitizer_report(p.stderr + p.stdout)
    if found:
        report.failed(f"{name}/sanitizer", found)
    elif n == 0 and p.returncode == 0:
        report.ok(name)
    elif n == 0 and p.returncode == SKIPPED:
        report.skip(name, (p.stdout.strip().splitlines() or ["skipped by the test"])[-1])
    elif n == 0:
        report.failed(name, f"status {p.returncode}: {(p.stderr + p.stdout).strip()[-300:]}")
    elif p.returncode not in (0, 1):
        report.failed(f"{name}/exit", f"status {p.returncode}")


def main():
    build = sys.argv[1]
    tests = json.loads(subprocess.run(["meson", "introspect", "--tests", build], capture_output=True, check=True).stdout)
    report = Report()
    for test in tests:
        run_test(report, build, test)
    if not tests:
        report.failed("tests", f"{build} has no tests: is Criterion installed?")
    report.exit()


if __name__ == "__main__":
    main()
