"""Section 4: what the paper would test in data, for firms and for countries."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from phistar.replicate.ara2026.responses import (
    GOODS,
    INPUTS,
    assumption_1,
    moves,
    supposed,
    without_assumption_1,
)
from phistar.replicate.ara2026.samples import NOTHING, Sample, Samples
from phistar.replicate.comparisons import goes
from phistar.replicate.results import READING, Section
from phistar.replicate.statements import Statement, judge_each, silent, whether


def _more_importing_exporters(sample: Sample) -> np.ndarray:
    """Whether more firms import for their exports, in numbers."""
    return goes(sample.response("share_XM") + sample.response("mass_active"), 1, NOTHING)


def _by_assumption(name: str) -> Callable[[Sequence[Sample]], str]:
    """Count risers where Assumption 1 holds and where it fails."""

    def _told(samples: Sequence[Sample]) -> str:
        said = []
        for marked, words in ((assumption_1, "holds"), (without_assumption_1, "fails")):
            among = np.concatenate([marked(s) for s in samples])
            rising = np.concatenate([goes(s.response(name), 1, NOTHING) for s in samples])
            said.append(f"{int(np.sum(among & rising)):,} of {int(np.sum(among)):,} where Assumption 1 {words}")
        return "; ".join(said)

    return _told


PREDICTIONS = (
    Statement("joint_participation", "larger markets exhibit greater joint participation of firms in export and "
              "import activities", "a larger share of active firms imports for its exports, equal countries",
              moves({("share_XM", 0): 1}), evidence=_by_assumption("share_XM"), over="equal"),
    Statement("joint_mass", "larger markets exhibit greater joint participation: in numbers",
              "more firms import for their exports, equal countries",
              whether(_more_importing_exporters, among=supposed), source=READING,
              evidence="entry outweighs selection", over="equal"),
    Statement("exporting", "As market size increases, firms expand exporting activity",
              "a larger share of active firms exports, equal countries", moves({("exporter_share", 0): 1}),
              evidence=_by_assumption("exporter_share"), over="equal"),
    Statement("aggregate", "larger markets export relatively more final goods ... irrespective of the level of "
              "input trade costs", "R_X1/R_X2 and E_M1/E_M2 rise with L, any sizes, Assumption 1 or not",
              moves({(GOODS, 0): 1, (INPUTS, 0): 1}), over="any sizes"),
)  # fmt: skip
ELSEWHERE = (
    silent("competitive", "In perfectly competitive models, market size does not generate the HME", "another model",
           "the model has monopolistic competition throughout"),
    silent("homogeneous", "some qualitative specialization patterns may still arise without firm heterogeneity",
           "another model", "firms of one productivity would all choose alike, or mix"),
    silent("data", "consistent with the centrality–downstreamness nexus; convergence in data", "data",
           "no data in the paper"),
)  # fmt: skip


def predictions_section(samples: Samples) -> Section:
    """Judge section 4."""
    claims = (*judge_each(PREDICTIONS, samples.named), *ELSEWHERE)
    return Section("predictions", "4 Discussion: predictions", (), claims)
