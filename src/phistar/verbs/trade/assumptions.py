"""What a tariff experiment assumes, each with its source."""

from __future__ import annotations

from phistar.verbs.trade.experiment import TariffExperiment

SIGMA, SHAPE = 4.0, 4.25
ELASTICITIES_SOURCE = "Melitz and Redding (2015), AER 105(3)"


def assumptions(e: TariffExperiment, tariffs_known: bool) -> tuple[dict[str, str], ...]:
    """List the assumptions behind an experiment: name, what is assumed, source."""
    default = (e.sigma, e.shape) == (SIGMA, SHAPE)
    to_tariffs = e.shape * e.sigma / (e.sigma - 1)
    income = {
        "none": "labour only: all output is labour income, welfare a share of gross spending",
        "roundabout": "all costs in a bundle of labour and goods; input shares of the table",
    }[e.inputs]
    rows = (
        ("flows", f"one sector, goods and services, {e.table.unit}", e.table.source),
        (
            "elasticities",
            f"sigma = {e.sigma:g}, Pareto shape = {e.shape:g}",
            ELASTICITIES_SOURCE if default else "as given",
        ),
        ("trade elasticity", f"{e.shape:g} to icebergs, {to_tariffs:.2f} to tariffs (net flows)", "implied"),
        ("firms", f"Pareto, access costs paid at home, {e.entry} entry", "Melitz 2003, Chaney 2008"),
        ("inputs", income, "choice"),
        (
            "tariffs",
            f"{'as given' if tariffs_known else 'zero'} before; on the border value; rebated to households",
            "choice" if tariffs_known else "none in the table",
        ),
        ("deficits", "fixed shares of world income", e.table.source),
        ("market access", "equal costs in all markets, to count exporters and average productivity", "choice"),
        ("export links", "pairs of a firm and a foreign market it sells in", "convention"),
        ("exporters", "sellers in the largest single foreign market, where every exporter sells", "convention"),
        ("productivity", "Melitz's average by market, weighted by sales", "convention"),
        ("welfare", f"final spending over prices; in {e.table.money}, times spending before", "convention"),
        ("money", f"{e.table.money}; world income is the numeraire", "convention"),
    )
    return tuple({"name": name, "assumption": text, "source": source} for name, text, source in rows)
