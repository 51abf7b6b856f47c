"""Many small models with fixed sizes in one program: nnc for each, one compiler run and one process for all.

Every buffer is a block of its own from malloc of exactly the size that the header declares, so that -fsanitize=address
sees what reads or writes beside it.
"""
import os
import shutil

import numpy as np

import generated
from generated import Failure

# The caller: reads all inputs of all models from in.bin, writes status and outputs to out.bin.
MAIN = """
static FILE *in, *out;

static void *input(size_t n)
{
	void *p = malloc(n ? n : 1);
	if (!p || fread(p, 1, n, in) != n)
		exit(3);
	return p;
}

static void *output(size_t n)
{
	void *p = malloc(n ? n : 1);
	if (!p)
		exit(3);
	return p;
}
"""


class Together:
    """Models that are compiled by nnc one by one and then run in one program."""

    def __init__(self, folder, target, flags):
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        self.folder, self.target, self.flags = folder, target, flags
        self.models = []  # name, arrays of inputs, outputs expected

    def path(self, name):
        return os.path.join(self.folder, name + ".onnx")

    def add(self, name, inputs, outputs, options=()):
        """Compiles NAME.onnx of the folder. Raises Failure, whose kind is unsupported for a refusal."""
        generated.compile_model(self.path(name), self.folder, name, self.target, options)
        self.models.append((name, inputs, outputs))

    def caller(self):
        names = [name for name, _, _ in self.models]
        includes = "".join(f'#include "{name}.h"\n' for name in names)
        calls = "".join(self.call(*model) for model in self.models)
        return (f"#include <stdio.h>\n#include <stdlib.h>\n{includes}{MAIN}\nint main(void)\n{{\n"
                '\tin = fopen("in.bin", "rb");\n\tout = fopen("out.bin", "wb");\n\tif (!in || !out)\n\t\treturn 3;\n'
                f"{calls}\treturn fclose(out) != 0;\n}}\n")

    def call(self, name, inputs, outputs):
        parameters = generated.Prototype(os.path.join(self.folder, name + ".h"), name).parameters
        kinds = [p.kind for p in parameters]
        if kinds != ["input"] * len(inputs) + ["output"] * len(outputs):
            raise Failure("wrong", f"header of {name}: {kinds}, the graph has {len(inputs)} inputs, {len(outputs)} outputs")
        lines, given = [], []
        for k, value in enumerate([*inputs, *outputs]):
            make = "input" if k < len(inputs) else "output"
            lines.append(f"\t\tvoid *p{k} = {make}({value.nbytes});")
            given.append(f"p{k}")
        lines.append(f"\t\tconst int status = {name}_run({', '.join(given)});")
        lines.append("\t\tfwrite(&status, sizeof status, 1, out);")
        lines += [f"\t\tfwrite(p{k + len(inputs)}, 1, {value.nbytes}, out);" for k, value in enumerate(outputs)]
        lines += [f"\t\tfree({p});" for p in given]
        return "\t{\n" + "\n".join(lines) + "\n\t}\n"

    def run(self, timeout=300):
        """{name: outputs, or the status where it is not 0}."""
        if not self.models:
            return {}
        with open(os.path.join(self.folder, "main.c"), "w", encoding="utf-8") as f:
            f.write(self.caller())
        with open(os.path.join(self.folder, "in.bin"), "wb") as f:
            for _, inputs, _ in self.models:
                for value in inputs:
                    f.write(np.ascontiguousarray(value).tobytes())
        sources = [path for name, _, _ in self.models for path in generated.sources(self.folder, name)]
        program = os.path.join(self.folder, "program")
        command = [self.target.cc, *self.target.cflags.split(), *generated.WARNINGS.split(), *self.flags, "-I", self.folder,
                   "-o", program, *sources, os.path.join(self.folder, "main.c"), *self.target.ldflags.split()]
        code, text = generated.execute(command, timeout)
        if code != 0:
            raise Failure("cc", generated.one_line("\n".join(t for t in text.splitlines() if "error" in t) or text))
        code, text = generated.execute([program], timeout, cwd=self.folder)
        if code != 0:
            raise Failure("run", f"program: status {code}: {generated.one_line(text)}")
        with open(os.path.join(self.folder, "out.bin"), "rb") as f:
            return self.answers(f.read())

    def answers(self, data):
        at, answers = 0, {}
        for name, _, outputs in self.models:
            status, values = int(np.frombuffer(data, np.int32, 1, at)[0]), []
            at += 4
            for value in outputs:
                n = int(np.prod(value.shape, dtype=np.int64))
                values.append(np.frombuffer(data, value.dtype, n, at).reshape(value.shape))
                at += value.nbytes
            answers[name] = status if status else values
        return answers
