"""The fp32 promise of the design, section 6: the error against a float64 evaluation stays within 10 times that of a
plain float32 evaluation, or 1e-5 of the tensor's range where that is larger."""
import numpy as np


def fp32_promise(actual, plain, exact, more=()):
    """None, or how `actual` breaks the promise. plain: a float32 evaluation without optimisations; exact: float64;
    more: other evaluations that round like plain ones, where one may be right by luck.
    Values that are no floats must be equal; infinities and NaN must be where the float64 evaluation has them, unless
    the plain evaluation has them elsewhere too."""
    if actual.shape != exact.shape:
        return f"shape {actual.shape}, expected {exact.shape}"
    if actual.size == 0:
        return None
    if actual.dtype.kind != "f":
        wrong = (actual != exact) & (actual != plain)
        return f"{int(wrong.sum())} of {wrong.size} differ" if wrong.any() else None
    actual, plain, exact = (v.astype(np.float64) for v in (actual, plain, exact))
    finite = np.isfinite(exact) & np.isfinite(plain)
    same = np.isfinite(actual) | (actual == plain) | (np.isnan(actual) & np.isnan(plain))
    if not (same & (np.isfinite(actual) | ~finite)).all():
        return "infinities or NaN where there should be none"
    if not finite.any():
        return None
    error = np.abs(actual - exact)[finite]
    plain_error = max(float(np.abs(p - exact)[finite].max()) for p in (plain, *more))
    span = float(exact[finite].max() - exact[finite].min()) if finite.sum() > 1 else float(np.abs(exact[finite]).max())
    bound = max(10 * plain_error, 1e-5 * span)
    if error.max() <= bound:
        return None
    at = int(np.argmax(np.where(finite, np.abs(actual - exact), 0)))
    return (f"error {error.max():.3g} at flat index {at} exceeds {bound:.3g} (10x plain float32: {10 * plain_error:.3g}, "
            f"1e-5 of the range: {1e-5 * span:.3g})")
