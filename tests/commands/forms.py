#!/usr/bin/env python3
"""The forms of what nnc writes: how constants travel, what is seen of it outside, in C and in C++.

    forms.py [NAME ...]
"""
import os
import re
import shutil
import subprocess
import time

import numpy as np
import onnx
from onnx import helper, numpy_helper

from place import DIGITS, F32, MODEL, Skipped, Wrong, expect, main, test

TARGET = ["--target=x86-64-v3"]
GCC = ["gcc", "-O1", "-march=x86-64-v3", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror"]
PROGRAM = """#include <stdio.h>
#include <stdlib.h>
#include "m.h"
static float image[64], scores[10];
int main(void)
{
	for (int i = 0; i < 64; i++)
		image[i] = (float)(i & 7) * 0.125f;
%s	if (m_run(image, scores))
		return 1;
	for (int i = 0; i < 10; i++)
		printf("%%a\\n", (double)scores[i]);
	return 0;
}
"""
# Without constants, with too few, at an address that is not aligned; then a run.
LOADS = """	FILE *f = fopen("m.bin", "rb");
	char *bytes = (char *)aligned_alloc(M_WEIGHTS_ALIGN, M_WEIGHTS_BYTES + M_WEIGHTS_ALIGN);
	if (m_run(image, scores) != 3 || !f || fread(bytes, 1, M_WEIGHTS_BYTES + 1, f) != M_WEIGHTS_BYTES)
		return 2;
	if (m_set_weights(bytes, M_WEIGHTS_BYTES - 1) != 1 || m_set_weights(bytes + 1, M_WEIGHTS_BYTES) != 1 || m_set_weights(NULL, 0) != 1)
		return 3;
	if (m_run(image, scores) != 3 || m_set_weights(bytes, M_WEIGHTS_BYTES))
		return 4;
"""


def run(place, *command, status=0):
    p = subprocess.run(command, cwd=place.folder, capture_output=True, text=True, errors="replace", check=False)
    if p.returncode != status:
        raise Wrong(f"{' '.join(command)}: status {p.returncode}: {p.stderr.strip()[-600:]}")
    return p.stdout


def write_program(place, ending, loads=""):
    with open(place.path("main." + ending), "w", encoding="utf-8") as f:
        f.write(PROGRAM % loads)


@test
def every_form_answers_alike(place):
    wanted = None
    for form in ("text", "incbin", "object", "file", "text --protect=x", "incbin --protect=x", "object --protect=x", "file --protect=x"):
        languages = (("c", "-std=c11"), ("cpp", "-std=c++17"))
        for ending, standard in languages[:2 if form.startswith(("text", "object")) else 1]:
            for name in os.listdir(place.folder):
                if name.startswith("m"):
                    os.remove(place.path(name))
            place.nnc(0, MODEL, "-o", "m." + ending, *f"--weights={form}".split(), *TARGET)
            write_program(place, ending, LOADS if form.startswith("file") else "")
            gcc = ["g++", *GCC[1:]] if ending == "cpp" else GCC
            run(place, *gcc, standard, "main." + ending, "m." + ending, *["m_weights.o"] * form.startswith("object"), "-o", "m",
                "-lm", "-Wl,--fatal-warnings")
            got = run(place, "./m")
            wanted = wanted or got
            if got != wanted:
                raise Wrong(f"{form} in {ending}: {got}")


@test
def files_are_as_many_as_asked_for(place):
    """One, or more that link; each is named where nnc says what it wrote, and in the dependencies."""
    for files, wanted in (("one", {"m.c", "m.h"}), ("auto", {"m.c", "m.h"}), ("split", {"m.c", "m.h", "m_w0.c", "m_weights.h"})):
        for ending in ("c", "cpp"):
            for name in [n for n in os.listdir(place.folder) if n.startswith("m")]:
                os.remove(place.path(name))
            place.nnc(0, MODEL, "-o", "m." + ending, f"--files={files}", "-MD", *TARGET)
            got = {n for n in os.listdir(place.folder) if n.startswith("m")} - {"m.d", "m." + ending} | {"m.c"}
            with open(place.path("m.d"), encoding="utf-8") as f:
                named = set(f.read().split(":")[0].split()) - {"m." + ending} | {"m.c"}
            if got != wanted or named != wanted:
                raise Wrong(f"--files={files} -o m.{ending}: {got}, in m.d {named}")
        write_program(place, "c")
        place.nnc(0, MODEL, "-o", "m.c", f"--files={files}", *TARGET)
        run(place, *GCC, "-std=c11", "main.c", *sorted(n for n in wanted if n.endswith(".c")), "-o", "m", "-lm")
        run(place, "./m")
    expect(place.nnc(2, MODEL, "-o", "m.c", "--files=one", "--weights=incbin", *TARGET)[1], r"--files: .*--weights=text")


@test
def parameters_can_be_replaced(place):
    """The file's bytes with every weight negated: y = -x w."""
    graph = helper.make_graph([helper.make_node("MatMul", ["x", "w"], ["y"])], "g", [helper.make_tensor_value_info("x", F32, [1, 8])],
                              [helper.make_tensor_value_info("y", F32, [1, 8])],
                              [numpy_helper.from_array(np.arange(64, dtype=np.float32).reshape(8, 8), "w")])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), place.path("x.onnx"))
    place.nnc(0, "x.onnx", "-o", "m.c", "--weights=file", "--target=generic")
    with open(place.path("main.c"), "w", encoding="utf-8") as f:
        f.write("""#include <stdio.h>
#include "m.h"
static _Alignas(M_WEIGHTS_ALIGN) unsigned char weights[2][M_WEIGHTS_BYTES];
int main(void)
{
	float x[8], y[2][8];
	FILE *f = fopen("m.bin", "rb");
	if (!f || fread(weights[0], sizeof weights[0], 1, f) != 1)
		return 1;
	for (int i = 0; i < M_WEIGHTS_BYTES; i++)
		weights[1][i] = (unsigned char)(weights[0][i] ^ (i % 4 == 3 ? 0x80 : 0));
	for (int i = 0; i < 8; i++)
		x[i] = (float)i;
	for (int k = 0; k < 2; k++)
		if (m_set_weights(weights[k], sizeof weights[k]) || m_run(x, y[k]))
			return 2;
	for (int i = 0; i < 8; i++)
		if (y[0][i] == 0 || y[1][i] != -y[0][i])
			return 3;
	return 0;
}
""")
    run(place, "gcc", "-O1", "-std=c11", "main.c", "m.c", "-o", "m", "-lm")
    run(place, "./m")


@test
def objects_are_of_any_machine(place):
    """What binutils of Debian say of them, and that the linker of each machine that is here takes them."""
    machines = {"x86-64-v4": ("ELF64", "little", "X86-64"), "armv8": ("ELF64", "little", "AArch64"), "armv7": ("ELF32", "little", "ARM"),
                "cortex-m4": ("ELF32", "little", "ARM"), "rv64gcv": ("ELF64", "little", "RISC-V"), "rv32imc": ("ELF32", "little", "RISC-V"),
                "generic-be": ("ELF64", "big", "S/390")}
    compilers = {"armv8": ["aarch64-linux-gnu-gcc"], "cortex-m4": ["arm-none-eabi-gcc", "-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard"],
                 "armv7": ["arm-linux-gnueabihf-gcc", "-march=armv7-a", "-mfpu=neon-vfpv4", "-mfloat-abi=hard"],
                 "rv32imc": ["riscv64-unknown-elf-gcc", "--specs=picolibc.specs", "-march=rv32imc", "-mabi=ilp32"], "generic-be": ["s390x-linux-gnu-gcc"]}
    model = os.path.join(DIGITS, "digits-int8.onnx")
    for target, words in machines.items():
        place.nnc(0, model, "-o", "m.c", "--weights=object", f"--target={target}", "--section", "weights=.my_flash")
        said = run(place, "readelf", "-hSsW", "m_weights.o")
        expect(said, rf"Class: +{words[0]}\n", rf"{words[1]} endian", rf"Machine: .*{words[2]}", r"OBJECT +GLOBAL HIDDEN +1 m_weights",
               r"\.my_flash +PROGBITS")
        place.nnc(0, model, "-o", "i.c", "--weights=incbin", f"--target={target}")
        with open(place.path("i.bin"), "rb") as i, open(place.path("m_weights.o"), "rb") as o:
            at = int(re.search(r"\.my_flash +PROGBITS +\w+ (\w+)", said)[1], 16)
            bytes = i.read()
            if o.read()[at:at + len(bytes)] != bytes:
                raise Wrong(f"{target}: other bytes than --weights=incbin's")
        if target in compilers and shutil.which(compilers[target][0]):
            run(place, *compilers[target], "-O1", "-c", "m.c", "-o", "m.o")
            linker = [word for word in compilers[target] if "specs" not in word]
            run(place, *linker, "-nostdlib", "-r", "m.o", "m_weights.o", "-o", "both.o")
            if "U m_weights" in run(place, "nm", "both.o"):
                raise Wrong(f"{target}: not linked")
    for target in ("generic", "wasm32"):
        expect(place.nnc(3, model, "-o", "m.c", "--weights=object", f"--target={target}")[1], r"allowed: text, incbin, file")


@test
def a_library_shows_what_is_called_alone(place):
    with open(MODEL, "rb") as f:
        large = onnx.load_from_string(f.read())
    onnx.save(large, place.path("m.onnx"))
    for form in ("text", "incbin", "object"):
        place.nnc(0, "m.onnx", "-o", "m.c", f"--weights={form}", *TARGET)
        run(place, *GCC, "-fPIC", "-shared", "m.c", *["m_weights.o"] * (form == "object"), "-o", "m.so", "-lm")
        shown = [line.split()[-1] for line in run(place, "nm", "-D", "--defined-only", "m.so").splitlines()]
        if shown != ["m_run"]:
            raise Wrong(f"{form}: {shown}")
    place.nnc(0, "m.onnx", "-o", "m.c", *TARGET)
    flags = ["-fPIC", "-shared", "-fvisibility=hidden", "m.c", "-o", "m.so", "-lm"]
    run(place, *GCC, *flags)
    if "m_run" in run(place, "nm", "-D", "--defined-only", "m.so"):
        raise Wrong("shown without M_API")
    run(place, *GCC, '-DM_API=__attribute__((visibility("default")))', *flags)
    expect(run(place, "nm", "-D", "--defined-only", "m.so"), r" T m_run\n")


@test
def a_hundred_megabytes_in_a_second(place):
    """ONNX to object file, by nnc alone; processor time, for others work here too."""
    rng = np.random.default_rng(1)
    nodes, weights = [], []
    for k in range(25):
        weights.append(numpy_helper.from_array(rng.standard_normal((1024, 1024), np.float32), f"w{k}"))
        nodes.append(helper.make_node("MatMul", [f"x{k}", f"w{k}"], [f"x{k + 1}"]))
    graph = helper.make_graph(nodes, "g", [helper.make_tensor_value_info("x0", F32, [1, 1024])],
                              [helper.make_tensor_value_info("x25", F32, [1, 1024])], weights)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), place.path("m.onnx"))
    before, began = os.times(), time.monotonic()
    place.nnc(0, "m.onnx", "-o", "m.c", "--weights=object", *TARGET)
    after = os.times()
    took = after.children_user - before.children_user + after.children_system - before.children_system
    if os.path.getsize(place.path("m_weights.o")) < 100e6 or took > 3:
        raise Wrong(f"{took:.2f} s of processor time, {time.monotonic() - began:.2f} s, allowed: 3 s for 100 MB")


@test
def windows_compilers_understand_it(place):
    clang = next((c for c in ("clang-19", "clang-16", "clang-14", "clang") if shutil.which(c)), None)
    if not clang:
        raise Skipped("no clang")
    # No headers of Windows here: those of C alone, as the generated code names them.
    os.makedirs(place.path("include"))
    for name, text in (("string.h", "#include <stddef.h>\nvoid *memcpy(void *, const void *, size_t);\n"
                        "void *memset(void *, int, size_t);\nvoid *memmove(void *, const void *, size_t);\n"),
                       ("math.h", "".join(f"double {f}(double{more}); float {f}f(float{more.replace('double', 'float')});\n" for f, more in
                                          [(f, "") for f in ("exp", "log", "tanh", "sqrt", "floor", "ceil", "rint", "fabs", "nearbyint")] +
                                          [(f, ", double") for f in ("fmod", "pow", "copysign", "fmin", "fmax")]) +
                        "float fmaf(float, float, float);\ndouble fma(double, double, double);\n#define INFINITY __builtin_inff()\n"
                        "#define NAN __builtin_nanf(\"\")\n")):
        with open(place.path("include/" + name), "w", encoding="utf-8") as f:
            f.write(text)
    for model in (MODEL, os.path.join(DIGITS, "digits-int8.onnx")):
        for target, flags in (("generic", ()), ("x86-64-v3", ("-march=x86-64-v3",))):
            place.nnc(0, model, "-o", "m.c", f"--target={target}")
            run(place, clang, "--target=x86_64-pc-windows-msvc", "-fsyntax-only", "-ffreestanding", "-Iinclude", "-std=c99", *flags,
                "-Wall", "-Wextra", "-Werror", "m.c")


if __name__ == "__main__":
    main()
