"""Synthetic learners: people whose true skill and memory are known, to hold predictions against.

On purpose this is none of the models that the app fits. Skill is spread unevenly and by domain, questions differ in difficulty and in how well
they tell learners apart, guessing helps, practice teaches, a day can be bad, and memory fades exponentially with a strength that grows.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import exp, sqrt

from quizzes.domain.attempt import Confidence
from quizzes.domain.memory import Goal, Rating, due_day, learn, rate

#: Spread of skill on the logit scale, and how much of it is common to all domains.
SKILL_SPREAD, COMMON = 0.8, 0.7
#: What a question with feedback teaches of its topic (logits), less the more is known already; a miss teaches more. And the same without a question
#: being answered for practice, when a result is read after an exam.
TAUGHT_RIGHT, TAUGHT_WRONG, TAUGHT_BY_RESULT = 0.03, 0.05, 0.01
#: Half of what practice taught is gone after so many days.
FORGOTTEN_AFTER_DAYS = 60.0
#: How far a day's form moves all answers of that day, in logits.
BAD_DAY = 0.15
#: Strength of a memory after the first look (days until 1 / e is left), its growth by a success, and what a lapse leaves of it.
FIRST_STRENGTH, GROWTH, LAPSE_KEEPS = 18.0, 2.4, 0.35
#: Share of learners who say "sure" where they are not.
OVER_CONFIDENT = 0.3


@dataclass(frozen=True, slots=True)
class Task:
    """A question as nature made it."""

    question: int
    topic: str
    domain: str
    difficulty: float
    discrimination: float
    guess: float


def make_task(question: int, *, topic: str, domain: str, level: int, guess: float, rng: random.Random) -> Task:
    """A question with a nature of its own; `level` is the authors' 1 to 3, which tells only part of it."""
    return Task(question, topic, domain, 0.45 * (level - 2) + rng.gauss(0, 0.85), rng.lognormvariate(0, 0.3), guess)


@dataclass(slots=True)
class Trace:
    """What is left of one question: strength in days, the day of the last look."""

    strength: float
    day: int

    def recall(self, day: int) -> float:
        return exp(-max(0, day - self.day) / self.strength)


@dataclass(slots=True)
class Person:
    """One synthetic learner. `skill` is by domain, `taught` by topic with the day it stands for."""

    skill: Mapping[str, float]
    rng: random.Random
    over_confident: bool = False
    taught: dict[str, tuple[float, int]] = field(default_factory=dict)
    traces: dict[int, Trace] = field(default_factory=dict)
    form: dict[int, float] = field(default_factory=dict)

    def chance(self, task: Task, day: int) -> float:
        """The true chance of a right answer on this day."""
        if day not in self.form:
            self.form[day] = self.rng.gauss(0, BAD_DAY)
        level = self.skill[task.domain] + self._taught(task.topic, day) + self.form[day] - task.difficulty
        knows = task.guess + (1 - task.guess) / (1 + exp(-task.discrimination * level))
        trace = self.traces.get(task.question)
        recall = trace.recall(day) if trace else 0.0
        return recall + (1 - recall) * knows

    def answer(self, task: Task, day: int) -> tuple[bool, str]:
        """Whether they answer right, and what they say of it before they know."""
        chance = self.chance(task, day)
        right = self.rng.random() < chance
        felt = chance + self.rng.gauss(0, 0.12) + (0.1 if right else -0.1) + (0.25 if self.over_confident else 0)
        return right, Confidence.SURE if felt > 0.8 else Confidence.UNSURE if felt > 0.5 else Confidence.GUESS

    def study(self, task: Task, day: int, *, right: bool, by_result: bool = False) -> None:
        """What the feedback on this question leaves."""
        known = self._taught(task.topic, day)
        gain = TAUGHT_BY_RESULT if by_result else TAUGHT_RIGHT if right else TAUGHT_WRONG
        self.taught[task.topic] = (known + gain * exp(-known), day)
        self.traces[task.question] = after_look(self.traces.get(task.question), day=day, right=right)

    def weakest(self, topics: Mapping[str, str], count: int) -> list[str]:
        """The topics (with their main domain) that this person knows least of, as they feel it."""
        feel = {
            topic: self.skill[domain] + self.taught.get(topic, (0.0, 0))[0] + self.rng.gauss(0, 0.3) for topic, domain in topics.items()
        }
        return sorted(feel, key=lambda topic: feel[topic])[:count]

    def _taught(self, topic: str, day: int) -> float:
        gain, since = self.taught.get(topic, (0.0, day))
        return gain * 0.5 ** ((day - since) / FORGOTTEN_AFTER_DAYS)


def after_look(trace: Trace | None, *, day: int, right: bool) -> Trace:
    """The memory of a question after its feedback was read: a spaced success strengthens it, the more the later it comes."""
    if trace is None:
        return Trace(FIRST_STRENGTH if right else FIRST_STRENGTH * 0.7, day)
    if right:
        return Trace(trace.strength * (1 + (GROWTH - 1) * (1 - trace.recall(day)) / 0.1 * 0.5), day)
    return Trace(max(3.0, trace.strength * LAPSE_KEEPS), day)


def make_person(domains: list[str], *, rng: random.Random) -> Person:
    """A learner: skills by domain hang together, and their spread is skewed: a long tail of beginners."""
    common = 1 - rng.expovariate(1)
    skill = {domain: 0.45 + SKILL_SPREAD * (sqrt(COMMON) * common + sqrt(1 - COMMON) * rng.gauss(0, 1)) for domain in domains}
    return Person(skill, rng, over_confident=rng.random() < OVER_CONFIDENT)


# -- memory ----------------------------------------------------------------------------------------------------------

#: How a policy reads an answer: (right, what was said) to a rating.
POLICIES: Mapping[str, Callable[[bool, str], Rating]] = {
    "as the app rates": lambda right, said: rate(right=right, confidence=said),
    "every right answer is good": lambda right, said: Rating.GOOD if right else Rating.AGAIN,
    "everybody says sure": lambda right, said: rate(right=right, confidence=Confidence.SURE),
}


def recall_when_due(policy: str, *, cards: int, days: int, rng: random.Random) -> float:
    """The mean true chance to recall a card on the day it comes up, over `days` of reviewing `cards` cards; 0.90 is aimed at.

    Memory fades exponentially here, with a strength of its own per card; one right answer in four is luck where nothing is recalled.
    """
    recalls = []
    for n in range(cards):
        trace = Trace(FIRST_STRENGTH * rng.lognormvariate(0, 0.4), 0)
        right = rng.random() < 0.6
        memory = learn(None, POLICIES[policy](right, _said(right, rng)), day=0)
        while (day := due_day(memory, Goal(), family=f"family-{n}")) <= days:
            recall = trace.recall(day)
            recalls.append(recall)
            knew = rng.random() < recall
            right = knew or rng.random() < 0.25
            trace = after_look(trace, day=day, right=right)
            memory = learn(memory, POLICIES[policy](right, _said(knew, rng)), day=day)
    return sum(recalls) / len(recalls)


def _said(knew: bool, rng: random.Random) -> str:
    """What an honest learner says: mostly "sure" of what they knew, mostly "guess" of what they did not."""
    shares = (0.8, 0.17, 0.03) if knew else (0.1, 0.25, 0.65)
    return rng.choices([Confidence.SURE, Confidence.UNSURE, Confidence.GUESS], shares)[0]
