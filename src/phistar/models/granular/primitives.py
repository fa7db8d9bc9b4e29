"""The primitives of a granular world, and what its keys mean."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np

from phistar.blocks.keys import Keyed
from phistar.blocks.oligopoly import UpperTier
from phistar.core.errors import InputError
from phistar.core.parameters import Parameter
from phistar.core.paths import Path
from phistar.models.granular.game import Game
from phistar.models.granular.parameters import PARAMETERS
from phistar.numerics.duals import value_of


@dataclass(frozen=True)
class Primitives(Keyed):
    """What a granular world is made of: arrays are (firm), (country) or (origin, destination).

    Any number may be a dual, so that the equations give their derivatives in it.
    """

    parameters: ClassVar[tuple[Parameter, ...]] = PARAMETERS
    distribution: ClassVar = ("productivities", "phi")
    needs: ClassVar = {"eta": 'upper = "ces"', "I": 'upper = "ces"', "R": 'upper = "fixed"'}

    countries: tuple[str, ...]
    phi: Any
    home: np.ndarray
    sigma: Any
    K_0: Any
    K_1: Any
    f: Any
    R: Any
    eta: Any
    I: Any
    L: Any
    tau: Any
    upper: str = "fixed"
    market: str = "autarky"
    W: int = 2
    conduct: str = "bertrand"
    scope: str = "multi"
    scope_choice: str = "per_market"
    unused: tuple[str, ...] = ()

    # -- the world -------------------------------------------------------------------------------------------

    @property
    def segmented(self) -> bool:
        """Whether firms of several countries meet in markets of their own."""
        return self.market == "segmented"

    @property
    def common(self) -> bool:
        """Whether a firm has one range of varieties for all markets."""
        return self.segmented and self.scope == "multi" and self.scope_choice == "common"

    @property
    def economies(self) -> int:
        """Economies in each market."""
        return self.W if self.market in {"integrated", "feenstra_ma"} else 1

    @property
    def fixed(self) -> Any:
        """Labour to be in the market."""
        return self.K_0 if self.scope == "multi" else self.f

    @cached_property
    def delivered(self) -> Any:
        """Productivity as delivered to each market, zero across a closed border (firm, market)."""
        if not self.segmented:
            return self.phi[:, None] / np.ones((1, 1))
        tau = self.tau[self.home]
        return np.where(np.isfinite(value_of(tau)), self.phi[:, None] / tau, 0.0)

    @cached_property
    def game(self) -> Game:
        """The game in each market; under a common scope the fixed cost is the firm's, not the market's."""
        return self.game_of(self.economies)

    def game_of(self, economies: int) -> Game:
        """Return the game in a market of so many economies."""
        size = self.R if self.upper == "fixed" else self.I
        fixed = 0.0 if self.common else self.fixed
        upper = UpperTier(size * float(economies), self.eta)
        return Game(self.sigma, upper, self.K_1, fixed, self.conduct, self.scope)

    @cached_property
    def firm_names(self) -> tuple[str, ...]:
        """Names of the firms, in the order given: by number, after their country where there are several."""
        if not self.segmented:
            return tuple(str(i + 1) for i in range(len(self.home)))
        number = [int(np.sum(self.home[:i] == c)) + 1 for i, c in enumerate(self.home)]
        return tuple(f"{self.countries[c]} {n}" for c, n in zip(self.home, number, strict=True))

    # -- batches ---------------------------------------------------------------------------------------------

    def _arrays(self) -> dict[str, Any]:
        return {**super()._arrays(), "phi": self.phi}

    def _mapped(self, change: Callable[[Any], Any]) -> Self:
        return self._with({name: change(array) for name, array in self._arrays().items()})

    # -- keys ------------------------------------------------------------------------------------------------

    @property
    def members(self) -> tuple[Any, ...]:
        """The distributions: none, firms are listed."""
        return ()

    @property
    def idle(self) -> frozenset[str]:
        """Parameters that have a value but no part."""
        single = {"K_0", "K_1"} if self.scope == "single" else {"f"}
        return frozenset(single if self.segmented else single | {"tau"})

    def lookup(self, path: Path) -> Any:
        """Return the value behind a key; see `Model.lookup`."""
        if path.name != "productivities":
            return super().lookup(path)
        return value_of(self.phi)[self._firms(path)]

    def _with_distributions(self, path: Path, change: Callable[[Any], Any]) -> Self:
        mask = self._firms(path)
        mask = mask[:, None] if self.is_batch else mask
        return replace(self, phi=np.where(mask, change(np.where(mask, self.phi, 1.0)), self.phi))

    def _distribution_keys(self) -> list[str]:
        return ["productivities"]

    def _firms(self, path: Path) -> np.ndarray:
        """Mark the firms a key means: all of them, a country's, or one."""
        rest = list(path.rest)
        mask = np.ones(len(self.home), dtype=bool)
        if self.segmented and rest:
            mask = self.home == rest.pop(0)
        if rest:
            place = np.flatnonzero(mask)
            i = rest.pop(0)
            mask = np.zeros_like(mask)
            if isinstance(i, int) and i < len(place):
                mask[place[i]] = True
        if rest or not mask.any():
            raise InputError(path.text, "does not point at a firm",
                             remedy="write productivities[0]" + ("[0]" if self.segmented else ""))  # fmt: skip
        return mask
