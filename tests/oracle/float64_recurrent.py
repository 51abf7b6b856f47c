"""RNN, GRU and LSTM from their definitions (opset 14), one step after the other, in the type of their inputs: the onnx package's
reference knows neither all directions nor all activations.
"""
import numpy as np
from onnx.reference.op_run import OpRun


def sigmoid(v):
    return 1 / (1 + np.exp(-v))


# Of x, alpha, beta; and the defaults of the operator of that name: a function without an alpha takes none from the list.
ACTIVATIONS = {
    "Sigmoid": (lambda x, a, b: sigmoid(x), None, None),
    "Tanh": (lambda x, a, b: np.tanh(x), None, None),
    "Relu": (lambda x, a, b: np.maximum(x, 0), None, None),
    "Affine": (lambda x, a, b: a * x + b, 1, 0),
    "LeakyRelu": (lambda x, a, b: np.where(x < 0, a * x, x), np.float32(0.01), None),
    "ThresholdedRelu": (lambda x, a, b: np.where(x >= a, x, 0), 1, None),
    "ScaledTanh": (lambda x, a, b: a * np.tanh(b * x), np.nan, np.nan),
    "HardSigmoid": (lambda x, a, b: np.clip(a * x + b, 0, 1), np.float32(0.2), np.float32(0.5)),
    "Elu": (lambda x, a, b: np.where(x < 0, a * np.expm1(x), x), 1, None),
    "Softsign": (lambda x, a, b: x / (1 + np.abs(x)), None, None),
    "Softplus": (lambda x, a, b: np.logaddexp(0, x), None, None),
}


def functions_of(names, alphas, betas):
    """The activations in order, each with the next of the given parameters, which are float32 whatever the layer's type."""
    alphas, betas = iter(alphas or ()), iter(betas or ())
    made = []
    for name in names:
        f, alpha, beta = ACTIVATIONS[name]
        alpha = None if alpha is None else float(np.float32(next(alphas, alpha)))
        beta = None if beta is None else float(np.float32(next(betas, beta)))
        made.append(lambda x, f=f, a=alpha, b=beta: f(x, a, b))
    return made


def limit_of(clip):
    return float(np.float32(clip)) if clip else np.inf


def cut_ends(y, lengths):
    """Zero behind each sequence's end: y is (sequence, batch, hidden)."""
    if lengths is not None:
        for i, n in enumerate(lengths):
            y[int(n):, i] = 0
    return y


def reverse_within(x, lengths):
    """Reverses the first lengths[i] steps of each batch entry."""
    if lengths is None:
        return x[::-1]
    out = x.copy()
    for i, n in enumerate(lengths):
        out[:int(n), i] = x[:int(n), i][::-1]
    return out


def run_directions(x, w, direction, lengths, step, states, activations):
    """y (sequence, directions, batch, hidden) and the last states. step(d, x_t, states, functions) is one cell."""
    n = w.shape[0]
    n_functions = len(activations) // n
    ys, lasts = [], []
    for d in range(n):
        backward = direction == "reverse" or d == 1
        functions = activations[d * n_functions:(d + 1) * n_functions]
        xs = reverse_within(x, lengths) if backward else x
        state = [s[d].copy() for s in states]
        y = []
        for t in range(x.shape[0]):
            new = step(d, xs[t], state, functions)
            live = np.ones(x.shape[1], bool) if lengths is None else t < np.asarray(lengths)
            state = [np.where(live[:, None], a, b) for a, b in zip(new, state)]
            y.append(state[0])
        y = cut_ends(np.stack(y), lengths)
        ys.append(reverse_within(y, lengths) if backward else y)
        lasts.append(state)
    return np.stack(ys, 1), [np.stack(s) for s in zip(*lasts)]


def initial(x, w, hidden, state):
    return np.zeros((w.shape[0], x.shape[1], hidden), x.dtype) if state is None else state


def batch_first(layout, x, states):
    """layout 1 has the batch first: brings x and states to layout 0."""
    if not layout:
        return x, states
    return np.swapaxes(x, 0, 1), [None if s is None else np.swapaxes(s, 0, 1) for s in states]


def finish(layout, y, states):
    return (y.transpose(2, 0, 1, 3), *(np.swapaxes(s, 0, 1) for s in states)) if layout else (y, *states)


class RNN(OpRun):
    op_domain = ""

    def _run(self, x, w, r, b=None, lengths=None, h0=None, activation_alpha=None, activation_beta=None,
             activations=None, clip=None, direction=None, hidden_size=None, layout=None):
        hidden = r.shape[-1]
        x, (h0,) = batch_first(layout, x, (h0,))
        bias = np.zeros((w.shape[0], 2 * hidden), x.dtype) if b is None else b
        limit = limit_of(clip)

        def step(d, xt, state, functions):
            gate = xt @ w[d].T + state[0] @ r[d].T + bias[d][:hidden] + bias[d][hidden:]
            return (functions[0](np.clip(gate, -limit, limit)),)

        names = (activations or ["Tanh"] * w.shape[0])[:w.shape[0]]  # the standard's default lists two
        functions = functions_of(names, activation_alpha, activation_beta)
        y, states = run_directions(x, w, direction, lengths, step, [initial(x, w, hidden, h0)], functions)
        return finish(layout, y, states)[:max(1, len(self.onnx_node.output))]


class LSTM(OpRun):
    op_domain = ""

    def _run(self, x, w, r, b=None, lengths=None, h0=None, c0=None, p=None, activation_alpha=None, activation_beta=None,
             activations=None, clip=None, direction=None, hidden_size=None, input_forget=None, layout=None):
        hidden = r.shape[-1]
        x, (h0, c0) = batch_first(layout, x, (h0, c0))
        states = [initial(x, w, hidden, h0), initial(x, w, hidden, c0)]
        bias = np.zeros((w.shape[0], 8 * hidden), x.dtype) if b is None else b
        peep = np.zeros((w.shape[0], 3 * hidden), x.dtype) if p is None else p
        limit = limit_of(clip)

        def step(d, xt, state, functions):
            h, c = state
            f, g, k = functions
            gates = xt @ w[d].T + h @ r[d].T + bias[d][:4 * hidden] + bias[d][4 * hidden:]
            i, o, forget, cell = np.split(gates, 4, axis=-1)
            pi, po, pf = np.split(peep[d], 3)
            i = f(np.clip(i + pi * c, -limit, limit))
            forget = 1 - i if input_forget else f(np.clip(forget + pf * c, -limit, limit))
            c = forget * c + i * g(np.clip(cell, -limit, limit))
            return f(np.clip(o + po * c, -limit, limit)) * k(c), c

        functions = functions_of(activations or ["Sigmoid", "Tanh", "Tanh"] * w.shape[0], activation_alpha, activation_beta)
        y, states = run_directions(x, w, direction, lengths, step, states, functions)
        return finish(layout, y, states)[:max(1, len(self.onnx_node.output))]


class GRU(OpRun):
    op_domain = ""

    def _run(self, x, w, r, b=None, lengths=None, h0=None, activation_alpha=None, activation_beta=None,
             activations=None, clip=None, direction=None, hidden_size=None, layout=None, linear_before_reset=None):
        hidden = r.shape[-1]
        x, (h0,) = batch_first(layout, x, (h0,))
        bias = np.zeros((w.shape[0], 6 * hidden), x.dtype) if b is None else b
        limit = limit_of(clip)

        def step(d, xt, state, functions):
            h, = state
            f, g = functions
            wz, wr, wh = np.split(w[d], 3)
            rz, rr, rh = np.split(r[d], 3)
            bz, br, bh, cz, cr, ch = np.split(bias[d], 6)
            z = f(np.clip(xt @ wz.T + h @ rz.T + bz + cz, -limit, limit))
            reset = f(np.clip(xt @ wr.T + h @ rr.T + br + cr, -limit, limit))
            new = reset * (h @ rh.T + ch) if linear_before_reset else (reset * h) @ rh.T + ch
            new = g(np.clip(xt @ wh.T + new + bh, -limit, limit))
            return ((1 - z) * new + z * h,)

        functions = functions_of(activations or ["Sigmoid", "Tanh"] * w.shape[0], activation_alpha, activation_beta)
        y, states = run_directions(x, w, direction, lengths, step, [initial(x, w, hidden, h0)], functions)
        return finish(layout, y, states)[:max(1, len(self.onnx_node.output))]
