import pytest

from slm_eval.errors import ConfigError
from slm_eval.verdicts.gate import Gate
from slm_eval.verdicts.policy import Policy, load_policy

EXAMPLE = """
version = 1

[[model]]
match = "*"
[model.suites.gsm8k]
required = false
[model.suites.arc_easy]
threshold = 0.5
because = "general"

[[model]]
match = ["smollm2-135m-q4_1", "HuggingFaceTB/SmolLM2-*"]
[model.suites.arc_easy]
because = "measured 0.512 +- 0.04 (n=200), Q4_1, float32"
gates."acc_norm.at_least" = 0.45
gates."prefill_ms.p95.at_most" = 900
gates."acc.at_least" = false
gates."decode_ms.no_worse_than" = "main"

[[model]]
match = "smollm2-135m*"
hardware = ["rtx-*"]
[model.suites.arc_easy]
gates."prefill_ms.p95.at_most" = 90
"""
CODE = [Gate("acc", at_least=0.6), Gate("acc_norm", at_least=0.7, confidence=0.9)]


@pytest.fixture
def load(tmp_path):
    def write(text):
        path = tmp_path / "acceptance.toml"
        path.write_text(text, encoding="utf-8")
        return load_policy(path)

    return write


def test_no_policy_leaves_the_code_as_it_is():
    found = Policy().for_suite(["m"], [], "arc_easy", CODE, 1.0)
    assert found.gates == tuple(CODE)
    assert (found.threshold, found.required, found.because) == (1.0, True, "")


def test_matching_entries_are_laid_over_in_order(load):
    found = load(EXAMPLE).for_suite(["SmolLM2-135M-Q4_1"], ["cpu-x86"], "arc_easy", CODE, 1.0)
    assert {gate.key: gate for gate in found.gates} == {
        "acc_norm.at_least": Gate("acc_norm", at_least=0.45, confidence=0.9),
        "prefill_ms.p95.at_most": Gate("prefill_ms", at_most=900, quantile=0.95),
        "decode_ms.no_worse_than": Gate("decode_ms", no_worse_than="main"),
    }
    assert found.threshold == 0.5
    assert found.because.startswith("measured 0.512")


def test_hardware_narrows_an_entry_and_new_numbers_drop_the_old_reason(load):
    policy = load(EXAMPLE)
    here = policy.for_suite(["smollm2-135m-q4_1"], ["gpu", "RTX-4060"], "arc_easy", [], 1.0)
    assert here.gates[1] == Gate("prefill_ms", at_most=90, quantile=0.95)
    assert here.because == ""


def test_only_matching_names_are_touched(load):
    policy = load(EXAMPLE)
    by_hub_id = policy.for_suite(["x", "huggingfacetb/smollm2-360M"], [], "arc_easy", CODE, 1.0)
    assert by_hub_id.because.startswith("measured")
    other = policy.for_suite(["qwen3-8b"], [], "arc_easy", CODE, 1.0)
    assert (other.gates, other.because) == (tuple(CODE), "general")
    assert not policy.for_suite(["qwen3-8b"], [], "gsm8k", [], 1.0).required
    assert policy.for_suite(["qwen3-8b"], [], "mmlu", [], 1.0).required


def entry(line):
    return f'version = 1\n[[model]]\nmatch = "m"\n[model.suites.arc]\n{line}\n'


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "has no version"),
        ("version = 2", "has version 2"),
        ("version = true", "has version True"),
        ("version = 1\nmodels = []", "'models'; did you mean model?"),
        ("version = 1\n[model]\nmatch = 'm'", "double brackets"),
        ("version = 1\nmodel = 3", "double brackets"),
        ("version = 1\n[[model]]", "match is missing"),
        ("version = 1\n[[model]]\nmatch = []", "match = \\[\\] cannot be used"),
        ("version = 1\n[[model]]\nmatch = 'm'\nhardwear = 'x'", "did you mean hardware"),
        ("version = 1\n[[model]]\nmatch = 'm'\nhardware = 3", "hardware = 3 cannot"),
        ("version = 1\n[[model]]\nmatch = 'm'\nsuites = 3", "must be a table"),
        ("version = 1\n[[model\n", "line 2"),
        (entry("reqired = true"), "did you mean required"),
        (entry("required = 'yes'"), "true or false"),
        (entry("because = 3"), "text in quotes"),
        (entry("threshold = nan"), "finite number"),
        (entry("threshold = false"), "finite number"),
        (entry("gates.acc.at_least = 3"), 'quote them: gates."acc.at_least"'),
        (entry('gates."acc.at_leest" = 3'), "did you mean at_least"),
        (entry('gates."acc" = false'), "not of the form"),
        (entry('gates."acc.p950.at_most" = 3'), "between p0 and p100"),
        (entry('gates."acc.p95.0.at_most" = 3'), "as 'acc.p95.at_most'"),
        (entry('gates."acc.at_least" = true'), "or false to remove"),
        (entry('gates."acc.at_least" = "main"'), "must be a number"),
        (entry('gates."acc.at_least" = inf'), "must be a number"),
        (entry('gates."acc.no_worse_than" = 3'), "must name a baseline"),
    ],
)
def test_mistakes_are_named_in_two_lines_at_most(load, text, says):
    with pytest.raises(ConfigError, match=says) as caught:
        load(text)
    message = str(caught.value)
    assert "acceptance.toml" in message
    assert message.count("\n") < 2
    if "suites.arc" in text:
        assert "[[model]] 1 (match = m), suite 'arc'" in message


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(ConfigError, match="No such file"):
        load_policy(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes(b"# \xe9")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load_policy(tmp_path / "latin.toml")


def test_unknown_suites_and_metrics_get_the_closest_names(load):
    policy = load(EXAMPLE)
    metrics = {"arc_easy": ["acc", "acc_norm", "prefill_ms", "decode_ms"]}
    policy.validate(["arc_easy", "gsm8k"], metrics)
    with pytest.raises(ConfigError, match="suite 'gsm8k': no such suite; did you mean gsm8k_it"):
        policy.validate(["arc_easy", "gsm8k_it"], metrics)
    with pytest.raises(ConfigError, match="no metric 'acc_norm'; did you mean acc_norms"):
        policy.validate(["arc_easy", "gsm8k"], {"arc_easy": ["acc_norms", "acc"]})
