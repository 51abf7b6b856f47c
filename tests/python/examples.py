#!/usr/bin/env python3
"""Runs the examples as a user would and checks the answers that they print."""
import collections
import os
import re
import subprocess

import numpy as np
import onnxruntime
from PIL import Image

from report import Report
from targets import HERE

ROOT = os.path.dirname(os.path.dirname(HERE))
FIGURES = {"examples/run.sh": ("answer", "time", "RAM", "flash", "C"),
           "digits": ("answer", "time", "RAM"),
           "examples/firmware/run.sh": ("answer", "arena", "stack", "work", "flash", "RAM")}
LIBRARY_BYTES = 64
SPOKEN = ("no", "yes", "away", "yes", "no")  # in examples/keywords/clip.wav
COMPILED = set()
SHAPES = ("circle", "square", "triangle", "ring", "cross", "star", "moon", "heart")
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


def planes(path, side):
    """A picture whose sides are a multiple of `side`, as examples/common/picture.h scales it."""
    x = np.asarray(Image.open(path).convert("RGB"), np.float64)
    k = x.shape[0] // side
    return (x.reshape(side, k, side, k, 3).mean((1, 3)).transpose(2, 0, 1)[None] / 255).astype(np.float32)


def shapes_said(report, job, picture):
    """What the example prints of a picture, and what onnxruntime computes of it; None when the example failed. Only the first
    picture of a job goes through the script, which compiles."""
    path, program = f"examples/shapes/pictures/{picture}.png", f"build/examples/{job}/{job}"
    result = {"classify": [], "detect": ["boxes.png"], "segment": ["mask.png"]}[job]
    first = job not in COMPILED
    COMPILED.add(job)
    status, out, err = run(["sh", "examples/shapes/run.sh", job, path] if first else
                           [program, path, "examples/shapes/labels.txt", *(f"build/examples/{job}/{r}" for r in result)])
    if status:
        report.failed(f"shapes/{job}/{picture}", err.strip()[-200:] or out.strip()[-200:])
        return None
    session = onnxruntime.InferenceSession(os.path.join(ROOT, f"examples/shapes/{job}.onnx"), providers=["CPUExecutionProvider"])
    return out, session.run(None, {"image": planes(os.path.join(ROOT, path), 48)})


def judge(report, name, wrong, remark):
    if wrong:
        report.failed(name, wrong)
    else:
        report.ok(name, remark)


def check_classified(report):
    """The five likeliest are those of onnxruntime, and what the picture's name says is among them."""
    for name in ("star", "moon", "circle"):
        said = shapes_said(report, "classify", name)
        if said:
            five = re.findall(r"(\w+) +[\d.]+ %", said[0])
            wanted = [SHAPES[k] for k in np.argsort(-said[1][0][0])[:5]]
            judge(report, f"shapes/classify/{name}", five != wanted and f"{five}, onnxruntime {wanted}" or name not in five and f"{five}",
                  " ".join(five))


def check_detected(report):
    """Kinds and boxes are onnxruntime's, and their edges are drawn."""
    for picture in ("scene-0", "scene-1", "scene-2"):
        said = shapes_said(report, "detect", picture)
        if not said:
            continue
        found = [(k, *map(int, box)) for k, *box in re.findall(r"^found: +(\w+) +\d+ % +from (-?\d+),(-?\d+) to (-?\d+),(-?\d+)$", said[0], re.M)]
        scores, kinds, boxes = said[1]
        wanted = [(SHAPES[k], *np.rint(2 * box)) for s, k, box in zip(scores, kinds, boxes) if s >= .4]
        same = [f[0] for f in found] == [w[0] for w in wanted] and \
            all(abs(a - b) <= 1 for f, w in zip(found, wanted) for a, b in zip(f[1:], w[1:]))
        image, drawn = (np.asarray(Image.open(os.path.join(ROOT, p)).convert("RGB")) for p in
                        (f"examples/shapes/pictures/{picture}.png", "build/examples/detect/boxes.png"))
        changed = (image != drawn).any(2)
        edges = all(changed[max(f[2], 0), f[1] + 3:f[3] - 3].all() for f in found)
        judge(report, f"shapes/detect/{picture}", not same and f"{found}, onnxruntime {wanted}" or
              not (found and edges) and "no boxes are drawn", f"{found}")


def check_segmented(report):
    """The mask is onnxruntime's, each pixel in the colour of its kind."""
    for picture in ("scene-0", "scene-1"):
        said = shapes_said(report, "segment", picture)
        if not said:
            continue
        wanted = said[1][0][0].repeat(2, 0).repeat(2, 1)
        drawn = np.asarray(Image.open(os.path.join(ROOT, "build/examples/segment/mask.png")).convert("RGB"))
        colours = {int(k): collections.Counter(map(tuple, drawn[wanted == k])).most_common(1)[0] for k in np.unique(wanted)}
        same, kinds = sum(n for _, n in colours.values()) / wanted.size, {c for c, _ in colours.values()}
        wrong = same < .998 or len(kinds) != len(colours) or colours[0][0] != (0, 0, 0)  # a few pixels are nearly of two kinds
        judge(report, f"shapes/segment/{picture}", wrong and f"{same} alike, {colours}", f"{100 * same:.1f} % alike, {len(kinds) - 1} kinds")


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
    for digit, word in enumerate(WORDS):  # the script compiles: the first is enough of it
        picture = f"examples/digits/pictures/digit-{digit}.png"
        if digit == 0:
            check(report, f"digits/{word}", ["sh", "examples/run.sh", picture], FIGURES["examples/run.sh"], word)
        else:
            check(report, f"digits/{word}", ["build/examples/digits/digits", picture, "examples/digits/labels.txt"],
                  FIGURES["digits"], word)
    check(report, "firmware", ["sh", "examples/firmware/run.sh"], FIGURES["examples/firmware/run.sh"], "three")
    check_spoken(report, SPOKEN)
    check_flowers(report)
    check_classified(report)
    check_detected(report)
    check_segmented(report)
    report.exit()


if __name__ == "__main__":
    main()
