"""Domains from and to any form that we know: which one it is, the content says, not the file's name alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems import BargainingProblem
from negotiate_rt.scenarios.domain import Domain, Source, read_source
from negotiate_rt.scenarios.domain_files import domain_of, domain_text
from negotiate_rt.scenarios.genius import TEMPLATE, genius_domain, genius_folder
from negotiate_rt.scenarios.genius_writing import write_genius
from negotiate_rt.scenarios.geniusweb import SPACE, VALUES, geniusweb_domain
from negotiate_rt.scenarios.geniusweb_writing import write_geniusweb
from negotiate_rt.scenarios.reading import ScenarioError, hint, listed
from negotiate_rt.scenarios.xml_tree import read_xml

FORMS = ("toml", "json", "genius", "geniusweb")
SUFFIXES = (".xml", ".json", ".toml")
LIKE_TOML = re.compile(rb"(#[^\n]*\n\s*)*(\[\[?)?[\w\"'.-]+(\]\]?|\s*=)")
MARKS = (b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")  # what a text in UTF-16 or UTF-8 may begin with


def load_domain(*paths: str | Path) -> BargainingProblem:
    """Return the problem in a domain file of ours, a folder of Genius or GeniusWeb files, or some of these files.

    Which form it is, the content says. A folder holds one domain: one TOML or JSON file of ours, or a Genius or GeniusWeb
    domain with its profiles, which name the parties in the order of the file names. Raises ScenarioError: the file, the
    line or path in it, what was expected.
    """
    return read_domain(*paths).problem


def read_domain(*paths: str | Path) -> Domain:
    """Return what `load_domain` does, with the domain's name and form."""
    places = [Path(path) for path in paths]
    if not places:
        raise ScenarioError(["expected a domain file or folder, got none"])
    if len(places) == 1 and places[0].is_dir():
        return _in_folder(places[0])
    sources = [read_source(place) for place in places]
    forms = [sniffed(source, place) for source, place in zip(sources, places, strict=True)]
    return _of_sources(sources, forms)


def sniffed(source: Source, place: Path) -> str:
    """Return a file's form, one of FORMS, by how its content begins; by its suffix where that tells nothing."""
    start = source.content
    for mark in MARKS:
        start = start.removeprefix(mark)
    start = start.replace(b"\x00", b"").lstrip()  # every other byte of ASCII in UTF-16
    suffix = place.suffix.lower()
    if start[:1] == b"{" or (suffix == ".json" and start[:1] != b"<" and not LIKE_TOML.match(start)):
        web = any(f'"{key}"'.encode() in source.content for key in (SPACE, VALUES))
        return "geniusweb" if web else "json"
    if start[:1] == b"<" or (suffix == ".xml" and not LIKE_TOML.match(start)):
        return "genius"
    return "toml"


def _of_sources(sources: list[Source], forms: Sequence[str]) -> Domain:
    form = forms[0]
    for source, other in zip(sources, forms, strict=True):
        if other != form:
            raise ScenarioError([f"expected {form}, as {sources[0].path} is, got {other}"], source.path)
    if form == "geniusweb":
        return geniusweb_domain(sources)
    if form == "genius":
        roots = {source.path: read_xml(source.content, source.path) for source in sources}
        home = next((source for source in sources if roots[source.path].tag == TEMPLATE), sources[0])
        return genius_domain(home, [source for source in sources if source is not home], roots=roots)
    if len(sources) > 1:
        raise ScenarioError([f"expected one domain file, got {len(sources)}: {listed(one.path for one in sources)}"])
    return domain_of(sources[0], form)


def _in_folder(folder: Path) -> Domain:
    try:
        found = sorted(one for one in folder.iterdir() if one.suffix.lower() in SUFFIXES and one.is_file())
    except OSError as error:
        raise ScenarioError([error.strerror or str(error)], str(folder)) from None
    if not found:
        raise ScenarioError([f"expected domain files ({listed(SUFFIXES)}) in the folder, got none"], str(folder))
    sources = [read_source(one) for one in found]
    forms = [sniffed(source, one) for source, one in zip(sources, found, strict=True)]
    if set(forms) == {"genius"}:
        return genius_folder(sources, str(folder), folder.resolve().name)
    return _of_sources(sources, forms)


def form_for(path: str | Path, form: str = "") -> str:
    """Return the form to write a path in: the one given, else what its suffix says. Raises ConfigurationError for none."""
    suffix = Path(path).suffix.lower()
    form = form or {".toml": "toml", ".json": "json"}.get(suffix, "")
    if form not in FORMS:
        what = f"got {form!r}{hint(form, FORMS)}" if form else f"which the name {str(path)!r} does not say"
        raise ConfigurationError(f"form (--to): expected one of {listed(FORMS)}, {what}")
    if form in ("genius", "geniusweb") and suffix in SUFFIXES:
        raise ConfigurationError(f"{path}: {form} takes a folder for its several files, not a {suffix} file")
    return form


def write_domain(
    problem: BargainingProblem, path: str | Path, form: str = "", *, name: str = "", lossy: bool = False, force: bool = False
) -> list[Path]:
    """Write a problem in a form: to a file ("toml", "json") or a folder ("genius", "geniusweb"); return the paths.

    Without a form the suffix of the path says it. TOML and JSON hold everything; what the others cannot hold raises
    ConfigurationError, or is let go if `lossy`. force: replace files that are there.
    """
    place = Path(path)
    form = form_for(place, form)
    if form in ("genius", "geniusweb"):
        write = write_genius if form == "genius" else write_geniusweb
        return write(problem, place, name=name or "root", lossy=lossy, force=force)
    text = domain_text(problem, name, form)
    try:
        content = text.encode("utf-8")
        with place.open("wb" if force else "xb") as stream:
            stream.write(content)
    except FileExistsError:
        raise ConfigurationError(f"{path}: is there already; force (--force) replaces it") from None
    except UnicodeEncodeError as error:
        wrong = error.object[error.start : error.end]
        raise ConfigurationError(f"{path}: {wrong!r} cannot be written as UTF-8") from None
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot write there: {error.strerror or error}") from None
    return [place]
