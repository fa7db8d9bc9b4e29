"""Worlds solved one by one rather than as a batch: gathered by what they have in common, each tested by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from phistar.replicate.statements import Test, Trial, whether


class Labelled(Protocol):
    """A world solved by itself."""

    @property
    def label(self) -> str:
        """What it has in common with others, for people."""

    @property
    def parameters(self) -> Mapping[str, Any]:
        """What it was solved from."""


@dataclass(frozen=True)
class Group:
    """Worlds of one kind, solved one by one: a sample of which statements are tested.

    Attributes
    ----------
    label : str
        What they have in common, for people.
    worlds : sequence
        Each with its `parameters`.
    """

    label: str
    worlds: Sequence[Any]

    @property
    def certified(self) -> np.ndarray:
        """All of them: a world without a certificate is an error where it is solved."""
        return np.full(len(self.worlds), True)

    def parameters(self) -> Sequence[Mapping[str, Any]]:
        """Return every world's parameters."""
        return [world.parameters for world in self.worlds]


def groups(worlds: Sequence[Labelled]) -> list[Group]:
    """Gather worlds by label, in the order of their first."""
    labels = dict.fromkeys(world.label for world in worlds)
    return [Group(label, [world for world in worlds if world.label == label]) for label in labels]


def each(held: Callable[[Any], Any]) -> Test:
    """Make a test of what is true of one world."""
    return whether(lambda group: np.array([held(world) for world in group.worlds], dtype=bool))


def trial_of(
    kind: str,
    held: Sequence[Any] | np.ndarray,
    parameters: Sequence[Mapping[str, Any]],
    *,
    premise: Sequence[Any] | np.ndarray | None = None,
    condition: Sequence[Any] | np.ndarray | None = None,
) -> Trial:
    """Record a statement tested world by world; every world counts unless a premise says which."""
    true = np.array(held, dtype=bool)
    known = np.full(true.shape, True) if premise is None else np.array(premise, dtype=bool)
    return Trial(kind, true, known, None if condition is None else np.array(condition, dtype=bool), parameters)


def trials_by_label(
    worlds: Sequence[Labelled], held: Sequence[Any] | np.ndarray, condition: Sequence[Any] | np.ndarray | None = None
) -> list[Trial]:
    """Record a statement tested world by world, a trial a label, in the order of their first worlds."""
    found = []
    for label in dict.fromkeys(world.label for world in worlds):
        of = [i for i, world in enumerate(worlds) if world.label == label]
        told = None if condition is None else [condition[i] for i in of]
        found.append(trial_of(label, [held[i] for i in of], [worlds[i].parameters for i in of], condition=told))
    return found
