"""What a gravity equation is estimated on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from phistar.core.errors import InputError

Array = np.ndarray


@dataclass(frozen=True)
class Sample:
    """Observed flows and what may explain them, one entry an observation.

    Attributes
    ----------
    flow : ndarray (observation)
        At least zero.
    origin, destination : ndarray of int (observation)
        Whose fixed effects apply: codes from 0.
    regressors : ndarray (observation, regressor)
        As they enter: in logs where logs are meant.
    names : tuple of str
        Of the regressors.
    labels : tuple of str
        Of the observations, for messages.
    """

    flow: Array
    origin: Array
    destination: Array
    regressors: Array
    names: tuple[str, ...]
    labels: tuple[str, ...] = ()

    def take(self, keep: Array) -> Sample:
        """Return the observations that `keep` selects."""
        labels = tuple(np.array(self.labels, dtype=object)[keep]) if self.labels else ()
        return Sample(
            self.flow[keep], self.origin[keep], self.destination[keep], self.regressors[keep], self.names, labels
        )


def check(sample: Sample) -> None:
    """Refuse flows that are negative or not numbers, and regressors that are not finite."""
    if not len(sample.names):
        raise InputError("regressors", "are missing: gravity needs something bilateral to estimate")
    for ok, problem in ((np.isfinite(sample.flow), "is not a finite number"), (sample.flow >= 0.0, "is negative")):
        if not ok.all():
            at = int(np.flatnonzero(~ok)[0])
            raise InputError(f"flow {_label(sample, at)}", problem, float(sample.flow[at]))
    for k, name in enumerate(sample.names):
        if not np.isfinite(sample.regressors[:, k]).all():
            at = int(np.flatnonzero(~np.isfinite(sample.regressors[:, k]))[0])
            raise InputError(name, f"is not a finite number for {_label(sample, at)}")
    if not (sample.flow > 0.0).any():
        raise InputError("flows", "are all zero")


def _label(sample: Sample, at: int) -> str:
    return sample.labels[at] if sample.labels else f"observation {at}"


# Least squares with two sets of fixed effects
