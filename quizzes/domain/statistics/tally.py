"""Item analysis from counts: answers come in attempt by attempt, and only how often each combination came is kept.

An item's table counts (mark, total of the attempt, most that the total can be, what the item adds to that most). With right or wrong marks
that is some hundred numbers per item, whether ten people answered or a million. Definitions and sources: docs/statistics.md.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import sqrt
from operator import mul
from typing import Any

from quizzes.domain.statistics import intervals
from quizzes.domain.statistics.figures import ItemFigures, OptionFigures, ScoreFigures
from quizzes.domain.statistics.moments import (
    DECIMALS,
    NEARLY,
    Counts,
    correlation,
    counted,
    covariance,
    finite,
    greatest_covariance,
    kurtosis,
    mean,
    median_of,
    quantile,
    root,
    size,
    skewness,
    variance,
)

#: The tails of the upper/lower index: 27 % each (Kelley 1939, J Educ Psychol 30:17: the best share for normal totals).
TAIL = 0.27
#: The tails hold about ten people each from here on; below, the index is a toss (learning.md 3.1).
ENOUGH_FOR_TAILS = 40
#: An option that fewer choose does no work (Tarrant, Ware & Mohammed 2009, BMC Med Educ 9:40).
RARE = 0.05
#: Below this many answers nobody can say whether an option does its work (learning.md 3.1).
ENOUGH_FOR_OPTIONS = 60

#: Mark, total, most, and what the item adds to most: 0 where it does not count.
Key = tuple[float, float, float, float]


#: Ids of the options that were chosen.
Picked = tuple[str, ...]


@dataclass(slots=True)
class Asked:
    """An item as it comes in. `most` is its greatest mark; `keys` are the ids of its keys among `options`."""

    name: str
    most: float = 1.0
    options: tuple[str, ...] = ()
    keys: frozenset[str] = frozenset()
    random_guess: float | None = None
    picks: dict[tuple[Picked, Key], int] = field(default_factory=dict)
    times_ms: array[int] = field(default_factory=lambda: array("I"))
    planned_s: float = 0.0
    partial: float = 0.0
    error: float = 0.0
    error_without: float = 0.0

    @property
    def table(self) -> dict[Key, int]:
        """How often each key came."""
        found: dict[Key, int] = {}
        for (_, key), count in self.picks.items():
            found[key] = found.get(key, 0) + count
        return found

    @property
    def choices(self) -> dict[str, dict[Key, int]]:
        """The same for each option, of those who chose it."""
        found: dict[str, dict[Key, int]] = {}
        for (picked, key), count in self.picks.items():
            for option in picked:
                table = found.setdefault(option, {})
                table[key] = table.get(key, 0) + count
        return found


#: One cell of an attempt: item, mark, whether it counts, ids of the options chosen, milliseconds (0: not known), share of the answer that holds.
Cell = tuple[Asked, float, bool, Picked, int, float]


@dataclass(slots=True)
class Tally:
    """All attempts of one kind. `add` takes them one by one, `items` and `scores` tell the figures.

    `full` is what a total can be at most where nobody may have been asked everything; otherwise it is the most that anybody could reach.
    """

    full: float = 0.0
    people: int = 0
    totals: dict[tuple[float, float], int] = field(default_factory=dict)
    asked: dict[str, Asked] = field(default_factory=dict)
    error: float = 0.0
    counted_people: int = 0
    #: Equal keys are one object: tables share them.
    keys: dict[Key, Key] = field(default_factory=dict)

    def item(self, asked: Asked) -> Asked:
        return self.asked.setdefault(asked.name, asked)

    def add(self, cells: Sequence[Cell], *, planned_s: float = 0.0) -> None:
        """Count an attempt whose plan gives each item so many seconds (0: no plan)."""
        total = most = squares = 0.0
        number = 0
        for item, mark, counts, _, _, _ in cells:
            if counts:
                total += mark
                most += item.most
                squares += mark * mark
                number += 1
        total = round(total, DECIMALS)
        self.people += 1
        if number:
            self.totals[total, most] = self.totals.get((total, most), 0) + 1
        within = _error(total, squares, number)
        if within is not None:
            self.error += within
            self.counted_people += 1
        met: dict[tuple[float, float], tuple[Key, float, float]] = {}  # most cells of an attempt are alike
        for item, mark, counts, picked, spent_ms, share in cells:
            kind = (mark, item.most if counts else 0.0)
            if kind not in met:
                key = (mark, total, most, kind[1])
                without = _error(total - mark, squares - mark * mark, number - 1) if counts else None
                met[kind] = self.keys.setdefault(key, key), within or 0.0 if counts else 0.0, without or 0.0
            key, error, error_without = met[kind]
            pick = (picked, key)
            item.picks[pick] = item.picks.get(pick, 0) + 1
            item.error += error
            item.error_without += error_without
            if spent_ms > 0:
                item.times_ms.append(spent_ms)
            item.planned_s += planned_s
            item.partial += share

    def take(self, other: Tally) -> None:
        """Count what another tally counted as well. The other one stays as it is."""
        self.people += other.people
        self.error += other.error
        self.counted_people += other.counted_people
        _merge(self.totals, other.totals)
        for name, theirs in other.asked.items():
            mine = self.item(Asked(name, theirs.most, theirs.options, theirs.keys, theirs.random_guess))
            _merge(mine.picks, theirs.picks)
            mine.times_ms.extend(theirs.times_ms)
            mine.planned_s += theirs.planned_s
            mine.partial += theirs.partial
            mine.error += theirs.error
            mine.error_without += theirs.error_without

    @property
    def complete(self) -> bool:
        """Whether everyone was asked every item, so that items can be compared across people."""
        return all(sum(item.picks.values()) == self.people for item in self.asked.values()) and self._one_length

    @property
    def _one_length(self) -> bool:
        return len({most for _, most in self.totals}) <= 1

    # -- the whole test ----------------------------------------------------------------------------------------------

    def scores(self, pairs: Pairs | None = None) -> ScoreFigures:
        """The figures of the totals. `pairs` are the covariances of a matrix with empty cells."""
        most = self.most
        counts = counted((_prorated(total, of, most), count) for (total, of), count in self.totals.items())
        sd = root(variance(counts))
        alpha, by = self._alpha(counts, pairs)
        k = len(self.counting) if by != "drawn" else round(most)
        sem = sd * sqrt(max(0.0, 1 - alpha)) if sd is not None and alpha is not None else None
        error_ratio = 100 * sqrt(max(0.0, 1 - alpha)) if alpha is not None else None
        n = size(counts)
        return ScoreFigures(
            n=self.people, items=len(self.asked), most=most, mean=mean(counts), median=quantile(counts, 0.5), sd=sd,
            skewness=skewness(counts), kurtosis=kurtosis(counts), alpha=alpha, alpha_by=by,
            alpha_interval=intervals.feldt(alpha, n, k), alpha_interval_90=intervals.feldt(alpha, n, k, level=0.90), sem=sem,
            cic=None if alpha is None else 100 * alpha, error_ratio=error_ratio,
            standard_error=error_ratio * sd / 100 if error_ratio is not None and sd is not None else None,
        )  # fmt: skip

    @property
    def most(self) -> float:
        return self.full or max((most for _, most in self.totals), default=0.0)

    @property
    def counting(self) -> list[Asked]:
        """The items that count towards a total."""
        return [item for item in self.asked.values() if any(own for _, (_, _, _, own) in item.picks)]

    def _alpha(self, counts: Counts, pairs: Pairs | None) -> tuple[float | None, str]:
        if pairs is not None:
            return pairs.alpha(), "pairs"
        if not self.complete:
            shares = counted((_prorated(total, most, 1.0), count) for (total, most), count in self.totals.items())
            return _drawn(self.error, self.counted_people, variance(shares)), "drawn"
        items = self.counting
        variances = [variance(_marks(item.table)) or 0.0 for item in items]
        return _alpha(len(items), sum(variances), variance(counts)), "items"

    # -- the items ---------------------------------------------------------------------------------------------------

    def items(self, pairs: Pairs | None = None) -> list[ItemFigures]:
        """The figures of every item, in the order in which they came in."""
        complete = self.complete
        scores = self.scores(pairs)
        counting = {item.name for item in self.counting}
        read = [_Read(item, self.most) for item in self.asked.values()]
        # An item that only some were asked adds to the form of an average person by that share.
        all_weights = sum(entry.weight * entry.n for entry in read if entry.weight) / max(1, self.people)
        variances = {entry.item.name: variance(entry.marks) or 0.0 for entry in read if entry.item.name in counting}
        found = []
        for n, entry in enumerate(read):
            alpha, without = scores.alpha, None
            if pairs is not None:
                without = pairs.alpha(leaving_out=n)
            elif complete:
                others = len(counting - {entry.item.name})
                own = variances.get(entry.item.name, 0.0)
                without = _alpha(others, sum(variances.values()) - own, entry.rest_variance)
            else:
                alpha, without = entry.drawn_alphas()
            found.append(entry.figures(alpha=alpha, without=without, all_weights=all_weights))
        return found


def _merge(mine: dict[Any, int], theirs: dict[Any, int]) -> None:
    for key, count in theirs.items():
        mine[key] = mine.get(key, 0) + count


def _alpha(k: int, variances: float, of_total: float | None) -> float | None:
    """Cronbach's alpha (1951, Psychometrika 16:297); of right and wrong marks it is KR-20."""
    return k / (k - 1) * (1 - variances / of_total) if k > 1 and of_total else None


def _error(total: float, squares: float, k: int) -> float | None:
    """The error variance of one person's mean mark on k items: within the person, over k. None below two items."""
    return max(0.0, squares - total * total / k) / (k - 1) / k if k > 1 else None


def _drawn(errors: float, n: int, of_means: float | None) -> float | None:
    """Alpha where everyone has other items (items nested in persons): 1 - mean error variance / variance of the means.

    Of right and wrong marks on forms of one length it is KR-21 (Kuder & Richardson 1937, Psychometrika 2:151), because how hard the drawn items
    are is then part of the error. Source: Cronbach, Gleser, Nanda & Rajaratnam 1972, The Dependability of Behavioral Measurements, design i:p.
    """
    return 1 - errors / n / of_means if n and of_means else None


def _prorated(total: float, most: float, to: float) -> float:
    return total if most == to else round(total / most * to, DECIMALS) if most else 0.0


def _marks(table: dict[Key, int]) -> dict[float, int]:
    return counted((mark, count) for (mark, _, _, _), count in table.items())


class _Read:
    """One item's table, read once: its marks, totals and rests. A rest is the total without the item, prorated where forms differ."""

    def __init__(self, item: Asked, most: float) -> None:
        self.item = item
        self.most = most
        self.table = table = item.table
        self.choices = item.choices
        self.marks = _marks(table)
        self.n = size(self.marks)
        self.total_of: dict[Key, float] = {}
        self.rest_of: dict[Key, float] = {}
        rest_most = most - item.most if most > item.most else most
        for key in table:
            mark, total, of, own = key
            if of:
                self.total_of[key] = total if of == most else _prorated(total, of, most)
            if of - own > NEARLY:
                self.rest_of[key] = _prorated(round(total - mark, DECIMALS) if own else total, of - own, rest_most)
        self.totals = counted((total, table[key]) for key, total in self.total_of.items())
        self.rests = counted((rest, table[key]) for key, rest in self.rest_of.items())
        everywhere = len(self.rest_of) == len(table)
        self.marks_with_rest = self.marks if everywhere else counted((key[0], table[key]) for key in self.rest_of)
        self.mark_variance = variance(self.marks_with_rest)
        self.rest_variance = variance(self.rests)
        # Whatever the item adds is known of those alone whose total there is.
        of_totals = self.marks if len(self.total_of) == len(table) else counted((key[0], table[key]) for key in self.total_of)
        with_total = covariance([(key[0], total, table[key]) for key, total in self.total_of.items()])
        #: Mark against the total that holds it.
        self.with_total = correlation(with_total, variance(of_totals), variance(self.totals))
        counts = self.with_total is not None and any(own for _, _, _, own in table)
        #: The root of the covariance of mark and total; None where it is negative or the item tells nobody from anybody.
        self.weight = sqrt(with_total) if counts and with_total is not None and with_total >= 0 else None

    def drawn_alphas(self) -> tuple[float | None, float | None]:
        """Alpha of the forms that held the item, with it and without it."""
        table = {key: count for key, count in self.table.items() if key[3]}
        n = sum(table.values())
        with_it = variance(counted((round(total / of, DECIMALS), table[key]) for key in table for _, total, of, _ in [key]))
        rests = [key for key in table if key in self.rest_of]
        without = variance(
            counted((round((total - mark) / (of - own), DECIMALS), table[key]) for key in rests for mark, total, of, own in [key])
        )
        short = any(of - own < 2 for _, _, of, own in table)  # one item has no error variance
        return _drawn(self.item.error, n, with_it), None if short else _drawn(self.item.error_without, n, without)

    def figures(self, *, alpha: float | None, without: float | None, all_weights: float) -> ItemFigures:
        item, n = self.item, self.n
        middle = mean(self.marks)
        facility = middle / item.most if middle is not None and item.most else None
        with_rest = size(self.rests)
        cov = covariance([(key[0], rest, self.table[key]) for key, rest in self.rest_of.items()])
        r = correlation(cov, self.mark_variance, self.rest_variance)
        greatest = greatest_covariance(self.marks_with_rest, self.rests) if r is not None else None
        efficiency = finite(100 * cov, greatest) if cov is not None and greatest else None
        around = intervals.fisher(r, with_rest)
        lower, upper = self._tails()
        gap = _share(upper, item.most) - _share(lower, item.most) if self._tails_tell(lower, upper) else None
        times = sorted(item.times_ms)
        median_ms = median_of(times)
        time = intervals.of_median(times)
        return ItemFigures(
            name=item.name, n=n, facility=facility,
            facility_interval=None if facility is None else intervals.wilson(facility, n),
            sd=root(variance(self.marks)), point_biserial=self.with_total, discrimination=r, discrimination_interval=around,
            upper_lower=gap,
            upper_lower_interval=None if gap is None else intervals.difference(
                _share(upper, item.most), size(upper), _share(lower, item.most), size(lower)
            ),
            upper_n=size(upper), lower_n=size(lower),
            discrimination_index=None if r is None else 100 * r, discriminative_efficiency=efficiency,
            efficiency_interval=around.times(efficiency / r) if around and r and efficiency is not None else None,
            effective_weight=None if self.weight is None or not all_weights else 100 * self.weight / all_weights,
            alpha=alpha, alpha_if_deleted=without, random_guess=item.random_guess,
            median_time_s=None if median_ms is None else median_ms / 1000, time_interval=time.times(0.001) if time else None,
            planned_s=item.planned_s / n if n and item.planned_s else None, partial=item.partial / n if n and item.options else None,
            options=tuple(self._options(facility)),
        )  # fmt: skip

    def _tails_tell(self, lower: Counts, upper: Counts) -> bool:
        return size(self.totals) >= ENOUGH_FOR_TAILS and bool(lower) and bool(upper) and self.item.most > 0

    def _tails(self) -> tuple[dict[float, int], dict[float, int]]:
        """The marks of the lower and of the upper 27 %, cut at the quantiles of the totals; ties make them unequal."""
        low, high = quantile(self.totals, TAIL), quantile(self.totals, 1 - TAIL)
        if low is None or high is None:
            return {}, {}
        table, total_of = self.table, self.total_of
        return (
            counted((key[0], table[key]) for key, total in total_of.items() if total <= low + NEARLY),
            counted((key[0], table[key]) for key, total in total_of.items() if total > high + NEARLY),
        )

    # -- options -----------------------------------------------------------------------------------------------------

    def _options(self, facility: float | None) -> Iterable[OptionFigures]:
        item = self.item
        thirds = self._thirds()
        sizes = [sum(self.table[key] for key in keys) for keys in thirds]
        wrong = len(item.options) - 1
        assessable = (
            facility is not None and self.n >= ENOUGH_FOR_OPTIONS and wrong > 0 and (1 - facility) / wrong >= RARE
        )  # Were the wrong answers spread evenly and each still rare, being rare would say nothing about one.
        for option in item.options:
            yield self._option(option, thirds, sizes, assessable=assessable and option not in item.keys)

    def _thirds(self) -> list[set[Key]]:
        low, high = quantile(self.totals, 1 / 3), quantile(self.totals, 2 / 3)
        thirds: list[set[Key]] = [set(), set(), set()]
        if low is not None and high is not None:
            for key, total in self.total_of.items():
                thirds[0 if total <= low + NEARLY else 2 if total > high + NEARLY else 1].add(key)
        return thirds

    def _option(self, option: str, thirds: list[set[Key]], sizes: list[int], *, assessable: bool) -> OptionFigures:
        table = self.choices.get(option, {})
        n = sum(table.values())
        share = n / self.n if self.n else 0.0
        lower, middle, upper = (sum(table.get(key, 0) for key in keys) / of if of else None for keys, of in zip(thirds, sizes, strict=True))
        totals = counted((self.total_of[key] / self.most, count) for key, count in table.items() if key in self.total_of and self.most)
        r = self._r_chosen(table)
        interval = intervals.wilson(share, self.n)
        return OptionFigures(
            option=option, key=option in self.item.keys, n=n, share=share, share_interval=interval, lower=lower, middle=middle, upper=upper,
            mean_total=mean(totals), r=r, r_interval=intervals.fisher(r, size(self.rests)), upper_n=sizes[2],
            functional=(share >= RARE and not (r is not None and r > 0)) if assessable else None,
        )  # fmt: skip

    def _r_chosen(self, table: dict[Key, int]) -> float | None:
        """Choosing the option against the total without the item (not against the total without the choice, which is too negative)."""
        n, middle = size(self.rests), mean(self.rests)
        if n < 2 or middle is None:
            return None
        with_rest = [(self.rest_of[key], count) for key, count in table.items() if key in self.rest_of]
        chosen = sum(count for _, count in with_rest)
        shared = sum(count * (rest - middle) for rest, count in with_rest) / (n - 1)
        return correlation(shared, chosen * (n - chosen) / (n * (n - 1)), self.rest_variance)


def _share(marks: Counts, most: float) -> float:
    return (mean(marks) or 0.0) / most


# -- a matrix with empty cells ---------------------------------------------------------------------------------------


class Pairs:
    """Covariances of the pairs of items, each over the people who had both."""

    def __init__(self, columns: Sequence[array[float]]) -> None:
        """Each column holds the marks of one item, not-a-number where it was not administered."""
        gaps = [[row for row, mark in enumerate(column) if mark != mark] for column in columns]
        absent = [sum(1 << row for row in rows) for rows in gaps]
        filled = [array("d", (mark if mark == mark else 0.0 for mark in column)) for column in columns]
        sums = [sum(marks) for marks in filled]
        self.variances = [variance(counted((mark, 1) for mark in column if mark == mark)) or 0.0 for column in columns]
        self.between: dict[tuple[int, int], float] = {}
        for i, one in enumerate(filled):
            for j, other in enumerate(filled[:i]):
                n = len(one) - (absent[i] | absent[j]).bit_count()
                own = sums[i] - sum(map(one.__getitem__, gaps[j]))
                others = sums[j] - sum(map(other.__getitem__, gaps[i]))
                self.between[i, j] = (sum(map(mul, one, other)) - own * others / n) / (n - 1) if n > 1 else 0.0

    def alpha(self, *, leaving_out: int | None = None) -> float | None:
        """Alpha of the covariances there are, with all items or without one."""
        kept = [n for n in range(len(self.variances)) if n != leaving_out]
        own = sum(self.variances[n] for n in kept)
        whole = own + 2 * sum(value for pair, value in self.between.items() if leaving_out not in pair)
        return _alpha(len(kept), own, whole) if whole > NEARLY else None
