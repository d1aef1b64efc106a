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

__all__ = ["FAMILIES", "Built", "Family", "Params", "Wrong", "variant"]
