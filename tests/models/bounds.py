"""Which models a test takes: by work, memory and size of the generated C, never by name.

An emulator has a bound for its speed and its board's memory, a test that compiles often one for gcc's time. What they
measure is what `nnc inspect` says and the length of model.c without its constants.
"""
import functools
import json
import os
import shutil
import subprocess
from typing import NamedTuple

import cases  # first: it says where the others are
import generated
from generated import Failure, one_line

M = 1_000_000


class Bound(NamedTuple):
    target: object  # of targets.py
    macs: float = float("inf")  # multiply-accumulates of one run
    constants: float = float("inf")  # bytes
    arena: float = float("inf")  # bytes
    code: float = float("inf")  # bytes of C that are not constants

    def reason(self, model):
        """Why the model is left out, or None. One that nnc refuses fits: the test then says what is to be said."""
        try:
            facts = facts_of(model.path, tuple(model.dims), self.target)
        except Failure:
            return None
        for what, unit in (("macs", "MACs"), ("constants", "bytes of constants"), ("arena", "bytes of arena"),
                           ("code", "bytes of code")):
            if facts[what] > getattr(self, what):
                return f"beyond this test's bound: {facts[what]} {unit}, at most {getattr(self, what)} are taken"
        return None


# What an emulator runs in seconds, and what its board holds.
EMULATED = {
    "armv8": Bound(None),
    "armv7": Bound(None, macs=150 * M, constants=4 * M),
    "rv64gcv": Bound(None, macs=150 * M, constants=4 * M),
    "wasm32": Bound(None, macs=600 * M, constants=4 * M),
    "generic-be": Bound(None, macs=50 * M, constants=4 * M),
}
BOARD = Bound(None, macs=50 * M, constants=3 * M, arena=M)
BOARDS = {  # by their first core, or their flash
    "cortex-m0": BOARD._replace(macs=15 * M),
    "cortex-m55": BOARD._replace(constants=400_000),
    "cortex-m85": BOARD._replace(constants=400_000),
}


def of_target(target):
    """What run_models.py takes there."""
    bound = EMULATED.get(target.name, Bound(None))
    if target.runner.startswith("qemu-system-"):
        bound = BOARDS.get(target.name.split("+")[0], BOARD)
    return bound._replace(target=target)


def cases_of(model, target):
    """How many of a model's cases are run: one where an emulator is busy with each for long."""
    bound = Bound(target, macs=100 * M if target.runner else float("inf"))
    return 1 if bound.reason(model) else model.n_cases


def compiled_often(target, times):
    """For tests that compile a model `times` times and run it little or not at all."""
    return Bound(target, code=400_000 / times)


def sanitized(target):
    """gcc needs up to a minute for large code under instrumentation, and its program runs ten times as long."""
    return Bound(target, macs=100 * M, code=100_000)


@functools.cache
def facts_of(path, dims, target):
    p = subprocess.run([generated.NNC, "inspect", path, "--json", f"--target={target.name}", *dims], capture_output=True,
                       text=True, timeout=120)
    if p.returncode:
        raise Failure("inspect", one_line(p.stderr))
    facts = json.loads(p.stdout)
    return {"macs": facts["macs"], "constants": facts["constant_bytes"], "arena": facts["arena"]["bytes"],
            "code": code_bytes(path, dims, target)}


def code_bytes(path, dims, target):
    """Length of model.c where the constants lie in a file of their own."""
    folder = os.path.join(generated.work_folder(), "bounds", f"{os.getpid()}")
    os.makedirs(folder, exist_ok=True)
    try:
        generated.compile_model(path, folder, "m", target, [*dims, "--weights=incbin"])
        return sum(os.path.getsize(s) for s in generated.sources(folder, "m"))
    finally:
        shutil.rmtree(folder)
