"""How each target's C is compiled and run here: one row per target.

A row gives the C compiler, its flags, and the command that runs the program ('' on the host). `missing(target)` says
why a target cannot be tested on this machine, or None. Linux targets link statically so that an emulator needs no
library of the other architecture; Cortex-M programs read and write files through semihosting.
"""
import os
import shutil
from typing import NamedTuple

HERE = os.path.dirname(os.path.abspath(__file__))
PICOLIBC = ("--specs=picolibc.specs --crt0=semihost --oslib=semihost -Wl,--defsym=__flash=0 "
            "-Wl,--defsym=__flash_size=4M -Wl,--defsym=__ram=0x20000000 -Wl,--defsym=__ram_size=4M "
            "-Wl,--defsym=__stack_size=16k")
QEMU_ARM = ("qemu-system-arm -M mps2-an386 -display none -monitor none -serial none -icount shift=0 "
            "-chardev stdio,id=out -semihosting-config enable=on,target=native,chardev=out -kernel")


class Target(NamedTuple):
    name: str
    cc: str
    cflags: str
    ldflags: str
    runner: str
    cpu_flags: tuple  # what /proc/cpuinfo must list for a host program
    order: str = "<"  # of bytes, as numpy writes it

    def compiler(self):
        """The command that compiles one file: with the C library's headers, where the linker's flags choose it."""
        return [self.cc, *(f for f in self.ldflags.split() if f.startswith("--specs"))]


TARGETS = {t.name: t for t in [
    Target("generic", "gcc", "-O2", "-lm", "", ()),
    Target("x86-64-v3", "gcc", "-O2 -march=x86-64-v3", "-lm", "", ("avx2", "fma", "bmi2")),
    Target("x86-64-v4", "gcc", "-O2 -march=x86-64-v4", "-lm", "",
           ("avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl")),
    Target("x86-64-v4+vnni", "gcc", "-O2 -march=x86-64-v4 -mavx512vnni", "-lm", "",
           ("avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl", "avx512_vnni")),
    Target("armv8", "aarch64-linux-gnu-gcc", "-O2 -march=armv8-a", "-static -lm", "qemu-aarch64 -cpu cortex-a53", ()),
    Target("armv7", "arm-linux-gnueabihf-gcc", "-O2 -mcpu=cortex-a7 -mfpu=neon-vfpv4", "-static -lm",
           "qemu-arm -cpu cortex-a7", ()),
    Target("rv64gcv", "clang-16", "--target=riscv64-linux-gnu -march=rv64gcv -O2", "-static -lm",
           "qemu-riscv64 -cpu rv64,v=true,vlen=256,vext_spec=v1.0", ()),
    Target("wasm32", "clang-14", "--target=wasm32-wasi -msimd128 -O2", "-lm",
           f"node --no-warnings {HERE}/wasi.mjs", ()),
    Target("generic-be", "s390x-linux-gnu-gcc", "-O2", "-static -lm", "qemu-s390x", (), ">"),
    Target("cortex-m4", "arm-none-eabi-gcc", "-O2 -mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16",
           PICOLIBC + " -lm", QEMU_ARM, ()),
]}


def cpu_features():
    """The flags of the first processor, as Linux names them; empty where /proc does not tell."""
    try:
        with open("/proc/cpuinfo") as f:
            for line in f:
                if line.startswith("flags"):
                    return set(line.split(":", 1)[1].split())
    except OSError:
        pass
    return set()


def missing(target):
    """Why programs for this target cannot be built and run here; None if they can."""
    if not shutil.which(target.cc):
        return f"{target.cc} is not installed"
    runner = target.runner.split()
    if runner and not shutil.which(runner[0]):
        return f"{runner[0]} is not installed"
    absent = [f for f in target.cpu_flags if f not in cpu_features()]
    if absent:
        return f"this processor lacks {' '.join(absent)}"
    return None


def best_host():
    """The widest target that this processor runs."""
    for name in ("x86-64-v4", "x86-64-v3"):
        if missing(TARGETS[name]) is None:
            return TARGETS[name]
    return TARGETS["generic"]
