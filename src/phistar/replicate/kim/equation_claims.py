"""The paper's numbered equations, each held against certified equilibria; derivatives by complex steps in demand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from phistar.replicate.kim import formulas
from phistar.replicate.kim.printed import K_1
from phistar.replicate.kim.samples import Sample, Samples
from phistar.replicate.one_by_one import trial_of, trials_by_label
from phistar.replicate.results import EQUATION, READING, Claim, Section
from phistar.replicate.statements import judge

#: Economies of each sample, both before trade.
EACH = 10
#: Equilibria solve their equations to 1e-12; the marginal share in (33) magnifies it.
SAME = 1e-8
#: Of a complex step, relative to what is moved, nothing is lost to subtraction.
STEP = 1e-30

Array = Any


@dataclass(frozen=True)
class Market:
    """One market in equilibrium, firms best first (firm); what the equations are about, in their letters."""

    label: str
    sigma: float
    eta: float | None
    size: float
    P: float
    phi: np.ndarray
    S: np.ndarray
    mu: np.ndarray
    parameters: dict[str, Any]

    @property
    def Psi(self) -> float:
        """The sector's share of spending; one where spending is fixed."""
        return 1.0 if self.eta is None else 1.0 / (1.0 + self.P ** (self.eta - 1.0))

    @property
    def E(self) -> float:
        """Spending on the sector."""
        return self.size * self.Psi

    @property
    def epsilon(self) -> np.ndarray:
        """The elasticity that the markup tells."""
        return np.asarray(self.mu / (self.mu - 1.0))

    @property
    def p(self) -> np.ndarray:
        """Prices."""
        return np.asarray(self.mu / self.phi)

    @property
    def N(self) -> np.ndarray:
        """Varieties, from demand alone: the number at which the firm's share is S at price p."""
        return np.asarray(self.S * (self.p / self.P) ** (self.sigma - 1.0))

    @property
    def y(self) -> np.ndarray:
        """Sales of a variety, from demand alone."""
        return np.asarray(self.E * self.S / (self.N * self.p))

    @property
    def P_f(self) -> np.ndarray:
        """Firms' price indices, (6)."""
        return np.asarray(self.N ** (1.0 / (1.0 - self.sigma)) * self.p)

    def demand(self, p: Array, N: Array) -> Array:
        """Return sales of a variety as each firm alone moves its price and range, rivals' as they are (firm)."""
        s = self.sigma - 1.0
        rivals = self.P**-s - self.N * self.p**-s
        P = (rivals + N * p**-s) ** (-1.0 / s)
        Psi = 1.0 if self.eta is None else 1.0 / (1.0 + P ** (self.eta - 1.0))  # keeps the step where Psi is nearly one
        return self.size * Psi * p**-self.sigma * P**s

    def slope_in_price(self) -> np.ndarray:
        """Differentiate sales of a variety in the firm's price (firm)."""
        return np.asarray(self.demand(self.p * (1.0 + 1j * STEP), self.N).imag / (self.p * STEP))

    def slope_in_scope(self) -> np.ndarray:
        """Differentiate sales of a variety in the firm's range (firm)."""
        return np.asarray(self.demand(self.p, self.N * (1.0 + 1j * STEP)).imag / (self.N * STEP))


def markets(samples: Sequence[Sample]) -> Iterator[Market]:
    """Read markets of autarky from samples."""
    for s in samples:
        size = float(s.opening.world["R"] if s.eta is None else s.opening.world["I"])
        for i in range(min(EACH, len(s.firms))):
            on = s.active[:, i]
            o = s.opening
            P = float(o.before.price_index[i])
            yield Market(s.label, s.sigma, s.eta, size, P, o.phi[on, i], o.old[on, i], o.old_markup[on, i],
                         dict(s.parameters()[i]) | {"market": "autarky"})  # fmt: skip


#: How far the two sides of an equation are apart, relatively (firm).
Gap = Callable[[Market], Array]


def _apart(left: Array, right: Array) -> Array:
    return np.abs(np.asarray(left) / np.asarray(right) - 1.0)


def _margin(m: Market) -> np.ndarray:
    return (m.p - 1.0 / m.phi) * m.y


def _tau(m: Market) -> np.ndarray:
    return m.phi[-1] / m.phi


def _below_A6(m: Market) -> np.ndarray:
    assert m.eta is not None
    return np.asarray(formulas.profit_A6(m.S, m.sigma, m.eta, m.size, m.Psi))


def _accounts(m: Market) -> np.ndarray:
    return np.asarray(m.N * (m.p - 1.0 / m.phi) * m.y - K_1 * m.N)


def _indirect(m: Market, one: Array) -> Array:
    assert m.eta is not None
    return (1.0 - m.eta) / (1.0 - m.sigma) * one


def _A5(rule: Callable[..., Array]) -> Gap:
    return lambda m: _apart(rule(_tau(m), m.S[-1], m.sigma, m.eta, m.Psi), m.S)


#: Equations of both upper tiers: number, as printed in words, gap.
BOTH: tuple[tuple[str, str, Gap], ...] = (
    ("(5), (6)", "P = [Σ P_f^(1−σ)]^(1/(1−σ)), P_f = [N_f p_f^(1−σ)]^(1/(1−σ))",
     lambda m: _apart(np.sum(m.P_f ** (1.0 - m.sigma)) ** (1.0 / (1.0 - m.sigma)), m.P)),
    ("(8), (10)", "S_f = sales of f over all sales = P_f^(1−σ)/P^(1−σ)",
     lambda m: np.maximum(_apart(m.N * m.p * m.y / np.sum(m.N * m.p * m.y), m.S),
                          _apart((m.P_f / m.P) ** (1.0 - m.sigma), m.S))),
    ("(14)", "y_f = E S_f N_f^(σ/(1−σ)) / P_f",
     lambda m: _apart(m.E * m.S / m.P_f * m.N ** (m.sigma / (1.0 - m.sigma)), m.y)),
    ("(19)", "y + p ∂y/∂p = (1/φ) ∂y/∂p", lambda m: _apart(m.y + m.p * m.slope_in_price(), m.slope_in_price() / m.phi)),
    ("(20)", "p = ε/(ε−1)/φ, with ε the elasticity of demand for a variety",
     lambda m: _apart(formulas.price(m.phi, -m.slope_in_price() * m.p / m.y), m.p)),
    ("(21)", "(p−1/φ) y + N (p−1/φ) ∂y/∂N = K_1",
     # over the margin: of a firm nearly alone the two terms all but cancel
     lambda m: np.abs(_margin(m) + m.N * (m.p - 1.0 / m.phi) * m.slope_in_scope() - K_1) / _margin(m)),
    ("(24)", "(p−1/φ) y (ε−1)/(σ−1) = K_1", lambda m: _apart(_margin(m) * (m.epsilon - 1.0) / (m.sigma - 1.0), K_1)),
    ("(25)", "y = φ (σ−1) K_1", lambda m: _apart(m.phi * (m.sigma - 1.0) * K_1, m.y)),
    ("(27), (A.3)", "N = E/K_1 · 1/(σ−1) · (ε−1)/ε · S",
     lambda m: _apart(formulas.varieties(m.E, K_1, m.sigma, m.S, m.epsilon), m.N)),
    ("(29)", "φ = [(σ−1)K_1/E]^(1/(σ−1)) (1/P) μ^(σ/(σ−1))",
     lambda m: _apart(((m.sigma - 1.0) * K_1 / m.E) ** (1.0 / (m.sigma - 1.0)) / m.P
                      * m.mu ** (m.sigma / (m.sigma - 1.0)), m.phi)),
    ("(30)", "τ_f = (μ_f/μ_z)^(−σ/(σ−1))",
     lambda m: _apart((m.mu / m.mu[-1]) ** (-m.sigma / (m.sigma - 1.0)), _tau(m))),
)  # fmt: skip
FIXED: tuple[tuple[str, str, Gap], ...] = (
    ("(20) (b)", "ε = σ + (1−σ) S", lambda m: _apart(m.sigma + (1.0 - m.sigma) * m.S, m.epsilon)),
    ("(22)", "∂y/∂N = −y/N + (y/S) ∂S/∂N, ∂S/∂N = (S/N)(1−S)",
     lambda m: _apart(-m.y / m.N + m.y / m.S * (m.S / m.N * (1.0 - m.S)), m.slope_in_scope())),
    ("(23)", "(p−1/φ) y − (p−1/φ) y S = K_1", lambda m: _apart(_margin(m) * (1.0 - m.S), K_1)),
    ("(18), (32)", "Π = R S²/(1+(σ−1)(1−S)) − K_0",
     lambda m: np.abs(formulas.profit_32(m.S, m.sigma, m.E) - _accounts(m)) / m.E),
    ("(31)", "S_f from S^ZCP and τ_f with exponent −σ/(σ−1), as printed",
     lambda m: _apart(formulas.share_31(_tau(m), m.S[-1], m.sigma), m.S)),
    ("(33)", "S_f from S^ZCP and τ_f with exponent −(σ−1)/σ",
     lambda m: _apart(formulas.share_33(_tau(m), m.S[-1], m.sigma), m.S)),
)  # fmt: skip
CES: tuple[tuple[str, str, Gap], ...] = (
    ("(A.1)", "ε = σ + (η−σ) S + (1−η) S Ψ",
     lambda m: _apart(formulas.elasticity_A1(m.S, m.sigma, m.eta or 1.0, m.Psi), m.epsilon)),
    ("(A.2)", "margin + indirect benefit − cannibalization − indirect cannibalization = K_1",
     lambda m: _apart(_margin(m) * (1.0 + _indirect(m, m.S) - m.S - _indirect(m, m.S * m.Psi)), K_1)),
    ("(A.5)", "S_f from S^ZCP, τ_f and Ψ, as printed", _A5(formulas.share_A5_printed)),
    ("(A.5) corrected", "with ε_z τ^(−(σ−1)/σ) for ε_z in the numerator", _A5(formulas.share_A5)),
    ("(A.6)", "Π from S and Ψ, K_0 (printed: K_1) zero", lambda m: np.abs(_below_A6(m) - _accounts(m)) / m.E),
    ("Table A.1, sector", "Y = I P^(1−η)/ℙ^(1−η) · 1/ℙ, as printed", lambda m: _apart(m.size * m.Psi / _all(m), _Y(m))),
    ("Table A.1, sector corrected", "Y = I P^(1−η)/ℙ^(1−η) · 1/P", lambda m: _apart(m.size * m.Psi / m.P, _Y(m))),
    ("Table A.1, firm", "y_f = I P_f^(1−η)/ℙ^(1−η) · S_f · 1/ℙ, as the text at hand has it",
     lambda m: _apart(m.size * (m.P_f / _all(m)) ** (1.0 - (m.eta or 1.0)) * m.S / _all(m), _y_f(m))),
    ("Table A.1, firm corrected", "y_f = I P^(1−η)/ℙ^(1−η) · S_f · 1/P_f",
     lambda m: _apart(m.size * m.Psi * m.S / m.P_f, _y_f(m))),
    ("Table A.1, variety", "y = I Ψ S_f / (N_f p_f)", lambda m: _apart(m.size * m.Psi * m.S / m.N / m.p, m.y)),
    ("Table A.1, aggregate", "U = wL/ℙ", lambda m: _apart(_U(m), m.size / _all(m))),
)  # fmt: skip


def _all(m: Market) -> float:
    """Return the aggregate price index, P_0 = 1."""
    assert m.eta is not None
    return float((1.0 + m.P ** (1.0 - m.eta)) ** (1.0 / (1.0 - m.eta)))


def _y_f(m: Market) -> np.ndarray:
    """Return consumption of each firm's composite, (3)."""
    return np.asarray(m.N ** (m.sigma / (m.sigma - 1.0)) * m.y)


def _Y(m: Market) -> float:
    """Return consumption of the sector, aggregated from what is bought of each variety by (2) and (3)."""
    power = (m.sigma - 1.0) / m.sigma
    return float(np.sum(_y_f(m) ** power) ** (1.0 / power))


def _U(m: Market) -> float:
    """Return utility from what is bought: of the numeraire what is left."""
    assert m.eta is not None
    power = (m.eta - 1.0) / m.eta
    return float(((m.size * (1.0 - m.Psi)) ** power + _Y(m) ** power) ** (1.0 / power))


def equation_section(samples: Samples) -> Section:
    """Judge every numbered equation."""
    fixed, ces = list(markets(samples.fixed)), list(markets((*samples.ces, *samples.wide)))
    claims = [quasi_linear()]
    for group, where in ((BOTH, (*fixed, *ces)), (FIXED, tuple(fixed)), (CES, tuple(ces))):
        claims += [_judged(number, words, gap, where) for number, words, gap in group]
    claims.append(indirect_sign(ces))
    note = (f"{len(fixed) + len(ces)} certified markets; varieties, sales and derivatives are recomputed from demand "
            f"alone. Equal means to {SAME:.0e}.")  # fmt: skip
    return Section("equations", "The numbered equations", (note,), tuple(claims))


def _judged(number: str, words: str, gap: Gap, where: Sequence[Market]) -> Claim:
    several = [m for m in where if len(m.S) > 1] if "(A.5)" in number or "(3" in number else list(where)
    gaps = np.array([float(np.max(gap(m))) for m in several])
    found, worst = trials_by_label(several, gaps < SAME), float(np.max(gaps))
    source = READING if number.endswith("corrected") else EQUATION
    return judge(f"equation {number}", f"{number}  {words}", "both sides agree", found,
                 evidence=f"largest gap {worst:.0e}", source=source)  # fmt: skip


def indirect_sign(where: Sequence[Market]) -> Claim:
    """Judge footnote 24: the sign of the net indirect effect of one more variety."""
    held, worlds = [], []
    for m in where:
        net = _indirect(m, m.S * (1.0 - m.Psi))
        held.append(bool(np.all((net > 0.0) == ((m.eta or 0.0) > 1.0))))
        worlds.append(m.parameters)
    found = [trial_of("CES", held, worlds)]
    return judge("indirect", "When the sectoral goods are complementary (0 < eta < 1), a sign of the net indirect "
                 "effect is negative",
                 "indirect benefit less indirect cannibalization has the sign of η − 1", found)  # fmt: skip


def quasi_linear() -> Claim:
    """Judge (1), (7) and (9): spending on the sector under the utility (1), maximized by search."""
    from scipy.optimize import minimize_scalar

    rng = np.random.default_rng(7)
    held, alone, worlds = [], [], []
    for i in range(60):
        income = 1.0 if i % 4 == 0 else float(rng.uniform(0.6, 3.0))
        rho, P = float(rng.uniform(0.1, 0.5)), float(rng.uniform(0.5, 3.0))
        best = minimize_scalar(lambda e, rho=rho, P=P, income=income: -(income - e + rho * np.log(e / P)),
                               bounds=(1e-6, income), method="bounded", options={"xatol": 1e-10})  # fmt: skip
        held.append(abs(best.x / income - rho) < 1e-5)
        alone.append(income == 1.0)
        worlds.append({"income": income, "rho": rho, "P": P})
    found = [trial_of("consumers", held, worlds, condition=alone)]
    return judge("equation (1), (7), (9)", "(1), (7), (9)  U = y_0 + ρ ln Y: the sector's share of income is ρ "
                                      "(Cobb-Douglas)",
                 "spending on the sector is ρ times income", found, condition="income per head is 1",
                 evidence="(1) is quasi-linear: spending is ρ, whatever the income", source=EQUATION)  # fmt: skip
