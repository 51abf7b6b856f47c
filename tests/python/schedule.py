#!/usr/bin/env python3
"""Runs the groups of groups.def, as many at a time as there are processors, longest first, and adds up their lines.

    schedule.py [--list] [-j N] [GROUP ...]        GROUP: a name or the beginning of one, as in models/

Every line of a group goes to build/tests-work/logs/GROUP.log; failures and a summary of each group are printed as they
come. A group that ends badly without a `not ok` line counts as one failure. Ends with the one line that counts.
"""
import argparse
import collections
import concurrent.futures
import os
import re
import subprocess
import sys
import threading
import time
from typing import NamedTuple

from targets import HERE

ROOT = os.path.dirname(os.path.dirname(HERE))
LOGS = os.path.join(ROOT, "build", "tests-work", "logs")
SHOWN = 12  # lines of one group that are printed; the log has all
LINE = re.compile(r"(not ok|ok|skip) (\S+) ?(.*)")
print_lock = threading.Lock()


class Group(NamedTuple):
    name: str
    seconds: int
    command: str


class Result(NamedTuple):
    group: Group
    counts: collections.Counter
    seconds: float
    cpu: float  # seconds of all processes of the group
    shown: list


def read_groups():
    with open(os.path.join(ROOT, "tests", "groups.def"), encoding="utf-8") as f:
        for line in f:
            if line.strip() and not line.startswith("#"):
                name, seconds, command = (part.strip() for part in line.split("|", 2))
                yield Group(name, int(seconds), command)


def chosen(groups, wanted):
    if not wanted:
        return groups
    return [g for g in groups if any(g.name == w or g.name.startswith(w.rstrip("/") + "/") for w in wanted)]


def shorten(lines):
    if len(lines) <= SHOWN:
        return lines
    return [*lines[:SHOWN], f"… and {len(lines) - SHOWN} more, all in the log"]


def summary_of_skips(skips):
    """Skips one by one, or, where there are many, how many of each kind."""
    if len(skips) <= SHOWN:
        return [f"skip {name}: {reason}" for name, reason in skips]
    kinds = collections.Counter(reason.split(":", 1)[0] for _, reason in skips)
    return [f"skip {n} tests: {reason}" for reason, n in kinds.most_common(SHOWN)]


def run_group(group):
    began = time.monotonic()
    counts, failures, skips, last = collections.Counter(), [], [], ""
    log = os.path.join(LOGS, group.name.replace("/", "-") + ".log")
    with open(log, "w", encoding="utf-8") as f:
        p = subprocess.Popen(group.command, shell=True, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True, errors="replace")
        for line in p.stdout:
            f.write(line)
            last = line.strip() or last
            match = LINE.fullmatch(line.rstrip("\n"))
            if not match:
                continue
            counts[match[1]] += 1
            if match[1] == "not ok":
                failures.append(f"FAILED {group.name} {match[2]}: {match[3]}")
            elif match[1] == "skip":
                skips.append((match[2], match[3] or "no reason given"))
    _, status, used = os.wait4(p.pid, 0)
    p.returncode = os.waitstatus_to_exitcode(status)
    if not counts or (status and not counts["not ok"]):
        counts["not ok"] += 1
        failures.append(f"FAILED {group.name}: status {status}: {last[:300]}")
    return Result(group, counts, time.monotonic() - began, used.ru_utime + used.ru_stime, shorten(failures) + summary_of_skips(skips))


def show(result, n, total):
    c = result.counts
    with print_lock:
        print(f"[{n}/{total}] {result.group.name}: {c['ok']} passed, {c['not ok']} failed, {c['skip']} skipped, "
              f"{result.cpu:.0f} s of CPU in {result.seconds:.0f} s")
        for line in result.shown:
            print("   ", line)
        sys.stdout.flush()


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--list", action="store_true")
    p.add_argument("-j", type=int, default=len(os.sched_getaffinity(0)))
    p.add_argument("groups", nargs="*")
    a = p.parse_args()
    groups = chosen(list(read_groups()), a.groups)
    if a.list:
        for g in groups:
            print(f"{g.name:22} {g.seconds:4} s  {g.command}")
        return
    import built  # not for --list, which has to do without numpy

    os.makedirs(LOGS, exist_ok=True)
    built.trim()
    total = collections.Counter()
    with concurrent.futures.ThreadPoolExecutor(a.j) as pool:
        running = [pool.submit(run_group, g) for g in sorted(groups, key=lambda g: -g.seconds)]
        for n, done in enumerate(concurrent.futures.as_completed(running), 1):
            total.update(done.result().counts)
            show(done.result(), n, len(groups))
    print(f"{total['ok']} passed, {total['not ok']} failed, {total['skip']} skipped")
    sys.exit(1 if total["not ok"] or not total["ok"] else 0)


if __name__ == "__main__":
    main()
