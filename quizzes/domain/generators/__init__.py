"""Generated questions: families with parameters, computed keys and named misconceptions."""

from quizzes.domain.generators import attempts, batches, concurrency, prices, workflows
from quizzes.domain.generators.family import Built, Family, Params, Wrong, variant

#: All families, in the order of their modules.
FAMILIES: tuple[Family, ...] = (
    *attempts.FAMILIES,
    *batches.FAMILIES,
    *concurrency.FAMILIES,
    *prices.FAMILIES,
    *workflows.FAMILIES,
)

#: By model of the invocation lab: the family that asks for the same rule. A prediction counts for its memory.
LAB_FAMILIES = {"async": "async-runs", "sqs": "queue-receives", "stream": "stream-tries", "workflow": "retry-waits"}

__all__ = ["FAMILIES", "LAB_FAMILIES", "Built", "Family", "Params", "Wrong", "variant"]
