"""QTI packages: read 2.0 to 2.2 and 3.0 items (1EdTech "QTI Assessment, Section and Item Information Model" 2.2 and 3.0), and 1.2 by `qti_old`;
write 2.1 or 3.0.

Version 3 says in kebab case with a prefix what version 2 says in camel case: names are brought to the older form, and one reader reads both.
What QTI has no place for lies in `besa.json` at the root of the package.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from itertools import islice
from urllib.parse import unquote

import msgspec

from quizzes.domain.exchange import archive, extras, qti_old, xml
from quizzes.domain.exchange.extras import Extras
from quizzes.domain.exchange.markup import file_name
from quizzes.domain.exchange.parsed import MOST_QUESTIONS, Broken, Note, Parsed, Rough, RoughOption, Skip, Unreadable, middle, plain
from quizzes.domain.exchange.parsed import decimal as as_decimal
from quizzes.domain.exchange.texts import WrongEncoding
from quizzes.domain.exchange.xml import Element

OURS = "besa.json"
MANIFEST = "imsmanifest.xml"
_SKIPPED = {
    "extendedText": "an essay", "hotspot": "a hotspot", "inlineChoice": "a choice inside a text", "gapMatch": "words dragged into a text",
    "hottext": "words picked in a text", "selectPoint": "a point on a picture", "graphicOrder": "an order on a picture", "graphicAssociate": "lines on a picture",
    "graphicGapMatch": "pictures dragged", "positionObject": "pictures placed", "slider": "a slider", "media": "a recording", "drawing": "a drawing",
    "upload": "an upload", "custom": "an interaction of its own kind", "portableCustom": "an interaction of its own kind", "endAttempt": "an adaptive item",
}  # fmt: skip


def read(data: bytes) -> list[Parsed]:
    """The questions of a package, or of a single XML file. Raises Unreadable and WrongEncoding."""
    if not data.startswith(b"PK"):
        return _read_file("", xml.parse(data), {}, {}, {}, strict=True)
    files = archive.unpack(data)
    shown = {path: files.pop(path) for path in list(files) if path.lower().endswith(archive.PICTURES)}
    roots: dict[str, Element] = {}
    found: list[Parsed] = []
    for path in _in_order(files):
        try:
            roots[path] = xml.parse(files[path])
        except (Unreadable, WrongEncoding) as fault:
            found.append(_broken(path, str(fault)))
    found += [_broken(path, "The manifest names this file, and it is not in the package.") for path in _promised(roots, files)]
    known = _known(files.get(OURS, b""))
    for path, root in roots.items():
        found += _read_file(path, root, roots, known, shown, strict=False)
    if not found:
        raise Unreadable("The package holds no question. Export items or a quiz as a QTI package: the zip with imsmanifest.xml.")
    return found


def _broken(path: str, message: str) -> Parsed:
    return Parsed(1, path, None, (Note(1, message),), is_broken=True, place=path)


def _in_order(files: dict[str, bytes]) -> list[str]:
    """The documents of a package, those that the manifest names first and in its order."""
    named: list[str] = []
    manifest = next((path for path in files if posixpath.basename(path) == MANIFEST), "")
    if manifest:
        hrefs = re.findall(rb'href\s*=\s*"([^"]{1,500})"', files[manifest])
        named = [_joined(manifest, href.decode("utf-8", "replace")) for href in hrefs]
    rest = sorted(path for path in files if not path.endswith(".json"))
    return list(dict.fromkeys(path for path in [manifest, *named, *rest] if path in files and not path.endswith(".json")))


def _joined(base: str, href: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(base), unquote(href)))


def _promised(roots: dict[str, Element], files: dict[str, bytes]) -> Iterator[str]:
    """Items that the manifest names and that are not there."""
    for path, root in roots.items():
        if posixpath.basename(path) == MANIFEST:
            for resource in root.iter("{*}resource"):
                href = resource.get("href") or ""
                if "_item_" in (resource.get("type") or "") and href and _joined(path, href) not in files:
                    yield _joined(path, href)


def _known(data: bytes) -> dict[str, Extras]:
    if not data:
        return {}
    try:
        rows = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, msgspec.ValidationError, RecursionError, UnicodeError):
        return {}
    found = ((identifier, extras.read(bytes(row).decode("utf-8", "replace"))) for identifier, row in rows.items())
    return {identifier: row for identifier, row in found if row}


def _read_file(
    path: str, root: Element, roots: dict[str, Element], known: dict[str, Extras], shown: dict[str, bytes], *, strict: bool
) -> list[Parsed]:
    kind = _name(root)

    def fetch(source: str) -> bytes | None:
        return _picture(path, source, shown)

    if kind == "questestinterop":
        return [*islice(qti_old.read(root, path, fetch), MOST_QUESTIONS + 1)]
    if kind == "assessmentItem":
        rough = Rough(xml.line(root), title=_get(root, "title") or _get(root, "identifier"), place=path, fetch=fetch)
        rough.extras = known.get(_get(root, "identifier"), Extras())
        return [rough.parsed(lambda rough: _Item(root, rough, path, roots).fill())]
    if strict:
        raise Unreadable(
            f"The file begins with <{xml.name(root)[:40]}>, which is no QTI item. Export a QTI package: the zip with imsmanifest.xml."
        )
    return []


_BASE = "$IMS-CC-FILEBASE$/"


def _picture(path: str, source: str, shown: dict[str, bytes]) -> bytes | None:
    """The file that an item shows: beside it, or where Canvas and the Common Cartridge keep files."""
    name = unquote(source.partition("?")[0].partition("#")[0]).replace("\\", "/")
    if name.startswith(_BASE):
        name = name.removeprefix(_BASE)
        places = [name, f"web_resources/{name}", _joined(path, name)]
    else:
        places = [posixpath.normpath(posixpath.join(posixpath.dirname(path), name)), posixpath.normpath(name.lstrip("/")), f"media/{name}"]
    return next((shown[place] for place in places if place in shown), None)


# -- names of both versions ------------------------------------------------------------------------------------------


def _camel(text: str) -> str:
    return re.sub(r"-([a-z])", lambda found: found[1].upper(), text)


def _name(element: Element) -> str:
    name = xml.name(element)
    return _camel(name[4:]) if name.startswith("qti-") else name


def _get(element: Element, name: str) -> str:
    kebab = re.sub(r"([A-Z])", lambda found: "-" + found[1].lower(), name)
    return str(element.get(name) or element.get(kebab) or "").strip()


def _all(element: Element, *names: str) -> list[Element]:
    return [found for found in element.iter() if found is not element and _name(found) in names]


def _one(element: Element, name: str) -> Element | None:
    return next(iter(_all(element, name)), None)


# -- an item ---------------------------------------------------------------------------------------------------------


class _Item:
    """One item while it is being read."""

    def __init__(self, root: Element, rough: Rough, path: str, roots: dict[str, Element]) -> None:
        self.root, self.rough, self.path, self.roots = root, rough, path, roots
        self.modal: dict[str, str] = {}

    def fill(self) -> None:
        body = next((found for found in self.root if _name(found) == "itemBody"), None)
        if body is None:
            raise Broken("The item has no body.")
        if _get(self.root, "adaptive") == "true":
            raise Skip("This item changes while it is answered (adaptive): there is no such type here. It is skipped.")
        if _one(self.root, "templateDeclaration") is not None:
            raise Skip("This item draws its numbers anew each time (a template): there is no such type here. It is skipped.")
        asked = [found for found in body.iter() if _name(found).endswith("Interaction")]
        self._read_modal()
        if not asked:
            raise Skip("This item asks nothing: it is a text. It is skipped.")
        if len(asked) > 1:
            raise Skip(f"This item asks {len(asked)} things at once (composite): there is no such type here. It is skipped.")
        interaction, kind = asked[0], _name(asked[0]).removesuffix("Interaction")
        readers = {
            "choice": self._choice, "order": self._order, "match": self._match, "associate": self._associate, "textEntry": self._number,
        }  # fmt: skip
        if kind not in readers:
            raise Skip(f"This is {_SKIPPED.get(kind, f'a question of the type “{kind[:30]}”')}: there is no such type here. It is skipped.")
        self._stem(body, interaction, kind)
        readers[kind](interaction)
        self._place_modal()

    def _text(self, element: Element, *, inline: bool, place: str = "", without: tuple[Element, ...] = (), pictures: bool = True) -> str:
        found = xml.to_markdown(element, self.rough.say, inline=inline, without=without, find=self.rough.picture if pictures else None)
        words = " ".join([place, *_words(element, without)])
        return self.rough.extras.wording(words, found)

    def _stem(self, body: Element, interaction: Element, kind: str) -> None:
        gap = kind == "textEntry" and _goes_on(interaction)
        apart = (*_all(body, "feedbackBlock", "feedbackInline", "rubricBlock"), *(() if gap else (interaction,)))
        prompt = next((found for found in interaction if _name(found) == "prompt"), None)
        for name, what in (
            ("rubricBlock", "A rubric"),
            ("feedbackBlock", "Feedback in the body"),
            ("feedbackInline", "Feedback in the body"),
        ):
            if any(_name(found) == name and not _inside(found, interaction) for found in apart):
                self.rough.say(f"{what} is left out.")
        parts = [self._text(body, inline=False, without=apart)]
        if gap:
            self.rough.say("The number stands in a gap inside the text. Turn it into a question.")
        if prompt is not None:
            parts.append(self._text(prompt, inline=False))
        self.rough.stem = "\n\n".join([*self._shared(), *(part for part in parts if part)])

    def _shared(self) -> list[str]:
        """The texts that this item shares with others."""
        found = []
        for reference in _all(self.root, "assessmentStimulusRef", "include"):
            root = self.roots.get(_joined(self.path, _get(reference, "href")))
            body = _one(root, "stimulusBody") if root is not None else None
            if body is None and _name(reference) == "include":  # TAO takes a whole document in
                body = root
            if body is None:
                self.rough.say(f"The shared text {_get(reference, 'href')[:60]} is not in the package and is missing in the stem.")
            else:
                found.append(self._text(body, inline=False))
                self.rough.say("The text that it shares with other items stands in its stem.")
        return found

    # -- keys

    def _declared(self, interaction: Element) -> Element:
        wanted = _get(interaction, "responseIdentifier")
        for found in self.root:
            if _name(found) == "responseDeclaration" and _get(found, "identifier") == wanted:
                return found
        raise Broken("The response of the item is not declared, so its key is unknown.")

    def _correct(self, declared: Element) -> list[str]:
        """The right values in their order: as they are declared, or those that earn something."""
        correct = next((found for found in declared if _name(found) == "correctResponse"), None)
        values = [xml.text(found).strip() for found in _all(correct, "value")] if correct is not None else []
        if values:
            return values
        earned = [(_get(found, "mapKey"), as_decimal(_get(found, "mappedValue"))) for found in _all(declared, "mapEntry")]
        return [key for key, value in earned if value is not None and value > 0]

    # -- feedback

    def _read_modal(self) -> None:
        for found in self.root:
            if _name(found) == "modalFeedback" and _get(found, "showHide") != "hide":
                self.modal[_get(found, "identifier")] = self._text(found, inline=False, place=_get(found, "identifier"))

    def _place_modal(self) -> None:
        left = [words for words in self.modal.values() if words]
        if len(left) == 1:
            self.rough.general = left[0]
        elif left:
            self.rough.say("Feedback that belongs to no single option is left out.")

    def _option(self, choice: Element) -> RoughOption:
        inside = [found for found in _all(choice, "feedbackInline", "feedbackBlock") if _get(found, "showHide") != "hide"]
        name = _get(choice, "identifier")
        why = "\n\n".join(self._text(found, inline=False, place=f"{name} why") for found in inside)
        words = self._text(choice, inline=True, place=name, without=tuple(_all(choice, "feedbackInline", "feedbackBlock")))
        return RoughOption(words, why or self.modal.pop(name, ""))

    # -- the types

    def _choice(self, interaction: Element) -> None:
        rough, declared = self.rough, self._declared(interaction)
        choices = {_get(found, "identifier"): found for found in _all(interaction, "simpleChoice")}
        right = self._correct(declared) or self._compared(choices)
        rough.options = [self._option(choice) for choice in choices.values()]
        several = _get(declared, "cardinality") == "multiple" or (_get(interaction, "maxChoices") not in ("", "1") and len(right) > 1)
        if not several and len(right) > 1:
            right = self._best(declared, right)
        rough.weigh([100.0 if name in right else 0.0 for name in choices], single=not several)
        if several and len(right) > 1:
            rough.notes = [note for note in rough.notes if not note.message.startswith("The weights")]
        self._told_of_mapping(declared, rough.type)

    def _told_of_mapping(self, declared: Element, kind: str) -> None:
        values = {_get(found, "mappedValue") for found in _all(declared, "mapEntry")} - {"0", "0.0", "1", "1.0", ""}
        if values and self.rough.extras.type != kind:
            self.rough.say("Part marks are left out: an answer is right when all of it is.")

    def _best(self, declared: Element, right: list[str]) -> list[str]:
        """Of several that earn something, the one that earns most."""
        values = {_get(found, "mapKey"): as_decimal(_get(found, "mappedValue")) or 0 for found in _all(declared, "mapEntry")}
        most = max((values.get(name, 0) for name in right), default=0)
        best = [name for name in right if values.get(name, 0) == most]
        if len(best) < len(right):
            self.rough.say("An answer that gave part of the mark counts as wrong here.")
        return best

    def _compared(self, choices: dict[str, Element]) -> list[str]:
        """Keys that only the rules of scoring name: what a response is compared with before a score is set."""
        for condition in _all(self.root, "responseIf"):
            named = [xml.text(found).strip() for found in _all(condition, "baseValue")]
            sets = any(_get(found, "identifier").upper() == "SCORE" for found in _all(condition, "setOutcomeValue"))
            if sets and (found := [name for name in named if name in choices]):
                return found
        return []

    def _order(self, interaction: Element) -> None:
        rough = self.rough
        rough.type = "ordering"
        choices = {_get(found, "identifier"): found for found in _all(interaction, "simpleChoice")}
        right = self._correct(self._declared(interaction))
        if not right or any(name not in choices for name in right):
            raise Broken("The right order is not declared. Give it as correctResponse, one value for each step.")
        if len(set(right)) < len(choices):
            raise Skip("Only some of the steps belong to the right order: there is no such type here. It is skipped.")
        rough.options = [self._option(choices[name]) for name in dict.fromkeys(right)]

    def _match(self, interaction: Element) -> None:
        sets = [_all(found, "simpleAssociableChoice") for found in _all(interaction, "simpleMatchSet")]
        if len(sets) != 2:
            raise Broken("A match has two sets of choices; this has another number.")
        left, right = ({_get(found, "identifier"): found for found in one} for one in sets)
        pairs = self._pairs(interaction)
        if all(second in left and first in right for first, second in pairs):
            pairs = [(second, first) for first, second in pairs]
        if len({first for first, _ in pairs}) < len(pairs) and len({second for _, second in pairs}) == len(pairs):
            self.rough.say("The two sides have changed places, so that each option has one partner.")
            left, right, pairs = right, left, [(second, first) for first, second in pairs]
        self._matched(left, right, pairs)

    def _associate(self, interaction: Element) -> None:
        choices = {_get(found, "identifier"): found for found in _all(interaction, "simpleAssociableChoice")}
        pairs = self._pairs(interaction)
        firsts, seconds = {first for first, _ in pairs}, {second for _, second in pairs}
        if firsts & seconds:
            raise Skip("A choice belongs to several pairs: there is no such type here. It is skipped.")
        self.rough.say("Pairs out of one set are asked as a matching.")
        rest = {name: found for name, found in choices.items() if name not in firsts}
        self._matched({name: choices[name] for name, _ in pairs if name in choices}, rest, pairs)

    def _pairs(self, interaction: Element) -> list[tuple[str, str]]:
        pairs = [tuple(value.split()) for value in self._correct(self._declared(interaction))]
        if not pairs or any(len(pair) != 2 for pair in pairs):
            raise Broken("The right pairs are not declared. Give them as correctResponse, two names in each value.")
        return pairs  # type: ignore[return-value]

    def _matched(self, left: dict[str, Element], right: dict[str, Element], pairs: list[tuple[str, str]]) -> None:
        rough = self.rough
        rough.type = "matching"
        partner = dict(pairs)
        if len(partner) < len(pairs):
            raise Skip("A choice has several partners: there is no such type here. It is skipped.")
        if any(first not in left or second not in right for first, second in pairs):
            raise Broken("A right pair names a choice that is not there.")
        if alone := [name for name in left if name not in partner]:
            rough.say(f"{len(alone)} choice{'s' if len(alone) > 1 else ''} without a partner are left out: here every option has one.")
        targets = {name: self._text(found, inline=True, place=name, pictures=False) for name, found in right.items()}
        for name, found in left.items():
            if name in partner:
                option = self._option(found)
                rough.options.append(RoughOption(option.text, option.why, match=targets[partner[name]]))
        rough.targets_extra = [words for name, words in targets.items() if name not in partner.values()]

    def _number(self, interaction: Element) -> None:
        rough, declared = self.rough, self._declared(interaction)
        if _get(declared, "baseType") not in ("float", "integer"):
            raise Skip("This asks for typed words: there is no such type here. It is skipped.")
        rough.type = "numeric"
        right = self._correct(declared)
        value = plain(right[0]) if right else None
        if value is None:
            raise Broken("The right number is not declared, or is none. Give it as correctResponse.")
        if len(right) > 1:
            rough.say("Of several right numbers the first is kept.")
        rough.tolerance = self._margin(value)
        known = rough.extras.wrong
        rough.options = [RoughOption(value, key=True)]
        why = self.modal.pop("CORRECT", "") or self.modal.pop("correct", "")
        rough.options[0].why = why
        rough.options += [RoughOption(text, option.why) for option in known if (text := plain(option.text)) is not None]

    def _margin(self, value: str) -> str:
        """How far off an answer may be, where the scoring says so."""
        for equal in _all(self.root, "equal"):
            margins = [as_decimal(part) for part in _get(equal, "tolerance").split()]
            mode = _get(equal, "toleranceMode")
            if margins and all(margin is not None and margin >= 0 for margin in margins):
                largest = max(margin for margin in margins if margin is not None)
                if len(set(margins)) > 1:
                    self.rough.say("The tolerance is not the same on both sides; the wider one is kept.")
                if mode == "absolute":
                    return plain(_get(equal, "tolerance").split()[margins.index(largest)]) or "0"
                if mode == "relative" and (number := as_decimal(value)) is not None:
                    width = abs(number) * largest / 100
                    return middle(number - width, number + width)[1]
        for rounded in _all(self.root, "equalRounded"):
            figures = _get(rounded, "figures")
            if _get(rounded, "roundingMode") == "decimalPlaces" and figures.isdecimal() and len(figures) == 1:
                return "0." + "0" * int(figures) + "5" if int(figures) else "0.5"
        return "0"


def _inside(element: Element, holder: Element) -> bool:
    return any(found is holder for found in element.iterancestors())


def _goes_on(interaction: Element) -> bool:
    return bool((interaction.tail or "").strip(" \n\t.?!:"))


def _words(element: Element, without: tuple[Element, ...]) -> Iterator[str]:
    """The words under an element as `markup.words_of` gives them for what was written."""
    yield element.text or ""
    for inner in element:
        if xml.name(inner) == "img" and inner not in without:
            yield f"{file_name(inner.get('src') or '')} {inner.get('alt') or ''}"
        elif xml.name(inner) and inner not in without:
            yield from _words(inner, without)
        yield inner.tail or ""
