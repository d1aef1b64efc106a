"""QTI 1.2 as Canvas, text2qti, Blackboard and others write it: choices, true or false, numbers and pairs (1EdTech "QTI ASI Information Model" 1.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from quizzes.domain.exchange import markup, xml
from quizzes.domain.exchange.parsed import FULL_MARK, Broken, Parsed, Rough, RoughOption, Skip, decimal, middle, plain
from quizzes.domain.exchange.xml import Element, child, children, text
from quizzes.domain.pictures import marked

_SKIPPED = {
    "essay_question": "an essay", "short_answer_question": "a short answer", "fill_in_multiple_blanks_question": "a text with gaps",
    "multiple_dropdowns_question": "choices inside a text", "calculated_question": "a question with drawn numbers", "file_upload_question": "an upload",
    "text_only_question": "a text that asks nothing", "categorization_question": "a sorting into groups", "hot_spot_question": "a hotspot",
}  # fmt: skip


def read(root: Element, path: str, fetch: Callable[[str], bytes | None]) -> Iterator[Parsed]:
    """The items of a questestinterop document."""
    texts = {item.get("ident") or "": item for item in root.iter("{*}item") if _metadata(item, "question_type") == "text_only_question"}
    for item in root.iter("{*}item"):
        rough = Rough(xml.line(item), title=item.get("title") or item.get("ident") or "", place=path, fetch=fetch)
        yield rough.parsed(lambda rough, item=item: _fill(rough, item, texts))  # type: ignore[misc]


def _fill(rough: Rough, item: Element, texts: dict[str, Element]) -> None:
    kind = _metadata(item, "question_type") or _metadata(item, "cc_profile")
    if kind in _SKIPPED or "essay" in kind or "fib" in kind:
        raise Skip(f"This is {_SKIPPED.get(kind, 'a question with typed words')}: there is no such type here. It is skipped.")
    presentation = child(item, "presentation")
    if presentation is None:
        raise Broken("The item has no presentation, so nothing is asked.")
    presentation = _without_flow(presentation)
    responses = [
        found
        for found in presentation.iter()
        if xml.name(found) in ("response_lid", "response_str", "response_num", "response_xy", "response_grp")
    ]
    if not responses:
        raise Skip("This item asks nothing: it is a text. It is skipped.")
    said = [_material(rough, found) for found in children(presentation, "material")]
    rough.stem = "\n\n".join(filter(None, [*_shared(rough, item, texts), *said]))
    feedback = {found.get("ident") or "": _material(rough, found) for found in children(item, "itemfeedback")}
    names = {xml.name(found) for found in responses}
    if names == {"response_lid"} and len(responses) > 1:
        _pairs(rough, responses, item)
    elif names == {"response_lid"} and (responses[0].get("rcardinality") or "").lower() == "ordered":
        _ordering(rough, responses[0], item)
    elif names == {"response_lid"}:
        _choices(rough, responses[0], item, feedback)
    elif len(responses) == 1 and (kind == "numerical_question" or xml.name(responses[0]) == "response_num" or _is_number(responses[0])):
        _number(rough, item, feedback)
    else:
        raise Skip("This asks for typed words, a picture or several things at once: there is no such type here. It is skipped.")
    rough.general = feedback.pop("general_fb", "") or feedback.pop("Solution", "")
    if any(words for name, words in feedback.items() if name in ("correct_fb", "general_incorrect_fb", "correct", "incorrect")):
        rough.say("What is said to a right or wrong answer as a whole is left out; rationales belong to options here.")


def _shared(rough: Rough, item: Element, texts: dict[str, Element]) -> list[str]:
    """The text that several items of Canvas share: an item of its own that asks nothing."""
    shared = texts.get(_metadata(item, "parent_stimulus_item_ident"))
    presentation = child(shared, "presentation")
    if presentation is None:
        return []
    rough.say("The text that it shares with other items stands in its stem.")
    return [_material(rough, found) for found in children(presentation, "material")]


def _without_flow(presentation: Element) -> Element:
    """Some writers wrap everything in <flow>."""
    inner = [found for found in presentation if xml.name(found)]
    return _without_flow(inner[0]) if len(inner) == 1 and xml.name(inner[0]) == "flow" else presentation


def _metadata(item: Element, label: str) -> str:
    for field in item.iter("{*}qtimetadatafield"):
        if text(child(field, "fieldlabel")).strip() == label:
            return text(child(field, "fieldentry")).strip()
    return ""


def _material(rough: Rough, holder: Element, *, inline: bool = False, pictures: bool = True) -> str:
    """The words and pictures of the materials under an element."""
    find = rough.picture if pictures else None
    parts = []
    for found in holder.iter():
        name = xml.name(found)
        if name in ("mattext", "matemtext"):
            form = "plain" if (found.get("texttype") or "text/html").lower() == "text/plain" and "<" not in text(found) else "html"
            parts.append(_words(rough, found, form, inline=inline, find=find))
        elif name == "matimage":
            parts.append(_image(rough, found, find))
        elif name in ("mataudio", "matvideo", "matapplet"):
            rough.say("A recording is left out: questions hold no other media than pictures.")
    return ("\n" if inline else "\n\n").join(part for part in parts if part)


def _words(rough: Rough, found: Element, form: str, *, inline: bool, find: markup.Find) -> str:
    if not any(xml.name(inner) for inner in found):
        return markup.read(text(found), form, rough.say, inline=inline, find=find)
    if source := xml.mixed(found):
        return markup.read(source, "html", rough.say, inline=inline, find=find)
    return xml.to_markdown(found, rough.say, inline=inline, find=find)


def _image(rough: Rough, found: Element, find: markup.Find) -> str:
    """A <matimage>: a file of the package, or its bytes in the text."""
    inside = "".join(text(found).split())
    source = f"data:;base64,{inside}" if inside and (found.get("embedded") or "base64").lower() == "base64" else found.get("uri") or ""
    address = find(source) if find else ""
    words = found.get("label") or ""
    return marked(words, address) if address else words


# -- keys ------------------------------------------------------------------------------------------------------------


def _rewarded(item: Element) -> Iterator[tuple[float, Element]]:
    """The conditions of the scoring that give something, with how much; 100 stands for all."""
    for condition in item.iter("{*}respcondition"):
        score = 0.0
        for setvar in condition.iter("{*}setvar"):
            value = decimal(text(setvar))
            score = max(score, float(value)) if value is not None else score
        correct = (condition.get("title") or "").lower() == "correct" or any(
            (found.get("linkrefid") or "").lower() == "correct" for found in condition.iter("{*}displayfeedback")
        )
        rule = child(condition, "conditionvar")
        if rule is not None and (score > 0 or (correct and not score)):
            yield (score or 100.0), rule


def _named(rule: Element) -> list[tuple[str, str]]:
    """(response, value) of every comparison that has to hold; what stands under <not> has to fail."""
    return [
        (found.get("respident") or "", text(found).strip())
        for found in rule.iter("{*}varequal")
        if not any(xml.name(above) == "not" for above in found.iterancestors())
    ]


def _labels(response: Element) -> dict[str, Element]:
    return {found.get("ident") or "": found for found in response.iter("{*}response_label")}


def _choices(rough: Rough, response: Element, item: Element, feedback: dict[str, str]) -> None:
    labels = _labels(response)
    shown = {
        named[0][1]: link.get("linkrefid") or ""
        for condition in item.iter("{*}respcondition")
        if (rule := child(condition, "conditionvar")) is not None and len(named := _named(rule)) == 1
        for link in condition.iter("{*}displayfeedback")
        if (link.get("linkrefid") or "").lower() not in ("correct_fb", "correct", "incorrect", "general_fb")
    }
    weights = dict.fromkeys(labels, 0.0)
    several = (response.get("rcardinality") or "Single").lower() == "multiple"
    for score, rule in _rewarded(item):
        for _, value in _named(rule):
            if value in weights:
                weights[value] = max(weights[value], 100.0 if several else score)
    best = max(weights.values(), default=0.0)
    if 0 < best < FULL_MARK and not several:
        weights = {name: weight * 100 / best for name, weight in weights.items()}
    for name, label in labels.items():
        why = feedback.pop(shown.get(name, ""), "") or feedback.pop(f"{name}_fb", "")
        rough.options.append(RoughOption(_material(rough, label, inline=True), why))
    if several:
        rough.type = "multiple"
        for option, weight in zip(rough.options, weights.values(), strict=True):
            option.key = weight > 0
    else:
        rough.weigh(list(weights.values()), single=True)


def _ordering(rough: Rough, response: Element, item: Element) -> None:
    rough.type = "ordering"
    labels = _labels(response)
    order = next((names for _, rule in _rewarded(item) if len(names := [value for _, value in _named(rule)]) == len(labels)), [])
    if not order or set(order) != set(labels):
        raise Broken("The right order is not given by the scoring of the item.")
    rough.options = [RoughOption(_material(rough, labels[name], inline=True)) for name in order]


def _pairs(rough: Rough, responses: list[Element], item: Element) -> None:
    rough.type = "matching"
    right = dict(pair for _, rule in _rewarded(item) for pair in _named(rule))
    targets: dict[str, str] = {}
    for response in responses:
        words = "\n".join(filter(None, (_material(rough, found, inline=True) for found in children(response, "material"))))
        labels = {name: _material(rough, label, inline=True, pictures=False) for name, label in _labels(response).items()}
        targets |= labels
        match = labels.get(right.get(response.get("ident") or "", ""), "")
        if not words:
            rough.say("A pair without words is left out.")
            continue
        rough.options.append(RoughOption(words, match=match))
    used = {option.match for option in rough.options}
    rough.targets_extra = list(dict.fromkeys(words for words in targets.values() if words and words not in used))


def _is_number(response: Element) -> bool:
    return any((found.get("fibtype") or "").lower() in ("decimal", "integer") for found in response.iter("{*}render_fib"))


def _number(rough: Rough, item: Element, feedback: dict[str, str]) -> None:
    rough.type = "numeric"
    for _, rule in _rewarded(item):
        exact = [value for _, value in _named(rule)]
        low, high = (
            next((decimal(text(found)) for name in names for found in rule.iter(f"{{*}}{name}")), None)
            for names in (("vargte", "vargt"), ("varlte", "varlt"))
        )
        value, tolerance = (plain(exact[0]) if exact else None), "0"
        if low is not None and high is not None and low <= high:
            centre, tolerance = middle(low, high)
            value = centre if decimal(centre) != decimal(value or "") else value
        if value is not None and not rough.options:
            rough.tolerance = tolerance
            rough.options.append(RoughOption(value, feedback.pop("correct_fb", ""), key=True))
        elif value is not None:
            rough.say(f"A second right number, {value}, is left out: there is one key with one tolerance.")
    if not rough.options:
        raise Broken("The right number is not given by the scoring of the item.")
