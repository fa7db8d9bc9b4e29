"""Section 3 of the paper: what firms do in an equilibrium, and which firms there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from phistar.replicate.comparisons import falling, rising
from phistar.replicate.kim import formulas
from phistar.replicate.kim.draw_facts import rivals
from phistar.replicate.kim.printed import SIGMA, R
from phistar.replicate.kim.samples import Sample, Samples
from phistar.replicate.kim.verdicts import judged
from phistar.replicate.one_by_one import trial_of
from phistar.replicate.results import READING, Claim, Section
from phistar.replicate.statements import Statement, Trial, judge, whether
from phistar.replicate.worlds import Ledger

#: Draws for which every candidate of the cutoff is searched one by one.
SEARCHED = 150
#: Both routes solve one equation for a share: they agree to its rounding.
SAME = 1e-10
#: Fixed costs at which the search for other equilibria is repeated, and draws at each.
FIXED_COSTS, AT_EACH = (1.0, 5.0, 20.0), 8


def _best_two(values: np.ndarray) -> np.ndarray:
    """Multiply what the two best firms have; nan where there is one (draw)."""
    return np.asarray(values[0] * values[1] if len(values) > 1 else np.full(values.shape[1], np.nan))


def _substitutes(s: Sample) -> np.ndarray:
    return np.full(len(s.firms), s.eta is None or s.eta >= 1.0)


def _has_outsider(s: Sample) -> np.ndarray:
    return np.asarray(np.count_nonzero(s.firms > 0.0, axis=1) > s.opening.before.survivors)


def _best_outsider(s: Sample) -> np.ndarray:
    """Return the markup that (29) gives the best firm that is out, over sigma/(sigma-1): above one it would sell."""
    phi = -np.sort(-s.firms, axis=1).T
    next_ = np.minimum(s.opening.before.survivors, len(phi) - 1)
    best = np.take_along_axis(phi, next_[None], axis=0)[0]
    markup = s.opening.old_markup[0] * (best / phi[0]) ** ((s.sigma - 1.0) / s.sigma)
    return np.asarray(markup * (s.sigma - 1.0) / s.sigma)


BEHAVIOUR = (
    Statement("elastic", "the demand elasticity is higher than one (epsilon_f > 1)",
              "every survivor's is, and its markup is finite",
              whether(lambda s: np.all(~s.active | (s.elasticity() > 1.0), axis=0))),
    Statement("share_order", "if there is no change in phi^ZCP, a higher productive firm benefits from a higher "
              "market share", "shares rise with productivity",
              whether(lambda s: falling(np.where(s.active, s.opening.old, np.nan)), among=rivals)),
    Statement("markup_order", "an increasing markup in productivity", "markups rise with productivity",
              whether(lambda s: falling(s.opening.old_markup), among=rivals)),
    Statement("price_order", "a decreasing price of a variety in productivity", "prices fall with productivity",
              whether(lambda s: rising(s.price()), among=rivals)),
    Statement("scope_order", "a productive firm with a higher market share produces a broader range of varieties",
              "ranges rise with productivity, whatever the hump of footnote 20",
              whether(lambda s: falling(s.varieties()), among=lambda s: rivals(s) & _substitutes(s)),
              evidence="η ≥ 1, as the paper has it: (1−S_1)(1−S_2) ≥ S_1 S_2"),
    Statement("scope_order_wide", "a productive firm with a higher market share produces a broader range of varieties",
              "ranges rise with productivity, η below 1",
              whether(lambda s: falling(s.varieties()), among=lambda s: rivals(s) & ~_substitutes(s),
                      where=lambda s: _best_two(s.elasticity()) > s.sigma),
              condition="ε_1 ε_2 > σ", source=READING),
    Statement("scope_share", "the inverse of markup prevents the optimal range of varieties from expanding "
              "proportionally to the firm-level market share", "varieties a unit of share fall with productivity",
              whether(lambda s: rising(s.varieties() / s.opening.old), among=rivals)),
    Statement("exit_price", "firms that exit from the market set their price at (w/phi_f) sigma/(sigma-1)",
              "at that price, the lowest anyone takes, the best firm that is out sells nothing",
              whether(lambda s: _best_outsider(s) <= 1.0 + 1e-12, among=_has_outsider)),
)  # fmt: skip


def behaviour_section(samples: Samples, ledger: Ledger) -> Section:
    """Judge sections 3.3 to 3.5."""
    every = (*samples.fixed, *samples.ces, *samples.wide)
    claims = (
        *judged(BEHAVIOUR, every),
        inverted_u(),
        monopolist(),
        *cutoff_claims(samples.fixed[0]),
        fixed_costs(samples.fixed[0], ledger),
        no_moment_needed(samples),
    )
    note = "Prices, ranges and shares of survivors in autarky; equal firms aside."
    return Section("behaviour", "What firms do, and which there are (sections 3.3 to 3.5)", (note,), claims)


def _scope(share: Any, sigma: np.ndarray) -> np.ndarray:
    """Return a firm's varieties under fixed spending, up to a constant."""
    return np.asarray(formulas.varieties(1.0, 1.0, sigma, share, sigma + (1.0 - sigma) * share))


def inverted_u() -> Claim:
    """Judge footnote 20: the range of varieties over the share of a firm."""
    sigma = np.linspace(1.2, 15.0, 60)
    peak = np.sqrt(sigma) / (1.0 + np.sqrt(sigma))
    share = np.linspace(0.002, 0.998, 499)[:, None]
    slope = np.diff(_scope(share, sigma), axis=0)
    middle = 0.5 * (share[1:] + share[:-1])
    clear = np.abs(middle - peak) > 0.002  # half a step of the grid
    held = np.all(~clear | ((slope > 0.0) == (middle < peak)), axis=0)
    trial = trial_of("fixed spending", held, [{"sigma": float(x)} for x in sigma])
    return judge("inverted_u", "an inverted U-shape relationship between the number of varieties and the firm's "
                 "market share", "N_f rises up to S = √σ/(1+√σ), where ε = √σ, and falls beyond", [trial],
                 evidence="60 values of σ from 1.2 to 15")  # fmt: skip


def monopolist() -> Claim:
    """Judge footnote 20's limit: what is left of the range as the share goes to one."""
    sigma = np.linspace(1.2, 15.0, 60)
    ratio = _scope(1.0 - 1e-9, sigma) / _scope(np.sqrt(sigma) / (1.0 + np.sqrt(sigma)), sigma)
    trial = trial_of("fixed spending", ratio < 1e-6, [{"sigma": float(x)} for x in sigma])
    return judge("monopolist", "In the extreme case of monopoly, the monopolist minimizes its range of variety",
                 "N_f vanishes as S goes to one, spending fixed", [trial],
                 evidence="a limit: alone it has no finite markup at all")  # fmt: skip


def cutoff_claims(sample: Sample) -> list[Claim]:
    """Judge (28) and the search for the cutoff, candidate by candidate, where there is no fixed cost K_0."""
    found, unique, loses, gone, premise = [], [], [], [], []
    for i in range(SEARCHED):
        phi = -np.sort(-sample.firms[i])
        share, _ = formulas.survivors(phi, lambda t, S_z: formulas.share_33(t, S_z, SIGMA))
        theirs = sample.opening.old[:, i]
        count = int(sample.opening.before.survivors[i])
        found.append(len(share) == count and bool(np.max(np.abs(share - theirs[: len(share)])) < SAME))
        unique.append(_stable_cutoffs(phi) == [count])
        premise.append(count < len(phi))
        S = _everyone_in(phi[: count + 1]) if premise[-1] else np.zeros(1)
        loses.append(bool(np.min(formulas.profit_32(S, SIGMA, R)) < 0.0))
        gone.append(bool(S[-1] <= 0.0))
    worlds = [sample.parameters()[i] for i in range(SEARCHED)]

    def _searched(held: Sequence[bool], among: Sequence[bool] | None = None) -> list[Trial]:
        return [trial_of(sample.label, held, worlds, premise=among)]

    return [
        judge("search", "there is the least productivity satisfying the sum of the market share as unity",
              "the paper's search, candidate after candidate, ends at the library's survivors and shares",
              _searched(found)),
        judge("unique", "a mechanism to find the unique equilibrium in terms of phi^ZCP",
              "without K_0 one set of best firms alone leaves no other firm with sales to gain", _searched(unique)),
        judge("entrant_loses", "the participation of the M_o + 1th productive firm has at least one firm face a "
              "negative profit", "with that firm in, some profit by (32) is negative (K_0 = 0)",
              _searched(loses, premise), evidence="(32) is a square over a positive number: it never is"),
        judge("entrant_gone", "(28): S_f > 0 for survivors", "with that firm in, its own share would be negative",
              _searched(gone, premise), evidence="the share is what binds", source=READING),
    ]  # fmt: skip


def _stable_cutoffs(phi: np.ndarray) -> list[int]:
    """Return the numbers of best firms that can share the market while the next would sell nothing."""
    stable = []
    for count in range(2, len(phi) + 1):
        S_z = formulas.marginal_share(formulas.tau(phi[count - 1], phi[:count]), _rule)
        if S_z is None:
            continue
        # The markup that (29) gives the next firm, from the marginal survivor's; at most sigma/(sigma-1) is no sale.
        markup = formulas.markup(SIGMA + (1.0 - SIGMA) * S_z)
        if count < len(phi):
            markup *= (phi[count] / phi[count - 1]) ** ((SIGMA - 1.0) / SIGMA)
        stable += [count] if count == len(phi) or markup <= SIGMA / (SIGMA - 1.0) else []
    return stable


def _rule(ratio: np.ndarray, S_z: float) -> np.ndarray:
    return np.asarray(formulas.share_33(ratio, S_z, SIGMA))


def _everyone_in(phi: np.ndarray) -> np.ndarray:
    """Solve for all shares with every firm in, the last one's negative if need be."""
    from scipy.optimize import brentq

    ratios = formulas.tau(phi[-1], phi)
    least = -1.0
    while np.sum(_rule(ratios, least)) > 1.0 and least > -1e6:
        least *= 2.0
    S_z = brentq(lambda S: float(np.sum(_rule(ratios, S))) - 1.0, least, 1.0 / len(phi), xtol=1e-14)
    return _rule(ratios, S_z)


def fixed_costs(sample: Sample, ledger: Ledger) -> Claim:
    """Judge uniqueness where being in the market costs K_0: other sets of firms that nobody would leave or join."""
    from phistar.core.errors import PhistarError

    held, worlds = [], []
    for K_0 in FIXED_COSTS:
        for i in range(AT_EACH):
            parameters = {**sample.parameters()[i], "market": "autarky", "K_0": K_0}
            try:
                eq = ledger.solve({"model": "granular", "parameters": parameters})
            except PhistarError:
                continue
            held.append(bool(eq.certificate.checks["no_other_equilibrium_found"]))
            worlds.append(parameters)
    found = [trial_of("Pareto, K_0 > 0", held, worlds)]
    return judge("unique_fixed_cost", "the unique equilibrium", "with K_0 > 0 no other set of firms stands against "
                 "entry and exit by one firm, rivals fixed",
                 found, evidence=f"K_0 of {', '.join(map(str, FIXED_COSTS))}",
                 source=READING)  # fmt: skip


def no_moment_needed(samples: Samples) -> Claim:
    """Judge footnote 7: no tail is too fat for a discrete number of firms."""
    found = [
        trial_of(s.label, s.certified, s.parameters())
        for s in samples.fixed
        if s.label.startswith("fat Pareto") and s.sigma - 1.0 > 2.0
    ]
    return judge("no_moment", "it is not necessary to set the restriction on the relationship between gamma and sigma "
                 "(gamma > sigma - 1) in the discrete-firm case", "with gamma = 2 every draw has its equilibrium, "
                   "before and after trade", found)  # fmt: skip
