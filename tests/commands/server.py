#!/usr/bin/env python3
"""examples/server under a client of many connections: answers are the model's to the bit, refusals only as they are meant,
a stop that answers what was begun; clean under ThreadSanitizer and valgrind.

    server.py [NAME ...]                    NAME: answers, refusals, stop, sanitized, valgrind
    server.py load REQUESTS CONNECTIONS     prints requests a second, the latency's middle and 99th percentile, and the server's words
"""
import asyncio
import functools
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import onnxruntime

from place import ROOT, Skipped, Wrong, expect, main

OUT = os.path.join(ROOT, "build", "tests-work", "server")
MODEL = os.path.join(ROOT, "examples", "shapes", "classify.onnx")
IMAGE = 3 * 48 * 48 * 4


@functools.cache
def build(name="server", flags=""):
    if subprocess.run(["pkg-config", "--exists", "libmicrohttpd"], check=False).returncode:
        raise Skipped("there is no libmicrohttpd")
    os.makedirs(os.path.join(OUT, name), exist_ok=True)
    nnc = os.path.join(ROOT, "build", "compiler", "nnc")
    subprocess.run([nnc, MODEL, "-o", os.path.join(OUT, name, "model.c"), "--target=generic", "--dim", "batch=1..32", "-q"], check=True)
    sources = [os.path.join(ROOT, "examples", "server", f) for f in ("server.c", "batch.c")]
    subprocess.run(["gcc", "-O1", "-g", "-Wall", "-Wextra", "-Werror", *flags.split(), "-I", os.path.join(OUT, name), "-o",
                    os.path.join(OUT, name, "server"), *sources, os.path.join(OUT, name, "model.c"), "-lmicrohttpd", "-lpthread", "-lm"], check=True)
    return [os.path.join(OUT, name, "server")]


class Server:
    """A running one; when the block ends it is asked to stop, and its words are kept."""

    def __init__(self, command, *options):
        self.process = subprocess.Popen([*command, "-p", "0", *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line.startswith("listening on port "):
            raise Wrong(f"no port: {line}{self.process.stderr.read()[-500:]}")
        self.port, self.words, self.errors = int(line.split()[-1]), "", ""

    def __enter__(self):
        return self

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.words, self.errors = self.process.communicate(timeout=120)

    def __exit__(self, kind, *_):
        if kind:
            self.process.kill()
            self.process.communicate()
            return
        if self.process.poll() is None:
            self.stop()
        if self.process.returncode:
            raise Wrong(f"status {self.process.returncode}: {self.errors[-800:]}")


async def ask(reader, writer, body, path="/run", method="POST"):
    """Status and body of the answer."""
    writer.write(f"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    length = int(re.search(r"content-length: (\d+)", head, re.I)[1])
    return int(head.split()[1]), await reader.readexactly(length)


async def once(port, *arguments, **more):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        return await ask(reader, writer, *arguments, **more)
    finally:
        writer.close()


def images(n):
    return np.random.default_rng(1).random((n, 3, 48, 48), np.float32)


async def load(port, requests, connections):
    """Requests over so many connections that stay open: counts by status, latencies, and what each image got."""
    bodies = [x.tobytes() for x in images(16)]
    counts, latencies, got, left = {}, [], {}, iter(range(requests))

    async def client():
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for k in left:
            began = time.perf_counter()
            status, answer = await ask(reader, writer, bodies[k % len(bodies)])
            latencies.append(time.perf_counter() - began)
            counts[status] = counts.get(status, 0) + 1
            if status == 200:
                got.setdefault(k % len(bodies), set()).add(answer)
        writer.close()
    await asyncio.gather(*(client() for _ in range(connections)))
    return counts, sorted(latencies), got


def check_answers(got):
    """One answer for each image whatever batch it was in, and near what onnxruntime gives."""
    session = onnxruntime.InferenceSession(MODEL, providers=["CPUExecutionProvider"])
    for k, x in enumerate(images(16)):
        if k not in got:
            continue
        if len(got[k]) != 1:
            raise Wrong(f"image {k}: {len(got[k])} different answers")
        wanted, y = session.run(None, {"image": x[None]})[0][0], np.frombuffer(next(iter(got[k])), np.float32)
        if np.abs(y - wanted).max() > 1e-5:
            raise Wrong(f"image {k}: {y}, onnxruntime {wanted}")


def answers(_):
    with Server(build()) as server:
        counts, _, got = asyncio.run(load(server.port, 3000, 50))
        status, metrics = asyncio.run(once(server.port, b"", path="/metrics", method="GET"))
        if counts != {200: 3000} or len(got) != 16 or status != 200:
            raise Wrong(f"{counts}, {len(got)} images, metrics {status}")
        check_answers(got)
        expect(metrics.decode(), r"nnc_jobs_total 3000\n", r'bucket\{le="\+Inf"\} 3000\n', r"nnc_refused_total 0\n")
        batches = int(re.search(r"batches_total (\d+)", metrics.decode())[1])
        if batches >= 3000:
            raise Wrong("no batch had more than one job")


def refusals(_):
    with Server(build(), "-q", "2", "-b", "1") as server:
        for body, path, method, wanted in ((bytes(IMAGE + 4), "/run", "POST", 413), (bytes(IMAGE - 4), "/run", "POST", 400),
                                           (b"", "/run", "GET", 405), (b"", "/none", "GET", 404), (bytes(IMAGE), "/run", "POST", 200)):
            status, _ = asyncio.run(once(server.port, body, path=path, method=method))
            if status != wanted:
                raise Wrong(f"{method} {path} of {len(body)} bytes: {status}, not {wanted}")
        counts, _, got = asyncio.run(load(server.port, 1000, 100))
        if set(counts) != {200, 503} or sum(counts.values()) != 1000:
            raise Wrong(f"a queue of two: {counts}")
        check_answers(got)


def stop(_):
    """Jobs that wait for others are answered by a stop, at once and not refused; new connections are."""
    with Server(build(), "-w", "60000000", "-b", "32") as server:
        async def both():
            asked = [asyncio.create_task(once(server.port, x.tobytes())) for x in images(5)]
            while b"nnc_waiting 5" not in (await once(server.port, b"", path="/metrics", method="GET"))[1]:
                await asyncio.sleep(.01)
            server.process.send_signal(signal.SIGTERM)
            return await asyncio.gather(*asked)
        statuses = [status for status, _ in asyncio.run(both())]
        server.words, server.errors = server.process.communicate(timeout=60)
        if statuses != [200] * 5:
            raise Wrong(f"{statuses}")
        expect(server.words, r"stopped: 5 answers in 1 batches, 0 refused")


def under_load(command):
    with Server(command, "-q", "20") as server:
        counts, _, got = asyncio.run(load(server.port, 300, 40))
        if set(counts) - {200, 503} or sum(counts.values()) != 300:
            raise Wrong(f"{counts}")
        check_answers(got)


def sanitized(_):
    under_load(build("tsan", "-fsanitize=thread"))


def with_valgrind(_):
    if not shutil.which("valgrind"):
        raise Skipped("there is no valgrind")
    under_load(["valgrind", "-q", "--error-exitcode=9", "--leak-check=full", *build()])


def measure(requests, connections):
    options = sys.argv[4:]
    with Server(build("fast", "-O2 -march=native"), *options) as server:
        began = time.perf_counter()
        counts, latencies, got = asyncio.run(load(server.port, requests, connections))
        seconds = time.perf_counter() - began
        check_answers(got)
    print(f"{counts}: {requests / seconds:.0f} a second, middle {latencies[len(latencies) // 2] * 1e3:.2f} ms, "
          f"p99 {latencies[len(latencies) * 99 // 100] * 1e3:.2f} ms; {server.words.strip()}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["load"]:
        measure(int(sys.argv[2]), int(sys.argv[3]))
    else:
        main([("answers", answers), ("refusals", refusals), ("stop", stop), ("sanitized", sanitized), ("valgrind", with_valgrind)])
