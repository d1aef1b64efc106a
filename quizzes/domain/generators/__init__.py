"""Generated questions: families with parameters, computed keys and named misconceptions."""

from quizzes.domain.generators import attempts, batches, concurrency, prices, workflows
from quizzes.domain.generators.family import STOCK, Built, Family, Params, Wrong, variant, variants

#: All families, in the order of their modules.
FAMILIES: tuple[Family, ...] = (
    *attempts.FAMILIES,
    *batches.FAMILIES,
    *concurrency.FAMILIES,
    *prices.FAMILIES,
    *workflows.FAMILIES,
)

#: By model of the invocation lab: the family that asks for the same rule. A prediction counts for its memory.
LAB_FAMILIES = {"sync": "sync-runs", "async": "async-runs", "sqs": "queue-receives", "stream": "stream-tries", "workflow": "retry-waits"}

__all__ = ["FAMILIES", "LAB_FAMILIES", "STOCK", "Built", "Family", "Params", "Wrong", "variant", "variants"]
