#!/usr/bin/env python3
"""Trains a keyword spotter on words that it speaks itself, and writes it as ONNX, with a clip to listen to.

    train.py            writes keywords.onnx, labels.txt and clip.wav beside this file

    samples 1x1xT, 8 kHz -> Conv 128, stride 64: cosines and sines of 16 bands -> squares -> sums of pairs: energies
    -> Log -> Conv 24, dilation 2: what a hidden layer sees of 376 ms -> Relu -> Conv 1 -> Softmax: 4 classes x T/64

It is a model over a whole sequence: nnc's --stream=T makes of it one that takes 64 samples at a time. The words are
pulses or noise through two resonators that glide between the formants of their sounds, of any pitch, speed and loudness,
in noise. The hidden layer is scikit-learn's; the seed is fixed: a second run on the same machine writes the same files.
Needs numpy, scikit-learn and onnx.
"""
import os
import wave

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from sklearn.neural_network import MLPClassifier

HERE = os.path.dirname(os.path.abspath(__file__))
RATE, WINDOW, HOP = 8000, 128, 64
BANDS, TAPS, DILATION, HIDDEN = 16, 24, 2, 16
REACH = (TAPS - 1) * DILATION + 1  # frames that the hidden layer sees
LABELS = ("other", "yes", "no", "away")
SPOKEN = ("no", "yes", "away", "yes", "no")  # in the clip

# Formants in Hz and how much is voice; s: noise.
SOUNDS = {"i": (300, 2300, 1), "e": (520, 1900, 1), "s": (2600, 3400, 0), "n": (250, 1100, .5), "o": (480, 850, 1),
          "a": (750, 1200, 1), "u": (320, 750, 1)}
WORDS = {"yes": "iees", "no": "nnou", "away": "auei"}
OTHERS = ("ee", "oo", "aa", "ss", "sa", "in", "uu", "nen")


# ---------------------------------------------------------------------------------------------------------------- sounds

def resonate(x, formant, width):
    """A resonator of two poles whose frequency changes from sample to sample."""
    radius = np.exp(-np.pi * width / RATE)
    a, b, gain = 2 * radius * np.cos(2 * np.pi * formant / RATE), -radius * radius, 1 - radius
    y = np.zeros(len(x) + 2)
    for k, v in enumerate(x):
        y[k + 2] = gain * v + a[k] * y[k + 1] + b * y[k]
    return y[2:]


def speak(sounds, r):
    """Samples of some sounds, one gliding into the next."""
    n = int(RATE * r.uniform(.30, .42))
    at = np.linspace(0, len(sounds) - 1, n)
    first, second, voice = (np.interp(at, np.arange(len(sounds)), column) for column in zip(*(SOUNDS[s] for s in sounds)))
    stretch = r.uniform(.92, 1.08)
    pitch = r.uniform(95, 210) * np.linspace(1, r.uniform(.8, 1.1), n)
    phase = np.cumsum(pitch / RATE)
    pulses = np.diff(np.floor(phase), prepend=0) * 12
    source = voice * pulses + (1 - voice) * r.standard_normal(n) * 1.5
    y = resonate(source, first * stretch, 90) + .7 * resonate(source, second * stretch, 140)
    y *= np.minimum(1, np.minimum(np.arange(n), np.arange(n)[::-1]) / 160)
    return y / np.abs(y).max() * r.uniform(.25, .8)


def record(names, r):
    """A recording of words and other sounds; the frame at which each ends."""
    parts, ends, n = [], [], 0
    for name in names:
        pause, word = np.zeros(int(RATE * r.uniform(.2, .35))), speak(WORDS.get(name, name), r)
        parts += [pause, word]
        n += len(pause) + len(word)
        ends.append((n // HOP, name))
    y = np.concatenate([*parts, np.zeros(int(RATE * .3))])
    return (y + r.standard_normal(len(y)) * r.uniform(.002, .012)).astype(np.float32), ends


# ------------------------------------------------------------------------------------------------------------- the network

def filters():
    """Cosines and sines under a window, bands at equal distances on the mel scale."""
    mel = np.linspace(1127 * np.log(1 + 150 / 700), 1127 * np.log(1 + 3600 / 700), BANDS)
    frequency = 700 * (np.exp(mel / 1127) - 1)
    t = np.arange(WINDOW) - WINDOW / 2
    angle = 2 * np.pi * frequency[:, None] * t / RATE
    return (np.concatenate([np.cos(angle), np.sin(angle)]) * np.hanning(WINDOW) / 16).astype(np.float32)


def energies(x):
    frames = np.lib.stride_tricks.sliding_window_view(x, WINDOW)[::HOP]
    y = frames @ filters().T
    return np.log(y[:, :BANDS] ** 2 + y[:, BANDS:] ** 2 + 1e-4)


def windows(e):
    """What the hidden layer sees at each frame from REACH - 1 on."""
    return np.lib.stride_tricks.sliding_window_view(e, REACH, 0)[..., ::DILATION].reshape(len(e) - REACH + 1, -1)


def samples(n, r):
    """Windows and classes: a word's where it has just ended, no word's elsewhere, near a word's end none."""
    x, y = [], []
    for _ in range(n):
        sound, ends = record(r.choice([*WORDS, *WORDS, *OTHERS], 5), r)
        w = windows(energies(sound))
        label = np.zeros(len(w), int)
        for end, name in ends:
            at = end - REACH + 1
            if name in WORDS:
                label[max(at - 8, 0):at + 9] = -1
                label[max(at - 1, 0):at + 5] = LABELS.index(name)
        keep = (label > 0) | ((label == 0) & (r.random(len(w)) < .15))
        x.append(w[keep])
        y.append(label[keep])
    return np.concatenate(x), np.concatenate(y)


def write(net, mean, deviation):
    w = (net.coefs_[0] / deviation[:, None]).T
    bias = net.intercepts_[0] - w @ mean
    weights = {"filters": filters()[:, None], "pairs": np.tile(np.eye(BANDS), 2)[..., None], "floor": np.float32(1e-4),
               "hidden": w.reshape(HIDDEN, BANDS, TAPS), "hidden_bias": bias,
               "classes": net.coefs_[1].T[..., None], "classes_bias": net.intercepts_[1]}
    nodes = [("Conv", "samples filters", "waves", {"strides": [HOP]}), ("Mul", "waves waves", "squares", {}),
             ("Conv", "squares pairs", "sums", {}), ("Add", "sums floor", "energies", {}), ("Log", "energies", "loudness", {}),
             ("Conv", "loudness hidden hidden_bias", "seen", {"dilations": [DILATION]}), ("Relu", "seen", "active", {}),
             ("Conv", "active classes classes_bias", "scores", {}), ("Softmax", "scores", "words", {"axis": 1})]
    graph = helper.make_graph(
        [helper.make_node(op, i.split(), [o], o, **a) for op, i, o, a in nodes], "keywords",
        [helper.make_tensor_value_info("samples", TensorProto.FLOAT, [1, 1, "T"])],
        [helper.make_tensor_value_info("words", TensorProto.FLOAT, [1, len(LABELS), "frames"])],
        [numpy_helper.from_array(np.asarray(v, np.float32), n) for n, v in weights.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    onnx.checker.check_model(model)
    onnx.save(model, os.path.join(HERE, "keywords.onnx"))


def main():
    x, y = samples(240, np.random.default_rng(1))
    mean, deviation = x.mean(0), x.std(0)
    net = MLPClassifier((HIDDEN,), alpha=1e-3, random_state=1, max_iter=60).fit((x - mean) / deviation, y)
    x, y = samples(40, np.random.default_rng(2))
    print(f"windows of other recordings: {net.score((x - mean) / deviation, y):.1%} right")
    write(net, mean, deviation)
    with open(os.path.join(HERE, "labels.txt"), "w", encoding="utf-8") as f:
        f.write("\n".join(LABELS) + "\n")
    sound, _ = record(SPOKEN, np.random.default_rng(3))
    with wave.open(os.path.join(HERE, "clip.wav"), "wb") as f:
        f.setparams((1, 1, RATE, len(sound), "NONE", ""))
        f.writeframes(np.clip(np.round(sound * 127) + 128, 0, 255).astype(np.uint8).tobytes())


if __name__ == "__main__":
    main()
