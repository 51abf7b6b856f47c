"""Keeps built programs: the same C, compiler and flags give the same program, in whichever group it is asked for.

    build/tests-work/programs/KEY     KEY: a hash of all that decides a program

What decides: the generated files and the caller, runner.c, the command, and what the compiler and its C library are. Failures
are not kept. `trim()` removes what was longest not asked for; nothing else does, so a run after a change that leaves a
model's C as it was does not compile it again.
"""
import fcntl
import functools
import glob
import hashlib
import os
import shutil

import generated
from generated import HERE, WARNINGS, Program, Prototype, execute

KEPT_BYTES = 3 << 30


def folder():
    path = os.path.join(generated.work_folder(), "programs")
    os.makedirs(path, exist_ok=True)
    return path


@functools.cache
def toolchain(target):
    """The compiler's version, and its C library by time and size: either may be upgraded under the same name."""
    _, version = execute([target.cc, "--version"], 60)
    stamps = []
    for library in ("libc.a", "libm.a"):
        _, path = execute([*target.compiler(), *target.cflags.split(), f"-print-file-name={library}"], 60)
        if os.path.exists(path.strip()):
            stat = os.stat(path.strip())
            stamps.append(f"{library} {stat.st_mtime_ns} {stat.st_size}")
    return "\n".join([version, *stamps])


def key_of(where, name, target, flags, warnings):
    command = [target.cc, target.cflags, warnings, flags, target.ldflags]
    digest = hashlib.sha256("\0".join([*command, toolchain(target)]).encode())
    texts = [p for p in sorted(glob.glob(os.path.join(where, name + "*"))) if p.endswith((".c", ".h", ".bin"))]
    for path in [*texts, os.path.join(HERE, "runner.c"), __file__, generated.__file__]:
        with open(path, "rb") as f:
            digest.update(hashlib.sha256(f.read()).digest())
    return digest.hexdigest()[:32]


def build(where, name, target, flags="", warnings=WARNINGS):
    """As generated.build, from what is kept where it is."""
    path = os.path.join(folder(), key_of(where, name, target, flags, warnings))
    with open(os.path.join(folder(), f"lock-{os.path.basename(path)[:2]}"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another group may want the same: it waits instead of compiling too
        if not os.path.exists(path):
            shutil.move(generated.build(where, name, target, flags, warnings).path, path)
    os.utime(path)
    return Program(where, Prototype(os.path.join(where, name + ".h"), name), target, path)


def trim(limit=KEPT_BYTES):
    """Removes the programs that were longest not asked for, until the rest is below the limit."""
    kept = [os.path.join(folder(), n) for n in os.listdir(folder()) if not n.startswith("lock-")]
    kept.sort(key=os.path.getmtime, reverse=True)
    total = 0
    for path in kept:
        total += os.path.getsize(path)
        if total > limit:
            os.remove(path)
