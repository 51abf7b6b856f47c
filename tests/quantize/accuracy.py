#!/usr/bin/env python3
"""How right models are after nnc quantize, and after onnxruntime's quantize_static at the best of its settings: one table.

    accuracy.py [--all] [NAME ...]

Models are our own trained ones, judged on held-out data of scikit-learn's sets by top-1, and float models of ../shared/models,
judged by the signal-to-noise ratio of their first output against float's, in decibels: those that take pictures are shown
parts of scikit-learn's two photographs, others variations of their own samples. Both quantisers see the same samples, and
onnxruntime computes what both made. Of nnc's settings that counts which is better on the samples that it was calibrated with, as
a user could choose; of onnxruntime's, six of methods and types with a scale for each channel, the best on the held-out ones. Not
ok is a top-1 more than 0.005 below float's, or more than one sample below onnxruntime's; a ratio more than 0.5 dB below it.
--all prints what every setting gets.
"""
import argparse
import contextlib
import io
import logging
import os
import subprocess
import sys
import tempfile
import warnings

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, p) for p in ("commands", "models", os.path.join("models", "own"), "python")]

import numpy as np
import onnx
import onnx.version_converter
import onnxruntime
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process
from sklearn import datasets

import cases
import train
from generated import NNC, ROOT
from report import Report

CALIBRATION, HELD = 64, 32
OURS = {"default": [], "bias-correction": ["--bias-correction"]}
METHODS = (CalibrationMethod.MinMax, CalibrationMethod.Percentile, CalibrationMethod.Entropy)
THEIRS = {f"{m.name.lower()} {t.name[1:].lower()}": (m, t) for m in METHODS for t in (QuantType.QUInt8, QuantType.QInt8)}
OWN = {"digits-cnn": "digits", "digits-attention": "rows", "digits-gru": "rows", "digits-bilstm": "rows", "cancer-mlp": "cancer"}
# Pictures or one float array in, and all that a quantiser must know of: operators over convolutions or matrices.
SHARED = ("mnist-8", "micro-kws-fp32", "mlperf-tiny-ad-fp32", "mlperf-tiny-ic-fp32", "mlperf-tiny-vww-fp32", "gtsrb-cnn", "superres-10",
          "ultraface-rfb-320", "yunet-n-320", "head-localizer", "deeplabv3-mnv2-257", "mediapipe-face-landmark", "mtcnn-onet", "fsanet-1x1",
          "go1-locomotion-policy", "asl-imu-mlp", "mnist-self-attention")


class Data:
    """A model with samples to calibrate with, others to judge it by, and, where that is known, what they are."""

    def __init__(self, name, path, x, held, truth=None):
        self.name, self.path, self.x, self.held, self.truth = name, path, x, held, truth


def own(name):
    if OWN[name] == "cancer":
        data = datasets.load_breast_cancer()
        x, held, _, truth = train.parts_of(data.data.astype(np.float32), data.target)
    else:
        data = datasets.load_digits()
        x, held, _, truth = train.parts_of((data.images / 16).astype(np.float32), data.target)
        if OWN[name] == "digits":
            x, held = x[:, None], held[:, None]
    path = os.path.join(ROOT, "examples", "digits", "digits.onnx") if name == "digits-cnn" else os.path.join(train.HERE, name, "model.onnx")
    return Data(name, path, x[:200, None], held[:, None], truth)


def photographs(shape, low, high, rng, n):
    """Parts of the photographs, as n arrays of [1, C, H, W] or [1, H, W, C] with values from low to high."""
    last = shape[-1] in (1, 3)
    h, w, c = (shape[1:3] + shape[3:]) if last else (*shape[2:], shape[1])
    found = []
    for k in range(n):
        photo = datasets.load_sample_images().images[k % 2]
        part = rng.integers(min(h, 100, photo.shape[0]), photo.shape[0] + 1)
        top, left = (rng.integers(0, size - part + 1) for size in photo.shape[:2])
        part = photo[top:top + part, left:left + part]
        part = part[np.linspace(0, len(part) - 1, h).astype(int)][:, np.linspace(0, part.shape[1] - 1, w).astype(int)] / 255
        part = part if c == 3 else part.mean(2, keepdims=True)
        part = part if last else part.transpose(2, 0, 1)
        found.append((low + part[None] * (high - low)).astype(np.float32))
    return found


def variations(samples, rng, n):
    """Samples moved along their last axis and made louder or softer."""
    found = []
    for k in range(n):
        x = samples[k % len(samples)]
        found.append((np.roll(x, int(rng.integers(-2, 3)), -1) * rng.uniform(0.7, 1.2)).astype(np.float32))
    return found


def shared(name):
    path = os.path.join(cases.SHARED, "models", name, "model.onnx")
    folder = os.path.join(cases.SHARED, "models", name, "sample")
    info = onnxruntime.InferenceSession(path, quiet()).get_inputs()[0]
    shape = [d if isinstance(d, int) else 1 for d in info.shape]
    arrays = [np.load(os.path.join(folder, f)) for f in sorted(os.listdir(folder)) if f.startswith("input_") and f.endswith(".npy")]
    rows = [a[k:k + 1] if shape[0] == 1 else a for a in arrays if a.ndim for k in range(len(a) if shape[0] == 1 else 1)]
    samples = [s for s in rows if list(s.shape) == shape]
    if not samples:
        raise LookupError("no sample of its shape")
    rng = np.random.default_rng(1)
    low, high = min(s.min() for s in samples), max(s.max() for s in samples)
    is_picture = len(shape) == 4 and min(shape[1], shape[3]) in (1, 3) and max(shape[1:]) >= 24 and not name.startswith("mnist")
    n = CALIBRATION + HELD if np.prod(shape) < 10000 else (CALIBRATION + HELD) // 8
    made = photographs(shape, low, high, rng, n) if is_picture else variations(samples, rng, n)
    held = n // 3
    return Data(name, path, np.stack(made[held:]), np.stack(samples + made[:held]))


def quiet():
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    options.add_session_config_entry("session.x64quantprecision", "1")
    return options


def answers(path, x):
    s = onnxruntime.InferenceSession(path, quiet())
    return np.stack([s.run(None, {s.get_inputs()[0].name: one})[0] for one in x]).astype(np.float64)


def ratio(wanted, seen):
    noise = ((wanted - seen) ** 2).sum()
    return 10 * np.log10((wanted ** 2).sum() / noise) if noise else 200.0


def right(seen, truth):
    return (seen.reshape(len(truth), -1).argmax(1) == truth).mean()


class Rows(CalibrationDataReader):
    def __init__(self, name, x):
        self.rows = iter([{name: one} for one in x])

    def get_next(self):
        return next(self.rows, None)


def theirs(data, out, method, kind):
    name = onnxruntime.InferenceSession(data.path, quiet()).get_inputs()[0].name
    prepared, path = out + ".float.onnx", data.path
    model = onnx.load(path)
    if model.opset_import[0].version < 13:  # where scales for channels begin
        path = out + ".raised.onnx"
        onnx.save(onnx.version_converter.convert_version(model, 13), path)
    with contextlib.redirect_stdout(io.StringIO()):
        quant_pre_process(path, prepared, skip_symbolic_shape=True)
        quantize_static(prepared, out, Rows(name, data.x), quant_format=QuantFormat.QDQ, per_channel=True, activation_type=kind,
                        weight_type=QuantType.QInt8, calibrate_method=method)


def ours(data, out, options):
    folder = out + ".samples"
    for k, x in enumerate(data.x):
        os.makedirs(f"{folder}/{k:04}", exist_ok=True)
        np.save(f"{folder}/{k:04}/input_0.npy", x)
    p = subprocess.run([NNC, "quantize", data.path, "-o", out, "--calibrate", folder, *options], capture_output=True, text=True)
    if p.returncode:
        raise RuntimeError(p.stderr.strip()[-200:])


def judge(data, make, settings, place):
    """For each setting what it gets on the calibration samples, and on the held-out ones."""
    seen = {}
    for k, (name, arguments) in enumerate(settings.items()):
        out = os.path.join(place, f"{make.__name__}{k}.onnx")
        try:
            make(data, out, *arguments)
            fit = ratio(answers(data.path, data.x), answers(out, data.x))
            held = answers(out, data.held)
        except Exception as e:  # onnxruntime's quantiser fails in many ways; one that does is no setting
            print(f"# {data.name}: {make.__name__} {name}: {str(e).strip()[-150:]!r}")
            continue
        seen[name] = (fit, ratio(answers(data.path, data.held), held), right(held, data.truth) if data.truth is not None else None)
    return seen


def row(data, report, every):
    with tempfile.TemporaryDirectory() as place:
        a = judge(data, ours, {k: [v] for k, v in OURS.items()}, place)
        b = judge(data, theirs, THEIRS, place)
    if not a:
        return report.failed(data.name, "nnc made no model")
    which = 1 if data.truth is None else 2
    own_best = max(a, key=lambda k: a[k][0])
    their_best = max(b, key=lambda k: b[k][which], default="none")
    good, their = a[own_best][which], b[their_best][which] if b else -np.inf
    whole = right(answers(data.path, data.held), data.truth) if which == 2 else None
    text = (f"{data.name:24} {'top1' if which == 2 else 'dB':5} {'' if whole is None else f'{whole:.4f}':7} {good:8.4f} {own_best:16} "
            f"{their:8.4f} {their_best:18}")
    if every:
        text += " | " + ", ".join(f"{k} {v[1]:.2f}" for settings in (a, b) for k, v in settings.items())
    print(text, flush=True)
    allowed = 1 / len(data.held) if which == 2 else 0.5
    if good < their - allowed or (whole is not None and good < whole - 0.005):
        return report.failed(data.name, f"{good:.4f}, float {whole}, onnxruntime's best {their:.4f}")
    return report.ok(data.name)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    onnxruntime.set_default_logger_severity(4)
    report = Report()
    print(f"{'model':24} {'':5} {'float':7} {'nnc':25} onnxruntime's best")
    for name in arguments.names or (*OWN, *SHARED):
        if name in SHARED and not os.path.exists(os.path.join(cases.SHARED, "models", name)):
            report.skip(name, cases.NOT_THERE)
            continue
        row(own(name) if name in OWN else shared(name), report, arguments.all)
    report.exit()


if __name__ == "__main__":
    main()
