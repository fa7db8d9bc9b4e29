"""Sections 3.4 to 4.2: general equilibrium, cheap inputs, welfare, and what the paper would test in data."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from phistar.models.vertical_specialization import local
from phistar.replicate.ara2026.box import HIGH, LOW
from phistar.replicate.ara2026.market_size import OMEGA, WELFARE, sourcing_condition
from phistar.replicate.ara2026.samples import NOTHING, Answer, Pair, Sample, Samples, Statement, among, moves
from phistar.replicate.results import READING, Section, silent

GOODS, INPUTS = "relative_exports", "relative_imports"
#: Two elasticities closer than the error of a difference quotient are equal.
_CLOSE = 1e-7


def equilibrium_section(samples: Samples) -> Section:
    """Judge section 3.4: the slopes of the two curves, and what keeps both countries downstream."""
    claims = (
        Statement("phi_slope", "the LMC condition is downward sloping", "Φ_ω < 0, equal countries, Assumption 1 or not",
                  _of_slopes(lambda p: p[0] < 0.0)).judged(samples.equal),
        Statement("psi_slope", "Ψ_ω > 0 under Assumption 1; when it is violated, Ψ_ω < 0",
                  "sign Ψ_ω = sign(R_X/E_M − 1), equal countries", _psi_sign).judged(samples.equal),
        Statement("steeper", "Ψ_ω < 0 [and Φ_ω < 0] ... ω is decreasing in L",
                  "what (21) needs besides: |Ψ_ω| > |Φ_ω| where Assumption 1 fails",
                  _of_slopes(lambda p: np.abs(p[1]) > np.abs(p[0]), False)).judged(samples.equal),
        Statement("alpha_X_slope", "α'_X1(1) > 0", "equal countries", _slope("alpha_X", 1)).judged(samples.equal),
        Statement("alpha_M_slope", "α'_M1(1) < 0", "equal countries, Pareto", _alpha_M_slope,
                  "1 + (1/ρ + 2A)(p − q) > 0").judged(samples.equal[:1], "as in Proposition 3(ii)"),
        Statement("alpha_M_slope_beyond", "α'_M1(1) < 0", "the same without a Pareto", _slope("alpha_M", -1),
                  source=READING).judged(samples.equal[1:]),
        Statement("theta_slope", "Taken together, we obtain θ'_1(1) < 0", "equal countries",
                  _slope("theta", -1)).judged(samples.equal),
        Statement("interior", "1/α_X2 < ωL < α_X1", "footnote 10: wherever both countries export goods, any sizes",
                  _interior).judged(samples.unequal),
        Statement("phi_L", "Φ_L > 0: not merely local at symmetry", "footnote 12: α_X1 α_X2 > 1, any sizes",
                  lambda s: (np.prod(s.at["alpha_X"], axis=0) > 1.0, s.supposed, None)).judged(samples.unequal),
        Statement("higher_L", "a higher relative export ratio R_X and a higher relative wage ω",
                  "as L rises, Assumption 1, any sizes", moves({(GOODS, 0): 1, (OMEGA, 0): 1}, goods_lead=True),
                  ).judged([*samples.equal, *samples.unequal]),
    )  # fmt: skip
    return Section("equilibrium", "3.4 General equilibrium", (), claims)


def slopes(sample: Sample) -> tuple[np.ndarray, np.ndarray]:
    """Return Phi_omega and Psi_omega at symmetry, by A.2.4 from how solved equilibria respond."""
    with np.errstate(all="ignore"):
        alpha, theta = sample.at["alpha_X"][0], sample.at["theta"][0]
        slope_X, slope_M = (
            sample.response(name) / sample.response(OMEGA) * sample.at[name][0] for name in ("alpha_X", "alpha_M")
        )
        Phi = local.Phi_omega(alpha, slope_X)
        Psi = local.Psi_omega(sample.column("sigma"), alpha, theta, slope_X, slope_M)  # type: ignore[arg-type]
    return np.asarray(Phi), np.asarray(Psi)


def _of_slopes(
    true: Callable[[tuple[np.ndarray, np.ndarray]], np.ndarray], goods_lead: bool | None = None
) -> Callable[[Sample], Answer]:
    return lambda sample: (true(slopes(sample)), among(sample, goods_lead), None)


def _psi_sign(sample: Sample) -> Answer:
    return (slopes(sample)[1] > 0.0) == sample.goods_lead, sample.supposed, None


def _slope(name: str, sign: int) -> Callable[[Sample], Answer]:
    def test(sample: Sample) -> Answer:
        return sign * sample.response(name) * np.sign(sample.response(OMEGA)) > 0.0, sample.supposed, None

    return test


def _alpha_M_slope(sample: Sample) -> Answer:
    return (*_slope("alpha_M", -1)(sample)[:2], sourcing_condition(sample))


def _interior(sample: Sample) -> Answer:
    relative, alpha = sample.at[OMEGA][0] * sample.column("L[0]"), sample.at["alpha_X"]
    return (1.0 / alpha[1] < relative) & (relative < alpha[0]), sample.supposed, None


# --- 3.5


def reversal_section(samples: Samples) -> Section:
    """Judge section 3.5: what cheap inputs reverse, and what they only change."""
    both = {(GOODS, 0): 1, (INPUTS, 0): 1}
    point = _point(samples)
    claims = (
        Statement("reversal_wage", "an increase in L reduces ω ... even though R_X rises", "where Assumption 1 fails",
                  moves({(OMEGA, 0): -1, (GOODS, 0): 1}, goods_lead=False)).judged(samples.equal),
        Statement("reversal_trade", "both the relative export ratio and the relative import ratio remain increasing "
                  "in L", "where Assumption 1 fails", moves(both, goods_lead=False)).judged(samples.equal),
        Statement("reversal_ratio", "R_X1/E_M1 increases with L, while R_X2/E_M2 decreases", "where Assumption 1 fails",
                  moves({("final_to_input_ratio", 0): 1, ("final_to_input_ratio", 1): -1}, goods_lead=False),
                  ).judged(samples.equal),
        Statement("reversal_sales", "reverses the sales and sourcing patterns observed in the benchmark",
                  "where Assumption 1 fails: α_X1 ↓, α_M1 ↑", moves({("alpha_X", 0): -1, ("alpha_M", 0): 1},
                  goods_lead=False)).judged(samples.equal),
        Statement("responsive_exports_point", "R_X [becomes] more responsive to L than in the benchmark",
                  "the paper's parameters, τ_M 1.1 against 1.5: elasticities at L = 1", _more(GOODS)).judged(point),
        Statement("responsive_imports_point", "E_M [becomes] more responsive to L than in the benchmark",
                  "the paper's parameters, τ_M 1.1 against 1.5: elasticities at L = 1", _more(INPUTS)).judged(
                      point, _numbers(samples, INPUTS)),
        Statement("responsive_exports", "both R_X and E_M become more responsive: R_X",
                  "the box, τ_M lowered until Assumption 1 fails", _more(GOODS)).judged(samples.pairs),
        Statement("responsive_imports", "both R_X and E_M become more responsive: E_M",
                  "the box, τ_M lowered until Assumption 1 fails", _more(INPUTS)).judged(samples.pairs),
        Statement("downstream_weaker", "Absent [Assumption 1] ... reducing the tendency for a larger country to "
                  "specialize more strongly in downstream activities", "R_X1/R_X2 responds less", _less(GOODS),
                  ).judged(samples.pairs, "3.5 says the opposite, rightly"),
        Statement("wage_weaker", "lower input trade costs weaken—may even reverse—the effect of market size on "
                  "relative wages", "the elasticity of ω falls with τ_M", _less(OMEGA, switching=False),
                  ).judged(samples.pairs),
        Statement("wage_reversed", "weakening—and even reversing", "of worlds where τ_M falls until Assumption 1 fails",
                  _less(OMEGA)).judged(samples.pairs),
        Statement("convergence", "globalization may contribute to cross-country convergence in wages",
                  "|elasticity of ω| falls with τ_M", _nearer).judged(samples.pairs),
    )  # fmt: skip
    return Section("reversal", "3.5 Cheap inputs: what is reversed", (), claims)


def _point(samples: Samples) -> list[Pair]:
    """Return the paper's own two worlds at equal sizes: the middle of its horizontal axis."""
    return [_at_symmetry(Pair(samples.point[HIGH], samples.point[LOW]))]


def _at_symmetry(pair: Pair) -> Pair:
    middle = len(pair.at) // 2

    def cut(sample: Sample) -> Sample:
        parts = (list(w.split(len(w)))[middle] for w in (sample.at, sample.up, sample.down))
        return Sample("the paper's parameters", *parts)

    return Pair(cut(pair.high), cut(pair.low))


def _numbers(samples: Samples, name: str) -> str:
    high, low = (float(r[0]) for r in _point(samples)[0].responses(name))
    return f"{low:.4f} at τ_M 1.1, {high:.4f} at 1.5"


def _more(name: str) -> Callable[[Pair], Answer]:
    def test(pair: Pair) -> Answer:
        high, low = pair.responses(name)
        return low > high + _CLOSE, pair.switching, None

    return test


def _less(name: str, *, switching: bool = True) -> Callable[[Pair], Answer]:
    def test(pair: Pair) -> Answer:
        high, low = pair.responses(name)
        return low < high - _CLOSE, pair.switching if switching else pair.supposed, None

    return test


def _nearer(pair: Pair) -> Answer:
    high, low = pair.responses(OMEGA)
    return np.abs(low) < np.abs(high) - _CLOSE, pair.supposed, None


# --- 3.6


def welfare_section(samples: Samples) -> Section:
    """Judge section 3.6: relative welfare rises with size; whether cheap inputs attenuate it."""
    everyone = [*samples.equal, *samples.unequal]
    point = _point(samples)
    claims = (
        Statement("welfare_rises", "relative welfare is increasing in relative market size",
                  "everywhere in the box", moves({(WELFARE, 0): 1})).judged(everyone),
        Statement("welfare_own", "welfare increases with market size L_i", "W_1 rises with L_1, all else adjusting",
                  moves({("welfare", 0): 1})).judged(everyone),
        Statement("welfare_selection", "[weaker selection] indirectly lowers relative welfare",
                  "elasticity of W_1/W_2 below 1/(σ−1)", _below_scale).judged(samples.equal),
        Statement("denominator_point", "when the HME fails, the denominator Ψ_ω − Φ_ω becomes smaller in absolute "
                  "value", "the paper's parameters, τ_M 1.1 against 1.5", _denominator).judged(point),
        Statement("denominator", "when the HME fails, the denominator Ψ_ω − Φ_ω becomes smaller in absolute value",
                  "the box, τ_M lowered until Assumption 1 fails", _denominator).judged(samples.pairs),
        Statement("attenuated_point", "the welfare gains from larger markets become attenuated when input trade costs "
                  "are sufficiently low", "the paper's parameters, τ_M 1.1 against 1.5: elasticity of W_1/W_2 at L = 1",
                  _less(WELFARE)).judged(point, _numbers(samples, WELFARE)),
        Statement("attenuated", "the welfare gains from larger markets become attenuated",
                  "the box, τ_M lowered until Assumption 1 fails", _less(WELFARE)).judged(samples.pairs),
        Statement("attenuated_any", "deeper integration in input markets dampens the welfare advantage of market size",
                  "the box, any fall of τ_M", _less(WELFARE, switching=False)).judged(samples.pairs),
        Statement("decoupled", "a country can expand its production and exports while experiencing a relative decline "
                  "in wages", "R_1 and R_X1 rise, ω falls, where Assumption 1 fails",
                  moves({("R", 0): 1, ("R_X", 0): 1, (OMEGA, 0): -1}, goods_lead=False)).judged(samples.equal),
    )  # fmt: skip
    note = (
        "By (22) the elasticity of W_1/W_2 is 1/(σ−1) less 2Aω̂, and Aω̂ is positive on both sides of Assumption 1: "
        "it is largest, 1/(σ−1), where R_X = E_M, and falls off to both sides."
    )
    return Section("welfare", "3.6 Welfare", (note,), claims)


def _below_scale(sample: Sample) -> Answer:
    return sample.response(WELFARE) < 1.0 / (sample.column("sigma") - 1.0), sample.supposed, None


def _denominator(pair: Pair) -> Answer:
    high, low = (np.abs(np.subtract(*slopes(each))) for each in (pair.high, pair.low))
    return low < high, pair.switching, None


# --- 4


def predictions_section(samples: Samples) -> Section:
    """Judge section 4: predictions for firms and for countries."""
    everyone = [*samples.equal, *samples.unequal]
    claims = (
        Statement("joint_participation", "larger markets exhibit greater joint participation of firms in export and "
                  "import activities", "a larger share of active firms imports for its exports, equal countries",
                  moves({("share_XM", 0): 1})).judged(samples.equal, _by_assumption(samples, "share_XM")),
        Statement("joint_mass", "larger markets exhibit greater joint participation: in numbers",
                  "more firms import for their exports, equal countries", _mass("share_XM"), source=READING,
                  ).judged(samples.equal, "entry outweighs selection"),
        Statement("exporting", "As market size increases, firms expand exporting activity",
                  "a larger share of active firms exports, equal countries", moves({("exporter_share", 0): 1}),
                  ).judged(samples.equal, _by_assumption(samples, "exporter_share")),
        Statement("aggregate", "larger markets export relatively more final goods ... irrespective of the level of "
                  "input trade costs", "R_X1/R_X2 and E_M1/E_M2 rise with L, any sizes, Assumption 1 or not",
                  moves({(GOODS, 0): 1, (INPUTS, 0): 1})).judged(everyone),
        silent("competitive", "In perfectly competitive models, market size does not generate the HME", "another model",
               "the model has monopolistic competition throughout"),
        silent("homogeneous", "some qualitative specialization patterns may still arise without firm heterogeneity",
               "another model", "firms of one productivity would all choose alike, or mix"),
        silent("data", "consistent with the centrality–downstreamness nexus; convergence in data", "data",
               "no data in the paper"),
    )  # fmt: skip
    return Section("predictions", "4 Discussion: predictions", (), claims)


def _mass(name: str) -> Callable[[Sample], Answer]:
    def test(sample: Sample) -> Answer:
        return sample.response(name) + sample.response("mass_active") > NOTHING, sample.supposed, None

    return test


def _by_assumption(samples: Samples, name: str) -> str:
    """Count risers where Assumption 1 holds and where it fails."""
    told = []
    for lead, words in ((True, "holds"), (False, "fails")):
        marked = [among(s, lead) for s in samples.equal]
        rising = sum(int(np.sum(m & (s.response(name) > NOTHING))) for s, m in zip(samples.equal, marked, strict=True))
        told.append(f"{rising:,} of {sum(int(np.sum(m)) for m in marked):,} where Assumption 1 {words}")
    return "; ".join(told)
