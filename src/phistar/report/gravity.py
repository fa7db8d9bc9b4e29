"""An estimated gravity equation for people."""

from __future__ import annotations

import numpy as np

from phistar.core.certificate import TOLERANCE
from phistar.core.errors import entries
from phistar.report.tables import Column, Table, label
from phistar.verbs.gravity import Gravity

#: Pairs named where some were left out.
MOST_NAMED = 6
NO_FREEDOM = "no degree of freedom is left: any flows between so few countries fit"


def gravity_tables(result: Gravity) -> list[Table]:
    """Lay out the estimates."""
    fit = result.fit
    rows = [
        (name, *(_number(x) for x in (fit.estimate[k], fit.standard_error[k], *interval)))
        for k, (name, interval) in enumerate(zip(fit.names, result.intervals(), strict=True))
    ]
    kind = (
        "robust" if fit.cluster == "none" else f"clustered by {fit.cluster.replace('both', 'origin and destination')}"
    )
    heads = [label("flows on"), *(Column(h) for h in ("elasticity", "standard error", "95% from", "to"))]
    notes = [
        f"Poisson pseudo-maximum likelihood, origin and destination fixed effects; standard errors {kind}; "
        f"{entries(len(fit.sample.flow), 'pair', 'pairs')}, {int((fit.sample.flow == 0.0).sum())} of them zero, "
        f"{entries(fit.freedom, 'degree', 'degrees')} of freedom"
    ]
    return [Table(f"Gravity: {result.source}", heads, rows, notes)]


def _number(x: float) -> str:
    return "-" if np.isnan(x) else f"{x:.6f}"


def gravity_notes(result: Gravity) -> list[str]:
    """Say what the estimate means, what was left out, and how well it is certified."""
    fit, certificate = result.fit, result.fit.certificate
    lines = []
    if result.equilibrium is not None:
        lines.append(_meaning(result))
    elif fit.freedom <= 0:
        lines.append(f"{NO_FREEDOM}, and there are no standard errors; use more countries to have them")
    if fit.separated:
        named = ", ".join(fit.separated[:MOST_NAMED])
        more = f" and {len(fit.separated) - MOST_NAMED} more" if len(fit.separated) > MOST_NAMED else ""
        lines.append(f"separated zeros left out, as something predicts them perfectly: {named}{more}")
    if result.closed:
        lines.append(f"{entries(result.closed, 'pair', 'pairs')} without a finite trade cost left out")
    if result.absorbed:
        lines.append(f"taken up by the fixed effects: {', '.join(result.absorbed)}")
    lines.append(
        f"certified: first-order conditions within {certificate.max_residual:.1e} ({certificate.worst}), "
        f"at most {TOLERANCE:.0e} allowed; {entries(fit.steps, 'step', 'steps')}"
    )
    return lines


def _meaning(result: Gravity) -> str:
    local = result.elasticities
    within = "" if local is None else f"; the model's own elasticities run from {local[0]:.6g} to {local[1]:.6g}"
    if local is not None and np.isclose(*local, rtol=1e-8):
        within = f"; the model's own elasticity is {local[0]:.6g} everywhere"
    if result.fit.freedom <= 0:
        return f"{NO_FREEDOM}, costs left out included{within}"
    if result.exact:
        return f"flows follow the equation exactly: the estimate is the model's elasticity{within}"
    return (
        f"flows are not log-linear in these costs (off by up to {100 * np.expm1(result.fit.misfit):.2g} per cent): "
        f"the estimate is the pseudo-true value for this world{within}"
    )
