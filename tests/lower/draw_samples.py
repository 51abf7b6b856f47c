"""Random models of one operator that samples images between their elements, for layers.py: (model, values of its inputs)."""
import numpy as np

from drawn import Graph

MODES = ["half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners", "asymmetric"]


def resize_attributes(r, modes):
    attributes = {"mode": r.choice(["nearest", "linear", "cubic"]), "coordinate_transformation_mode": r.choice(modes)}
    if attributes["mode"] == "nearest":
        attributes["nearest_mode"] = r.choice(["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"])
    if attributes["mode"] == "cubic":
        attributes["cubic_coeff_a"] = r.choice([-0.75, -0.5])
        attributes["exclude_outside"] = r.choice([0, 1])
    return attributes


def resize(r, numbers):
    """Between corners only whole sizes are drawn: onnxruntime reads the others as if rounded down before."""
    attributes = resize_attributes(r, MODES)
    corners = attributes["coordinate_transformation_mode"] == "align_corners"
    return resized(r, numbers, attributes, np.float32, [1, 2, 3] if corners else [0.5, 0.75, 1, 1.25, 2, 3])


def resized(r, numbers, attributes, dtype, factors):
    crop = attributes["coordinate_transformation_mode"] == "tf_crop_and_resize"
    rank = 4 if crop or attributes["mode"] != "nearest" else r.choice([1, 2, 3, 4, 5])
    last = min(rank, 2)
    sizes = [r.choice([1, 2]) for _ in range(rank - last)] + [r.choice([1, 2, 4, 5, 8]) for _ in range(last)]
    axes = list(range(rank))
    if r.random() < 0.5:
        axes = axes[rank - last:]
        r.shuffle(axes)
        attributes["axes"] = axes
    factors = [r.choice(factors) if a >= rank - last else 1 for a in axes]
    g = Graph(numbers, dtype)
    g.add("X", sizes, False)
    if crop:
        starts = [r.choice([0, 0.125, 0.25, -0.25]) if a >= rank - last else 0 for a in axes]
        ends = [r.choice([1, 0.875, 0.625, 1.25]) if a >= rank - last else 1 for a in axes]
        g.add_value("roi", np.array(starts + ends, np.float32), True)
        attributes["extrapolation_value"] = r.choice([0.0, 7.5])
    else:
        g.names.append("")
    if r.random() < 0.5:
        g.add_value("scales", np.array(factors, np.float32), True)
    else:
        g.names.append("")
        whole = [max(1, int(sizes[a] * f)) for a, f in zip(axes, factors)]
        g.add_value("sizes", np.array(whole, np.int64), True)
        if r.random() < 0.4:
            attributes["keep_aspect_ratio_policy"] = r.choice(["stretch", "not_larger", "not_smaller"])
    return g.model("Resize", ["Y"], (rank,), attributes, 19), g.values


def resize_of_any_kind(r, numbers):
    attributes = resize_attributes(r, MODES + ["tf_crop_and_resize"])
    if attributes["mode"] != "nearest" and r.random() < 0.5:
        attributes["antialias"] = 1
    dtype = r.choice([np.float32, np.float64, np.float16])
    return resized(r, numbers, attributes, dtype, [0.5, 0.75, 1, 1.25, 2, 3])


# Each with the oracle that it is for.
DRAWS = [(resize, "onnxruntime"), (resize_of_any_kind, "float64")]
