"""Random models of attention and what stands for it, for layers.py: (model, values of its inputs)."""
import numpy as np

from drawn import Graph


def mask_of(r, numbers, sizes):
    """Of any rank that broadcasts, of bools or of numbers; it may end before the last key."""
    rank = r.choice([1, 2, 3, 4])
    shape = [n if r.random() < 0.7 else 1 for n in sizes][4 - rank :]
    shape[-1] = sizes[-1] if r.random() < 0.8 else max(1, sizes[-1] - 2)
    if r.random() < 0.5:
        return numbers.random(shape) < 0.7
    return numbers.standard_normal(shape).astype(np.float32)


def attention(r, numbers):
    """Stage 0 of the scores comes without a soft cap, for the evaluator caps it there already."""
    batch, keys, queries, each = r.choice([1, 2, 3]), r.choice([1, 3, 8, 17]), r.choice([1, 3, 8]), r.choice([1, 1, 2])
    heads, size, v_size = r.choice([1, 2]), r.choice([1, 4, 8, 16]), r.choice([4, 8])
    cache = r.choice(["none", "none", "inside", "outside"])
    past, flat = r.choice([1, 5]) if cache == "inside" else 0, r.random() < 0.4

    def shape(heads, length, size):
        return (batch, length, heads * size) if flat else (batch, heads, length, size)

    attributes = {"is_causal": r.choice([0, 1]), "left_window_size": r.choice([-1, -1, 0, 2, 6]),
                  "right_window_size": r.choice([-1, -1, 0, 1])}
    if flat:
        attributes |= {"q_num_heads": heads * each, "kv_num_heads": heads}
    if r.random() < 0.3:
        attributes["scale"] = 0.4
    if r.random() < 0.3:
        attributes["softcap"] = 1.5
    g = Graph(numbers)
    g.add("Q", shape(heads * each, queries, size), False)
    g.add("K", shape(heads, keys, size), False)
    g.add("V", shape(heads, keys, v_size), False)
    if r.random() < 0.5:
        g.add_value("M", mask_of(r, numbers, [batch, heads * each, queries, past + keys]), False)
    else:
        g.names.append("")
    g.add("PK", (batch, heads, past, size), False, cache == "inside")
    g.add("PV", (batch, heads, past, v_size), False, cache == "inside")
    if cache == "outside":
        g.add_value("count", numbers.integers(0, keys + 1, batch), False)
    outputs = ["Y"]
    if r.random() < 0.4 and cache != "outside":
        outputs += ["K2", "V2", "S"][: r.choice([2, 3])]
        attributes["qk_matmul_output_mode"] = r.choice([1 if "softcap" in attributes else 0, 3])
    return g.model("Attention", outputs, (3 if flat else 4, 4, 4, 4), attributes, 25), g.values


def linear_attention(r, numbers):
    batch, length, heads, each = r.choice([1, 2]), r.choice([1, 4, 9]), r.choice([1, 2, 3]), r.choice([1, 1, 2])
    key, value, rule = r.choice([1, 4, 8]), r.choice([1, 5, 16]), r.choice(["linear", "gated", "delta", "gated_delta"])
    attributes = {"update_rule": rule, "q_num_heads": heads * each, "kv_num_heads": heads}
    if r.random() < 0.3:
        attributes["scale"] = 0.7
    g = Graph(numbers)
    g.add("Q", (batch, length, heads * each * key), False)
    g.add("K", (batch, length, heads * key), False)
    g.add("V", (batch, length, heads * value), False)
    g.add("S", (batch, heads, key, value), False, r.random() < 0.5)
    if "gated" in rule:
        shape = (batch, length, heads * r.choice([1, key]))
        g.add_value("G", -numbers.random(shape).astype(np.float32), False)
    else:
        g.names.append("")
    if "delta" in rule:
        g.add_value("B", numbers.random((batch, length, r.choice([1, heads]))).astype(np.float32), False)
    return g.model("LinearAttention", ["Y", "S2"][: r.choice([1, 2])], (3, 4), attributes, 27), g.values


def causal_convolution(r, numbers):
    batch, channels = r.choice([1, 2]), r.choice([1, 3, 16])
    length, kernel = r.choice([1, 2, 7, 20]), r.choice([1, 2, 4])
    constant = r.random() < 0.7
    g = Graph(numbers)
    g.add("X", (batch, channels, length), False)
    g.add("W", (channels, 1, kernel), constant)
    g.add("B", (channels,), constant, r.random() < 0.5)
    g.add("S", (batch, channels, kernel - 1), False, kernel > 1 and r.random() < 0.5)
    attributes = {"activation": r.choice(["none", "silu", "swish"])}
    outputs = ["Y", "S2"][: r.choice([1, 1 + (kernel > 1)])]
    return g.model("CausalConvWithState", outputs, (3, 3), attributes, 27), g.values


# Each with the oracle that it is for.
DRAWS = [(attention, "reference"), (linear_attention, "reference"), (causal_convolution, "reference")]
