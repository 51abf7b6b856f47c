"""Draws cases by seed, compiles, builds and runs each, and reduces what fails: the main of every random test.

    SCRIPT [--target T] [--count N] [--first SEED] [--jobs N] [--sanitize] [SEED ...]

A failure leaves build/tests-work/random-NAME/SEED/: model.onnx and input_K.npy as drawn, reduced.onnx and
reduced_input_K.npy, and both graphs as text. The same SEED draws the same case again.
"""
import itertools
import multiprocessing
import os
import shutil
import traceback
import warnings

import numpy as np
import onnx

import drawing  # first: it says where the others are
import generated
import judging
import on_target
import reducing
import together
from generated import Call, Failure

SANITIZE = "-g1 -O0 -fsanitize=address,undefined -fno-sanitize-recover=all"
PLAIN = "-O1"  # gcc's time is most of a case's; -O2 is every other test's


class Test:
    """How the cases of one script are drawn and judged.

    draw(seed) -> Case, of a number or of a file of `kept`, models that once failed; judge(model, inputs) -> an object with
    .outputs, a list of (dtype, shape), .difference(outputs), None or text, .remarks, what to tell of a call that is right,
    and .values(model, inputs), see reducing.py; it raises judging.Invalid where the oracle refuses the model. doubt: the
    remark of a judge that no other confirms, which it may be for half of the seeds.
    """

    def __init__(self, name, draw, judge=judging.FloatJudge, kept=(), doubt=None):
        self.name, self.draw, self.judge, self.kept, self.doubt = name, draw, judge, sorted(kept), doubt


def options_of(case):
    return [word for name, bound in case.bounds.items() for word in ("--dim", f"{name}=1..{bound}")]


def save(case, folder, name, word=""):
    onnx.save(case.model, os.path.join(folder, name + ".onnx"))
    with open(os.path.join(folder, name + ".txt"), "w", encoding="utf-8") as f:
        f.write(f"nnc options: {' '.join(options_of(case))}\n{onnx.printer.to_text(case.model)}\n")
    for k, array in enumerate(case.calls[0]):
        np.save(os.path.join(folder, f"{word}input_{k}.npy"), array)


def label(seed):
    """A seed, or the name of a model that was kept."""
    return os.path.basename(str(seed)).removesuffix(".onnx")


class Worker:
    """Takes a seed through everything, in a process of its own."""

    def __init__(self, test, target, flags):
        self.test, self.target, self.flags = test, target, flags
        # gcc warns of paths that cannot be under instrumentation, see run_models.py.
        self.warnings = "-std=c99" if "sanitize" in flags else generated.WARNINGS
        self.folder = os.path.join(generated.work_folder(), f"random-{test.name}-{target.name}" +
                                   ("-sanitized" if "sanitize" in flags else ""))

    def check(self, case, folder):
        """What the judges remark. Raises Failure unless every call of the case is answered rightly. A generator, see
        together.py."""
        judges = [self.test.judge(case.model, inputs) for inputs in case.calls]
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        path = os.path.join(folder, "model.onnx")
        onnx.save(case.model, path)
        generated.compile_model(path, folder, "m", self.target, options_of(case), timeout=60)
        program = yield folder
        calls = [Call(inputs, j.outputs, sizes) for inputs, j, sizes in zip(case.calls, judges, case.sizes)]
        for k, (judge, answer) in enumerate(zip(judges, program.run(calls, timeout=60))):
            if answer.status != 0:
                raise Failure("wrong", f"call {k}: the function returned {answer.status}")
            difference = judge.difference(answer.outputs)
            if difference:
                raise Failure("wrong", f"call {k} {case.sizes[k] or ''}: {difference}")
        return [remark for judge in judges for remark in judge.remarks]

    def results(self, tests):
        return together.results(tests, self.target, self.flags, self.warnings)

    def failure(self, case, folder):
        """The Failure of a case, or None; a model that the oracle refuses is none."""
        try:
            list(self.results([self.check(case, folder)]))
        except Failure as e:
            return e
        except judging.Invalid:
            return None
        return None

    def __call__(self, seeds):
        """(seed, None or what is wrong, remarks) of each."""
        warnings.simplefilter("ignore")
        return list(self.results(map(self.trial, seeds)))

    def trial(self, seed):
        remarks = []
        try:
            wrong = yield from self.judged(seed, remarks)
        except Exception as e:  # of the drawing or the oracle: it fails this seed and is told, the others go on
            calls = [f.name for f in traceback.extract_tb(e.__traceback__) if "site-packages" not in f.filename]
            wrong = f"{type(e).__name__}: {e}, in {' > '.join(calls)}"
        return seed, wrong, remarks

    def judged(self, seed, remarks):
        folder = os.path.join(self.folder, label(seed))
        case = self.test.draw(seed)
        try:
            try:
                remarks += yield from self.check(case, folder)
            except Failure as e:  # that sizes might not fit may be refused, where they are left to run time
                if e.kind != "unsupported" or not case.bounds:
                    raise
                remarks.append(f"with its sizes fixed: {e}")
                for inputs in case.calls:
                    case = drawing.fixed(case._replace(calls=[inputs]))
                    remarks += yield from self.check(case, folder)
        except judging.Invalid as e:
            return f"the oracle refuses it: {e}"
        except Failure as e:
            return self.explain(case, e, folder)
        shutil.rmtree(folder)
        return None

    def explain(self, case, failure, folder):
        trial = folder + "-trial"

        def fails(candidate):
            try:
                found = self.failure(candidate, trial)
            except Exception as e:  # the oracle cannot say: no case at all
                print(f"# reduction: {type(e).__name__}: {generated.one_line(str(e))}", flush=True)
                return False
            return found is not None and found.kind == failure.kind

        save(case, folder, "model")
        small = reducing.reduce(case, fails, self.test.judge.values)
        again = self.failure(small, trial)
        shutil.rmtree(trial, ignore_errors=True)
        save(small, folder, "reduced", "reduced_")
        operators = " ".join(n.op_type for n in small.model.graph.node)
        return f"{failure.kind}: {failure}; reduced to {operators} ({again}): {folder}/reduced.onnx"


def main(test, description):
    p = on_target.parser(description, "host")
    p.add_argument("--count", type=int, default=100)
    p.add_argument("--first", type=int, default=0)
    p.add_argument("--jobs", type=int, default=1)
    p.add_argument("--sanitize", action="store_true")
    p.add_argument("seeds", nargs="*", type=int)
    a = p.parse_args()
    target, report = on_target.begin(a, f"random/{test.name}")
    worker = Worker(test, target, SANITIZE if a.sanitize else PLAIN)
    seeds, doubted = a.seeds or [*test.kept, *range(a.first, a.first + a.count)], 0
    batches = [seeds[at:at + together.MANY] for at in range(0, len(seeds), together.MANY)]
    with multiprocessing.Pool(a.jobs) as pool:
        for seed, wrong, remarks in itertools.chain.from_iterable(pool.imap_unordered(worker, batches)):
            doubted += test.doubt in remarks
            if wrong:
                report.failed(f"random/{test.name}/{label(seed)}", wrong)
            else:
                report.ok(f"random/{test.name}/{label(seed)}", "; ".join(remarks))
    if doubted > max(1, len(seeds) // 2):
        report.failed(f"random/{test.name}", f"{doubted} of {len(seeds)}: {test.doubt}")
    report.exit()
