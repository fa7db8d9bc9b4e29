"""The explainer's claims about the Pareto: participation, concentration, identical firms, foreign competition."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import brentq

from phistar.core.equilibrium import Equilibrium
from phistar.replicate.melitz2003.box import LEAST_TRADE, PARTNERS, STEP, Sample, scenario
from phistar.replicate.melitz2003.responses import EXACT, FIRMS, SEED, variable
from phistar.replicate.one_by_one import trial_of
from phistar.replicate.results import READING, Claim
from phistar.replicate.statements import Answer, Statement, judge
from phistar.replicate.worlds import Ledger, latin_hypercube, scenario_at
from phistar.verbs.simulate import simulate

#: Fewer exporters than this say little about the tail of their sales.
FEWEST = 500
STANDARD_ERRORS = 4.0
#: Firms of the discrete sample.
ATOMS = 24


def _participation(sample: Sample) -> Answer:
    """Test whether the share exporting has elasticity -k in tau, and whether firms lie in a power-law tail."""
    response = sample.log_change("tau", variable("exporter_share")) / np.log1p(-STEP)
    power = sample.family.name in {"pareto", "lognormal_pareto"}
    tail = sample.column("productivity.k") if power else np.full(len(response), np.nan)
    return np.abs(response + tail) < EXACT, sample.interior("tau"), sample.in_power_tail("tau")


PARTICIPATION = Statement(
    "participation",
    "analytical predictions that match the data closely, including ... the way export participation responds",
    "d ln (share exporting) / d ln tau = -k, whatever the other parameters", _participation,
    "all firms lie in a power-law tail (Pareto)",
)  # fmt: skip


def concentration(samples: Sequence[Sample], ledger: Ledger) -> Claim:
    """Judge whether exporters' sales are Pareto with exponent k/(sigma-1), from simulated firms."""
    pareto, bent, said = [], [], ""
    for sample in samples:
        if sample.family.name != "pareto" and sample.partners != PARTNERS[0]:
            continue
        often = sample.interior() & (sample.before["exporter_share"][0] > 0.15)
        world = sample.before.scenario_at(int(np.argmax(often)))
        sales = _foreign_sales(ledger.solve(world))
        shape, error = _hill(sales)
        upper, upper_error = _hill(np.sort(sales)[-max(len(sales) // 10, 50) :])
        straight = abs(shape - upper) <= STANDARD_ERRORS * np.hypot(error, upper_error)
        if sample.family.name != "pareto":
            bent += [] if straight or sample.label in bent else [sample.label]
            continue
        theory = world["parameters"]["productivity"]["k"] / (world["parameters"]["sigma"] - 1.0)
        said = said or f"exponent {shape:.3f} (s.e. {error:.3f}) against k/(sigma-1) = {theory:.3f}"
        straight &= abs(shape - theory) <= STANDARD_ERRORS * error
        known = [len(sales) >= FEWEST]
        pareto.append(trial_of(sample.label, [straight], [world["parameters"]], premise=known))
    return judge(
        "concentration", "predictions that match the data closely, including the concentration of exports",
        "exporters' sales abroad are Pareto with exponent k/(sigma-1), in their upper tenth too (Pareto)", pareto,
        evidence=f"{said}; rejected for {', '.join(bent)}",
    )  # fmt: skip


def _foreign_sales(eq: Equilibrium) -> np.ndarray:
    firms = simulate(eq, 10 * FIRMS, SEED)
    sales = firms[f"sales[{eq.countries[1]}]"][firms["country"] == 0]
    return np.asarray(sales[sales > 0.0])


def _hill(sales: np.ndarray) -> tuple[float, float]:
    """Estimate a Pareto exponent by maximum likelihood, with its standard error."""
    if len(sales) < 2:
        return np.inf, 0.0
    shape = (len(sales) - 1) / float(np.sum(np.log(sales / np.min(sales))))
    return shape, shape / np.sqrt(len(sales))


def identical_firms(ledger: Ledger, n: int = 12) -> Claim:
    """Judge whether firms that do not differ all make the same export decision."""
    u = latin_hypercube(n, 3, SEED)
    held, given = [], []
    for tau, f_x, f_e in zip(1.02 + 1.5 * u[:, 0], 0.2 + 3.0 * u[:, 1], 0.5 + 4.0 * u[:, 2], strict=True):
        base = scenario({"family": "empirical", "values": [1.0]}, 1)
        world = scenario_at(base, {"tau": float(tau), "f.export": float(f_x), "f_e": float(f_e), "delta": 0.5})
        share = ledger.solve(world)["exporter_share"][0]
        held.append(min(share, 1.0 - share) < EXACT)
        given.append(world["parameters"])
    return judge(
        "identical_firms", "If all firms ... are the same, they should all make the same decision about exporting",
        "with one productivity for all, either every firm exports or none does",
        [trial_of("one productivity", held, given)],
    )  # fmt: skip


def discrete_sample(ledger: Ledger, n: int = 3) -> Claim:
    """Judge falling trade costs where productivity is a sample of firms: cutoffs may stand on one of them."""
    values = np.exp(0.5 * np.random.default_rng(SEED).standard_normal(ATOMS))
    base = scenario({"family": "empirical", "values": values.tolist()}, 1)
    u = latin_hypercube(n, 2, SEED)
    held, known, given = [], [], []
    for tau, f_x in zip(1.15 + 0.3 * u[:, 0], 0.8 + 0.7 * u[:, 1], strict=True):
        world = scenario_at(base, {"tau": float(tau), "f.export": float(f_x)})
        before, after = ledger.solve(world), ledger.solve(scenario_at(world, {"tau": float(tau) / 1.1}))
        selects = after["cutoff"][0, 0] >= before["cutoff"][0, 0] * (1.0 - EXACT)
        known.append(before["export_revenue_share"][0] > LEAST_TRADE)
        exports = after["cutoff"][0, 1] <= before["cutoff"][0, 1] * (1.0 + EXACT)
        held.append(bool(selects and exports and after["welfare"][0] > before["welfare"][0]))
        given.append(world["parameters"])
    return judge(
        "discrete_sample", f"the same with a sample of {ATOMS} firms for a distribution",
        "tau down by a tenth: phi* does not fall, phi_x does not rise, welfare rises",
        [trial_of("a sample", held, given, premise=known)], source=READING,
    )  # fmt: skip


def foreign_competition(ledger: Ledger) -> Claim:
    """Judge whether exit follows foreign competition: change it while export profits stay as they were.

    Along a line of (tau, f_x) on which expected profits from exporting do not change, free entry leaves phi*
    where it is. If competition from abroad drove exit, phi* would follow the share of imports in spending.
    """
    found, said = [], ""
    for label, table in (
        ("lognormal", {"family": "lognormal", "mu": 0.0, "sd": 0.5}),
        ("weibull", {"family": "weibull", "shape": 1.2, "scale": 1.0}),
    ):
        base = scenario(table, 1)
        before = ledger.solve(base)

        def _gap(f_x: float, base: dict[str, object] = base, target: float = before["cutoff"][0, 0]) -> float:
            world = scenario_at(base, {"tau": 1.15, "f.export": f_x})
            return float(np.log(ledger.solve(world)["cutoff"][0, 0] / target))

        f_x = float(brentq(_gap, 1.5, 5.0, xtol=1e-13, rtol=1e-14))
        world = scenario_at(base, {"tau": 1.15, "f.export": f_x})
        after = ledger.solve(world)
        imports = [100.0 * e["trade_share"][1, 0] for e in (before, after)]
        moved = abs(np.log(after["cutoff"][0, 0] / before["cutoff"][0, 0]))
        follows = moved > EXACT or abs(imports[1] - imports[0]) < 1e-6
        found.append(trial_of(label, [follows], [world["parameters"]]))
        said = said or (
            f"{label}, tau 1.3 to 1.15, f_x 1.5 to {f_x:.4f}: imports {imports[0]:.2f} to {imports[1]:.2f}% of "
            f"spending, phi* unchanged (to {max(moved, 1e-16):.0e}); exporters bidding for labour set it"
        )
    return judge(
        "foreign_competition", "Less productive firms see their profits squeezed by foreign competition and exit",
        "phi* follows the share of imports where expected profits from exporting are kept constant", found,
        evidence=said,
    )  # fmt: skip
