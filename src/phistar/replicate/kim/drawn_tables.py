"""Table 6 and section 4.3: the paper's three samples of a Pareto distribution, against the distribution itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from phistar.models.granular.draws import SAMPLE
from phistar.replicate.kim.printed import EXAMPLES
from phistar.replicate.kim.samples import TABLES, Samples
from phistar.replicate.one_by_one import trial_of
from phistar.replicate.results import BY_READING, NOT_REPRODUCED, Cell, Claim, Section, number_cell
from phistar.replicate.statements import Trial, judge

SHAPE, LOWEST, FIRMS = 5.0, 0.2, 10
#: Last row of Table 6, and what its note says of the whole sample.
MOMENTS = {"variance": ("0.470", "0.001", "0.002"), "mean": ("0.457", "0.237", "0.247")}
WHOLE = {"variance": "0.004", "mean": "0.250"}
HEADS = {"Example 1": "highest", "Example 2": "smallest", "Example 3": "median"}


def upper_quantile(share: np.ndarray | float) -> np.ndarray:
    """Return the productivity that a share of firms exceeds, from (15)."""
    return np.asarray(LOWEST * np.asarray(share) ** (-1.0 / SHAPE))


def places(which: str) -> np.ndarray:
    """Return the share of firms above each cluster's highest, smallest or median (firm)."""
    cluster = np.arange(FIRMS)
    return np.asarray((cluster + {"highest": 0.0, "smallest": 1.0, "median": 0.5}[which]) / FIRMS)


def likely(place: float) -> tuple[float, float, float]:
    """Return what the firm at a place of a sorted sample is: in the middle, and the ends of 95 per cent of samples."""
    if place == 0.0:  # the highest of all, exactly
        low, middle, high = (float(upper_quantile(1.0 - p ** (1.0 / SAMPLE))) for p in (0.025, 0.5, 0.975))
        return middle, low, high
    middle = float(upper_quantile(place))
    spread = 1.96 * middle / SHAPE * np.sqrt((1.0 - place) / (place * SAMPLE))
    return middle, middle - spread, middle + spread


def sample_section(samples: Samples) -> Section:
    """Compute Table 6 from the distribution, and judge what section 4.3 says of the three sets."""
    cells = []
    for name, firms in EXAMPLES.items():
        column = f"{HEADS[name]} of cluster"
        drawn = zip(firms.printed, places(HEADS[name]), strict=True)
        cells += [_drawn(f"firm {f}", column, stated, *likely(at)) for f, (stated, at) in enumerate(drawn, start=1)]
    for at, (name, firms) in enumerate(EXAMPLES.items()):
        moments = {"variance": np.var(firms.rounded, ddof=1), "mean": np.mean(firms.rounded)}
        column = f"{HEADS[name]} of cluster"
        cells += [number_cell(m, column, MOMENTS[m][at], float(value)) for m, value in moments.items()]
    mean = LOWEST * SHAPE / (SHAPE - 1.0)
    variance = LOWEST**2 * SHAPE / (SHAPE - 2.0) - mean**2
    cells += [
        number_cell("whole sample", f"its {m}", WHOLE[m], value)
        for m, value in (("variance", variance), ("mean", mean))
    ]
    notes = (
        "Computed: quantiles of the Pareto at the clusters' ends and middles, which a sample of 500,000 meets but "
        "for chance; ≈: within what 95 per cent of samples give. Moments are those of the printed sets.",
    )
    return Section("table_6", "Table 6: three sets from the same Pareto distribution", notes, sample_claims(samples),
                   tuple(cells))  # fmt: skip


def _drawn(row: str, column: str, stated: str, middle: float, low: float, high: float) -> Cell:
    """Hold a printed draw against its quantile, or else against what 95 per cent of samples give."""
    cell = number_cell(row, column, stated, middle)
    half = 0.5 * 10.0 ** -len(stated.partition(".")[2])
    if cell.verdict == NOT_REPRODUCED and low - half <= float(stated) <= high + half:
        note = f"95 per cent of samples between {low:.4f} and {high:.4f}"
        return replace(cell, verdict=BY_READING, note=note)
    return cell


def sample_claims(samples: Samples) -> tuple[Claim, ...]:
    """Judge section 4.3 over clusters drawn again."""
    sets = {s.label.split()[1]: s for s in samples.fixed if s.label.startswith("clusters")}
    count = len(sets["median"].firms)
    variance = {which: np.var(s.firms, axis=1, ddof=1) for which, s in sets.items()}
    mean = {which: np.mean(s.firms, axis=1) for which, s in sets.items()}
    order = (variance["highest"] > variance["median"]) & (variance["median"] > variance["smallest"])
    whole_mean, whole = LOWEST * SHAPE / (SHAPE - 1.0), LOWEST**2 * SHAPE / (SHAPE - 2.0)
    whole -= whole_mean**2
    alike = {"mean": np.abs(mean["median"] / whole_mean - 1.0) < 0.05,
             "variance": np.abs(variance["median"] / whole - 1.0) < 0.05}  # fmt: skip

    def _clusters(held: np.ndarray) -> list[Trial]:
        return [trial_of("clusters", held, sets["median"].parameters())]

    quote = (
        "Example 3 is the discrete sample set that could represent the continuous form of the distribution in terms of "
    )
    return (
        judge("set_variance", "the variance of Example 1 is highest among the three; the smallest productivities give "
              "the smallest variance", "so in clusters drawn again", _clusters(order),
              evidence=f"{count} samples of {TABLES['clusters median'][0]['firms']} clusters of 50,000"),
        judge("set_mean", quote + "mean", "the medians' mean is within 5 per cent of the distribution's",
              _clusters(alike["mean"]), evidence=f"{np.mean(mean['median']):.4f} against {whole_mean:g}"),
        judge("set_spread", quote + "variance", "the medians' variance is within 5 per cent of the distribution's",
              _clusters(alike["variance"]),
              evidence=f"{np.mean(variance['median']):.5f} against {whole:.5f}: little more than half, as Table 6 says "
                       "itself"),
    )  # fmt: skip
