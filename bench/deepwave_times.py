#!/usr/bin/env python3
"""Seconds that deepwave takes for the cases of wave_bench, as JSON: {"case": seconds}."""

import json
import sys
import time

import deepwave
import torch

SHOTS, CELLS, SAMPLES, SPACING, TIME_STEP = 5, 70, 1000, 10.0, 1e-3
PADDING = 120


def survey(count, offset):
    """Source amplitudes and positions, OpenFWI's survey, for `count` models."""
    columns = torch.tensor([0, 17, 34, 52, 69])
    sources = torch.ones(count * SHOTS, 1, 2, dtype=torch.long)
    sources[:, 0, 1] = columns.repeat(count)
    receivers = torch.ones(count * SHOTS, CELLS, 2, dtype=torch.long)
    receivers[:, :, 1] = torch.arange(CELLS)
    wavelet = deepwave.wavelets.ricker(15.0, SAMPLES, TIME_STEP, 0.074)
    amplitudes = wavelet.repeat(count * SHOTS, 1, 1)
    return amplitudes, sources + offset, receivers + offset


def models(count):
    depth = torch.arange(CELLS, dtype=torch.float32)[:, None].expand(CELLS, CELLS)
    return torch.stack([1500.0 + 2700.0 / 69 * depth - 10.0 * index for index in range(count)])


def best_time(work, repetitions):
    work()
    times = []
    for _ in range(repetitions):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def run(velocity, padded_by_hand, pml_width, gradient):
    count = velocity.shape[0]
    offset = PADDING if padded_by_hand else 0
    if padded_by_hand:
        velocity = torch.nn.functional.pad(velocity[None], (PADDING,) * 4, mode="replicate")[0]
    velocity = velocity.clone().requires_grad_(gradient)
    amplitudes, sources, receivers = survey(count, offset)
    # One model for each shot where there are several; a single one is shared.
    shot_velocity = velocity[0] if count == 1 else velocity.repeat_interleave(SHOTS, 0)
    data = deepwave.scalar(
        shot_velocity, SPACING, TIME_STEP, source_amplitudes=amplitudes, source_locations=sources,
        receiver_locations=receivers, accuracy=4, pml_width=pml_width, pml_freq=15.0)[-1]
    if gradient:
        data.square().sum().backward()
    return velocity.grad


def main():
    torch.set_num_threads(int(sys.argv[1]))
    times = {"version": deepwave.__version__}
    for count in (1, 8):
        for gradient in (False, True):
            kind = f"{'gradient' if gradient else 'forward'}/{count}"
            velocity = models(count)
            repetitions = 2 if count == 1 else 1
            by_hand = best_time(lambda: run(velocity, True, 0, gradient), repetitions)
            by_layer = best_time(lambda: run(velocity, False, PADDING, gradient), repetitions)
            # The same grid and an absorbing layer as wide as the sponge; and the grid alone, whose edges reflect.
            times[f"310x310/{kind}"] = by_layer
            times[f"310x310, reflecting/{kind}"] = by_hand
            times[f"20 cells/{kind}"] = best_time(lambda: run(velocity, False, 20, gradient), repetitions + 1)
    print(json.dumps(times))


main()
