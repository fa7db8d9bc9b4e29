"""What cannot be estimated: regressors that fixed effects explain, and zeros that something predicts perfectly."""

from __future__ import annotations

import numpy as np

from phistar.blocks.gravity.effects import demean
from phistar.blocks.gravity.sample import Sample
from phistar.core.errors import InputError, entries

Array = np.ndarray

#: Share of a regressor's own variation that must be left beside the others: below is rounding of the demeaning.
_LEFT = 1e-9


def refuse_unidentified(sample: Sample, apart: int = 0) -> None:
    """Refuse regressors that fixed effects, or fixed effects and one another, explain wholly.

    Parameters
    ----------
    sample : Sample
    apart : int
        How many separated zeros were left out before.

    Raises
    ------
    InputError
        Naming them.
    """
    left_out = f" left without {entries(apart, 'separated zero', 'separated zeros')}"
    among = f" among the {entries(len(sample.flow), 'flow', 'flows')}{left_out}" if apart else ""
    equal = np.ones(len(sample.flow))
    left, effects = demean(sample.regressors, equal, sample.origin, sample.destination)
    room = len(sample.flow) - effects
    if room <= 0:
        raise _too_many(sample, 0, among)
    size = np.max(np.abs(sample.regressors), axis=0)
    for k, name in enumerate(sample.names):
        if np.max(np.abs(left[:, k])) <= _LEFT * size[k]:
            raise InputError(name, "is explained wholly by the fixed effects of origins and destinations" + among,
                             remedy="leave it out, or use something that differs between pairs")  # fmt: skip
    if room < len(sample.names):
        raise _too_many(sample, room, among)
    scaled = left / np.max(np.abs(left), axis=0)
    _, sizes, combination = np.linalg.svd(scaled, full_matrices=False)
    if sizes[-1] <= _LEFT * sizes[0]:
        involved = [n for n, c in zip(sample.names, combination[-1], strict=True) if abs(c) > 1e-6]
        raise InputError(" and ".join(involved), "cannot be told apart beside the fixed effects" + among,
                         remedy="leave one of them out: name the others alone")  # fmt: skip


def _too_many(sample: Sample, room: int, among: str) -> InputError:
    """Say that there are too few flows, as between two countries, and what would do."""
    countries = len(np.union1d(sample.origin, sample.destination))
    few = f"{entries(len(sample.flow), 'flow', 'flows')} between {entries(countries, 'country', 'countries')}"
    verb = "cannot" if len(sample.names) == 1 else "cannot all"
    found = entries(room, "regressor", "regressors") if room else "none"
    problem = f"{verb} be estimated from {few}: they identify {found}"
    alone = "name one alone with --log or --level, or " if room else ""
    home = "" if room or (sample.origin == sample.destination).any() else "keep sales at home, or "
    return InputError(" and ".join(sample.names), f"{problem} beside the fixed effects{among}",
                      remedy=f"{alone}{home}use more countries")  # fmt: skip


def separated(sample: Sample) -> Array:
    """Mark the zeros that a combination of regressors and fixed effects predicts perfectly.

    Notes
    -----
    Such a combination is zero wherever flows are positive and of one sign, not everywhere zero, where they are not.
    The combinations that vanish on positive flows form a space that is almost always empty but for the level shared
    by all fixed effects; only where it is not does a linear program look for the largest set.
    """
    zero = sample.flow == 0.0
    found = np.zeros(len(zero), dtype=bool)
    if not zero.any():
        return found
    if _determined(sample.take(~zero), len(np.unique(sample.origin)) + len(np.unique(sample.destination))):
        return found
    size = np.max(np.abs(sample.regressors), axis=0)
    x = sample.regressors / np.where(size > 0.0, size, 1.0)
    null = _null_space(_gram(sample, x, ~zero))
    n, m = int(sample.origin.max()) + 1, int(sample.destination.max()) + 1
    effects, slopes = null[: n + m], null[n + m :]
    values = (
        effects[sample.origin[zero]] + effects[n + sample.destination[zero]] + x[zero] @ slopes
    )  # (zero, direction)
    directions, strength, _ = np.linalg.svd(values, full_matrices=False)
    values = directions[:, strength > 1e-7] * np.sqrt(len(values))
    if values.shape[1]:
        found[np.flatnonzero(zero)] = _one_sided(values)
    return found


def _determined(positive: Sample, effects: int) -> bool:
    """Whether positive flows alone pin every coefficient down, so that no zero can be separated."""
    left, independent = demean(positive.regressors, np.ones(len(positive.flow)), positive.origin, positive.destination)
    size = np.max(np.abs(positive.regressors), axis=0)
    if independent < effects - 1 or np.any(np.max(np.abs(left), axis=0) <= _LEFT * size):
        return False
    sizes = np.linalg.svd(left / np.max(np.abs(left), axis=0), compute_uv=False)
    return bool(len(sizes) == left.shape[1] and sizes[-1] > 1e-6 * sizes[0])


def _gram(sample: Sample, x: Array, keep: Array) -> Array:
    """Compute the cross products of all dummies and regressors over some observations."""
    o, d, z = sample.origin[keep], sample.destination[keep], x[keep]
    n, m = int(sample.origin.max()) + 1, int(sample.destination.max()) + 1
    both = np.bincount(o * m + d, minlength=n * m).reshape(n, m).astype(float)
    by_origin = np.stack([np.bincount(o, column, n) for column in z.T], axis=1)
    by_destination = np.stack([np.bincount(d, column, m) for column in z.T], axis=1)
    return np.block(
        [
            [np.diag(both.sum(axis=1)), both, by_origin],
            [both.T, np.diag(both.sum(axis=0)), by_destination],
            [by_origin.T, by_destination.T, z.T @ z],
        ]
    )


def _null_space(gram: Array) -> Array:
    """Return the directions a cross-product matrix sends to zero, as columns."""
    sizes, vectors = np.linalg.eigh(gram)
    return np.asarray(vectors[:, sizes <= 1e-11 * sizes[-1]])


def _one_sided(values: Array) -> Array:
    """Mark the largest set of rows that some combination of columns makes positive while none becomes negative."""
    values = np.where(np.abs(values) > 1e-7, values, 0.0)  # rows have entries of order one; below is rounding
    if values.shape[1] == 1:
        sided = np.all(values >= 0.0) or np.all(values <= 0.0)
        return np.asarray(sided & (values[:, 0] != 0.0))
    from scipy.optimize import linprog

    rows, columns = values.shape
    # Most rows at one, where 0 <= height <= 1 and height = values @ combination: a larger combination is no better.
    goal = np.concatenate([np.zeros(columns), -np.ones(rows)])
    answer = linprog(
        goal,
        A_ub=np.hstack([-values, np.eye(rows)]),
        b_ub=np.zeros(rows),
        bounds=[(None, None)] * columns + [(0.0, 1.0)] * rows,
        method="highs",
    )
    return np.asarray(answer.x[columns:] > 0.5)
