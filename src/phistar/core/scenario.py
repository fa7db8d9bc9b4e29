"""Scenario files: read, check the outer structure, set keys; the model checks the parameters."""

from __future__ import annotations

import copy
import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from os import PathLike
from pathlib import Path as FilePath
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from phistar.core.errors import InputError, entries, shorten, unknown_key
from phistar.core.paths import parse_path

SECTIONS = ("model", "parameters", "counterfactual", "countries")
FORMATS = (".toml", ".json")


class Counterfactual(BaseModel):
    """What changes, and nothing else."""

    model_config = ConfigDict(extra="forbid")
    parameters: dict[str, Any] = Field(default_factory=dict)


class Countries(BaseModel):
    """Optional labels of the countries."""

    model_config = ConfigDict(extra="forbid")
    names: list[str] | None = None


class Scenario(BaseModel):
    """One scenario: a model, its parameters, a counterfactual, country names."""

    model_config = ConfigDict(extra="forbid")
    model: str
    parameters: dict[str, Any] = Field(default_factory=dict)
    counterfactual: Counterfactual | None = None
    countries: Countries = Field(default_factory=Countries)

    @property
    def counterfactual_parameters(self) -> dict[str, Any]:
        """The counterfactual's parameters: the baseline's with the changes laid over them.

        Raises
        ------
        InputError
            When the scenario has no counterfactual.
        """
        if self.counterfactual is None or not self.counterfactual.parameters:
            raise InputError("counterfactual", "is missing: there is nothing to compare with",
                             remedy="add [counterfactual.parameters] with the keys that change")  # fmt: skip
        return {**self.parameters, **self.counterfactual.parameters}


def load_scenario(source: Any, settings: Sequence[str] = ()) -> Scenario:
    """Read a scenario from a file (TOML or JSON), a dict, or a `Scenario`, then apply ``KEY=VALUE`` settings.

    Raises
    ------
    InputError
        When the file is missing or unreadable, or its outer structure is wrong.
    """
    if isinstance(source, Scenario):
        data = source.model_dump(exclude_none=True)
    elif isinstance(source, Mapping):
        data = copy.deepcopy(dict(source))
    else:
        data = _read(source)
    for key, value in _settings(settings):
        set_key(data.setdefault("parameters", {}), key, value)
    return _checked(data)


def _read(source: str | PathLike[str]) -> dict[str, Any]:
    path = FilePath(source)
    try:
        text = path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        raise InputError("scenario", "is not a file", str(source), remedy="check the path") from None
    except IsADirectoryError:
        raise InputError("scenario", "is a directory, not a file", str(source)) from None
    except UnicodeDecodeError:
        raise InputError(
            "scenario", "is not text", str(source), remedy="scenario files are TOML or JSON in UTF-8"
        ) from None
    except OSError as error:
        raise InputError("scenario", f"cannot be read ({error.strerror})", str(source)) from None
    try:
        data = json.loads(text) if path.suffix.lower() == ".json" else tomllib.loads(text)
    except (tomllib.TOMLDecodeError, json.JSONDecodeError) as error:
        kind = "JSON" if path.suffix.lower() == ".json" else "TOML"
        if path.suffix and path.suffix.lower() not in FORMATS:
            raise InputError("scenario", "is neither TOML nor JSON", str(source),
                             remedy="scenario files are .toml or .json") from None  # fmt: skip
        raise InputError("scenario", f"is not valid {kind}: {error}", str(source)) from None
    except RecursionError:
        raise InputError("scenario", "is nested too deeply", str(source)) from None
    if not isinstance(data, dict):
        raise InputError("scenario", "must be a table with model and parameters", str(source))
    return data


def _checked(data: dict[str, Any]) -> Scenario:
    for key in data:
        if key not in SECTIONS:
            raise unknown_key(str(key), SECTIONS, "section of a scenario")
    try:
        return Scenario.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        key = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"]).lstrip(".")
        if first["type"] == "missing":
            raise InputError(key, "is missing", remedy='begin the scenario with model = "melitz"') from None
        if first["type"] == "extra_forbidden":
            if first["loc"][0] == "counterfactual":
                raise InputError(key, "is not a known key", remedy="write what changes under "
                                 "[counterfactual.parameters]") from None  # fmt: skip
            raise unknown_key(key, Countries.model_fields) from None
        if first["type"] in ("dict_type", "model_type"):
            raise InputError(key, "must be a table of keys and values", first["input"]) from None
        if first["type"] == "string_type":
            remedy = 'such as model = "melitz"' if key == "model" else "put it in quotation marks"
            raise InputError(key, "must be a text", first["input"], remedy) from None
        raise InputError(key, f"is wrong: {first['msg'].lower()}", first["input"]) from None


def parse_value(text: str) -> Any:
    """Read a value as TOML would (`1.5`, `[1, 2]`, `{domestic = 1.0, export = 1.2}`), else as a word."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def parse_settings(texts: Sequence[str], option: str) -> dict[str, Any]:
    """Read ``KEY=VALUE`` texts of an option into a mapping.

    Raises
    ------
    InputError
        When a text is not of that form, or gives a key twice.
    """
    found: dict[str, Any] = {}
    for text in texts:
        key, equals, value = (part.strip() for part in text.partition("="))
        if not equals or not key:
            raise InputError(option, "must be KEY=VALUE", text)
        if key in found:
            raise InputError(option, "gives a key twice", key)
        found[key] = parse_value(value)
    return found


def _settings(texts: Sequence[str]) -> Iterator[tuple[str, Any]]:
    """Take ``KEY=VALUE`` texts apart, in order; a key that stands twice would hide a value."""
    given: dict[tuple[str | int, ...], Any] = {}
    for setting in texts:
        key, equals, text = (part.strip() for part in setting.partition("="))
        if not equals or not key:
            raise InputError("--set", "must be KEY=VALUE", setting)
        place, value = parse_path(key).parts, parse_value(text)
        if place in given:
            both = f"{shorten(given[place], 30)} and to {shorten(value, 30)}"
            raise InputError(key, f"is set twice, to {both}", remedy="set it once")
        given[place] = value
        yield key, value


def set_key(parameters: dict[str, Any], key: str, value: Any) -> None:
    """Set one dotted key inside plain parameters.

    Raises
    ------
    InputError
        When an index reaches into something that is not written out as a list.
    """
    path = parse_path(key)
    here: Any = parameters
    for part, following in zip(path.parts, (*path.parts[1:], None), strict=True):
        if isinstance(part, int) and not isinstance(here, list):
            remedy = f"write {path.name} out as a list, one entry a country, to set one of them"
            raise InputError(key, "points into a value that is not a list", here, remedy)
        if isinstance(part, str) and not isinstance(here, dict):
            raise InputError(key, "points into a value that is not a table", here)
        if isinstance(part, int) and part >= len(here):
            raise InputError(key, f"is out of range: the list has {entries(len(here))}")
        if following is None:
            here[part] = value
        elif isinstance(part, str) and part not in here:
            here[part] = {}
            here = here[part]
        else:
            here = here[part]
