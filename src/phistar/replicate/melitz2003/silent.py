"""What the explainer says that the model does not: wages of single firms, products, qualities, services."""

from __future__ import annotations

from phistar.core.equilibrium import Equilibrium
from phistar.replicate.melitz2003.responses import SEED
from phistar.replicate.results import Claim
from phistar.replicate.statements import silent
from phistar.verbs.simulate import simulate


def not_in_the_model(equilibrium: Equilibrium) -> tuple[Claim, ...]:
    """Record the claims on which the model is silent."""
    wages = next(v for v in equilibrium.variables if v.name == "wage")
    columns = ", ".join(name for name in simulate(equilibrium, 10, SEED).columns if "wage" in name) or "none"
    evidence = (
        f"one wage clears a country's labour market: axes of wage ({', '.join(wages.dims)}), wages of firms {columns}"
    )
    return (
        silent("wages", "Exporters ... pay higher wages", "wages differ across firms", evidence),
        silent("wage_gap", "opening to trade widens the wage gap between workers at exporting firms and ... "
               "non-exporting", "the gap rises when tau falls", evidence),
        silent("multiproduct", "Multi-product firms ... Quality differentiation ... Trade in services", "extensions",
               "a firm has one product of one quality here; extensions are other models"),
    )  # fmt: skip
