#!/usr/bin/env python3
"""--export: each world's folder, built in it or held to what its documentation asks for.

    export.py [NAME ...]
"""
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import xml.etree.ElementTree as ElementTree

import numpy as np
import onnx

from place import DIGITS, F32, MODEL, ROOT, Skipped, Wrong, expect, main, test

INT8 = os.path.join(DIGITS, "digits-int8.onnx")
ARM = "arm-none-eabi-"
CPU = "-mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16"
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror"]
WORLDS = {"cmake": "generic", "arduino": "cortex-m4", "zephyr": "cortex-m4", "esp-idf": "rv32imc", "cmsis-pack": "cortex-m0plus",
          "cpp": "generic", "rust": "generic", "python": "generic"}
ARDUINO_H = """#include <stdio.h>
#include <stdlib.h>
struct Port { void begin(long) {} template <class T> void print(T) {} template <class T> void println(T) {} };
static Port Serial;
inline unsigned long micros() { return 0; }
inline void delay(unsigned long) {}
"""
CMSIS_REQUIRED = ["name", "vendor", "description", "url", "releases"]
CMSIS_ALLOWED = CMSIS_REQUIRED + ["keywords", "conditions", "components", "license"]
ARDUINO_FIELDS = ["name", "version", "author", "maintainer", "sentence", "paragraph", "category", "url", "architectures"]


def need(*programs):
    for program in programs:
        if not shutil.which(program):
            raise Skipped(f"there is no {program}")


def run(place, *command):
    p = subprocess.run(command, cwd=place.folder, capture_output=True, text=True)
    if p.returncode:
        raise Wrong(f"{' '.join(command)}: {(p.stderr or p.stdout)[-500:]}")
    return p.stdout


def text_of(place, path):
    with open(place.path(path), encoding="utf-8") as f:
        return f.read()


def exported(place, world, *options, model=INT8, target=None):
    place.nnc(0, model, f"--export={world}", world, f"--target={target or WORLDS[world]}", *options)
    found = sorted(os.path.relpath(os.path.join(at, f), place.path(world)) for at, _, files in os.walk(place.path(world)) for f in files)
    for name in found:
        if not name.startswith("src/") and "@" in text_of(place, f"{world}/{name}"):
            raise Wrong(f"{world}/{name}: a hole is left")
    return found


def plain_yaml(text):
    """Maps of maps, lists and words by indentation: all that our files use. Two spaces a level."""
    root, stack = {}, []
    for line in text.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        depth, word = (len(line) - len(line.lstrip())) // 2, line.strip()
        del stack[depth:]
        at = root
        for key in stack:
            at = at[key]
        if word.startswith("- "):
            above = root
            for key in stack[:-1]:
                above = above[key]
            above[stack[-1]] = (above[stack[-1]] or []) + [word[2:]]
            continue
        key, _, value = word.partition(":")
        if not _ or (value and value[0] != " "):
            raise Wrong(f"no YAML: {line!r}")
        at[key] = value.strip().strip('"') if value.strip() else {}
        stack.append(key)
    return root


@test
def cmake_builds_for_the_host(place):
    need("cmake", "make")
    found = exported(place, "cmake", model=MODEL)
    if found != ["CMakeLists.txt", "README.md", "example/main.c", "src/digits.c", "src/digits.h"]:
        raise Wrong(f"{found}")
    run(place, "cmake", "-S", "cmake", "-B", "b", "-DCMAKE_C_FLAGS=" + " ".join(WARNINGS), "-DCMAKE_INSTALL_PREFIX=" + place.path("i"))
    run(place, "cmake", "--build", "b")
    expect(run(place, place.path("b/digits_example")), r"digits_run: 0\nscores\[0\] = ")
    run(place, "cmake", "--install", "b")
    if sorted(os.listdir(place.path("i/include")) + os.listdir(place.path("i/lib"))) != ["digits.h", "libdigits.a"]:
        raise Wrong("something else is installed")


@test
def cmake_builds_as_a_part_and_for_a_board(place):
    need("cmake", "make", ARM + "gcc")
    exported(place, "cmake", "--name=model", target="cortex-m4")
    os.makedirs(place.path("app"))
    with open(place.path("app/CMakeLists.txt"), "w", encoding="utf-8") as f:
        f.write("cmake_minimum_required(VERSION 3.13)\nproject(app C)\nadd_subdirectory(../cmake sub)\n"
                "add_library(app STATIC app.c)\ntarget_link_libraries(app PRIVATE model::model)\n")
    with open(place.path("app/app.c"), "w", encoding="utf-8") as f:
        f.write('#include "model.h"\nint app(const unsigned char *x, signed char *y);\n'
                "int app(const unsigned char *x, signed char *y) { return model_run(x, y); }\n")
    with open(place.path("board.cmake"), "w", encoding="utf-8") as f:
        f.write(f'set(CMAKE_SYSTEM_NAME Generic)\nset(CMAKE_SYSTEM_PROCESSOR arm)\nset(CMAKE_C_COMPILER {ARM}gcc)\n'
                f'set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)\nset(CMAKE_C_FLAGS_INIT "{CPU}")\n')
    run(place, "cmake", "-S", "app", "-B", "b", "-DCMAKE_TOOLCHAIN_FILE=" + place.path("board.cmake"))
    run(place, "cmake", "--build", "b")
    expect(run(place, ARM + "nm", "b/sub/libmodel.a"), r" T model_run")
    run(place, "cmake", "-S", "cmake", "-B", "c", "-DCMAKE_TOOLCHAIN_FILE=" + place.path("board.cmake"))
    run(place, "cmake", "--build", "c")


@test
def arduino_s_sketch_compiles(place):
    found = exported(place, "arduino", "--name=digits")
    if found != ["README.md", "examples/digits/digits.ino", "library.properties", "src/digits.c", "src/digits.h"]:
        raise Wrong(f"{found}")
    fields = dict(line.split("=", 1) for line in text_of(place, "arduino/library.properties").splitlines())
    if [f for f in ARDUINO_FIELDS if not fields.get(f)] or not re.fullmatch(r"\d+\.\d+\.\d+", fields["version"]) or \
            not re.fullmatch(r"[A-Za-z][\w .-]{0,62}", fields["name"]) or fields["category"] != "Data Processing":
        raise Wrong(f"library.properties: {fields}")
    need(ARM + "g++")
    with open(place.path("Arduino.h"), "w", encoding="utf-8") as f:
        f.write(ARDUINO_H)
    for abi in ("hard", "softfp"):  # as boards have it; the IDE puts the #include before a sketch
        flags = [*CPU.replace("=hard", "=" + abi).split(), "-Os", *WARNINGS]
        run(place, ARM + "g++", *flags, "-std=gnu++11", "-fno-exceptions", "-fno-rtti", "-Iarduino/src", "-include", "Arduino.h", "-x",
            "c++", "-c", "arduino/examples/digits/digits.ino", "-o", "sketch.o")
        run(place, ARM + "gcc", *flags, "-std=gnu11", "-c", "arduino/src/digits.c", "-o", "digits.o")


@test
def examples_fit_every_interface(place):
    """Sizes at run time, edges and memory of all kinds, an output of nothing."""
    nodes = [onnx.helper.make_node("Neg", ["x"], ["y"]), onnx.helper.make_node("Shape", ["x"], ["size"]),
             onnx.helper.make_node("NonZero", ["x"], ["found"])]
    graph = onnx.helper.make_graph(nodes, "g", [onnx.helper.make_tensor_value_info("x", F32, ["batch", 3])],
                                   [onnx.helper.make_tensor_value_info("y", F32, ["batch", 3]),
                                    onnx.helper.make_tensor_value_info("size", onnx.TensorProto.INT64, [2]),
                                    onnx.helper.make_tensor_value_info("found", onnx.TensorProto.INT64, [2, "n"])])
    onnx.save(onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8), place.path("neg.onnx"))
    for options in ([], ["--arena=caller"], ["--io-memory=arena"], ["--io-memory=arena", "--arena=caller"]):
        exported(place, "cmake", "--dim", "batch=1..4", *options, model="neg.onnx")
        run(place, "gcc", "-std=c99", *WARNINGS, "-Icmake/src", "-o", "neg", "cmake/example/main.c", "cmake/src/neg.c", "-lm")
        expect(run(place, "./neg"), r"neg_run: 0\ny\[0\] = -0\nsize\[0\] = 4\n")


@test
def zephyr_s_module_is_one(place):
    found = exported(place, "zephyr")
    module = plain_yaml(text_of(place, "zephyr/zephyr/module.yml"))
    if set(module) - {"name", "build", "tests", "samples", "boards", "blobs"} or \
            set(module["build"]) - {"cmake", "kconfig", "cmake-ext", "kconfig-ext", "depends", "settings"}:
        raise Wrong(f"module.yml: {module}")
    for path in (os.path.join(module["build"]["cmake"], "CMakeLists.txt"), module["build"]["kconfig"]):
        if os.path.normpath(path) not in found:
            raise Wrong(f"module.yml names {path}, which is not there")
    expect(text_of(place, "zephyr/Kconfig"), r"config DIGITS_INT8\n\tbool \".*\"\n\tdepends on CPU_CORTEX_M4\n\tdepends on FPU\n\thelp\n")
    lists = text_of(place, "zephyr/CMakeLists.txt")
    expect(lists, r"if\(CONFIG_DIGITS_INT8\)", r"zephyr_library_sources\(\s+src/digits_int8\.c\s+\)")
    need("cmake")       # the functions of Zephyr's own that it calls, as far as the list of files goes
    os.makedirs(place.path("z"))
    with open(place.path("z/CMakeLists.txt"), "w", encoding="utf-8") as f:
        f.write("cmake_minimum_required(VERSION 3.13)\nproject(z C)\nset(CONFIG_MODEL y)\nadd_library(app STATIC app.c)\n"
                "function(zephyr_library_named name)\nadd_library(${name} STATIC)\nset(library ${name} PARENT_SCOPE)\nendfunction()\n"
                "function(zephyr_library_sources)\ntarget_sources(${library} PRIVATE ${ARGN})\nendfunction()\n"
                "function(zephyr_library_compile_options)\ntarget_compile_options(${library} PRIVATE ${ARGN})\nendfunction()\n"
                "function(zephyr_include_directories)\ntarget_include_directories(app PUBLIC ${ARGN})\nendfunction()\n"
                "add_subdirectory(../zephyr module)\n")
    with open(place.path("z/app.c"), "w", encoding="utf-8") as f:
        f.write('#include "model.h"\n')
    place.nnc(0, INT8, "--export=zephyr", "zephyr", "--target=generic", "--name=model")
    run(place, "cmake", "-S", "z", "-B", "b")
    run(place, "cmake", "--build", "b")


@test
def esp_idf_s_component_is_one(place):
    found = exported(place, "esp-idf")
    manifest = plain_yaml(text_of(place, "esp-idf/idf_component.yml"))
    if set(manifest) != {"version", "description", "targets", "dependencies"} or not re.fullmatch(r"\d+\.\d+\.\d+", manifest["version"]) or \
            "esp32c3" not in manifest["targets"] or manifest["dependencies"] != {"idf": ">=4.4"}:
        raise Wrong(f"idf_component.yml: {manifest}")
    lists = re.search(r"idf_component_register\(\s*SRCS\s+(.*?)\s+INCLUDE_DIRS \"(.*)\"\)", text_of(place, "esp-idf/CMakeLists.txt"), re.S)
    if not lists or any(s not in found for s in lists[1].split()) or lists[2] != "src":
        raise Wrong(f"CMakeLists.txt: {lists and lists.groups()}")
    place.nnc(0, INT8, "--export=esp-idf", "any", "--target=generic")
    if "targets" in plain_yaml(text_of(place, "any/idf_component.yml")):
        raise Wrong("plain C is bound to chips")


@test
def cmsis_pack_s_description_is_one(place):
    found = exported(place, "cmsis-pack")
    package = ElementTree.parse(place.path("cmsis-pack/nnc.digits_int8.pdsc")).getroot()
    names = [child.tag for child in package]
    if package.tag != "package" or not re.fullmatch(r"\d+\.\d+\.\d+", package.get("schemaVersion", "")) or len(set(names)) != len(names) or \
            set(CMSIS_REQUIRED) - set(names) or set(names) - set(CMSIS_ALLOWED):
        raise Wrong(f"package: {names}")
    if not all(r.get("version") and r.text for r in package.find("releases")):
        raise Wrong("a release without version")
    condition, component = package.find("conditions/condition"), package.find("components/component")
    if condition.find("require").get("Dcore") != "Cortex-M0+" or component.get("condition") != condition.get("id") or \
            not all(component.get(a) for a in ("Cclass", "Cgroup", "Cversion")) or [c.tag for c in component] != ["description", "files"]:
        raise Wrong(f"component: {component.attrib}")
    for f in component.find("files"):
        path = f.get("name")
        if f.get("category") not in ("include", "header", "source", "doc") or not (path in found or os.path.isdir(place.path("cmsis-pack/" + path))):
            raise Wrong(f"file {f.attrib}")


def sums(place):
    """y = x + the sum of all before it, as a model with a state."""
    nodes = [onnx.helper.make_node("Add", ["x", "past"], ["present"]), onnx.helper.make_node("Neg", ["present"], ["type"])]
    infos = [onnx.helper.make_tensor_value_info(n, F32, [3]) for n in ("x", "past", "type", "present")]
    graph = onnx.helper.make_graph(nodes, "g", infos[:2], infos[2:])
    onnx.save(onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8), place.path("sums.onnx"))
    return ["--state", "past=present"]


def wanted(place):
    """What nnc run gives for a picture of ramps, in hexadecimal."""
    place.save("x.npy", RAMP)
    place.nnc(0, "run", MODEL, "--target=generic", "x.npy", "--save", "saved")
    return np.load(place.path("saved/output_0.npy")).ravel()


def check_scores(place, text):
    got = np.array([float(line) for line in text.split()], np.float32)
    if got.tobytes() != wanted(place).tobytes():
        raise Wrong(f"{got} is not {wanted(place)}")


RAMP = (np.arange(64, dtype=np.float32) % 8 / 8).reshape(1, 1, 8, 8)
CPP = """#include <array>
#include <cstdio>
#include "digits.hpp"
#include "sums.hpp"
int main()
{
	std::array<float, 64> image;
	std::array<float, 10> scores;
	digits::Model model, other;
	for (int i = 0; i < 64; i++)
		image[static_cast<std::size_t>(i)] = static_cast<float>(i % 8) / 8;
	if (model.run(image, scores) || other.run(image, scores))
		return 1;
	for (float s : scores)
		std::printf("%.9g\\n", static_cast<double>(s));
	std::array<float, 3> x{ 1, 2, 3 }, y{};
	sums::Model a, b;
	if (a.run(x, y) || a.run(x, y) || y[2] != -6 || b.run(x, y) || y[2] != -3)
		return 2;
	a.reset();
	return a.run(x, y) || y[2] != -3;
}
"""
RUST = """fn main() {
    let image: [f32; 64] = std::array::from_fn(|i| (i % 8) as f32 / 8.0);
    let mut scores = [0f32; 10];
    let mut models = [digits::Model::new(), digits::Model::default()];
    for model in &mut models {
        std::thread::scope(|s| { s.spawn(|| model.run(&image, &mut scores).unwrap()); });
    }
    for s in scores {
        println!("{s}");
    }
    let (mut a, mut b, mut y) = (sums::Model::new(), sums::Model::new(), [0f32; 3]);
    a.run(&[1.0, 2.0, 3.0], &mut y).unwrap();
    a.run(&[1.0, 2.0, 3.0], &mut y).unwrap();
    assert_eq!(y, [-2.0, -4.0, -6.0]);
    b.run(&[1.0, 2.0, 3.0], &mut y).unwrap();
    assert_eq!(y, [-1.0, -2.0, -3.0]);
    a.reset();
    a.run(&[1.0, 2.0, 3.0], &mut y).unwrap();
    assert_eq!(y, [-1.0, -2.0, -3.0]);
}
"""
PYTHON = """import threading
import numpy as np
import digits, sums
image = (np.arange(64, dtype=np.float32) % 8 / 8).reshape(1, 1, 8, 8)
scores = digits.Model().run(image)
assert scores.shape == (1, 10)
print("\\n".join(f"{s:.9g}" for s in scores.ravel()))
assert np.array_equal(digits.Model().run(np.asfortranarray(image)), scores)
got = []
threads = [threading.Thread(target=lambda: got.append(digits.Model().run(image))) for _ in range(4)]
for t in threads: t.start()
for t in threads: t.join()
assert all(np.array_equal(g, scores) for g in got) and len(got) == 4
for wrong, error in ((image[0], ValueError), (image.astype(np.float64), TypeError)):
    try:
        digits.Model().run(wrong)
        raise SystemExit("taken")
    except error as e:
        assert str(e).startswith("image: "), e
x, a, b = np.array([1, 2, 3], np.float32), sums.Model(), sums.Model()
a.run(x)
assert a.run(x)[2] == -6 and b.run(x)[2] == -3
a.reset()
assert a.run(x)[2] == -3
try:
    digits._run.run(np.zeros(8, np.uint8), image, scores)
    raise SystemExit("taken")
except ValueError as e:
    assert str(e).startswith("arena: 8 bytes, allowed: "), e
"""


def both(place, world, *options):
    """The bundled model and one with a state."""
    for model, more in ((MODEL, options), ("sums.onnx", sums(place))):
        place.nnc(0, model, f"--export={world}", world + "-" + os.path.basename(model)[:-5], "--target=generic", *more)


@test
def cpp_s_class_runs(place):
    need("g++")
    both(place, "cpp", "--protect=x")
    with open(place.path("main.cpp"), "w", encoding="utf-8") as f:
        f.write(CPP)
    folders = [f"cpp-{name}/src" for name in ("digits", "sums")]
    for folder, name in zip(folders, ("digits", "sums")):
        run(place, "gcc", "-std=c99", *WARNINGS, "-O1", "-c", f"{folder}/{name}.c", "-o", name + ".o")
    run(place, "g++", "-std=c++20", *WARNINGS, *("-I" + f for f in folders), "main.cpp", "digits.o", "sums.o", "-o", "main", "-lm")
    check_scores(place, run(place, "./main"))
    wrong = place.path("wrong.cpp")
    with open(wrong, "w", encoding="utf-8") as f:
        f.write('#include "digits.hpp"\nint f(digits::Model &m) { float a[63], s[10]; return m.run(a, s); }\n')
    if subprocess.run(["g++", "-std=c++20", "-Icpp-digits/src", "-fsyntax-only", wrong], cwd=place.folder, capture_output=True).returncode == 0:
        raise Wrong("63 elements are taken for 64")


@test
def rust_s_crate_runs(place):
    need("cargo", "ar")
    both(place, "rust", "--protect=x")
    os.makedirs(place.path("app/src"))
    with open(place.path("app/Cargo.toml"), "w", encoding="utf-8") as f:
        f.write('[package]\nname = "app"\nversion = "1.0.0"\nedition = "2021"\n[dependencies]\n'
                'digits = { path = "../rust-digits" }\nsums = { path = "../rust-sums" }\n')
    with open(place.path("app/src/main.rs"), "w", encoding="utf-8") as f:
        f.write(RUST)
    p = subprocess.run(["cargo", "run", "-q", "--offline"], cwd=place.path("app"), capture_output=True, text=True,
                       env={**os.environ, "RUSTFLAGS": "-Dwarnings", "CC": "gcc -Wall -Werror"})
    if p.returncode:
        raise Wrong(p.stderr[-800:])
    check_scores(place, p.stdout)


@test
def python_s_package_runs(place):
    if not os.path.exists(os.path.join(sysconfig.get_paths()["include"], "Python.h")):
        raise Skipped("there is no Python.h")
    both(place, "python", "--protect=x")
    for name in ("digits", "sums"):
        p = subprocess.run([sys.executable, "setup.py", "-q", "build_ext", "--inplace"], cwd=place.path(f"python-{name}"),
                           capture_output=True, text=True, env={**os.environ, "CFLAGS": "-Wall -Wextra -Werror", "CC": "gcc"})
        if p.returncode:
            raise Wrong(p.stderr[-800:])
    with open(place.path("main.py"), "w", encoding="utf-8") as f:
        f.write(PYTHON)
    paths = os.pathsep.join(place.path(f"python-{name}") for name in ("digits", "sums"))
    p = subprocess.run([sys.executable, "main.py"], cwd=place.folder, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": paths})
    if p.returncode:
        raise Wrong(p.stderr[-800:])
    check_scores(place, p.stdout)


@test
def wrong_exports_are_refused(place):
    _, err = place.nnc(2, MODEL, "--export=make", "d")
    named = re.search(r'--export: "make": must be (\S+) DIR', err)
    if not named or named[1].split("|") != list(WORLDS):
        raise Wrong(f"{err}: these tests know {list(WORLDS)}")
    for options, words in ((["--export=cmake"], "needs a folder"), (["--export=cmake", "d", "-o", "x.c"], "names the files itself"),
                           (["--export=cmake", "d", "--weights=incbin"], "constants in the text"),
                           (["--export=esp-idf", "d", "--target=cortex-m4"], "allowed: generic rv32"),
                           (["--export=cmsis-pack", "d", "--target=x86-64-v3"], "allowed: generic cortex-m"),
                           (["--export=cmake", "d", "--taps"], "--taps"),
                           (["--export=rust", "d", "--io-memory=arena"], "--export=rust passes inputs")):
        expect(place.nnc(2, MODEL, *options)[1], words)
    text_cnn = os.path.join(ROOT, "tests", "models", "own", "text-cnn", "model.onnx")
    expect(place.nnc(3, text_cnn, "--export=rust", "d", "--dim", "batch=1..4", "--dim", "length=8")[1],
           r'--export=rust: "batch" is a size of the run: fix sizes with --dim')
    with open(place.path("file"), "w", encoding="utf-8"):
        pass
    expect(place.nnc(4, MODEL, "--export=cmake", "file/d")[1], r"cannot make the folder file")
    if os.path.exists(place.path("d")):
        raise Wrong("something was written")


if __name__ == "__main__":
    main()
