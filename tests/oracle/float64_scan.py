"""Scan from its definition (opset 9): any axes and directions, which the onnx package's reference has not, and no turns."""
import numpy as np
from onnx.reference.ops import op_scan


def setting(given, i):
    return given[i] if given is not None and i < len(given) else 0


class Scan(op_scan.Scan):
    op_domain = ""

    def __init__(self, node, run_params):
        super(op_scan.Scan, self).__init__(node, run_params)  # the package's own refuses what it cannot do

    def _run(self, *args, context=None, body=None, num_scan_inputs=None, scan_input_axes=None, scan_input_directions=None,
             scan_output_axes=None, scan_output_directions=None, attributes=None, bindings=None, **_):
        n_states = len(args) - num_scan_inputs
        states, scanned = list(args[:n_states]), []
        for i, x in enumerate(args[n_states:]):
            x = np.moveaxis(x, setting(scan_input_axes, i), 0)
            scanned.append(x[::-1] if setting(scan_input_directions, i) else x)
        names, turns = self.body.input_names, []
        for parts in zip(*scanned):
            seen = {**(context or {}), **dict(zip(names, [*states, *parts]))}
            results = self.body.run(None, seen)
            states = results[:n_states]
            turns.append(results[n_states:])
        outputs = []
        for j, parts in enumerate(zip(*turns)):
            y = np.stack(parts[::-1] if setting(scan_output_directions, j) else parts)
            outputs.append(np.moveaxis(y, 0, setting(scan_output_axes, j)))
        return (*states, *outputs)
