"""Productivity distributions that samples share."""

PARETO = {"family": "pareto", "k": 4.25, "scale": 1.0}
LOGNORMAL = {"family": "lognormal", "mu": 0.1, "sd": 0.6}
BOUNDED = {"family": "bounded_pareto", "k": 3.9, "lower": 0.8, "upper": 7.0}
FRECHET = {"family": "frechet", "shape": 4.8, "scale": 0.9}
WEIBULL = {"family": "weibull", "shape": 1.1, "scale": 0.9}
SPLICED = {"family": "lognormal_pareto", "mu": 0.0, "sd": 0.45, "k": 4.4}
ATOMS = {
    "family": "empirical",
    "values": [0.6, 0.8, 1.0, 1.3, 1.7, 2.2, 3.0],
    "weights": [0.25, 0.25, 0.2, 0.14, 0.09, 0.05, 0.02],
}
