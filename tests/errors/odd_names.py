#!/usr/bin/env python3
"""Names are data: models that call things by text that would end a comment, a line, a string or a terminal's patience.

    odd_names.py [NAME ...]

The standard allows any text. Each name stands in every place that a model has for one; what nnc writes must compile with
gcc and clang under -Wtrigraphs and -Wcomment as errors, and what it says must be printable and of lines of bounded length.
"""
import argparse
import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "python"))

import numpy as np
import onnx
from onnx import helper

import generated
import refused
from generated import execute
from refused import constant, model, value
from report import Report

NAMES = {
    "end-of-comment": "evil */ int main(void) {} /* \n #error",
    "begin-of-comment": "/* // /*/",
    "line-ends": "two\nlines\r\nand\vmore\f",
    "backslash": "last \\",
    "backslash-line": "last \\\n#error",
    "trigraph": "??/ ??' ??< what??!",
    "trigraph-line": "??/\n#error ??/",
    "quotes": "\"'\"; int x[\"",
    "percent": "%s%n%1000000d",
    "escape": "\x1b[31mred\x1b]0;title\x07",
    "delete": "\x7f\x01",
    "markup": "</script><script>alert(1)</script>&amp;",
    "right-to-left": "\u202e*/ evil \u2066\u2069",
    "line-separator": "one\u2028two\u2029three\u0085",
    "byte-order-mark": "\ufeffx\u200b",
    "letters": "größe 名前 имя 🙂",
    "nothing-but-signs": "-*/-",
    "keyword": "while",
    "long": "n" * 4000,
    "long-and-wide": "名" * 1300,
}
COMPILERS = {
    "gcc": "gcc -std=c99 -Wall -Wextra -Wpedantic -Wconversion -Wtrigraphs -Wcomment -Werror -fsyntax-only",
    "clang": "clang -std=c99 -Wall -Wextra -Wpedantic -Wconversion -Wtrigraphs -Wcomment -Werror -fsyntax-only",
}
LONGEST = 1000          # bytes of a line that nnc prints: paths and two names cut short


def named(name):
    """A model that uses the name wherever it may: graph, nodes, tensors, weights, a dimension, a function and its domain,
    an inner graph."""
    body = helper.make_node("Relu", [name], [name + "2"], name)
    function = helper.make_function(name, name, [name], [name + "2"], [body], [helper.make_opsetid("", 17)])
    branches = [helper.make_graph([helper.make_node(op, [name + ".y"], [name + op], name)], name, [],
                                  [value(name + op, None)]) for op in ("Exp", "Neg")]
    nodes = [
        helper.make_node("Add", [name, name + ".w"], [name + ".sum"], name),
        helper.make_node(name, [name + ".sum"], [name + ".y"], name, domain=name),
        helper.make_node("If", ["c"], [name + ".z"], name, then_branch=branches[0], else_branch=branches[1]),
    ]
    inputs = [value(name, [name, 3]), value("c", [], onnx.TensorProto.BOOL)]
    made = model(nodes, inputs, [value(name + ".y", None), value(name + ".z", None)],
                 [constant(name + ".w", np.ones(3, np.float32))])
    made.graph.name = name
    made.functions.append(function)
    made.opset_import.append(helper.make_opsetid(name, 1))
    return made


def not_plain(text):
    """What makes a text unfit to be shown, or None."""
    for line in text.splitlines():
        if len(line.encode()) > LONGEST:
            return f"a line of {len(line.encode())} bytes: {line[:100]}…"
    bad = [c for c in text if (ord(c) < 32 and c not in "\n\t") or 126 < ord(c) < 160 or c in "\u2028\u2029\u202e\u2066"]
    return f"{bad[0]!r} in {text[:200]!r}" if bad else None


def refusal(name):
    """A message that has the name in it."""
    made = model([helper.make_node("Relu", ["x", name], ["y"], name)])
    made.graph.initializer.append(constant(name, np.ones(3, np.float32)))
    return made


def check_reports(path, name, folder):
    """What the commands print about the model: None, or what is wrong."""
    data = [os.path.join(folder, f"input_{k}.npy") for k in range(2)]
    np.save(data[0], np.ones((2, 3), np.float32))
    np.save(data[1], np.array(True))
    np.save(os.path.join(folder, "output_0.npy"), np.full((2, 3), 2, np.float32))
    for command in (["inspect", "--dim", f"{name}=2", *(["--cc=gcc"] if shutil.which("gcc") else [])], ["run", *data],
                    ["verify", "--data", folder], ["bench", "--nodes", "--repeat=1", *data]):
        status, text = execute([generated.NNC, command[0], path, *command[1:], "--target=generic"], 60)
        if status != 0 or not_plain(text):
            return f"nnc {command[0]}: status {status}: {not_plain(text) or text[:300]}"
    return None


def check(name, folder):
    """None, or what is wrong."""
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    path, output = os.path.join(folder, "model.onnx"), os.path.join(folder, "out.c")
    command = [generated.NNC, path, "-o", output, "--target=generic"]
    onnx.save(refusal(name), path)
    status, text = execute(command, 30)
    if status != refused.MODEL or not_plain(text) or len(text.splitlines()) != 1:
        return f"a refusal: status {status}: {not_plain(text) or text[:300]}"
    onnx.save(named(name), path)
    for dim in (f"{name}=2", f"{name}=1..4"):
        status, text = execute([*command, "-v", "--dump=all", "--dim", dim], 30)
        if status != 0 or not_plain(text):
            return f"status {status}: {not_plain(text) or text[:300]}"
        for compiler, line in COMPILERS.items():
            if shutil.which(compiler):
                status, text = execute([*line.split(), output], 60)
                if status != 0:
                    return f"{compiler}: {text[:300]}"
        for path_out in (output, output[:-1] + "h"):
            with open(path_out, encoding="utf-8") as f:
                wrong = [c for c in f.read() if (ord(c) < 32 and c not in "\n\t") or c in "\x7f\u2028\u202e\u2066"]
            if wrong:
                return f"{wrong[0]!r} in {os.path.basename(path_out)}"
    return check_reports(path, name, folder)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("names", nargs="*")
    a = p.parse_args()
    report = Report()
    for key in a.names or NAMES:
        wrong = check(NAMES[key], os.path.join(generated.work_folder(), "names", key))
        if wrong:
            report.failed(key, wrong)
        else:
            report.ok(key)
    report.exit()


if __name__ == "__main__":
    main()
