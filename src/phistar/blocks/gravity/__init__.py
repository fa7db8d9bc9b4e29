"""Gravity: trade flows explained by bilateral costs and a fixed effect for every origin and every destination."""

from phistar.blocks.gravity.effects import demean
from phistar.blocks.gravity.identification import separated
from phistar.blocks.gravity.ppml import CLUSTERS, Fit, estimate
from phistar.blocks.gravity.sample import Sample

__all__ = ["CLUSTERS", "Fit", "Sample", "demean", "estimate", "separated"]
