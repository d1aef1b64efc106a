"""Generated questions: families with parameters, computed keys and named misconceptions."""

from quizzes.domain.generators.family import Built, Family, Params, Wrong, variant

__all__ = ["Built", "Family", "Params", "Wrong", "variant"]
