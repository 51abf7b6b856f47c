#!/usr/bin/env python3
"""Where the linker puts a model: --section, by the map of a small program.

    sections.py [NAME ...]
"""
import json
import os
import re
import shutil
import subprocess

import numpy as np

from place import DIGITS, MODEL, TESTS, Skipped, Wrong, expect, main, test

OTHERS = dict(TESTS)
from edges import expect_same

for name in set(TESTS) - set(OTHERS):
    del TESTS[name]

ARM = "arm-none-eabi-"
INT8 = os.path.join(DIGITS, "digits-int8.onnx")
CPU = ["-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16"]
SECTIONS = ["--section", "arena=.bss.dtcm", "--section", "weights=.ext_flash", "--section=code=.itcm"]
SCRIPT = """MEMORY { FLASH : ORIGIN = 0x08000000, LENGTH = 1M  ITCM : ORIGIN = 0, LENGTH = 64K
DTCM : ORIGIN = 0x20000000, LENGTH = 128K  RAM : ORIGIN = 0x24000000, LENGTH = 128K  EXT : ORIGIN = 0x90000000, LENGTH = 8M }
ENTRY(main)
SECTIONS {
.itcm : { *(.itcm) } > ITCM AT> FLASH
.ext_flash : { *(.ext_flash) } > EXT
.dtcm (NOLOAD) : { *(.bss.dtcm) } > DTCM
.text : { *(.text* .rodata*) } > FLASH
.data : { *(.data*) } > RAM AT> FLASH
.bss : { *(.bss* COMMON) } > RAM
/DISCARD/ : { *(.ARM.exidx* .comment .ARM.attributes) }
}
"""
MAIN = """#include "m.h"
static unsigned char image[64];
static signed char scores[10];
int main(void) { return m_run(image, scores); }
"""


def run(place, *command):
    p = subprocess.run(command, cwd=place.folder, capture_output=True, text=True)
    if p.returncode:
        raise Wrong(f"{' '.join(command)}: {p.stderr[:500]}")
    return p.stdout


def need_compiler():
    if not shutil.which(ARM + "gcc"):
        raise Skipped(f"there is no {ARM}gcc")


def symbols(place, *flags):
    """Addresses and sizes of the linked program's symbols."""
    for name, text in (("main.c", MAIN), ("link.ld", SCRIPT)):
        with open(place.path(name), "w", encoding="utf-8") as f:
            f.write(text)
    run(place, ARM + "gcc", *CPU, "-O2", "-Wall", "-Wextra", "-Wpedantic", "-Werror", *flags, "-nostartfiles", "-T", "link.ld",
        "-Wl,-Map=m.map", "-o", "m.elf", "main.c", "m.c", "-lm")
    found = {}
    for line in run(place, ARM + "nm", "-S", "m.elf").splitlines():
        words = line.split()
        if len(words) == 4:
            found[words[3]] = (int(words[0], 16), int(words[1], 16))
    return found


def where(found, pattern):
    """The highest digits of the addresses of all symbols that match."""
    places = {address >> 24 for name, (address, _) in found.items() if re.match(pattern, name)}
    if not places:
        raise Wrong(f"no {pattern} among {sorted(found)}")
    return places


def expect_places(found, **wanted):
    for pattern, place in wanted.items():
        names = {"arena": "m_arena$", "weights": r"m_w\d+$", "code": r"m_(run|s\d+)|nnrt_"}
        if where(found, names[pattern]) != {place}:
            raise Wrong(f"{pattern} lies at {[hex(p) for p in where(found, names[pattern])]}, expected {place:#x}")


@test
def the_linker_finds_the_sections(place):
    need_compiler()
    _, err = place.nnc(0, INT8, "-o", "m.c", "--target=cortex-m4", "-v", *SECTIONS)
    expect(err, r"memory: arena \d+ bytes in \.bss\.dtcm, constants \d+ bytes in \.ext_flash, code in \.itcm")
    found = symbols(place)
    expect_places(found, arena=0x20, weights=0x90, code=0)
    with open(place.path("m.h"), encoding="utf-8") as f:
        stated = int(re.search(r"M_ARENA_BYTES (\d+)", f.read())[1])
    with open(place.path("m.map"), encoding="utf-8") as f:
        text = f.read()
    if int(re.search(r"\n\.dtcm +0x[0-9a-f]+ +0x([0-9a-f]+)", text)[1], 16) != stated:
        raise Wrong("the map's .dtcm is not M_ARENA_BYTES long")
    constants = int(re.search(r"constants (\d+)", err)[1])
    # What the compiler leaves out is not in the map.
    if not constants / 2 < int(re.search(r"\n\.ext_flash +0x[0-9a-f]+ +0x([0-9a-f]+)", text)[1], 16) <= constants + 256:
        raise Wrong(f"the map's .ext_flash is not {constants} bytes long")
    # A program's own word comes before.
    expect_places(symbols(place, "-DM_SECTION_WEIGHTS=", "-DM_SECTION_CODE="), arena=0x20, weights=0x08, code=0x08)
    place.nnc(0, INT8, "-o", "m.c", "--target=cortex-m4")
    expect_places(symbols(place), arena=0x24, weights=0x08, code=0x08)


@test
def constants_outside_the_text_have_their_section_too(place):
    need_compiler()
    place.nnc(0, INT8, "-o", "m.c", "--target=cortex-m4", "--weights=incbin", "--section=weights=.ext_flash")
    symbols(place)
    with open(place.path("m.map"), encoding="utf-8") as f:
        if not int(re.search(r"\n\.ext_flash +0x[0-9a-f]+ +0x([0-9a-f]+)", f.read())[1], 16):
            raise Wrong("nothing in .ext_flash")


@test
def several_memories_in_the_place_of_one(place):
    """Tensors of one run in two pools, and each pool where its section is."""
    image = np.random.default_rng(4).uniform(0, 1, (1, 1, 8, 8)).astype(np.float32)
    whole = json.loads(place.nnc(0, "inspect", MODEL, "--target=generic", "--json")[0])["arena"]["bytes"]
    pools = ["--pool", f"fast:{whole // 2}", "--pool", f"slow:{whole}"]
    header = expect_same(place, MODEL, [image], *pools)
    sizes = [int(n) for n in re.findall(r"#define M_ARENA_(?:FAST|SLOW)_BYTES (\d+)", header)]
    if len(sizes) != 2 or not 0 < sizes[0] <= whole // 2 or not 0 < sizes[1] <= whole:
        raise Wrong(f"pools of {sizes} bytes")
    report = json.loads(place.nnc(0, "inspect", MODEL, "--target=generic", "--json", "--pool", f"slow:{whole}:1", "--pool",
                                  f"fast:{whole // 2}:2.5", "--section", "fast=.dtcm")[0])
    if [p["pool"] for p in report["pools"]] != ["fast", "slow"] or not all(p["buffers"] for p in report["pools"]):
        raise Wrong(f"{report['pools']}")
    expect(place.nnc(5, MODEL, "-o", "x.c", "--pool=a:64", "--pool=b:65")[1], r'pools: too small: a 64, b 65 bytes; ".*" \(\d+ bytes')
    place.nnc(0, MODEL, "-o", "m.c", "--target=generic", "--arena=caller", *pools)
    with open(place.path("m.h"), encoding="utf-8") as f:
        expect(f.read(), r"int m_run\(void \*arena_fast, void \*arena_slow, const float image")
    for options, words in ((["--pool=a"], "must be NAME:BYTES"), (["--pool=A:1K"], "must be NAME:BYTES"), (["--pool=a:0"], "must be NAME"),
                           (["--pool=a:1K:0"], "must be NAME"), (["--pool=a:1K", "--pool=a:2K"], "two pools are called so"),
                           (["--pool=a:1K:2", "--pool=b:2K"], "all pools have a SPEED or none"),
                           (["--pool=a:1K", "--section=b=.x"], "no pool is called so"),
                           (["--pool=a:1K", "--section=arena=.x"], "each pool has a section")):
        expect(place.nnc(2, MODEL, "-o", "x.c", *options)[1], words)
    need_compiler()
    place.nnc(0, INT8, "-o", "m.c", "--target=cortex-m4", "--pool=tcm:300", "--pool=big:64K", "--section=tcm=.bss.dtcm")
    found = symbols(place)
    if where(found, "m_arena_tcm$") != {0x20} or where(found, "m_arena_big$") != {0x24}:
        raise Wrong(f"the pools lie at {found}")


@test
def wrong_sections_are_refused(place):
    for option, words in (("heap=.x", r"no pool is called so"), ("arena", "must be arena"), ("arena=", "must be arena"),
                          ('weights=.x"y', "must be arena"), ("code=.a b", "must be arena")):
        expect(place.nnc(2, MODEL, "-o", "m.c", "--section", option)[1], words)
    expect(place.nnc(2, MODEL, "-o", "m.c", "--section=arena=.x", "--section=weights=.x")[1], "cannot share one")
    expect(place.nnc(2, MODEL, "-o", "m.c", "--section=weights=.x", "--weights=file")[1], "gives the constants' memory")
    expect(place.nnc(2, MODEL, "-o", "m.c", "--section=arena=.x", "--arena=caller")[1], "the arena is the caller's")
    out, _ = place.nnc(0, "inspect", MODEL, "--section=arena=.ccm", "--target=cortex-m4")
    expect(out, r"memory +arena \d+ bytes in \.ccm, constants \d+ bytes in the compiler's choice")
    expect(place.nnc(0, "inspect", MODEL, "--section=arena=.ccm", "--json")[0], r'"sections": \{\s*"arena": ".ccm"')


if __name__ == "__main__":
    main()
