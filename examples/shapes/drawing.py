"""Pictures to learn from: coloured shapes, turned and of any size, on uneven ground."""
import numpy as np
from PIL import Image, ImageDraw

NAMES = ("circle", "square", "triangle", "ring", "cross", "star", "moon", "heart")
FINER = 4  # drawn so many times larger, then averaged


def outline(name):
    """Corners of a shape in a circle of radius 1."""
    turn = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    circle = np.stack([np.cos(turn), np.sin(turn)], 1)
    if name in ("circle", "ring"):
        return circle
    if name == "square":
        return circle[6::12]
    if name == "triangle":
        return circle[0::16]
    if name == "cross":
        a, b = 1, .32
        return np.array([(a, b), (b, b), (b, a), (-b, a), (-b, b), (-a, b), (-a, -b), (-b, -b), (-b, -a), (b, -a), (b, -b), (a, -b)])
    if name == "star":
        at = np.arange(10) * np.pi / 5
        return np.stack([np.cos(at), np.sin(at)], 1) * np.where(np.arange(10) % 2, .42, 1)[:, None]
    if name == "moon":
        outer = circle[6:43]
        return np.concatenate([outer, outer[::-1] * (.62, .78) + (.27, 0)])
    y = 13 * np.cos(turn) - 5 * np.cos(2 * turn) - 2 * np.cos(3 * turn) - np.cos(4 * turn)
    return np.stack([np.sin(turn) ** 3 * 16, -y - 2], 1) / 17


def draw_shape(r, size, kind, at, radius):
    """Where the shape is, 0 to 1, as an array size x size."""
    angle = r.uniform(-.6, .6) if NAMES[kind] == "heart" else r.uniform(0, 2 * np.pi)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    points = outline(NAMES[kind]) @ turn.T * (radius, radius * r.uniform(.85, 1)) + at
    cover = Image.new("L", (size * FINER, size * FINER))
    pen = ImageDraw.Draw(cover)
    pen.polygon([tuple(p) for p in points * FINER], fill=255)
    if NAMES[kind] == "ring":
        pen.polygon([tuple(p) for p in ((points - at) * r.uniform(.5, .62) + at) * FINER], fill=0)
    return np.asarray(cover, np.float32).reshape(size, FINER, size, FINER).mean((1, 3)) / 255


def ground(r, size):
    """One colour to another, with noise."""
    a, b = r.uniform(0, 1, (2, 3))
    slope = (np.mgrid[:size, :size] * r.uniform(-1, 1, (2, 1, 1))).sum(0)
    slope = (slope - slope.min()) / max(np.ptp(slope), 1e-6)
    b = a + .4 * (b - a)
    return a, a + slope[..., None] * (b - a)


def draw_scene(r, size, least, most, radii, kinds=len(NAMES)):
    """A picture size x size x 3 of bytes; of each shape its kind and box x0 y0 x1 y1; and which kind each pixel is, 0: none."""
    colour, picture = ground(r, size)
    shapes, mask = [], np.zeros((size, size), np.uint8)
    for _ in range(r.integers(least, most + 1)):
        for _ in range(20):
            radius = r.uniform(*radii)
            at = r.uniform(radius, size - radius, 2)
            if all(np.abs(at - other).max() > radius + rest + 2 for _, _, other, rest in shapes):
                break
        else:
            continue
        kind = int(r.integers(kinds))
        cover = draw_shape(r, size, kind, at, radius)
        while np.abs((paint := r.uniform(0, 1, 3)) - colour).sum() < .9:
            pass
        picture = picture + cover[..., None] * (paint - picture)
        inside = cover > .5
        mask[inside] = kind + 1
        y, x = np.nonzero(inside)
        shapes.append((kind, (x.min(), y.min(), x.max() + 1, y.max() + 1), at, radius))
    picture = picture + r.standard_normal(picture.shape) * r.uniform(.01, .05)
    return np.rint(picture.clip(0, 1) * 255).astype(np.uint8), [(k, box) for k, box, _, _ in shapes], mask
