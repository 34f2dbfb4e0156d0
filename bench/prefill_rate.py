"""Prefill of our engine as a share of what this machine's matrix product reaches, same run.

    python bench/prefill_rate.py [--dtype bfloat16] [--suite row1] [--rows N] [--threads N]
    python bench/prefill_rate.py --dtype bfloat16 --against-float32

Counted are 2 x body parameters x computed tokens; attention and head are left out of the count but
not of the time. The machine's own rate is torch's product of 2048 tokens with the model's own
hidden x intermediate matrix (576 x 1536 in the embedded model). `--against-float32` runs the same
requests in float32 first and prints how many times faster the other dtype is.
"""

from __future__ import annotations

import argparse
import time

import suites
from comparison import SUITES, add_arguments, model_folder, our_engine


def main():
    """Print the share that the engine reaches and, if asked, the ratio to float32."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser)
    parser.add_argument("--against-float32", action="store_true", help="print the ratio as well")
    args = parser.parse_args()
    if args.against_float32 and args.dtype == "float32":
        parser.error("--against-float32 needs another dtype, for example --dtype bfloat16")
    import torch

    if args.threads:
        torch.set_num_threads(args.threads)
    requests = [
        request
        for suite in SUITES[args.suite].split(",")
        for request in suites.requests(suite, suites.suite_rows(suite, args.rows))
    ]
    reference = measure(args, "float32", requests) if args.against_float32 else None
    seconds = measure(args, args.dtype, requests)
    if reference is not None:
        print(
            f"float32 {reference:.1f} s, {args.dtype} {seconds:.1f} s: {reference / seconds:.2f}x"
        )


def measure(args, dtype, requests):
    """Measure the matrix rate before and after the engine's own run; return that one's seconds."""
    engine = our_engine(model_folder(args.model), args.device, dtype)
    model = engine.loaded.model
    body = engine.loaded.parameters - model.get_input_embeddings().weight.numel()
    if not model.config.get_text_config().tie_word_embeddings:
        body -= model.get_output_embeddings().weight.numel()
    engine.run(requests[:4], lambda *_: None)
    shape = model.config.get_text_config()
    sizes = shape.hidden_size, shape.intermediate_size
    rates = [matrix_rate(dtype, args.device, *sizes)]
    engine._scorer.computed_tokens = engine._scorer.plain_tokens = 0
    wall, cpu = time.perf_counter(), time.process_time()
    engine.run(requests, lambda *_: None)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    rates.append(matrix_rate(dtype, args.device, *sizes))
    done = 2 * body * engine._scorer.computed_tokens
    machine = max(rate for rate, _ in rates), max(rate for _, rate in rates)
    print(
        f"{dtype}: {engine._scorer.computed_tokens} tokens computed of "
        f"{engine._scorer.plain_tokens} in whole rows, {wall:.1f} s, processor {cpu:.1f} s\n"
        f"wall: {done / wall / 1e9:.0f} of {machine[0] / 1e9:.0f} GFLOP/s, "
        f"{done / wall / machine[0]:.0%}\n"
        f"processor time: {done / cpu / 1e9:.0f} of {machine[1] / 1e9:.0f} GFLOP/s, "
        f"{done / cpu / machine[1]:.0%}"
    )
    engine.close()
    return wall


def matrix_rate(dtype, device, hidden, intermediate, tokens=2048, runs=30):
    """Return the best operations per second, by wall and by processor time."""
    import torch

    wait = torch.cuda.synchronize if device != "cpu" else lambda: None
    left = torch.randn(tokens, hidden, device=device).to(getattr(torch, dtype))
    right = torch.randn(intermediate, hidden, device=device).to(getattr(torch, dtype))
    wall = cpu = float("inf")
    for _ in range(runs):
        started, used = time.perf_counter(), time.process_time()
        torch.nn.functional.linear(left, right)
        wait()
        wall = min(wall, time.perf_counter() - started)
        cpu = min(cpu, time.process_time() - used)
    count = 2 * tokens * hidden * intermediate
    return count / wall, count / cpu


if __name__ == "__main__":
    main()
