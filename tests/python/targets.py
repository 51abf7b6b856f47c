"""How each target's C is compiled and run here, as `nnc targets --json` states it: bases, and bases with features.

`missing(target)` says why a target cannot be tested on this machine, or None. Linux targets link statically so that an
emulator needs no library of the other architecture; Cortex-M programs read and write files through semihosting.
"""
import functools
import json
import os
import shutil
import subprocess
from typing import NamedTuple

HERE = os.path.dirname(os.path.abspath(__file__))
NNC = os.path.abspath(os.environ.get("NNC", os.path.join(HERE, "..", "..", "build", "compiler", "nnc")))


class Target(NamedTuple):
    name: str
    cc: str
    cflags: str
    ldflags: str
    runner: str
    lacking: tuple  # features of a host program that this processor does not have
    order: str  # of bytes, as numpy writes it

    def compiler(self):
        """The command that compiles one file: with the C library's headers, where the linker's flags choose it."""
        return [self.cc, *(f for f in self.ldflags.split() if f.startswith("--specs"))]


def target(facts):
    runner = facts["runner"]
    if facts["triple"].startswith("wasm32"):  # node runs a module through a program of ours
        runner += f" {HERE}/wasi.mjs"
    return Target(facts["name"], facts["cc"], f"-O2 {facts['cflags']}".strip(), facts["link_flags"], runner,
                  tuple(facts["lacking"]), ">" if facts["is_big_endian"] else "<")


@functools.cache
def stated():
    return json.loads(subprocess.run([NNC, "targets", "--json"], check=True, capture_output=True).stdout)


class Table(dict):
    """Targets by name, read from nnc when one is first asked for."""

    def __missing__(self, name):
        self.update({facts["name"]: target(facts) for facts in stated()["targets"]})
        if name not in self:
            raise KeyError(name)
        return self[name]


TARGETS = Table()


def missing(target):
    """Why programs for this target cannot be built and run here; None if they can."""
    if not shutil.which(target.cc):
        return f"{target.cc} is not installed"
    runner = target.runner.split()
    if runner and not shutil.which(runner[0]):
        return f"{runner[0]} is not installed"
    if target.lacking:
        return f"this processor lacks {' '.join(target.lacking)}"
    return None


def best_host():
    """The widest target that this processor runs."""
    return TARGETS[stated()["host"]]
