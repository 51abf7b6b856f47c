#!/usr/bin/env python3
"""The pages of the repository: their links lead somewhere, the options that they name are nnc's, their commands run, and
print what stands below them.

    pages.py [NAME ...]      NAME: links, options, or a page that has commands

In a page that has commands, blocks of `sh` are run in the order in which they stand, in a folder of their own where
`examples` is the repository's, `cases` inputs and outputs of the digits model, and nnc is on the path. A `text` block below
one is what it prints: `...` stands for anything. A line `NAME`: above any other block says that this is the file of that
name. Tables whose last column is the "command that shows it" are run as well.
"""
import os
import re
import subprocess
import sys

from place import NNC, ROOT, Skipped, Wrong, main

BLOCK = re.compile(r"(?:^`([\w./-]+)`:\n+)?^```(\w+)\n(.*?)^```$", re.M | re.S)
SHOWS = "command that shows it"
ROW = re.compile(r"^\|.*\| `([^`]+)` \|$", re.M)
SEEN = set()  # commands that ran: a row that says one again is shown by it
LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)")
NEEDED = {"examples/firmware/README.md": ["arm-none-eabi-gcc", "qemu-system-arm"], "examples/coming-from.md": ["arm-none-eabi-gcc", "qemu-system-arm"],
          "install/README.md": ["cmake", "make", "meson", "ninja"]}


def tracked():
    return subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()


def text_of(page):
    with open(os.path.join(ROOT, page), encoding="utf-8") as f:
        return f.read()


def links_lead_somewhere(_):
    for page in tracked():
        for link in LINK.findall(re.sub(r"```.*?```", "", text_of(page), flags=re.S)):
            path, _, part = link.partition("#")
            target = os.path.normpath(os.path.join(ROOT, os.path.dirname(page), path)) if path else os.path.join(ROOT, page)
            if "://" in link:
                continue
            if not os.path.exists(target):
                raise Wrong(f"{page}: {link} is not there")
            heads = re.findall(r"^#+ +(.*)$", text_of(os.path.relpath(target, ROOT)), re.M) if part else []
            if part and part not in [re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads]:
                raise Wrong(f"{page}: {link}: no such heading")


def options_are_nnc_s(place):
    known = set(re.findall(r"`(--?[\w-]+)", place.nnc(0, "help", "markdown")[0])) | {"--list", "--no-install", "--all"}  # of tests/run.sh
    commands = re.findall(r"^  nnc +(\w+) ", place.nnc(0, "help")[0], re.M)
    for page in tracked():
        for code in re.findall(r"`([^`\n]+)`", text_of(page)):
            if not re.match(r"nnc\s|--?\w", code):
                continue
            lost = {o for o in re.findall(r"(?:^|\s)(--[a-z][\w-]*)", code)} - known
            if lost:
                raise Wrong(f"{page}: `{code}`: {' '.join(sorted(lost))} is no option")
            word = re.match(r"nnc ([a-z]+)$|nnc ([a-z]+) ", code)
            if word and (word[1] or word[2]) not in [*commands, "help", "model"]:
                raise Wrong(f"{page}: `{code}`: no such command")


def matches(pattern, said):
    """Line by line; a line of dots alone is any number of lines."""
    parts = [r"(?:[^\n]*\n)*?" if line.strip() == "..." else re.escape(line).replace(re.escape("..."), "[^\\n]*?") + r"[ ]*\n"
             for line in pattern.splitlines()]
    return re.fullmatch("".join(parts), said)


def pieces_of(text):
    """What there is to do: (file to write or nothing, language, text)."""
    return BLOCK.findall(text) + [("", "row", row) for row in (ROW.findall(text) if SHOWS in text else [])]


def commands_of(page):
    def run(place):
        os.symlink(os.path.join(ROOT, "examples"), place.path("examples"))
        os.symlink(os.path.join(ROOT, "tests", "models", "own", "digits-cnn"), place.path("cases"))
        environment = place.environment() | {"PATH": os.path.dirname(NNC) + os.pathsep + os.environ["PATH"], "LC_ALL": "C"}
        absent = [p for p in NEEDED.get(page, []) if subprocess.run(["which", p], capture_output=True, check=False).returncode]
        if absent:
            raise Skipped(f"there is no {' '.join(absent)}")
        said = None
        for name, language, text in pieces_of(text_of(page)):
            if name:
                with open(place.path(name), "w", encoding="utf-8") as f:
                    f.write(text)
            elif language == "sh" or language == "row" and text not in SEEN:
                SEEN.update(text.splitlines())
                p = subprocess.run(["sh", "-euc", text], cwd=place.folder, env=environment, stdin=subprocess.DEVNULL, text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300, check=False)
                said = p.stdout
                if p.returncode:
                    raise Wrong(f"{text.strip()}: status {p.returncode}: {said.strip()[-300:]}")
            elif language == "text" and said is not None and not matches(text, said):
                raise Wrong(f"not as the page says: {said.strip()[-600:]}")
    return run


if __name__ == "__main__":
    main([("links", links_lead_somewhere), ("options", options_are_nnc_s),
          *((page, commands_of(page)) for page in sorted(tracked(), key=lambda p: SHOWS in text_of(p)) if any(piece[1] in ("sh", "row") for piece in pieces_of(text_of(page))))])
