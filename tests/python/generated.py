"""From a model to a program that answers: nnc, the target's C compiler, the target's runner.

`compile_model` runs nnc; `Prototype` reads the generated header as a user would, so the tests hold for the documented
interface and nothing else; `build` adds a caller for python/runner.c and compiles everything with warnings as errors;
`Program.run` passes arrays through it.
"""
import functools
import glob
import os
import re
import resource
import shlex
import signal
import subprocess
import threading
from typing import NamedTuple

import numpy as np

from targets import HERE

ROOT = os.path.dirname(os.path.dirname(HERE))
NNC = os.path.abspath(os.environ.get("NNC", os.path.join(ROOT, "build", "compiler", "nnc")))
WARNINGS = "-std=c99 -Wall -Wextra -Wpedantic -Wconversion -Werror"
GUARD_BROKEN = -1000
UNSUPPORTED = 3
PATIENCE = 20


class Failure(Exception):
    """A step that did not work; `kind` is unsupported, compile, cc, run or wrong."""

    def __init__(self, kind, reason):
        super().__init__(reason)
        self.kind = kind


class Parameter(NamedTuple):
    kind: str  # input, output, dim, returned or arena
    name: str
    elements: int | None  # as declared; None where an expression says it


class Call(NamedTuple):
    inputs: list  # arrays, in the graph's order
    outputs: list  # (dtype, shape) expected
    dims: dict  # run-time dimensions by their C name


class Answer(NamedTuple):
    status: int
    returned: dict
    outputs: list
    names: list  # of the outputs in C

    def check_sizes(self, expected):
        """Raises Failure unless what the function returned as NAME_AXIS is that size of output NAME."""
        for name, size in self.returned.items():
            output, axis = name.rsplit("_", 1)
            wanted = expected[self.names.index(output)].shape[int(axis)]
            if size != wanted:
                raise Failure("wrong", f"returned {name} = {size}, expected {wanted}")


def one_line(text):
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return lines[0][:600] if lines else ""


def execute(command, seconds, cwd=None):
    """Return code and both outputs; words instead of the code when it did not start or took too long. seconds: of the
    processor, for each process; by the clock a busy machine may take PATIENCE times as many."""
    try:
        p = subprocess.Popen(command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    except OSError as e:
        return "no start", str(e)
    with p:
        try:
            resource.prlimit(p.pid, resource.RLIMIT_CPU, (seconds, seconds + 1))
            out, errors = p.communicate(timeout=PATIENCE * seconds)
        except subprocess.TimeoutExpired:
            p.kill()
            return "timeout", f"no end after {PATIENCE * seconds} s"
    if p.returncode == -signal.SIGXCPU:
        return "timeout", f"no end after {seconds} s of the processor's time"
    return p.returncode, (errors + out).decode(errors="replace")


def compile_model(model, folder, name, target, options=(), timeout=120, nnc=NNC):
    """nnc MODEL -o FOLDER/NAME.c; returns the header's path."""
    source = os.path.join(folder, name + ".c")
    command = [nnc, model, "-o", source, f"--target={target.name}", f"--name={name}", *options]
    code, text = execute(command, timeout)
    if code == UNSUPPORTED and text.strip():
        raise Failure("unsupported", one_line(text))
    if code != 0:
        raise Failure("compile", f"nnc: status {code}: {one_line(text)}")
    for path in (source, os.path.join(folder, name + ".h")):
        if not os.path.exists(path):
            raise Failure("compile", f"nnc: status 0 but no {os.path.basename(path)}")
    return os.path.join(folder, name + ".h")


def object_sizes(folder, target):
    """Bytes of code and constants, and of data that is written, of the object of a model there named m."""
    made = os.path.join(folder, "m.o")
    source = os.path.join(folder, "m.c")
    code, text = execute([*target.cc.split(), *target.cflags.split(), "-c", "-o", made, source], 300)
    if code:
        raise Failure("cc", one_line(text))
    code, text = execute([target.cc.split()[0].replace("gcc", "size"), made], 60)
    if code:
        raise Failure("size", one_line(text))
    flash, data, bss = map(int, text.splitlines()[1].split()[:3])
    return flash + data, data + bss


def product(expression):
    if not re.fullmatch(r"[\d\s*]+", expression):
        return None
    return int(np.prod([int(n) for n in expression.split("*")], dtype=np.int64))


def parameter_of(text):
    match = re.fullmatch(r"(?P<type>[\w\s]+?)\s*(?P<star>\*?)\s*(?:restrict\s+)?(?P<name>\w+)\s*(?P<dims>(?:\[[^\]]*\])*)",
                         text.strip())
    if not match:
        raise Failure("wrong", f"header: parameter not understood: {text.strip()}")
    words, name = match["type"].split(), match["name"]
    pointer = bool(match["star"] or match["dims"])
    if "void" in words:
        return Parameter("arena", name, None)
    if words == ["int"] and not match["dims"]:
        return Parameter("returned" if pointer else "dim", name, None)
    dims = "*".join(re.findall(r"\[([^\]]*)\]", match["dims"]))
    dims = re.sub(r"\b(static|const|restrict)\b", "", dims)
    return Parameter("input" if "const" in words else "output", name, product(dims) if dims.strip() else None)


class Prototype:
    """int NAME_run(…) of a generated header, or int NAME_step(…) of a model with states."""

    def __init__(self, header, name):
        with open(header, encoding="utf-8") as f:
            text = f.read()
        text = re.sub(r"/\*.*?\*/", " ", text, flags=re.S)
        match = re.search(rf"\bint\s+({name}_(?:run|step))\s*\(([^;]*)\)\s*;", text)
        if not match:
            raise Failure("wrong", f"header: no int {name}_run(…)")
        self.entry, body = match[1], match[2].strip()
        self.name = name
        self.parameters = [] if body in ("", "void") else [parameter_of(p) for p in body.split(",")]
        arena = re.search(rf"#define\s+{name.upper()}_ARENA_BYTES\s+(\d+)", text)
        self.arena_bytes = int(arena[1]) if arena else None

    def of(self, kind):
        return [p for p in self.parameters if p.kind == kind]

    def caller(self):
        """C text of nnc_call for python/runner.c."""
        at = dict.fromkeys(("input", "output", "dim", "returned"), 0)
        form = {"input": "in[{}]", "output": "out[{}]", "dim": "dims[{}]", "returned": "&returned[{}]"}
        arguments = []
        for p in self.parameters:
            if p.kind == "arena":
                arguments.append("arena")
                continue
            arguments.append(form[p.kind].format(at[p.kind]))
            at[p.kind] += 1
        arena = any(p.kind == "arena" for p in self.parameters)
        reset = self.entry.endswith("_step")  # before the first of every RESET_EVERY calls, which are a sequence
        size = max(self.arena_bytes or 1, 1)
        return "\n".join([
            f'#include "{self.name}.h"',
            "int nnc_call(const int *dims, void *const *in, void *const *out, int *returned);",
            f"static union {{ unsigned char bytes[{size}]; double align[8]; }} arena_block "
            "__attribute__((aligned(64)));" if arena else "",
            "#ifndef RESET_EVERY\n#define RESET_EVERY 0x7fffffff\n#endif\nstatic int nnc_calls;" if reset else "",
            "int nnc_call(const int *dims, void *const *in, void *const *out, int *returned)",
            "{",
            "\tvoid *arena = arena_block.bytes;" if arena else "",
            "\t(void)dims;\n\t(void)in;\n\t(void)out;\n\t(void)returned;",
            f"\tif (nnc_calls++ % RESET_EVERY == 0) {self.name}_reset({'arena' if arena else ''});" if reset else "",
            f"\treturn {self.entry}({', '.join(arguments)});",
            "}", ""])


class Program:
    def __init__(self, folder, prototype, target, path):
        self.folder, self.prototype, self.target, self.path = folder, prototype, target, path
        self.word = f"{target.order}i4"

    def command(self):
        return [*shlex.split(self.target.runner), self.path]

    def request(self, calls):
        def words(*n):
            return np.array(n, self.word).tobytes()

        parts = []
        for call in calls:
            dims = self.prototype.of("dim")
            absent = [d.name for d in dims if d.name not in call.dims]
            if absent:
                raise Failure("wrong", f"header: unknown dimension {', '.join(absent)}; known: {', '.join(call.dims)}")
            parts.append(words(len(dims) + 1, *(call.dims[d.name] for d in dims), len(call.inputs)))
            for array in call.inputs:
                data = np.ascontiguousarray(array, self.theirs(array.dtype)).tobytes()
                parts += [words(len(data)), data]
            parts.append(words(len(call.outputs), *self.capacities(call), len(self.prototype.of("returned"))))
        return b"".join(parts) + words(0)

    def theirs(self, dtype):
        """The type in the target's byte order; one-byte and foreign types have none. Integers of less than a byte are
        bytes of their values."""
        dtype = np.dtype({"int4": "i1", "int2": "i1", "uint4": "u1", "uint2": "u1"}.get(np.dtype(dtype).name, dtype))
        return dtype.newbyteorder(self.target.order) if dtype.kind in "iufc" and dtype.itemsize > 1 else dtype

    def capacities(self, call):
        """Bytes of each output's buffer: what the prototype declares, else exactly what is expected."""
        for (dtype, shape), p in zip(call.outputs, self.prototype.of("output")):
            n = int(np.prod(shape, dtype=np.int64))
            yield max(n, p.elements or 0) * np.dtype(dtype).itemsize

    def run(self, calls, timeout=300):
        """One Answer a call, all in one process."""
        have = len(self.prototype.of("input")), len(self.prototype.of("output"))
        want = len(calls[0].inputs), len(calls[0].outputs)
        if have != want:
            raise Failure("wrong", f"header: {have[0]} inputs and {have[1]} outputs, the graph has {want[0]} and {want[1]}")
        with open(os.path.join(self.folder, "request.bin"), "wb") as f:
            f.write(self.request(calls))
        code, text = execute(self.command(), timeout, cwd=self.folder)
        if code != 0:
            raise Failure("run", f"program: status {code}: {one_line(text)}")
        with open(os.path.join(self.folder, "response.bin"), "rb") as f:
            return self.answers(calls, f.read())

    def answers(self, calls, data):
        at, answers = 0, []
        returned = self.prototype.of("returned")
        for call in calls:
            head = np.frombuffer(data, self.word, 1 + len(returned), at)
            at += head.nbytes
            outputs = []
            for (dtype, shape), capacity in zip(call.outputs, self.capacities(call)):
                n = int(np.prod(shape, dtype=np.int64))
                outputs.append(np.frombuffer(data, self.theirs(dtype), n, at).reshape(shape).astype(dtype))
                at += capacity
            if head[0] == GUARD_BROKEN:
                raise Failure("wrong", "program: wrote outside its outputs or into an input")
            answers.append(Answer(int(head[0]), {p.name: int(v) for p, v in zip(returned, head[1:])}, outputs,
                                  [p.name for p in self.prototype.of("output")]))
        return answers


def sources(folder, name):
    """Every C file of the model: a huge one is split."""
    return sorted(glob.glob(os.path.join(folder, name + "*.c")))


def write_caller(folder, name, prototype):
    """FOLDER/call.c, and the files to compile with it. A model of one file is compiled as part of its caller, which
    spares the compiler a start; that it stands alone is generated_clean.py's to show."""
    path, files = os.path.join(folder, "call.c"), sources(folder, name)
    with open(path, "w", encoding="utf-8") as f:
        f.write((f'#include "{name}.c"\n' if len(files) == 1 else "") + prototype.caller())
    return [path] if len(files) == 1 else [*files, path]


def link(target, path, files, flags, warnings):
    """Compiles files, with the runner, into the program at path. Words of the command may be among them."""
    command = [target.cc, *target.cflags.split(), *warnings.split(), *flags.split(), *intrinsics(target, flags, warnings),
               "-I", os.path.dirname(path), "-o", path, *files, runner_object(target, flags), *target.ldflags.split()]
    code, text = execute(command, 600)
    if code != 0:
        errors = [line for line in text.splitlines() if "error" in line or "undefined" in line]
        raise Failure("cc", f"{target.cc}: {one_line(chr(10).join(errors) or text)}")


def build(folder, name, target, flags="", warnings=WARNINGS, more=()):
    """Compiles FOLDER/NAME*.c and a caller into a program. more: further words of the command, such as files."""
    prototype = Prototype(os.path.join(folder, name + ".h"), name)
    path = os.path.join(folder, "program")
    files = write_caller(folder, name, prototype)
    link(target, path, [*files, *more], flags, warnings)
    return Program(folder, prototype, target, path)


INTRINSICS = """#include <stddef.h>
#if defined(__AVX2__)
#include <immintrin.h>
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#endif
"""


def intrinsics(target, flags, warnings):
    """Words that spare the compiler the target's intrinsics, which take it longer than a small model: they are compiled
    once for the same options, and every file begins with them. That a file includes what it uses is generated_clean.py's
    to show, and the portable C's. Clang reads its own header fast enough."""
    if target.name.startswith("generic") or "clang" in target.cc:
        return ()
    with making:
        return precompiled(target, flags, warnings)


making = threading.Lock()


@functools.cache
def precompiled(target, flags, warnings):
    path = os.path.join(work_folder(), "intrinsics-" + re.sub(r"\W+", "-", " ".join((target.name, flags, warnings))) + ".h")
    part = f"{path}.{os.getpid()}"  # another group may be reading the same
    with open(part, "w", encoding="utf-8") as f:
        f.write(INTRINSICS)
    os.replace(part, path)
    command = [*target.compiler(), *target.cflags.split(), *warnings.split(), *flags.split(), "-x", "c-header", "-o", part,
               path]
    code, text = execute(command, 60)
    if code != 0:
        raise Failure("cc", f"{path}: {one_line(text)}")
    os.replace(part, path + ".gch")
    return "-include", path


def runner_object(target, flags=""):
    """python/runner.c compiled for the target, once per process."""
    key = (target.name, flags)
    if key not in runner_object.made:
        path = os.path.join(work_folder(), "runner-" + re.sub(r"\W+", "-", " ".join(key)) + ".o")
        part = f"{path}.{os.getpid()}"
        command = [*target.compiler(), *target.cflags.split(), *flags.split(), "-std=gnu11", "-Wall", "-Wextra", "-Werror",
                   "-c", "-o", part, os.path.join(HERE, "runner.c")]
        code, text = execute(command, 60)
        if code != 0:
            raise Failure("cc", f"runner.c: {one_line(text)}")
        os.replace(part, path)
        runner_object.made[key] = path
    return runner_object.made[key]


runner_object.made = {}


def work_folder():
    """Where tests keep what they make: NNC_WORK, else build/tests-work."""
    path = os.environ.get("NNC_WORK", os.path.join(ROOT, "build", "tests-work"))
    os.makedirs(path, exist_ok=True)
    return path
