"""Gradients for train.py: arrays that remember what they were made of.

A Var holds a value and, for each operand, the function that carries a gradient back to it. `backward(loss)` walks from
the loss to the parameters; `Adam` moves those. numpy alone; everything stays in the type of the parameters.
"""
import numpy as np


class Var:
    def __init__(self, value, operands=()):
        self.value, self.operands, self.grad = value, operands, None

    def __add__(self, other):
        return pair(self, other, np.add, lambda g, a, b: g, lambda g, a, b: g)

    def __sub__(self, other):
        return pair(self, other, np.subtract, lambda g, a, b: g, lambda g, a, b: -g)

    def __mul__(self, other):
        return pair(self, other, np.multiply, lambda g, a, b: g * b, lambda g, a, b: g * a)

    def __matmul__(self, other):
        return pair(self, other, np.matmul, lambda g, a, b: g @ np.swapaxes(b, -1, -2),
                    lambda g, a, b: np.swapaxes(a, -1, -2) @ g)

    def __getitem__(self, at):
        def back(g):
            whole = np.zeros_like(self.value)
            np.add.at(whole, at, g)
            return whole
        return Var(self.value[at], [(self, back)])

    def reshape(self, *shape):
        return Var(self.value.reshape(shape), [(self, lambda g: g.reshape(self.value.shape))])

    def transpose(self, *order):
        return Var(self.value.transpose(order), [(self, lambda g: g.transpose(np.argsort(order)))])

    def mean(self, axis):
        n = self.value.shape[axis]
        return Var(self.value.mean(axis, keepdims=True),
                   [(self, lambda g: np.broadcast_to(g / n, self.value.shape))])

    def max(self, axis):
        y = self.value.max(axis, keepdims=True)
        return Var(y, [(self, lambda g: g * (self.value == y))])

    def power(self, p):
        return Var(self.value ** p, [(self, lambda g: g * p * self.value ** (p - 1))])

    def relu(self):
        return Var(np.maximum(self.value, 0), [(self, lambda g: g * (self.value > 0))])

    def tanh(self):
        y = np.tanh(self.value)
        return Var(y, [(self, lambda g: g * (1 - y * y))])

    def sigmoid(self):
        y = 1 / (1 + np.exp(-self.value))
        return Var(y, [(self, lambda g: g * y * (1 - y))])

    def softmax(self):
        y = softmax(self.value)
        return Var(y, [(self, lambda g: y * (g - (g * y).sum(-1, keepdims=True)))])


def softmax(v):
    e = np.exp(v - v.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def pair(a, b, f, back_a, back_b):
    b = b if isinstance(b, Var) else Var(np.asarray(b, a.value.dtype))
    return Var(f(a.value, b.value), [(a, lambda g: as_shape(back_a(g, a.value, b.value), a.value.shape)),
                                     (b, lambda g: as_shape(back_b(g, a.value, b.value), b.value.shape))])


def as_shape(g, shape):
    """Adds up what was broadcast."""
    g = g.sum(tuple(range(g.ndim - len(shape))))
    return g.sum(tuple(i for i, n in enumerate(shape) if n == 1 and g.shape[i] != 1), keepdims=True)


def concat(parts, axis):
    ends = np.cumsum([p.value.shape[axis] for p in parts])

    def back(i):
        return lambda g: np.take(g, range(ends[i] - parts[i].value.shape[axis], ends[i]), axis)
    return Var(np.concatenate([p.value for p in parts], axis), [(p, back(i)) for i, p in enumerate(parts)])


def cross_entropy(scores, classes):
    """Mean over a batch; scores (batch, classes)."""
    p, n = softmax(scores.value), len(classes)
    value = -np.log(p[np.arange(n), classes] + 1e-12).mean()
    return Var(value, [(scores, lambda g: g * (p - np.eye(p.shape[1], dtype=p.dtype)[classes]) / n)])


def backward(loss):
    order, seen = [], set()

    def visit(v):
        if id(v) not in seen:
            seen.add(id(v))
            for operand, _ in v.operands:
                visit(operand)
            order.append(v)

    visit(loss)
    for v in order:
        v.grad = np.zeros_like(v.value)
    loss.grad = np.ones_like(loss.value)
    for v in reversed(order):
        for operand, back in v.operands:
            operand.grad = operand.grad + back(v.grad)


class Adam:
    def __init__(self, parameters, rate):
        self.parameters, self.rate, self.step = parameters, rate, 0
        self.first, self.second = ({k: np.zeros_like(v) for k, v in parameters.items()} for _ in range(2))

    def update(self, gradients, rate=1.0):
        self.step += 1
        for k, g in gradients.items():
            self.first[k] = 0.9 * self.first[k] + 0.1 * g
            self.second[k] = 0.999 * self.second[k] + 0.001 * g * g
            mean, square = self.first[k] / (1 - 0.9 ** self.step), self.second[k] / (1 - 0.999 ** self.step)
            self.parameters[k] -= (rate * self.rate * mean / (np.sqrt(square) + 1e-8)).astype(np.float32)
