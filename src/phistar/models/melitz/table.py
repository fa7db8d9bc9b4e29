"""A quick stand-in for the productivity kernel, for steps far from the solution.

The nested solver needs, of each country's distribution, two functions of ln x at one order s: the survival S and
the surplus J; V/x^s is their sum. Only ln J is tabulated, with two exact derivatives. The rest is read off the
interpolant by J' = -s (J + S), so that the slopes Newton uses are those of the functions it solves. Reading costs
the same for every family, and atoms can be smeared into narrow bells on the way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from phistar.blocks.productivity import Empirical, Productivity, Tail
from phistar.numerics.hermite import HermiteTable
from phistar.numerics.special import quiet

if TYPE_CHECKING:
    from phistar.models.melitz.primitives import Primitives

_BODY = 128
_TAIL = 64
#: Share of draws left of the first knot.
_LEFT = 1e-9
#: ln of the least survival worth tabulating: beyond it a market is empty for all purposes.
_FAR = -600.0
#: Knots of a bell, in widths from its centre: beyond them it is over.
_BELL = np.concatenate([np.linspace(-8.0, -4.0, 5), np.linspace(-3.5, 3.5, 15), np.linspace(4.0, 8.0, 5)])
#: Widths beyond the last atom where nobody is left.
_OVER = 30.0
#: Between bells knots approach the next atom by this factor.
_CLOSER = 1.5
_EXPONENT = 690.0
#: Widths of bells in ln phi, times s: from where Newton roams freely to where a bell is a point.
BELLS = tuple(0.5 * 4.0**-i for i in range(7))
#: A support shorter than this, times s, is a cliff like an atom's: some of its quantiles are smeared in its place.
_NARROW = 8.0
#: So many; narrower bells than this share of the support would leave gaps.
_QUANTILES = 40


@dataclass(frozen=True)
class Row:
    """One distribution at its knots: ln J and two derivatives in ln x."""

    knots: np.ndarray
    log_j: np.ndarray
    slope: np.ndarray
    curvature: np.ndarray
    #: Log of the upper end of the support.
    upper: float

    @classmethod
    def of(
        cls, knots: np.ndarray, log_j: np.ndarray, survival: np.ndarray, density: np.ndarray, s: float, upper: float
    ) -> Row:
        """Work out the derivatives from ln J, and S and the density of ln phi over J; drop knots that say nothing."""
        slope = -s * (1.0 + survival)
        curvature = s * density - s * s * survival * (1.0 + survival)
        good = np.isfinite(log_j) & np.isfinite(slope) & np.isfinite(curvature)
        return cls(knots[good], log_j[good], slope[good], curvature[good], upper)

    def padded(self, size: int) -> Row:
        """Return the row with knots added further right, where ln J goes on straight."""
        step = np.arange(1.0, size - len(self.knots) + 1.0)
        return Row(
            np.append(self.knots, self.knots[-1] + step),
            np.append(self.log_j, self.log_j[-1] + step * self.slope[-1]),
            np.append(self.slope, np.full(step.size, self.slope[-1])),
            np.append(self.curvature, np.zeros(step.size)),
            self.upper,
        )


class Rows:
    """The rows of a world's distributions: those not smeared are worked out once, whatever the bells."""

    def __init__(self, m: Primitives) -> None:
        self.s = float(np.ravel(m.sigma)[0]) - 1.0
        self._families = m.families
        self._kept: dict[int, Row] = {}
        narrow = [f for f in m.families if 0.0 < _support(f) < _NARROW / self.s and not isinstance(f, Empirical)]
        self._quantiles = {id(f): _quantiles(f) for f in narrow}

    def table(self, bell: float = 0.0) -> TabulatedProductivity:
        """Tabulate all origins, with every atom smeared into a bell of standard deviation `bell` / s in ln phi.

        So are short supports, while the bell is wide enough to make one of their quantiles.
        """
        rows: dict[int, Row] = {}
        for family in {id(f): f for f in self._families}.values():
            if isinstance(family, Empirical) or self._smeared(family, bell):
                atoms = family if isinstance(family, Empirical) else self._quantiles[id(family)]
                rows[id(family)] = _bells(atoms, self.s, bell / self.s)
            elif id(family) not in self._kept:
                self._kept[id(family)] = _continuous(family, self.s)
        rows = self._kept | rows
        return TabulatedProductivity([rows[id(f)] for f in self._families], self.s)

    def bells(self) -> list[float]:
        """List the bells, the widest first, in which short supports are smeared."""
        return [bell for bell in BELLS if any(self._smeared(f, bell) for f in self._families)]

    def _smeared(self, family: Productivity, bell: float) -> bool:
        return id(family) in self._quantiles and bell * _QUANTILES > self.s * _support(family)


class TabulatedProductivity(Productivity):
    """S, V and J of every origin at the order s, and the density, interpolated: of the kernel what a search needs."""

    family = "tabulated"
    parameter_names = ()

    def __init__(self, rows: list[Row], s: float) -> None:
        self.s = s
        #: Log of the upper end of each support (origin, 1, 1).
        self._log_upper = np.array([row.upper for row in rows])[:, None, None]
        size = max(len(row.knots) for row in rows)
        rows = [row.padded(size) for row in rows]
        knots, log_j, slope, curvature = (
            np.array([getattr(row, name) for row in rows]) for name in ("knots", "log_j", "slope", "curvature")
        )
        self._table = HermiteTable(knots, log_j, slope, curvature)
        self._first = knots[:, 0]
        # S and the density are asked for at the same cutoffs, one after the other.
        self._last: tuple[Any, tuple[np.ndarray, ...]] = (None, ())

    def _read(self, log_x: np.ndarray) -> tuple[np.ndarray, ...]:
        """Read how far left of the first knot a cutoff lies, and there, else at the cutoff, ln J, 1 + S/J, (ln J)''."""
        asked, known = self._last
        if log_x is asked:
            return known
        first = self._first.reshape(-1, *(1,) * (log_x.ndim - 1))
        log_j, slope, curvature = self._table(np.maximum(log_x, first))
        known = np.minimum(log_x - first, 0.0), log_j, np.maximum(-slope / self.s, 1.0), curvature
        self._last = log_x, known
        return known

    @property
    def log_upper(self) -> np.ndarray:
        """Log of the upper end of each support, or of where a smeared one is over."""
        return self._log_upper

    @quiet
    def tail(self, log_x: Any, order: Any) -> Tail:
        """Read S, ln V/x^s and J."""
        beyond, log_j, total, _ = self._read(log_x)
        survival = np.exp(log_j) * (total - 1.0)
        log_value = log_j + np.log(total) - self.s * beyond
        # Left of the first knot everybody counts: S stays, V/x^s is a power.
        surplus = np.where(beyond < 0.0, np.exp(log_value) - survival, np.exp(log_j))
        return Tail(np.minimum(survival, 1.0), log_value, surplus)

    @quiet
    def log_density(self, log_x: Any) -> Any:
        """Read ln of the density of ln phi."""
        beyond, log_j, total, curvature = self._read(log_x)
        density = np.exp(log_j) * (curvature / self.s + self.s * total * (total - 1.0))
        return np.log(np.where(beyond < 0.0, 0.0, np.maximum(density, 0.0)))


def _support(family: Productivity) -> float:
    return float(np.max(family.log_upper) - np.min(family.log_lower))


def _quantiles(family: Productivity) -> Empirical:
    return Empirical(np.exp(family.log_quantile((np.arange(_QUANTILES) + 0.5) / _QUANTILES).ravel()))


def _continuous(family: Productivity, s: float) -> Row:
    knots = _knots(family, s)
    with np.errstate(all="ignore"):
        log_s, log_j = family.log_survival(knots), family.log_surplus(knots, s)
        hazard = family.hazard(knots, 0.0)
        survival = np.exp(np.minimum(log_s - log_j, 600.0))
        return Row.of(knots, log_j, survival, hazard * survival, s, float(np.max(family.log_upper)))


def _knots(family: Productivity, s: float) -> np.ndarray:
    """Place knots over the quantiles, denser where J turns from its power law, and out into the tail."""
    lower = float(np.max(family.log_lower))
    low = lower if np.isfinite(lower) else float(family.log_quantile(_LEFT))
    high = float(family.log_quantile_upper(1e-2))
    body = np.linspace(low, high, _BODY)
    middle = high - (high - low) * np.linspace(1.0, 0.0, _BODY) ** 2
    body = np.union1d(body, middle)
    upper = float(np.max(family.log_upper))
    if np.isfinite(upper):
        # Crowd knots towards an upper bound, where J and S vanish.
        right = upper - (upper - high) * np.geomspace(1.0, 1e-9, _TAIL + 1)[1:]
    else:
        far = float(family.log_quantile_upper(np.exp(_FAR)))
        right = high + (far - high) * np.linspace(0.0, 1.0, _TAIL + 1)[1:] ** 2
    return np.concatenate([body, right])


def _bells(family: Empirical, s: float, width: float) -> Row:
    """Tabulate a discrete distribution whose atoms are smeared into normal bells of ln phi."""
    from scipy.special import ndtr

    knots = _knots_of_bells(family.log_atoms, width)
    # Every knot sees the bells around it one by one; those further right count in full.
    first = np.searchsorted(family.log_atoms, knots - 9.0 * width)
    behind = np.searchsorted(family.log_atoms, knots + 9.0 * width)
    knot = np.repeat(np.arange(knots.size), behind - first)
    start = np.repeat(first - np.concatenate([[0], np.cumsum(behind - first)[:-1]]), behind - first)
    atom = np.arange(knot.size) + start
    place = (family.log_atoms[atom] - knots[knot]) / width
    tilt = s * width
    rise = np.minimum(tilt * place + 0.5 * tilt**2, _EXPONENT)
    above, tilted = ndtr(place), ndtr(place + tilt)
    bell = np.exp(-0.5 * place**2) / (width * np.sqrt(2.0 * np.pi))
    # e^rise tilted - above, without the difference of like numbers.
    surplus = np.expm1(rise) * tilted + (tilted - above)
    weight = family.weights[atom]
    j, survival, density = (np.bincount(knot, weight * part, minlength=knots.size) for part in (surplus, above, bell))
    whole, value = _counted_in_full(family, s, width, knots, behind)
    j, survival = j + value - whole, survival + whole
    return Row.of(knots, np.log(j), survival / j, density / j, s, float(family.log_upper) + _OVER * width)


def _counted_in_full(
    family: Empirical, s: float, width: float, knots: np.ndarray, behind: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return S and V/x^s of the bells that lie wholly above each knot."""
    terms = np.log(family.weights) + s * family.log_atoms
    log_sum = np.append(np.logaddexp.accumulate(terms[::-1])[::-1], -np.inf)
    share = np.append(np.cumsum(family.weights[::-1])[::-1], 0.0)
    rise = log_sum[behind] + 0.5 * (s * width) ** 2 - s * knots
    return share[behind], np.exp(np.minimum(rise, _EXPONENT))


def _knots_of_bells(atoms: np.ndarray, width: float) -> np.ndarray:
    """Place knots over every bell, and between bells ever closer to the right one, towards which J falls."""
    gaps = np.diff(atoms, prepend=atoms[0])
    count = np.maximum(np.log(np.maximum(gaps / width, 1e-9) / 16.0) / np.log(_CLOSER), 0.0).astype(int) + 1
    atom = np.repeat(np.arange(atoms.size), count)
    power = np.arange(atom.size) - np.repeat(np.cumsum(count) - count, count)
    between = atoms[atom] - 8.0 * width * _CLOSER**power
    return _thinned(np.append(between, (atoms[:, None] + width * _BELL).ravel()), 0.4 * width)


def _thinned(places: np.ndarray, least: float) -> np.ndarray:
    """Sort, and keep one place of every stretch of length `least`."""
    places = np.sort(places)
    cells = np.floor((places - places[0]) / least)
    return places[np.append(True, np.diff(cells) > 0.0)]
