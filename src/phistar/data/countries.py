"""Names of countries: ISO 3166 codes to the words people use, and back."""

from __future__ import annotations

from collections.abc import Sequence

from phistar.core.errors import InputError, unknown_key

#: Codes that stand for many countries at once, not for one market.
AGGREGATES = frozenset({"ROW"})

NAMES = {
    "ARG": "Argentina",
    "AUS": "Australia",
    "BRA": "Brazil",
    "CAN": "Canada",
    "CHN": "China",
    "DEU": "Germany",
    "FRA": "France",
    "GBR": "United Kingdom",
    "IDN": "Indonesia",
    "IND": "India",
    "ITA": "Italy",
    "JPN": "Japan",
    "KOR": "South Korea",
    "MEX": "Mexico",
    "ROW": "Rest of world",
    "RUS": "Russia",
    "SAU": "Saudi Arabia",
    "TUR": "Türkiye",
    "USA": "United States",
    "ZAF": "South Africa",
}


def country_name(code: str) -> str:
    """Return the name of a country, or its code when no name is known."""
    return NAMES.get(code, code)


def read_countries(value: str | Sequence[str], codes: Sequence[str], key: str) -> list[str]:
    """Read countries given by code or name, one, several, or separated by commas.

    Parameters
    ----------
    value : str or sequence of str
        Such as ``"USA"``, ``"usa,china"`` or ``["USA", "China"]``.
    codes : sequence of str
        Codes of the table at hand.
    key : str
        What an error calls the entry.

    Returns
    -------
    list of str
        Codes, each once, in the order given.

    Raises
    ------
    InputError
        When one is not in the table, naming the nearest.
    """
    items = [value] if isinstance(value, str) else list(value)
    words = [word.strip() for item in items for word in str(item).split(",")]
    if not any(words):
        raise InputError(key, "names no country", remedy="give a code such as " + codes[0])
    return list(dict.fromkeys(_read_country(word, codes, key) for word in words if word))


def _read_country(word: str, codes: Sequence[str], key: str) -> str:
    known = {code.casefold(): code for code in codes}
    known |= {country_name(code).casefold(): code for code in codes}
    found = known.get(word.casefold())
    if found is not None:
        return found
    near = unknown_key(word.casefold(), known).remedy
    guess = known.get(near.removeprefix("did you mean ").removesuffix("?"))
    remedy = f"did you mean {guess} ({country_name(guess)})?" if guess else "known: " + ", ".join(codes)
    raise InputError(key, "is not a country of the table", word, remedy=remedy)
