"""What stored data says about a stack: mistakes that only show in production."""

from llmcost_infra.doctor.double_counting import (
    DoubleCounting,
    find_double_counting,
    statement,
)

__all__ = ["DoubleCounting", "find_double_counting", "statement"]
