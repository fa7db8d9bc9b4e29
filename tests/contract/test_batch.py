"""A batch of worlds is the same worlds solved one by one, for every model that takes batches."""

from __future__ import annotations

import numpy as np
import pytest

from phistar.models.registry import get_model
from phistar.verbs.solve import solve

from .helpers import understood
from .samples import each_sample

CASES = [(m, s) for m, s in each_sample() if "batch" in get_model(m).capabilities]

#: What every entry of a key is multiplied by; up, for iceberg costs may stand at their bound.
FACTORS = np.array([1.0, 1.01, 1.03])
#: The search of a batch and of one world stop apart by rounding, which a world passes on by its condition.
TOLERANCE = 1e-10


@pytest.mark.parametrize(("model", "sample"), CASES, ids=[f"{m}: {s}" for m, s in CASES])
def test_each_world_of_a_batch_is_the_one_solved_alone(model: str, sample: str) -> None:
    eq, _ = understood(model, sample)
    if not eq.model.batchable:
        pytest.skip("such a world is solved alone")
    keys = eq.model.movable()
    for path in (keys[0], keys[len(keys) // 2], keys[-1]):
        batch = eq.model.batched().scale(path, FACTORS)
        x, reasons = batch.find_batch()
        assert list(reasons) == [""] * len(FACTORS), path.text
        together = batch.outcomes(x)
        for i, factor in enumerate(FACTORS):
            alone = eq if factor == 1.0 else solve(eq.model.scale(path, factor))
            for name, want in alone.values.items():
                got = np.broadcast_to(together[name], (*np.shape(want), len(FACTORS)))[..., i]
                assert np.allclose(got, want, rtol=TOLERANCE, atol=TOLERANCE, equal_nan=True), (path.text, name)
