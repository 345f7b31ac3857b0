#!/usr/bin/env python3
"""deepwave's gradient of 0.5 |d - d_obs|^2 over OpenFWI's survey, d_obs modelled by deepwave itself.

Usage: deepwave_gradient.py START.npy TRUE.npy CELLS GRADIENT.npy, with models [nz, nx] in m/s and CELLS absorbing cells.
Exit status 77: skipped, because deepwave or NumPy is not installed.
"""

import sys

try:
    import deepwave
    import numpy as np
    import torch
except ModuleNotFoundError as error:
    print(f"skipped: {error}")
    sys.exit(77)

SAMPLES, SPACING, TIME_STEP, FREQUENCY = 1000, 10.0, 1e-3, 15.0
SOURCE_COLUMNS = (0, 17, 34, 52, 69)
ROW = 1


def model_gathers(velocity, absorbing_cells):
    shots = len(SOURCE_COLUMNS)
    sources = torch.tensor([[[ROW, column]] for column in SOURCE_COLUMNS])
    receivers = torch.tensor([[ROW, column] for column in range(velocity.shape[1])]).repeat(shots, 1, 1)
    # Our wavelet of 147 samples, whose peak is the 74th; deepwave's sign of the source cancels in the gradient.
    wavelet = deepwave.wavelets.ricker(FREQUENCY, SAMPLES, TIME_STEP, 73 * TIME_STEP)
    return deepwave.scalar(
        velocity, SPACING, TIME_STEP, source_amplitudes=wavelet.repeat(shots, 1, 1), source_locations=sources,
        receiver_locations=receivers, accuracy=4, pml_width=absorbing_cells, pml_freq=FREQUENCY)[-1]


def main():
    start, true, absorbing_cells, output = sys.argv[1:]
    velocity = torch.from_numpy(np.load(start)).requires_grad_()
    observed = model_gathers(torch.from_numpy(np.load(true)), int(absorbing_cells))
    (0.5 * (model_gathers(velocity, int(absorbing_cells)) - observed).square().sum()).backward()
    np.save(output, velocity.grad.numpy())


main()
