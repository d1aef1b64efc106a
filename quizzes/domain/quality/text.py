"""What the rules need of texts: words, their stems, sentences, how hard they are to read."""

from __future__ import annotations

import re
from functools import lru_cache

from quizzes.domain.items import Option
from quizzes.domain.markdown import inline, plain

_ABSOLUTE = re.compile(r"\b(always|never|only|every|must|all|none|guarantees?)\b", re.I)
HEDGE = re.compile(r"\b(may|might|usually|often|can|could|sometimes|typically|generally|mostly)\b", re.I)

_CODE = re.compile(r"`[^`]*`")
_WORD = re.compile(r"\d+(?:[.,]\d+)+|[a-z0-9]+")
_PROSE = re.compile(r"[A-Za-z][A-Za-z'’]*")
_SENTENCE_END = re.compile(r"[.!?:](?=\s|$)")
_VOWELS = re.compile(r"[aeiouy]+")

#: Words that carry no subject of their own.
STOP_WORDS = frozenset(
    ["a", "about", "above", "after", "again", "all", "also", "although", "am", "an", "and", "any", "are", "as", "at", "be", "because", "been", "before", "being", "below", "between", "both", "but", "by", "can", "cannot", "could", "did", "do", "does", "doing", "done", "down", "during", "each", "either", "else", "ever", "every", "few", "for", "from", "further", "get", "gets", "got", "had", "has", "have", "having", "he", "her", "here", "hers", "him", "his", "how", "i", "if", "in", "into", "is", "it", "its", "itself", "just", "least", "less", "let", "many", "may", "me", "might", "more", "most", "much", "must", "my", "no", "nor", "not", "now", "of", "off", "on", "once", "one", "only", "or", "other", "others", "our", "out", "over", "own", "per", "same", "shall", "she", "should", "so", "some", "such", "than", "that", "the", "their", "them", "themselves", "then", "there", "these", "they", "this", "those", "through", "to", "too", "two", "under", "until", "up", "upon", "us", "use", "used", "uses", "using", "very", "was", "we", "were", "what", "when", "where", "whether", "which", "while", "who", "whom", "whose", "why", "will", "with", "within", "without", "would", "yet", "you", "your", "take", "takes", "taken", "took", "give", "gives", "given", "gave", "make", "makes", "made", "making", "come", "comes", "came", "go", "goes", "went", "put", "puts"]
)  # fmt: skip


def words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def shown(option: Option) -> str:
    """The option's text as a person reads it."""
    return plain(inline(option.text))


@lru_cache(maxsize=65536)
def stemmed(word: str) -> str:
    """A word without its commonest endings, so that "retries" meets "retry" and "invoked" meets "invokes"."""
    for ending, instead in (
        ("ies", "y"),
        ("ied", "y"),
        ("sses", "ss"),
        ("ing", ""),
        ("edly", ""),
        ("ed", ""),
        ("es", ""),
        ("ly", ""),
        ("s", ""),
    ):
        if (
            word.endswith(ending)
            and len(word) - len(ending) + len(instead) >= 3
            and not (ending == "s" and word.endswith(("ss", "us", "is")))
        ):
            word = word[: len(word) - len(ending)] + instead
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "lsz":
        word = word[:-1]
    return word.removesuffix("e") if len(word) > 3 else word


@lru_cache(maxsize=16384)
def terms(text: str) -> frozenset[str]:
    """The stems of the words that carry a subject, numbers among them."""
    return frozenset(
        stemmed(word) for word in words(text) if word not in STOP_WORDS and (len(word) > 2 or any(sign.isdigit() for sign in word))
    )


def absolutes(text: str) -> int:
    """How many absolute words a text has, names in code left out (`States.ALL` promises nothing)."""
    return len(_ABSOLUTE.findall(_CODE.sub(" ", text)))


def without_code(text: str) -> str:
    return _CODE.sub(" x ", text)


def sentences(text: str) -> list[str]:
    return [part.strip() for part in re.split(r"(?<=[.!?])\s+", text) if part.strip()]


def reading_grade(text: str) -> float:
    """The school year in which a text can be read, code left out.

    Source: Kincaid, Fishburne, Rogers, Chissom, "Derivation of new readability formulas", 1975: 0.39 words per sentence + 11.8 syllables per
    word - 15.59. Names in capitals, such as DynamoDB or SQS, count as one syllable: they are read as one sign by those who know them.
    """
    prose = without_code(text)
    found = _PROSE.findall(prose)
    if not found:
        return 0.0
    ends = max(1, len(_SENTENCE_END.findall(prose)))
    return 0.39 * len(found) / ends + 11.8 * sum(map(_syllables, found)) / len(found) - 15.59


@lru_cache(maxsize=65536)
def _syllables(word: str) -> int:
    if any(sign.isupper() for sign in word[1:]):
        return 1
    low = word.lower()
    count = len(_VOWELS.findall(low))
    if low.endswith("e") and not low.endswith("le") and count > 1:
        count -= 1
    return max(1, count)
