"""Batches of granular worlds: a sweep's points are the worlds solved one by one, refused in the same words."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from phistar.core.errors import PhistarError
from phistar.models.granular import model as granular
from phistar.verbs import sweep as verb
from phistar.verbs.solve import solve
from phistar.verbs.sweep import sweep

FIRMS = [0.31, 0.29, 0.285, 0.27, 0.18]
ONE: dict[str, Any] = {"sigma": 5.0, "K_1": 4.0, "R": 900.0, "productivities": FIRMS}
TWO: dict[str, Any] = {"sigma": 5.0, "K_1": 4.0, "R": [900.0, 600.0], "tau": 1.08,
                       "productivities": [[0.30, 0.28, 0.26], [0.29, 0.27, 0.24, 0.20]]}  # fmt: skip
#: The search of a batch and of one world stop apart by rounding, which a world passes on by its condition.
TOLERANCE = 1e-10


def world(given: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"model": "granular", "parameters": {**given, **changes}}


CASES = [
    (world(ONE, K_0=4.0), "K_0=0:60:13"),
    (world(ONE, market="integrated", W=2), "K_0=0:30:13"),
    (world(ONE), "productivities[1]=0.2:0.4:11"),
    (world(ONE, market="integrated", W=3), "productivities[1]=0.2:0.4:11"),
    (world(ONE, upper="ces", eta=2.0, I=1700.0), "eta=0.5:6:12"),
    (world(ONE, upper="ces", eta=2.0, I=1700.0, productivities=[0.3]), "eta=0.5:2:7"),
    (world(ONE, scope="single"), "f=0:40:9"),
    (world(ONE, scope="single"), "f=1000:2000:3"),
    (world(TWO), "productivities[1][0]=0.1:0.4:7"),
    (world(TWO), "tau[0][1]=1:1.5:7"),
    (world(TWO, scope_choice="common"), "K_0=0:80:7"),
    (world(TWO, scope_choice="common"), "K_0=800:900:2"),
    (world(TWO, scope_choice="common", K_0=12.0), "tau=1:1.2:5"),
    (world(TWO, scope_choice="common", K_0=12.0, conduct="cournot"), "R[0]=100:1500:5"),
]


@pytest.mark.parametrize(("scenario", "over"), CASES, ids=[f"{over} {i}" for i, (_, over) in enumerate(CASES)])
def test_a_sweep_is_its_points_solved_one_by_one(scenario: dict[str, Any], over: str) -> None:
    swept = sweep(scenario, [over])
    key = over.partition("=")[0]
    assert verb.make_plan(verb.read_scenario(scenario), verb.parse_grid([over])).batched
    for i, value in enumerate(swept[key]):
        try:
            alone = solve(scenario, [f"{key}={float(value)!r}"])
        except PhistarError as error:
            assert swept["reason"][i] == str(error)
            continue
        assert swept["status"][i] == "certified"
        for name in ("price_index", "welfare", "total_profit", "survivors"):
            for j, where in enumerate(np.atleast_1d(alone[name])):
                column = name if np.ndim(alone[name]) == 0 else f"{name}[{alone.countries[j]}]"
                assert swept[column][i] == pytest.approx(where, rel=TOLERANCE, abs=TOLERANCE, nan_ok=True)


def test_firms_without_a_productivity_are_refused() -> None:
    swept = sweep(world(ONE), ["productivities[1]=-0.1,0,0.3"])
    assert swept["status"].tolist() == ["refused", "refused", "certified"]
    assert all("must be a positive finite number" in reason for reason in swept["reason"][:2])


def test_a_refused_key_of_the_firms_is_named() -> None:
    with pytest.raises(PhistarError, match="does not point at a firm"):
        sweep(world(ONE), ["productivities[9]=0.2:0.3:3"])


def test_very_many_firms_are_solved_point_by_point(monkeypatch: pytest.MonkeyPatch) -> None:
    together = sweep(world(ONE), ["K_1=1:8:5"])
    monkeypatch.setattr(granular, "MOST_SALES", 4)
    assert not solve(world(ONE)).model.batchable
    apart = sweep(world(ONE), ["K_1=1:8:5"])
    assert together["share[1]"] == pytest.approx(apart["share[1]"], rel=TOLERANCE)
    assert together["varieties[1]"] == pytest.approx(apart["varieties[1]"], rel=TOLERANCE)
