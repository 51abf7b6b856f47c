#!/usr/bin/env python3
"""What `meson install` brings, moved to another place: the CMake package builds programs with several models for this and
another machine, and compiles again what changed and nothing else.

    installed.py [NAME ...]
"""
import glob
import os
import shutil
import subprocess
import sys

import numpy as np
import onnx
from onnx import helper, numpy_helper

from place import DIGITS, F32, MODEL, NNC, ROOT, Skipped, Wrong, expect, main, test

BUILD = os.path.dirname(os.path.dirname(NNC))
PACKAGE = os.path.join(ROOT, "install", "package.py")
MAIN = """#include <stdio.h>
#include "a.h"
#include "b.h"
static unsigned char image[64];
static signed char scores[10];
static float y[128], x[128];
int main(void)
{
	x[64 + 3] = 2;
	if (a_run(image, scores) || b_run(x, y))
		return 1;
	printf("%g\\n", (double)y[64 + 3]);
	return 0;
}
"""
LISTS = """cmake_minimum_required(VERSION 3.20)
project(p C)
find_package(nnc 0.1 REQUIRED)
nnc_add_model(a digits-int8.onnx FOR host)
nnc_add_model(small-model small.onnx NAME b WEIGHTS %s OPTIONS --optimize=size --dim n=2)
add_executable(p main.c)
target_link_libraries(p PRIVATE a small-model)
"""


def run(place, *command, status=0, errors_only=False, **more):
    p = subprocess.run(command, cwd=place.folder, capture_output=True, text=True, errors="replace", check=False, **more)
    if p.returncode != status:
        raise Wrong(f"{' '.join(command)}: status {p.returncode}: {(p.stderr + p.stdout).strip()[-600:]}")
    return p.stderr if errors_only else p.stdout


def install(place):
    """The installed tree."""
    run(place, "ninja", "-C", BUILD, "help-files")
    run(place, "meson", "install", "-C", BUILD, "--no-rebuild", "--quiet", "--destdir", place.path("dest"))
    found = glob.glob(place.path("dest/**/bin/nnc"), recursive=True)
    if len(found) != 1:
        raise Wrong(f"{found}")
    os.rename(os.path.dirname(os.path.dirname(found[0])), place.path("moved"))
    return place.path("moved")


def small(place, factor):
    graph = helper.make_graph([helper.make_node("MatMul", ["x", "w"], ["y"])], "g", [helper.make_tensor_value_info("x", F32, ["n", 64])],
                              [helper.make_tensor_value_info("y", F32, ["n", 64])],
                              [numpy_helper.from_array(factor * np.eye(64, dtype=np.float32), "w")])
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    for name in ("small.onnx", "w.bin"):
        if os.path.exists(place.path(name)):
            os.remove(place.path(name))
    onnx.save(made, place.path("small.onnx"), save_as_external_data=True, location="w.bin", size_threshold=0)


@test
def everything_is_in_its_place(place):
    at = install(place)
    version = place.nnc(0, "-V")[0].split()[1]
    expect(run(place, os.path.join(at, "bin/nnc"), "-V"), rf"^nnc {version}\n")
    for path, words in (("share/man/man1/nnc.1", ".TH NNC 1"), ("share/bash-completion/completions/nnc", "complete -F _nnc nnc"),
                        ("share/zsh/site-functions/_nnc", "#compdef nnc"), ("share/fish/vendor_completions.d/nnc.fish", "complete -c nnc"),
                        ("share/doc/nnc/LICENSE", "Apache License"), ("share/doc/nnc/options.md", "| `--target=NAME` |"), ("share/cmake/nnc/nnc-config.cmake", "nnc_add_model")):
        with open(os.path.join(at, path), encoding="utf-8") as f:
            if words not in f.read():
                raise Wrong(path)
    said = run(place, "pkg-config", "--variable=nnc", "nnc", env={**os.environ, "PKG_CONFIG_PATH": os.path.join(at, "share/pkgconfig")})
    expect(said, r"/bin/nnc\n$")


@test
def a_project_of_cmake_takes_models(place):
    if not shutil.which("cmake"):
        raise Skipped("no cmake")
    at = install(place)
    shutil.copy(os.path.join(DIGITS, "digits-int8.onnx"), place.folder)
    small(place, 3)
    with open(place.path("main.c"), "w", encoding="utf-8") as f:
        f.write(MAIN)
    for weights in ("text", "incbin", "object"):
        with open(place.path("CMakeLists.txt"), "w", encoding="utf-8") as f:
            f.write(LISTS % (weights + " FOR x86-64-v3" * (weights == "object")))
        run(place, "cmake", "-GNinja", "-B", "b", f"-DCMAKE_PREFIX_PATH={at}", "-DCMAKE_C_FLAGS=-Wall -Wextra -Werror")
        run(place, "cmake", "--build", "b")
        if run(place, "b/p") != "6\n":
            raise Wrong(f"{weights}: another answer")
        expect(run(place, "cmake", "--build", "b"), "no work to do")
    small(place, 5)
    os.utime(place.path("small.onnx"), (1, 1))  # the weights' file alone is newer
    said = run(place, "cmake", "--build", "b")
    if run(place, "b/p") != "10\n" or "nnc a" in said:
        raise Wrong(f"after a change of the weights: {said}")
    for bad, words in (("small.onnx FOR none", "no such target"), ("none.onnx", "no such file"), ("small.onnx WEIGHTS file", "allowed are"),
                       ("small.onnx BAD", "allowed are")):
        with open(place.path("CMakeLists.txt"), "w", encoding="utf-8") as f:
            f.write(f"cmake_minimum_required(VERSION 3.20)\nproject(p C)\nfind_package(nnc REQUIRED)\nnnc_add_model(m {bad})\n")
        p = subprocess.run(["cmake", "-B", "c", f"-DCMAKE_PREFIX_PATH={at}"], cwd=place.folder, capture_output=True, text=True, check=False)
        if p.returncode == 0 or words not in " ".join(p.stderr.split()):
            raise Wrong(f"{bad}: {p.stderr}")


@test
def debian_s_package_is_whole(place):
    """Made twice alike; unpacked, it serves a project; what it needs is there."""
    if not shutil.which("dpkg-deb") or not shutil.which("dpkg-shlibdeps"):
        raise Skipped("no dpkg-deb, or no dpkg-shlibdeps")
    made = []
    for folder in ("one", "two"):
        path = run(place, sys.executable, PACKAGE, "deb", BUILD, folder).strip()
        with open(path, "rb") as f:
            made.append(f.read())
    if made[0] != made[1]:
        raise Wrong("two packages of one tree differ")
    fields = dict(line.split(": ", 1) for line in run(place, "dpkg-deb", "-f", path).splitlines() if ": " in line)
    if fields["Package"] != "nnc" or f"nnc {fields['Version']}" not in place.nnc(0, "-V")[0] or "libc6" not in fields["Depends"]:
        raise Wrong(f"{fields}")
    run(place, "dpkg-deb", "-x", path, "root")
    run(place, "root/usr/bin/nnc", MODEL, "-o", "m.c", "-q")
    expect(run(place, "pkg-config", "--variable=nnc", "nnc", env={**os.environ, "PKG_CONFIG_PATH": place.path("root/usr/share/pkgconfig")}),
           r"^/usr/bin/nnc\n$")
    for name in ("cmake/nnc/nnc-config.cmake", "man/man1/nnc.1", "doc/nnc/LICENSE"):
        if not os.path.exists(place.path("root/usr/share/" + name)):
            raise Wrong(f"no {name}")
    needs = run(place, "objdump", "-p", "root/usr/bin/nnc")
    if "libpng" in needs:  # a wheel would be of no use elsewhere
        expect(run(place, sys.executable, PACKAGE, "wheel", BUILD, "w", status=1, errors_only=True), "libpng.*prefer_static")


@test
def a_project_for_another_machine(place):
    if not shutil.which("cmake") or not shutil.which("aarch64-linux-gnu-gcc"):
        raise Skipped("no cmake, or no compiler for armv8")
    at = install(place)
    shutil.copy(MODEL, place.folder)
    with open(place.path("CMakeLists.txt"), "w", encoding="utf-8") as f:
        f.write("cmake_minimum_required(VERSION 3.20)\nproject(p C)\nfind_package(nnc REQUIRED)\n"
                "nnc_add_model(digits digits.onnx FOR armv8 WEIGHTS object)\n")
    run(place, "cmake", "-GNinja", "-B", "b", f"-DCMAKE_PREFIX_PATH={at}", "-DCMAKE_SYSTEM_NAME=Linux",
        "-DCMAKE_C_COMPILER=aarch64-linux-gnu-gcc", "-DCMAKE_FIND_ROOT_PATH=/usr/aarch64-linux-gnu", "-DCMAKE_FIND_ROOT_PATH_MODE_PROGRAM=NEVER")
    run(place, "cmake", "--build", "b")
    expect(run(place, "nm", "b/libdigits.a"), r"T digits_run", r" R digits_weights")


if __name__ == "__main__":
    main()
