"""Random economies in autarky and integrated, thousands at once: one draw of the firms proves nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from phistar.models.granular.bands import Opening, liberalized
from phistar.models.granular.draws import read_draw
from phistar.models.granular.sectors import drawn
from phistar.replicate.kim.printed import ETA, K_1, SIGMA, I, R, W
from phistar.replicate.worlds import Ledger

#: Draws of the firms from each distribution, and of the paper's clusters, each a sample of 500,000.
DRAWS, CLUSTERS = 1000, 8
#: The paper's distribution, and with it a Poisson number of firms, tails with neither mean nor variance, thin tails.
TABLES: dict[str, tuple[dict[str, Any], int]] = {
    "Pareto": ({"family": "pareto", "k": 5.0, "scale": 0.2, "firms": 10, "seed": 11}, DRAWS),
    "Poisson Pareto": ({"family": "pareto", "k": 5.0, "scale": 0.2, "firms": 10, "seed": 12, "sampling": "poisson"},
                       DRAWS),
    "fat Pareto": ({"family": "pareto", "k": 2.0, "scale": 0.2, "firms": 30, "seed": 13}, DRAWS),
    "lognormal": ({"family": "lognormal", "mu": -1.4, "sd": 0.2, "firms": 20, "seed": 14}, DRAWS),
    **{f"clusters {which}": ({"family": "pareto", "k": 5.0, "scale": 0.2, "firms": 10, "seed": 15,
                               "sampling": f"cluster_{which}"}, CLUSTERS)
       for which in ("highest", "smallest", "median")},
}  # fmt: skip
#: Worlds: the paper's, then other elasticities and more economies.
FIXED = {"R": (SIGMA, None, W), "R, σ 2.5": (2.5, None, W), "R, σ 10, W 4": (10.0, None, 4)}
CES = {"η 2": (SIGMA, ETA, W)}
CES_WIDE = {
    "η 0.2": (SIGMA, 0.2, W),
    "η 4, σ 4.2": (4.2, 4.0, W),
    "η 5.8": (SIGMA, 5.8, W),
    "η 3, W 4": (SIGMA, 3.0, 4),
}
#: Changes within rounding are no changes.
NOTHING = 1e-9


@dataclass(frozen=True)
class Sample:
    """Draws of one distribution in one world, before and after.

    Attributes
    ----------
    label : str
    sigma, eta, W
        The world; `eta` is None where spending is fixed.
    firms : ndarray (draw, firm)
        Productivities drawn.
    opening : Opening
    """

    label: str
    sigma: float
    eta: float | None
    W: int
    firms: np.ndarray = field(repr=False)
    opening: Opening = field(repr=False)

    @property
    def certified(self) -> np.ndarray:
        """Which draws have a certified equilibrium before and after (draw)."""
        return np.asarray(self.opening.before.certified & self.opening.after.certified)

    def parameters(self) -> Sequence[Mapping[str, Any]]:
        """Return every draw's parameters, each made when it is asked for."""
        return _Parameters(self)

    # -- what claims are about; firms along the first axis, best first ----------------------------------------

    @property
    def active(self) -> np.ndarray:
        """Who is in, in autarky (firm, draw)."""
        return self.opening.old > 0.0

    @property
    def stays(self) -> np.ndarray:
        """Who is in after trade (firm, draw)."""
        return self.opening.stays

    def price(self, new: bool = False) -> np.ndarray:
        """Return the price of each firm's varieties; nan where it is out (firm, draw)."""
        o = self.opening
        with np.errstate(all="ignore"):
            return np.asarray((o.new_markup if new else o.old_markup) / o.phi)

    def elasticity(self) -> np.ndarray:
        """Return the elasticity each firm faces in autarky; nan where it is out (firm, draw)."""
        markup = self.opening.old_markup
        return np.asarray(markup / (markup - 1.0))

    def varieties(self) -> np.ndarray:
        """Return each firm's varieties in autarky; nan where it is out (firm, draw)."""
        old, _ = self.opening.spending()
        return np.asarray(old * self.opening.old / ((self.sigma - 1.0) * K_1 * self.opening.old_markup))

    def markup_factor(self) -> np.ndarray:
        """Return the markup after over before, of firms that stay; nan else (firm, draw)."""
        return np.where(self.stays, self.opening.new_markup / self.opening.old_markup, np.nan)

    def growth(self) -> np.ndarray:
        """Return ln of varieties after over before, of firms that stay; nan else (firm, draw)."""
        with np.errstate(all="ignore"):
            return np.where(self.stays, self.opening.growth("varieties"), np.nan)

    def income(self) -> tuple[np.ndarray, np.ndarray]:
        """Return one economy's profits before and after (draw)."""
        old, new = self.opening.profits()
        return np.nansum(old, axis=0), np.nansum(new, axis=0)

    def toughness_range(self) -> tuple[np.ndarray, np.ndarray]:
        """Return sigma less the sector's own elasticity, before and after (draw)."""
        if self.eta is None:
            one = np.full(len(self.firms), self.sigma - 1.0)
            return one, one
        shares = (self.opening.before.sector_share, self.opening.after.sector_share)
        old, new = ((self.sigma - self.eta) + (self.eta - 1.0) * Psi for Psi in shares)
        return old, new


class _Parameters(Sequence[Mapping[str, Any]]):
    def __init__(self, sample: Sample) -> None:
        self._sample = sample

    def __len__(self) -> int:
        return len(self._sample.firms)

    def __getitem__(self, i: Any) -> Any:
        s = self._sample
        upper = {"R": R} if s.eta is None else {"upper": "ces", "eta": s.eta, "I": I}
        firms = s.firms[i]
        return {"sigma": s.sigma, "K_1": K_1, "W": s.W, "market": "integrated", **upper,
                "productivities": firms[firms > 0.0].tolist()}  # fmt: skip


@dataclass(frozen=True)
class Samples:
    """All samples: fixed spending, the paper's CES, other CES."""

    fixed: tuple[Sample, ...]
    ces: tuple[Sample, ...]
    wide: tuple[Sample, ...]


def draw_samples(ledger: Ledger) -> Samples:
    """Draw and solve all samples; the paper's own clusters meet the paper's own worlds alone."""
    firms = {label: _drawn(table, count) for label, (table, count) in TABLES.items()}
    cheap = {label: phi for label, phi in firms.items() if not label.startswith("clusters")}
    paper = {name: world for name, world in FIXED.items() if name == "R"}
    other = {name: world for name, world in FIXED.items() if name != "R"}
    return Samples(
        (*_solved(firms, paper, ledger), *_solved(cheap, other, ledger)),
        tuple(_solved(firms, CES, ledger)),
        tuple(_solved(cheap, CES_WIDE, ledger)),
    )


def _drawn(table: Mapping[str, Any], count: int) -> np.ndarray:
    draw, seed = read_draw(table)
    return np.concatenate(list(drawn(draw, count, seed)))


def _solved(
    firms: Mapping[str, np.ndarray], worlds: Mapping[str, tuple[float, float | None, int]], ledger: Ledger
) -> list[Sample]:
    found = []
    for name, (sigma, eta, economies) in worlds.items():
        world: dict[str, Any] = {"sigma": sigma, "K_1": K_1}
        world |= {"R": R} if eta is None else {"eta": eta, "I": I}
        for label, phi in firms.items():
            with np.errstate(all="ignore"):
                before, after = next(liberalized(iter([phi]), economies, world))
                opening = Opening(before, after, economies, world)
            for sectors in (before, after):
                ledger.add(np.where(sectors.certified, sectors.residual, np.nan))
            found.append(Sample(f"{label} ({name})", sigma, eta, economies, phi, opening))
    return found
