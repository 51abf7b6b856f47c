#!/usr/bin/env python3
"""The C of integer models against MISRA C:2012, as cppcheck's addon reads it: no required rule is broken but those of
runtime_min/MISRA.md, and, of all the models, none of that list is there for nothing.

    misra.py [--all] [MODEL ...]

Without --all the models whose C is short, for the addon is slow.
"""
import argparse
import os
import re
import shutil
import subprocess
import tempfile

import bounds
import cases
import generated
from report import Report
from targets import TARGETS, missing

LIST = os.path.join(generated.ROOT, "runtime_min", "MISRA.md")
PLACES = {"cortex-m4": bounds.Bound(None, code=62_000), "cortex-m0": bounds.Bound(None, code=56_000)}
ADVISORY = set("""1.2 2.3 2.4 2.5 2.6 2.7 4.2 5.9 8.7 8.9 8.11 8.13 10.5 11.4 11.5 12.1 12.3 12.4 13.3 13.4 15.1 15.4 15.5 17.5 17.8
18.4 18.5 19.2 20.1 20.5 20.10 21.12""".split())
FINDING = re.compile(r"m\.c:(\d+):.*\[misra-c2012-([\d.]+)\]")


def listed():
    with open(LIST, encoding="utf-8") as f:
        return set(re.findall(r"^\| (\d+\.\d+) \|", f.read(), re.M))


def broken(model, target, folder):
    """Rules and the first line that breaks each. Constants of our own models stand in the text, others would take long."""
    form = "text" if os.path.getsize(model.path) < 20_000 else "incbin"
    generated.compile_model(model.path, folder, "m", target, [*model.dims, f"--weights={form}"])
    macros = subprocess.run([target.cc, *target.cflags.split(), "-dM", "-E", "-x", "c", "/dev/null"], check=True, capture_output=True)
    with open(os.path.join(folder, "macros.h"), "wb") as f:
        f.write(macros.stdout)
    code, text = generated.execute(["cppcheck", "--addon=misra", "--std=c99", "--include=macros.h", "-q", "m.c",
                                    "--suppress=missingIncludeSystem"], 600, folder)
    if code != 0 or "misra-c2012" not in text:
        raise generated.Failure("run", f"cppcheck: {code}: {text[-300:]}")
    with open(os.path.join(folder, "m.c"), encoding="utf-8") as f:
        lines = f.read().splitlines()
    found = {}
    for number, rule in FINDING.findall(text):
        if rule not in ADVISORY:
            found.setdefault(rule, f"{lines[int(number) - 1].strip()[:120]} ({len(FINDING.findall(text))} findings in all)")
    return found


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--all", action="store_true")
    p.add_argument("names", nargs="*")
    a = p.parse_args()
    report, seen, allowed = Report(), set(), listed()
    for name, bound in PLACES.items():
        target = TARGETS[name]
        reason = missing(target) or (None if shutil.which("cppcheck") else "cppcheck is not installed")
        if reason:
            report.skip(name, reason)
            continue
        for model in cases.models(report, a.names, ("qdq",), None if a.all else bound._replace(target=target)):
            with tempfile.TemporaryDirectory() as folder:
                try:
                    found = broken(model, target, folder)
                except generated.Failure as e:
                    report.failed(f"{name}/{model.name}", e)
                    continue
            seen |= set(found)
            more = sorted(set(found) - allowed)
            if more:
                report.failed(f"{name}/{model.name}", "; ".join(f"rule {r}: {found[r]}" for r in more))
            else:
                report.ok(f"{name}/{model.name}", f"breaks {len(found)} required rules, all listed")
    if a.all and allowed - seen:
        report.failed("list", f"rules {', '.join(sorted(allowed - seen))} are listed and not broken")
    report.exit()


if __name__ == "__main__":
    main()
