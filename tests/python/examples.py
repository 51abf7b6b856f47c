#!/usr/bin/env python3
"""Runs the examples as a user would and checks the answers that they print."""
import os
import re
import subprocess

from report import Report
from targets import HERE

ROOT = os.path.dirname(os.path.dirname(HERE))
FIGURES = {"examples/run.sh": ("answer", "time", "RAM", "flash", "C"),
           "examples/firmware/run.sh": ("answer", "arena", "stack", "work", "flash", "RAM")}
LIBRARY_BYTES = 64
SPOKEN = ("no", "yes", "away", "yes", "no")  # in examples/keywords/clip.wav
WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def run(command):
    p = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600)
    return p.returncode, p.stdout, p.stderr


def check(report, name, command, figures, word):
    status, out, err = run(command)
    if status:
        report.failed(name, f"status {status}: {err.strip()[-200:] or out.strip()[-200:]}")
        return
    lines = dict(re.findall(r"^(\w+): +(.+)$", out, flags=re.M))
    absent = [f for f in figures if f not in lines]
    if absent:
        report.failed(name, f"no line {', '.join(absent)}")
    elif lines["answer"].split()[0] != word:
        report.failed(name, f"answer {lines['answer']}, expected {word}")
    elif "stack" in figures and (used := stack_beyond(lines["stack"])):
        report.failed(name, used)
    else:
        report.ok(name, ", ".join(f"{f} {lines[f]}" for f in figures[1:]))


def check_spoken(report, words):
    """The stream hears each word once, in their order, and keeps its figures."""
    status, out, err = run(["sh", "examples/firmware/keywords.sh"])
    heard = re.findall(r"^word: +(\w+) at", out, flags=re.M)
    if status or heard != list(words):
        report.failed("firmware/keywords", err.strip()[-200:] if status else f"heard {' '.join(heard)}, spoken {' '.join(words)}")
    else:
        report.ok("firmware/keywords", ", ".join(" ".join(line.split()) for line in out.splitlines()[len(words):-1]))


def check_flowers(report):
    """The forest names as many flowers of each kind as scikit-learn does: all but one as they are named."""
    status, out, err = run(["sh", "examples/iris/run.sh"])
    answer = re.search(r"^answer: +(.*)$", out, flags=re.M)
    if status or not answer or answer[1] != "30 flowers, 29 of 30 right":
        report.failed("iris", err.strip()[-200:] or out.strip()[-200:])
    else:
        report.ok("iris", answer[1])


def stack_beyond(line):
    """What the board saw against the header's figure: not above it, but for the call and the library's memset and memcpy,
    and not so far below that the figure would be idle."""
    used, most = (int(n) for n in re.findall(r"\d+", line))
    return "" if most / 2 <= used <= most + LIBRARY_BYTES else f"stack: {used} bytes used, {most} in model.h"


def main():
    report = Report()
    for digit, word in enumerate(WORDS):
        picture = f"examples/digits/pictures/digit-{digit}.png"
        check(report, f"digits/{word}", ["sh", "examples/run.sh", picture], FIGURES["examples/run.sh"], word)
    check(report, "firmware", ["sh", "examples/firmware/run.sh"], FIGURES["examples/firmware/run.sh"], "three")
    check_spoken(report, SPOKEN)
    check_flowers(report)
    report.exit()


if __name__ == "__main__":
    main()
