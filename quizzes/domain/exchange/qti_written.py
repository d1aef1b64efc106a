"""QTI packages as we write them: version 2.1, which most systems read, or 3.0.

An item is written once in the names of version 2.1; version 3 has the same content under other names.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from quizzes.domain.exchange import extras, markup
from quizzes.domain.exchange.parsed import Draft, Written
from quizzes.domain.exchange.qti import MANIFEST, OURS
from quizzes.domain.items import Item

#: Where pictures lie in a package.
MEDIA = "media"
#: A fixed day: the same questions give the same bytes.
_DAY = (2026, 1, 1, 0, 0, 0)
_ITEM = {
    "2.1": ("http://www.imsglobal.org/xsd/imsqti_v2p1", "http://www.imsglobal.org/xsd/qti/qtiv2p1/imsqti_v2p1.xsd", "imsqti_item_xmlv2p1"),
    "3.0": ("http://www.imsglobal.org/xsd/imsqtiasi_v3p0", "https://purl.imsglobal.org/spec/qti/v3p0/schema/xsd/imsqti_asiv3p0_v1p0.xsd", "imsqti_item_xmlv3p0"),
}  # fmt: skip
_PACKAGE = {
    "2.1": ("http://www.imsglobal.org/xsd/imscp_v1p1", "QTIv2.1 Package", "1.0.0"),
    "3.0": ("http://www.imsglobal.org/xsd/qti/qtiv3p0/imscp_v1p1", "QTI Package", "3.0.0"),
}  # fmt: skip
#: What in version 3 has the prefix; the rest is HTML.
_QTI = re.compile(r"<(/?)([a-z]+(?:[A-Z][A-Za-z]*)|prompt|value|and|match|variable|correct|equal|mapping)(?=[\s/>])")
_ATTRIBUTE = re.compile(
    r"\b(baseType|responseIdentifier|maxChoices|maxAssociations|matchMax|outcomeIdentifier|showHide|toleranceMode|timeDependent|expectedLength)="
)


def write(drafts: Sequence[Draft], *, version: str = "2.1") -> Written:
    """A package with one file for each question."""
    names = _identifiers(drafts)
    out = io.BytesIO()
    known: list[str] = []
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        _add(package, MANIFEST, _manifest(names, drafts, version))
        for name, draft in zip(names, drafts, strict=True):
            texts: dict[str, str] = {}
            _add(package, f"items/{name}.xml", _versioned(_item(draft, name, texts), version))
            item = draft.item
            beside = extras.of_item(
                item,
                slug=draft.slug,
                family=draft.family,
                texts=texts,
                whys=item.type in ("matching", "ordering"),
                wrong=item.type == "numeric",
            )
            known.append(f'"{name}": {beside.json}')
        _add(package, OURS, "{\n" + ",\n".join(known) + "\n}\n")
        for picture in {picture.name: picture for draft in drafts for picture in draft.pictures}.values():
            _add(package, f"{MEDIA}/{picture.name}", picture.data)
    return Written(out.getvalue())


def _identifiers(drafts: Sequence[Draft]) -> list[str]:
    """Names that XML takes, each once."""
    names: list[str] = []
    for n, draft in enumerate(drafts, start=1):
        name = f"q-{draft.slug}" if draft.slug else f"q-{n}"
        names.append(name if name not in names else f"{name}-{n}")
    return names


def _add(package: zipfile.ZipFile, path: str, content: str | bytes) -> None:
    entry = zipfile.ZipInfo(path, _DAY)
    entry.compress_type = zipfile.ZIP_DEFLATED if isinstance(content, str) else zipfile.ZIP_STORED
    package.writestr(entry, content.encode() if isinstance(content, str) else content)


def _manifest(names: list[str], drafts: Sequence[Draft], version: str) -> str:
    space, schema, schema_version = _PACKAGE[version]
    kind = _ITEM[version][2]
    rows = "\n".join(
        f'    <resource identifier="{name}" type="{kind}" href="items/{name}.xml"><file href="items/{name}.xml"/>'
        + "".join(f'<file href="{MEDIA}/{picture.name}"/>' for picture in draft.pictures)
        + "</resource>"
        for name, draft in zip(names, drafts, strict=True)
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<manifest xmlns="{space}" identifier="besa-questions">
  <metadata><schema>{schema}</schema><schemaversion>{schema_version}</schemaversion></metadata>
  <organizations/>
  <resources>
{rows}
    <resource identifier="besa-extras" type="webcontent" href="{OURS}"><file href="{OURS}"/></resource>
  </resources>
</manifest>
"""


def _versioned(text: str, version: str) -> str:
    if version == "2.1":
        return text
    return re.sub(r"<[^<>]+>", lambda tag: _tag_of_three(tag[0]), text)


def _tag_of_three(tag: str) -> str:
    tag = _QTI.sub(lambda found: f"<{found[1]}qti-{_kebab(found[2])}", tag)
    tag = _ATTRIBUTE.sub(lambda found: f"{_kebab(found[1])}=", tag)
    return tag.replace(_ITEM["2.1"][0], _ITEM["3.0"][0]).replace(_ITEM["2.1"][1], _ITEM["3.0"][1])


def _kebab(name: str) -> str:
    return re.sub(r"([A-Z])", lambda found: "-" + found[1].lower(), name)


# -- an item ---------------------------------------------------------------------------------------------------------


def _item(draft: Draft, name: str, texts: dict[str, str]) -> str:
    item = draft.item
    declared, body, right = _KINDS[item.type](item, texts)
    space, schema, _ = _ITEM["2.1"]
    outcomes = '<outcomeDeclaration identifier="SCORE" cardinality="single" baseType="float"><defaultValue><value>0</value></defaultValue></outcomeDeclaration>'
    feedback = ""
    if item.is_choice:
        several = "multiple" if item.type == "multiple" else "single"
        outcomes += f'\n  <outcomeDeclaration identifier="FEEDBACK" cardinality="{several}" baseType="identifier"/>'
        feedback = '<setOutcomeValue identifier="FEEDBACK"><variable identifier="RESPONSE"/></setOutcomeValue>'
    elif item.type == "numeric":
        outcomes += '\n  <outcomeDeclaration identifier="FEEDBACK" cardinality="single" baseType="identifier"/>'
    modal = _modal(item, texts)
    told = '<setOutcomeValue identifier="FEEDBACK"><baseValue baseType="identifier">CORRECT</baseValue></setOutcomeValue>' if modal else ""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<assessmentItem xmlns="{space}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="{space} {schema}" identifier="{name}" title={quoteattr(draft.slug or name)} adaptive="false" timeDependent="false">
  {declared}
  {outcomes}
  <itemBody>
    <div>{_words(item.stem, texts)}</div>
    {body}
  </itemBody>
  <responseProcessing>
    {feedback}
    <responseCondition><responseIf>{right}<setOutcomeValue identifier="SCORE"><baseValue baseType="float">1</baseValue></setOutcomeValue>{told}</responseIf></responseCondition>
  </responseProcessing>{modal}
</assessmentItem>
"""


def _words(text: str, texts: dict[str, str], place: str = "", *, inline: bool = False) -> str:
    """Our markdown as XHTML, and our wording kept beside by its place and words."""
    shown = markup.to_xhtml(text, inline=inline, place=lambda name: f"../{MEDIA}/{name}")
    extras.keep(texts, f"{place} {markup.words_of(shown)}", text)
    return shown


def _declaration(cardinality: str, base: str, values: Sequence[str]) -> str:
    rows = "".join(f"<value>{escape(value)}</value>" for value in values)
    correct = f"<correctResponse>{rows}</correctResponse>" if values else ""
    return f'<responseDeclaration identifier="RESPONSE" cardinality="{cardinality}" baseType="{base}">{correct}</responseDeclaration>'


_IS_RIGHT = '<match><variable identifier="RESPONSE"/><correct identifier="RESPONSE"/></match>'


def _choice(item: Item, texts: dict[str, str]) -> tuple[str, str, str]:
    several = item.type == "multiple"
    rows = []
    for option in item.options:
        name = option.id.upper()
        why = f'<feedbackInline outcomeIdentifier="FEEDBACK" identifier="{name}" showHide="show">{_words(option.why, texts, f"{name} why", inline=True)}</feedbackInline>' if option.why else ""  # fmt: skip
        rows.append(f'<simpleChoice identifier="{name}">{_words(option.text, texts, name, inline=True)}{why}</simpleChoice>')
    body = f'<choiceInteraction responseIdentifier="RESPONSE" shuffle="true" maxChoices="{item.pick if several else 1}">{"".join(rows)}</choiceInteraction>'
    return _declaration("multiple" if several else "single", "identifier", [name.upper() for name in item.key]), body, _IS_RIGHT


def _order(item: Item, texts: dict[str, str]) -> tuple[str, str, str]:
    rows = "".join(
        f'<simpleChoice identifier="{option.id.upper()}">{_words(option.text, texts, option.id.upper(), inline=True)}</simpleChoice>'
        for option in item.options
    )
    body = f'<orderInteraction responseIdentifier="RESPONSE" shuffle="true">{rows}</orderInteraction>'
    return _declaration("ordered", "identifier", [option.id.upper() for option in item.options]), body, _IS_RIGHT


def _match(item: Item, texts: dict[str, str]) -> tuple[str, str, str]:
    targets = list(dict.fromkeys([*(option.match for option in item.options), *item.targets_extra]))
    number = {target: f"T{n}" for n, target in enumerate(targets, start=1)}
    left = "".join(f'<simpleAssociableChoice identifier="{option.id.upper()}" matchMax="1">{_words(option.text, texts, option.id.upper(), inline=True)}</simpleAssociableChoice>' for option in item.options)  # fmt: skip
    right = "".join(f'<simpleAssociableChoice identifier="{number[target]}" matchMax="0">{_words(target, texts, number[target], inline=True)}</simpleAssociableChoice>' for target in targets)  # fmt: skip
    body = f'<matchInteraction responseIdentifier="RESPONSE" shuffle="true" maxAssociations="{len(item.options)}"><simpleMatchSet>{left}</simpleMatchSet><simpleMatchSet>{right}</simpleMatchSet></matchInteraction>'  # fmt: skip
    return (
        _declaration("multiple", "directedPair", [f"{option.id.upper()} {number[option.match]}" for option in item.options]),
        body,
        _IS_RIGHT,
    )


def _number(item: Item, texts: dict[str, str]) -> tuple[str, str, str]:
    body = '<div><p><textEntryInteraction responseIdentifier="RESPONSE" expectedLength="15"/></p></div>'
    right = f'<equal toleranceMode="absolute" tolerance="{escape(item.tolerance)} {escape(item.tolerance)}"><variable identifier="RESPONSE"/><correct identifier="RESPONSE"/></equal>'
    return _declaration("single", "float", item.key), body, right


def _modal(item: Item, texts: dict[str, str]) -> str:
    """The rationale of a number, shown after a right answer."""
    why = next((option.why for option in item.options if option.key), "") if item.type == "numeric" else ""
    return (
        f'\n  <modalFeedback outcomeIdentifier="FEEDBACK" identifier="CORRECT" showHide="show">{_words(why, texts, "CORRECT")}</modalFeedback>'
        if why
        else ""
    )


_KINDS = {"single": _choice, "multiple": _choice, "ordering": _order, "matching": _match, "numeric": _number}
