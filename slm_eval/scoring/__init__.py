"""How one answer scores, and how scores sum up: pure functions from text or log-likelihoods."""

from slm_eval.scoring.aggregate import accuracy, confusion_matrix, macro_f1, mean
from slm_eval.scoring.choices import (
    acc,
    acc_bytes,
    acc_norm,
    best_choice,
    byte_lengths,
    char_lengths,
    choice_accuracy,
    choice_loss,
    loglikelihood_of,
    perplexity_of,
)
from slm_eval.scoring.numbers import (
    Extraction,
    flexible_number,
    normalised_number,
    number_match,
    strict_number,
)
from slm_eval.scoring.text import contains, exact_match, first_label, folded, starts_with, trimmed
from slm_eval.scoring.thinking import Thinking, split_thinking

__all__ = [
    "Extraction",
    "Thinking",
    "acc",
    "acc_bytes",
    "acc_norm",
    "accuracy",
    "best_choice",
    "byte_lengths",
    "char_lengths",
    "choice_accuracy",
    "choice_loss",
    "confusion_matrix",
    "contains",
    "exact_match",
    "first_label",
    "flexible_number",
    "folded",
    "loglikelihood_of",
    "macro_f1",
    "mean",
    "normalised_number",
    "number_match",
    "perplexity_of",
    "split_thinking",
    "starts_with",
    "strict_number",
    "trimmed",
]
