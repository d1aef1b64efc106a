"""Stems that are nearly the same, and stems that give another question away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import pairwise
from math import log, sqrt

from quizzes.domain.quality.text import words

#: Two stems this alike (cosine of TF-IDF over words and pairs) are one question asked twice (learning.md 5).
DUPLICATE_COSINE = 0.90


def near_duplicates(stem: str, others: Mapping[str, str], *, threshold: float = DUPLICATE_COSINE) -> list[tuple[str, float]]:
    """Names of `others` (name to stem) whose stem is nearly the same, with the cosine, the closest first."""
    documents = {"": _terms(stem), **{name: _terms(text) for name, text in others.items()}}
    frequency = Counter(term for terms in documents.values() for term in set(terms))
    vectors = {
        name: {term: count * log(1 + len(documents) / frequency[term]) for term, count in terms.items()}
        for name, terms in documents.items()
    }
    mine = vectors.pop("")
    alike = ((name, _cosine(mine, vector)) for name, vector in vectors.items())
    return sorted((pair for pair in alike if pair[1] >= threshold), key=lambda pair: -pair[1])


def duplicate_pairs(stems: Mapping[str, str], *, threshold: float = DUPLICATE_COSINE) -> list[tuple[str, str, float]]:
    """Every pair of names whose stems are nearly the same, with the cosine, the closest first."""
    documents = {name: _terms(text) for name, text in stems.items()}
    frequency = Counter(term for terms in documents.values() for term in set(terms))
    vectors: dict[str, dict[str, float]] = {}
    for name, terms in documents.items():
        vector = {term: count * log(1 + len(documents) / frequency[term]) for term, count in terms.items()}
        size = sqrt(sum(value * value for value in vector.values())) or 1.0
        vectors[name] = {term: value / size for term, value in vector.items()}
    holders: dict[str, list[tuple[str, float]]] = {}
    pairs: list[tuple[str, str, float]] = []
    for name, vector in vectors.items():
        dots: Counter[str] = Counter()
        for term, value in vector.items():
            for other, weight in holders.get(term, ()):
                dots[other] += value * weight  # type: ignore[assignment]
            holders.setdefault(term, []).append((name, value))
        pairs += [(other, name, dot) for other, dot in dots.items() if dot >= threshold]
    return sorted(pairs, key=lambda pair: -pair[2])


def _terms(text: str) -> Counter[str]:
    found = words(text)
    return Counter([*found, *(f"{a} {b}" for a, b in pairwise(found))])


def _cosine(a: Mapping[str, float], b: Mapping[str, float]) -> float:
    dot = sum(value * b.get(term, 0.0) for term, value in a.items())
    size = sqrt(sum(v * v for v in a.values())) * sqrt(sum(v * v for v in b.values()))
    return dot / size if size else 0.0
