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


def grid_sample(r, numbers):
    """Grids that reach beyond the image on all sides."""
    axes, dtype = r.choice([2, 2, 3]), r.choice([np.float32, np.float32, np.float64])
    n, opset = r.choice([1, 2]), r.choice([16, 20]) if axes == 2 else 20
    modes = ["nearest", "linear", "cubic"] if axes == 2 else ["nearest", "linear"]
    mode = r.choice(modes)
    if opset == 16:
        mode = {"linear": "bilinear", "cubic": "bicubic"}.get(mode, mode)
    attributes = {"mode": mode, "padding_mode": r.choice(["zeros", "border", "reflection"]),
                  "align_corners": r.choice([0, 1])}
    sizes, out = [r.choice([2, 3, 5, 8]) for _ in range(axes)], [r.choice([1, 2, 7]) for _ in range(axes)]
    g = Graph(numbers, dtype)
    g.add("X", [n, r.choice([1, 3])] + sizes, False)
    reach = r.choice([1.0, 1.4, 4.0])
    g.add_value("grid", numbers.uniform(-reach, reach, [n] + out + [axes]).astype(dtype), False)
    return g.model("GridSample", ["Y"], (axes + 2,), attributes, opset), g.values


def deform_conv(r, numbers):
    n, group, offset_group = r.choice([1, 2]), r.choice([1, 2]), r.choice([1, 2])
    channels, outputs = r.choice([2, 4]), group * r.choice([1, 3])
    kernel, stride, dilation, pads = ([r.choice(c) for _ in range(2)] for c in ([1, 2, 3], [1, 2], [1, 1, 2], [0, 1]))
    sizes = [d * (k - 1) + 1 + r.choice([1, 4]) for k, d in zip(kernel, dilation)]
    out = [(i + 2 * p - d * (k - 1) - 1) // s + 1 for i, p, d, k, s in zip(sizes, pads, dilation, kernel, stride)]
    places = offset_group * kernel[0] * kernel[1]
    g = Graph(numbers)
    g.add("X", [n, channels] + sizes, False)
    g.add("W", [outputs, channels // group] + kernel, r.random() < 0.5)
    g.add("offset", [n, 2 * places] + out, False)
    g.add("B", [outputs], True, r.random() < 0.5)
    g.add("mask", [n, places] + out, False, r.random() < 0.5)
    attributes = {"strides": stride, "dilations": dilation, "pads": pads + pads, "group": group,
                  "offset_group": offset_group, "kernel_shape": kernel}
    return g.model("DeformConv", ["Y"], (4,), attributes, 19), g.values


def regions(r, numbers, count, sizes, scale, dtype):
    """x1, y1, x2, y2 of regions, some of which reach beyond the image. Sixteenths put no border where rounding decides."""
    high, wide = (int(16 * s / scale) for s in sizes)
    corners = [np.sort(numbers.integers(-top // 4, top + top // 4, (count, 2)), 1) for top in (wide, high)]
    return np.stack([corners[0][:, 0], corners[1][:, 0], corners[0][:, 1], corners[1][:, 1]], 1).astype(dtype) / 16


def roi_align(r, numbers):
    images, count, scale = r.choice([1, 2]), r.choice([1, 3]), r.choice([1.0, 0.5, 0.25])
    sizes, dtype = [r.choice([3, 6, 9]) for _ in range(2)], r.choice([np.float32, np.float32, np.float64])
    attributes = {"mode": r.choice(["avg", "avg", "max"]), "output_height": r.choice([1, 2, 5]),
                  "output_width": r.choice([1, 3, 4]), "sampling_ratio": r.choice([0, 0, 1, 2, 3]),
                  "spatial_scale": scale}
    opset = r.choice([10, 16])
    if opset == 16:
        attributes["coordinate_transformation_mode"] = r.choice(["half_pixel", "output_half_pixel"])
    g = Graph(numbers, dtype)
    g.add("X", [images, r.choice([1, 3])] + sizes, False)
    g.add_value("rois", regions(r, numbers, count, sizes, scale, dtype), False)
    g.add_value("batch", numbers.integers(0, images, count), False)
    return g.model("RoiAlign", ["Y"], (4,), attributes, opset), g.values


def max_roi_pool(r, numbers):
    images, count, scale = r.choice([1, 2]), r.choice([1, 3]), r.choice([1.0, 0.5])
    sizes = [r.choice([3, 6, 9]) for _ in range(2)]
    g = Graph(numbers)
    g.add("X", [images, r.choice([1, 3])] + sizes, False)
    batch = numbers.integers(0, images, (count, 1)).astype(np.float32)
    g.add_value("rois", np.concatenate([batch, regions(r, numbers, count, sizes, scale, np.float32)], 1), False)
    attributes = {"pooled_shape": [r.choice([1, 2, 5]), r.choice([1, 3])], "spatial_scale": scale}
    return g.model("MaxRoiPool", ["Y"], (4,), attributes), g.values


# Each with the oracle that it is for.
DRAWS = [(resize, "onnxruntime"), (resize_of_any_kind, "float64"), (grid_sample, "onnxruntime"),
         (deform_conv, "float64"), (roi_align, "onnxruntime"), (max_roi_pool, "onnxruntime")]
