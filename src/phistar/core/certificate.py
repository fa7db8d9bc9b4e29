"""The certificate every answer carries: residuals by named equation, checks, notes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

#: An answer whose largest scaled residual exceeds this is an error, never a number. Double precision
#: reaches 1e-14 in well-scaled worlds; four digits of slack cover a hundred countries and stiff tails.
TOLERANCE = 1e-10


@dataclass(frozen=True)
class Certificate:
    """How well an answer satisfies its model.

    Attributes
    ----------
    residuals : mapping of str to float
        Largest scaled residual of each named equation.
    checks : mapping of str to bool
        Selection, corner and support checks; some describe (``scale_binds``), none is hidden.
    notes : tuple of str
        What a careful reader would want to be told.
    """

    residuals: Mapping[str, float]
    checks: Mapping[str, bool] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def max_residual(self) -> float:
        """Largest scaled residual over all named equations."""
        values = list(self.residuals.values())
        return float("nan") if any(v != v for v in values) else max(values, default=0.0)

    @property
    def worst(self) -> str:
        """Name of the equation with the largest residual."""
        return max(
            self.residuals,
            key=lambda name: (self.residuals[name] != self.residuals[name], self.residuals[name]),
        )

    @property
    def certified(self) -> bool:
        """Whether every residual is a number below `TOLERANCE`."""
        return self.max_residual <= TOLERANCE

    def to_dict(self) -> dict[str, object]:
        """Return the certificate in the contract's JSON form."""
        return {
            "max_residual": self.max_residual,
            "residuals": dict(self.residuals),
            "checks": dict(self.checks),
            "notes": list(self.notes),
        }
