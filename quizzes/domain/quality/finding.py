"""What a rule says of an item."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend. `field` is stem, type, options, sources, objective, targets_extra, tolerance or option-N (N from 0)."""

    rule: str
    level: Literal["error", "warning"]
    field: str
    message: str
