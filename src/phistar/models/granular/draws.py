"""Productivities given, read from a file, or drawn: independently, as a Poisson process, or by the paper's clusters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from phistar.blocks.productivity import Productivity, from_spec
from phistar.core.errors import InputError
from phistar.core.parameters import is_list

KEY = "productivities"
#: The paper's sample, sorted and cut into as many clusters as there are firms.
SAMPLE = 500_000
SAMPLINGS = ("independent", "poisson", "cluster_highest", "cluster_smallest", "cluster_median")
_OWN = ("firms", "seed", "sampling", "sample")


@dataclass(frozen=True)
class Draw:
    """How sectors' firms are drawn.

    Parameters
    ----------
    family : Productivity
        The distribution of productivity.
    firms : int
        Firms a sector; their mean number where `sampling` is ``poisson``.
    sampling : str
        ``independent``; ``poisson``: a Poisson number of independent draws, which under Pareto is the Poisson process
        of Eaton, Kortum and Sotelo, conditional on two firms; ``cluster_highest``, ``cluster_smallest`` or
        ``cluster_median``: the paper's, one firm from each of `firms` clusters of a large sorted sample.
    sample : int
        Size of that sample.
    """

    family: Productivity
    firms: int
    sampling: str = "independent"
    sample: int = SAMPLE

    @property
    def cheap(self) -> bool:
        """Whether firms are drawn directly, not from a large sample each."""
        return not self.sampling.startswith("cluster")

    def __call__(self, sectors: int, rng: np.random.Generator) -> np.ndarray:
        """Draw the firms of many sectors (sector, firm), best first, zeros where a sector has fewer than the widest."""
        if self.sampling == "independent":
            phi = self.family.sample(sectors * self.firms, rng).reshape(sectors, self.firms)
        elif self.sampling == "poisson":
            number = _at_least_two(rng.poisson(self.firms, sectors), self.firms, rng)
            there = np.arange(number.max(initial=2)) < number[:, None]
            phi = np.zeros(there.shape)
            phi[there] = self.family.sample(int(number.sum()), rng)
        else:
            phi = np.stack([self._clusters(rng) for _ in range(sectors)])
        return np.sort(phi, axis=1)[:, ::-1]

    def _clusters(self, rng: np.random.Generator) -> np.ndarray:
        each = self.sample // self.firms
        clusters = np.sort(self.family.sample(each * self.firms, rng)).reshape(self.firms, each)
        take: dict[str, Callable[[np.ndarray], np.ndarray]] = {
            "cluster_highest": lambda c: c[:, -1],
            "cluster_smallest": lambda c: c[:, 0],
            "cluster_median": lambda c: np.median(c, axis=1),
        }
        return take[self.sampling](clusters)


def _at_least_two(number: np.ndarray, mean: float, rng: np.random.Generator) -> np.ndarray:
    """Draw again where a sector has fewer than two firms."""
    while (few := number < 2).any():
        number[few] = rng.poisson(mean, int(few.sum()))
    return number


def read_draw(table: Mapping[str, Any], key: str = KEY) -> tuple[Draw, int]:
    """Read a table such as ``{family = "pareto", k = 5, scale = 0.2, firms = 10, seed = 1}``: the draw and its seed.

    Raises
    ------
    InputError
        On the first entry that is not allowed, naming its key.
    """
    own = {name: table[name] for name in _OWN if name in table}
    if "family" not in table:
        raise InputError(f"{key}.family", "is missing", remedy="or give {file = ...}, or a list of productivities")
    family = from_spec({name: value for name, value in table.items() if name not in own}, key)
    if "firms" not in own:
        raise InputError(f"{key}.firms", "is missing: how many firms to draw", remedy=f"give {key}.firms")
    firms = _whole(own["firms"], 1, f"{key}.firms")
    sampling = own.get("sampling", "independent")
    if sampling not in SAMPLINGS:
        raise InputError(f"{key}.sampling", "must be one of " + ", ".join(SAMPLINGS), sampling)
    sample = _whole(own.get("sample", SAMPLE), firms, f"{key}.sample")
    return Draw(family, firms, sampling, sample), _whole(own.get("seed", 0), 0, f"{key}.seed")


def _whole(value: Any, least: int, key: str) -> int:
    number = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
    if not number or value != int(value) or value < least:
        raise InputError(key, f"must be a whole number of at least {least}", value)
    return int(value)


def read_firms(given: Any) -> list[np.ndarray]:
    """Read the productivities of each country: one array where one list, file or table is given.

    Raises
    ------
    InputError
        On the first entry that is not allowed, naming its key.
    """
    if is_list(given) and len(given) and any(is_list(e) or isinstance(e, (Mapping, str, Path)) for e in given):
        return [_read_one(entry, f"{KEY}[{i}]") for i, entry in enumerate(given)]
    return [_read_one(given, KEY)]


def _read_one(given: Any, key: str) -> np.ndarray:
    if isinstance(given, Mapping):
        if set(given) == {"file"}:
            return _read_file(given["file"], f"{key}.file")
        draw, seed = read_draw(given, key)
        phi = draw(1, np.random.default_rng(seed))[0]
        return phi[phi > 0.0]
    if isinstance(given, (str, Path)):
        return _read_file(given, key)
    if not is_list(given):
        raise InputError(key, "must be a list of positive numbers, a file, or a table to draw from", given)
    return _checked(list(given), key)


def _checked(values: list[Any], key: str) -> np.ndarray:
    if not values:
        raise InputError(key, "is empty: a market needs firms")
    for i, value in enumerate(values):
        number = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
        if not number or not np.isfinite(value) or value <= 0.0:
            raise InputError(f"{key}[{i}]", "must be a positive finite number", value,
                             remedy="leave a firm that cannot produce out of the list")  # fmt: skip
    return np.array(values, dtype=float)


def _read_file(path: Any, key: str) -> np.ndarray:
    """Read one productivity a line, or the column `productivity` (else the last one) of a .csv file with a head."""
    try:
        lines = Path(path).read_text(encoding="utf-8").split("\n")
    except (OSError, TypeError, ValueError) as error:
        why = getattr(error, "strerror", None) or "not a text file"
        raise InputError(key, f"cannot be read ({why.lower()})", str(path), remedy="check the path") from None
    rows = [[cell.strip() for cell in line.split(",")] for line in lines if line.strip()]
    column = -1
    if rows and "productivity" in rows[0]:
        column = rows[0].index("productivity")
    if rows and not _is_number(rows[0][column]):
        rows = rows[1:]
    values: list[Any] = [float(row[column]) if _is_number(row[column]) else row[column] for row in rows]
    return _checked(values, key)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
