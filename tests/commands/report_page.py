#!/usr/bin/env python3
"""The page of --report: what stands in it and, where Chromium is installed, that it loads without an error, answers clicks
and searches, and is quick at two thousand nodes.

    report_page.py [NAME ...]
"""
import base64
import html.parser
import json
import os
import re
import shutil
import subprocess
import time

import numpy as np
import onnx
from onnx import helper, numpy_helper

from place import DIGITS, F32, MODEL, Skipped, Wrong, expect, main, test

CHROMIUM = next((c for c in ("chromium", "chromium-browser", "google-chrome") if shutil.which(c)), None)
GENERIC = "--target=generic"


class Browser:
    """Headless Chromium, spoken to through a pipe (its --remote-debugging-pipe)."""

    def __init__(self, place, dark=False):
        if not CHROMIUM:
            raise Skipped("Chromium is not installed")
        theirs_in, self.out = os.pipe()
        self.inp, theirs_out = os.pipe()

        def plug():
            fds = os.dup(theirs_in), os.dup(theirs_out)
            os.dup2(fds[0], 3)
            os.dup2(fds[1], 4)
        self.process = subprocess.Popen(
            [CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-extensions", "--remote-debugging-pipe",
             f"--user-data-dir={place.path('profile')}", "--window-size=1400,1000", *["--blink-settings=preferredColorScheme=0"] * dark, "about:blank"],
            preexec_fn=plug, close_fds=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(theirs_in)
        os.close(theirs_out)
        self.number, self.rest, self.errors, self.events = 0, b"", [], []
        target = next(t for t in self.ask("Target.getTargets")["targetInfos"] if t["type"] == "page")["targetId"]
        self.session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.ask(domain + ".enable")

    def read(self):
        while b"\0" not in self.rest:
            more = os.read(self.inp, 1 << 20)
            if not more:
                raise Wrong("Chromium ended")
            self.rest += more
        message, self.rest = self.rest.split(b"\0", 1)
        message = json.loads(message)
        if message.get("method") == "Runtime.exceptionThrown":
            self.errors.append(message["params"]["exceptionDetails"])
        elif message.get("method") == "Log.entryAdded" and message["params"]["entry"]["level"] == "error":
            self.errors.append(message["params"]["entry"])
        return message

    def ask(self, method, **params):
        self.number += 1
        request = {"id": self.number, "method": method, "params": params}
        if hasattr(self, "session"):
            request["sessionId"] = self.session
        os.write(self.out, json.dumps(request).encode() + b"\0")
        while True:
            answer = self.read()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise Wrong(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer.get("method"))

    def load(self, path):
        """Seconds until the page has drawn itself."""
        self.events.clear()
        began = time.monotonic()
        self.ask("Page.navigate", url="file://" + path)
        while "Page.loadEventFired" not in self.events:
            self.events.append(self.read().get("method"))
        if self.value("window.nnc_ready") is not True:
            raise Wrong(f"not drawn: {self.errors}")
        return time.monotonic() - began

    def value(self, script):
        result = self.ask("Runtime.evaluate", expression=script, returnByValue=True)
        if "exceptionDetails" in result:
            raise Wrong(f"{script}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def click(self, selector):
        x, y = self.value(f"(() => {{ const r = {selector}.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; }})()")
        for kind in ("mousePressed", "mouseReleased"):
            self.ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def shoot(self, path):
        folder = os.environ.get("SCREENSHOTS")
        if folder:
            with open(os.path.join(folder, path), "wb") as f:
                f.write(base64.b64decode(self.ask("Page.captureScreenshot", format="png")["data"]))

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.out)
        os.close(self.inp)


def data_of(place, name):
    with open(place.path(name), encoding="utf-8") as f:
        text = f.read()
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.S)[1]), text


def hostile_model(path):
    """Names that would end the script, the string or the comment that they stand in."""
    names = ["</script><script>alert(1)</script>", "\"'`${alert(2)}", "<!--<img src=x onerror=alert(3)>", "\u2028 \\ ]]>"]
    nodes = [helper.make_node("Relu", ["x"], [names[0]], names[1]), helper.make_node("Exp", [names[0]], [names[2]], names[3])]
    graph = helper.make_graph(nodes, "g", [helper.make_tensor_value_info("x", F32, [2, 3])],
                              [helper.make_tensor_value_info(names[2], F32, [2, 3])])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return names


def large_model(path, n):
    """n nodes in blocks with branches, as real graphs have them."""
    nodes, at = [], "x"
    for k in range(n // 4):
        nodes += [helper.make_node("Relu", [at], [f"a{k}"]), helper.make_node("Mul", [f"a{k}", "w"], [f"b{k}"]),
                  helper.make_node("Sigmoid", [at], [f"c{k}"]), helper.make_node("Add", [f"b{k}", f"c{k}"], [f"d{k}"], f"block{k}/add")]
        at = f"d{k}"
    graph = helper.make_graph(nodes, "g", [helper.make_tensor_value_info("x", F32, [1, 16])],
                              [helper.make_tensor_value_info(at, F32, [1, 16])],
                              [numpy_helper.from_array(np.linspace(0, 1, 16, dtype=np.float32), "w")])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)


def chain_model(path):
    nodes, at = [], "x"
    for k in range(5):
        nodes += [helper.make_node("Identity", ["w"], [f"w{k}"]), helper.make_node("Add", [at, f"w{k}"], [f"y{k}"])]
        at = f"y{k}"
    graph = helper.make_graph(nodes, "g", [helper.make_tensor_value_info("x", F32, [4])], [helper.make_tensor_value_info(at, F32, [4])],
                              [numpy_helper.from_array(np.ones(4, np.float32), "w")])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)


@test
def the_page_holds_what_is_known(place):
    place.nnc(0, "inspect", MODEL, GENERIC, "--report", "a.html")
    place.nnc(0, MODEL, GENERIC, "-o", "m.c", "--report=b.html")
    place.nnc(0, MODEL, GENERIC, "--report=c.json")
    page, text = data_of(place, "a.html")
    with open(place.path("c.json"), encoding="utf-8") as f:
        if json.load(f) != page or data_of(place, "b.html")[0] != page:
            raise Wrong("inspect, compile and .json tell of different things")
    told = json.loads(place.nnc(0, "inspect", MODEL, GENERIC, "--json")[0])
    if {k: page[k] for k in told} != told:
        raise Wrong("another report than inspect --json")
    if re.search(r"(src|href)=|https?://(?!www\.w3\.org/)|@import|url\(", text.replace(json.dumps(page), "")):
        raise Wrong("something from elsewhere")
    html.parser.HTMLParser().feed(text)
    model, graph = onnx.load(MODEL), page["graph"]
    if [(n["name"], n["op"]) for n in graph["nodes"]] != [(n.name, n.op_type) for n in model.graph.node]:
        raise Wrong("other nodes than the model's")
    for w in model.graph.initializer:
        x, tensors = numpy_helper.to_array(w), [t for t in graph["tensors"] if t["name"] == w.name]
        if w.data_type == F32 and (len(tensors) != 1 or tensors[0]["bytes"] != x.nbytes or tensors[0]["shape"] != list(x.shape) or
                                   not np.allclose([tensors[0][k] for k in ("min", "max", "mean", "sd", "zeros")],
                                                   [x.min(), x.max(), x.mean(), x.std(), np.mean(x == 0)], rtol=1e-5, atol=1e-7)):
            raise Wrong(f"{w.name}: {tensors}")
    fates = {n["name"]: n["fate"] for n in graph["nodes"]}
    if fates["conv1"] != "computed" or fates["relu1"] != "fused" or not any("declined" in s for n in graph["nodes"] for s in n["said"]):
        raise Wrong(f"{fates}")
    place.nnc(2, MODEL, "--report=x.txt")
    place.nnc(4, MODEL, "--report=absent/x.html")


@test
def names_stay_names(place):
    names = hostile_model(place.path("m.onnx"))
    place.nnc(0, "inspect", "m.onnx", GENERIC, "--report=m.html")
    page, text = data_of(place, "m.html")
    if text.count("<script") != 2 or [n["name"] for n in page["graph"]["nodes"]] != [names[1], names[3]]:
        raise Wrong("a name ended something")


@test
def chromium_shows_the_page(place):
    place.nnc(0, "inspect", os.path.join(DIGITS, "digits.onnx"), GENERIC, "--report=d.html")
    hostile_model(place.path("m.onnx"))
    place.nnc(0, "inspect", "m.onnx", GENERIC, "--report=m.html")
    large_model(place.path("l.onnx"), 2000)
    place.nnc(0, "inspect", "l.onnx", GENERIC, "--report=l.html")
    chain_model(place.path("c.onnx"))
    place.nnc(0, "inspect", "c.onnx", GENERIC, "--report=c.html")
    browser = Browser(place)
    try:
        browser.load(place.path("d.html"))
        browser.click("drawn[V.findIndex(v => v.kind === 'node' && N[v.node].name === 'conv2')]")
        expect(browser.value("document.getElementById('side').innerText"), r"^Conv\nconv2", r"step 2: ", r"declined", r"pads = \[1,1,1,1\]", r"mean")
        browser.shoot("digits.png")
        browser.value("const f = document.getElementById('find'); f.value = 'pool'; f.dispatchEvent(new Event('input'))")
        if browser.value("document.getElementById('hits').innerText + document.querySelectorAll('.found').length") != "2 found2":
            raise Wrong("search")
        rows = browser.value("[...document.querySelectorAll('#weights tbody tr')].map(r => r.children[0].innerText)")
        browser.click("(document.querySelector('#weights').scrollIntoView(), document.querySelector('#weights th'))")
        if browser.value("[...document.querySelectorAll('#weights tbody tr')].map(r => r.children[0].innerText)") != sorted(rows):
            raise Wrong("weights by name")
        if browser.value("document.querySelectorAll('#memory .buffer').length") < 3:
            raise Wrong("memory")
        browser.shoot("digits-below.png")
        if not browser.ask("Page.printToPDF")["data"].startswith("JVBERi"):
            raise Wrong("print")
        browser.load(place.path("c.html"))
        if browser.value("new Set(V.filter(v => v.kind === 'node' && N[v.node].op === 'Add').map(v => Math.round(v.x))).size") != 1:
            raise Wrong("constants bend the chain that they feed")
        browser.load(place.path("m.html"))
        browser.click("drawn[1]")
        took = browser.load(place.path("l.html"))
        inside = browser.value("performance.timing.loadEventEnd - performance.timing.navigationStart") / 1000
        if took > 15 or browser.value("drawn.length") != 2002:
            raise Wrong(f"{took:.2f} s ({inside:.2f} s in the page)")
        browser.shoot("large.png")
        if browser.errors:
            raise Wrong(f"{browser.errors}")
        print(f"# 2,000 nodes: {inside:.2f} s")
    finally:
        browser.close()


if __name__ == "__main__":
    main()
