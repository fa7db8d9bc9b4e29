"""Saving a figure: one Vega-Lite definition to a page, a slide, a paper or a browser, all offline."""

from __future__ import annotations

from os import PathLike
from typing import Any

from phistar.core.files import check_suffix, write_bytes

SUFFIXES = (".svg", ".png", ".pdf", ".html")
#: Pixels a unit of the definition; 2 is sharp on a slide and on paper at column width.
PNG_SCALE = 2.0


def save_chart(chart: Any, path: str | PathLike[str], key: str = "--out") -> None:
    """Save an altair chart as ``.svg``, ``.png``, ``.pdf`` or one-file ``.html``, whole or not at all.

    Parameters
    ----------
    chart : altair chart, or dict
        A Vega-Lite definition.
    path : path
        Its suffix chooses the format; an html file holds all it needs and opens offline.
    key : str
        The option an error names.

    Raises
    ------
    InputError
        When the suffix is none of these or the file cannot be written.
    """
    suffix = check_suffix(path, SUFFIXES, key)
    definition = chart if isinstance(chart, dict) else chart.to_dict()
    write_bytes(path, _convert(definition, suffix), key)


def _convert(definition: dict[str, Any], suffix: str) -> bytes:
    import vl_convert

    if suffix == ".png":
        return bytes(vl_convert.vegalite_to_png(definition, scale=PNG_SCALE))
    if suffix == ".pdf":
        return bytes(vl_convert.vegalite_to_pdf(definition))
    if suffix == ".svg":
        return str(vl_convert.vegalite_to_svg(definition)).encode("utf-8")
    return str(vl_convert.vegalite_to_html(definition, bundle=True)).encode("utf-8")
