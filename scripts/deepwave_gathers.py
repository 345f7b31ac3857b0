#!/usr/bin/env python3
"""Gathers of OpenFWI's survey over the maps of a data set, by deepwave's propagator and its absorbing layer.

Usage: deepwave_gathers.py DATA OUTPUT CELLS [COUNT]

DATA: a folder of folders with model*.npy or vel*.npy, maps [n, 1, 70, 70] in m/s, as `strataform generate` writes them.
OUTPUT: gets the same folders with the maps, their gathers [n, 5, 1000, 70] and a dataset.json. CELLS: of the absorbing
layer. COUNT: maps of each file, from the first on (default: all). Exit status 77: skipped, because deepwave or NumPy is
not installed.
"""

import json
import pathlib
import sys

try:
    import deepwave
    import numpy as np
    import torch
except ModuleNotFoundError as error:
    print(f"skipped: {error}")
    sys.exit(77)

SAMPLES, SPACING, TIME_STEP, FREQUENCY, ROW = 1000, 10.0, 1e-3, 15.0, 1
SOURCE_COLUMNS = (0, 17, 34, 52, 69)
# deepwave records what a source adds in a step one step later than OpenFWI's scheme does, and with the other sign.
EARLIER = 1


def gathers_of(velocity, absorbing_cells):
    shots, columns = len(SOURCE_COLUMNS), velocity.shape[1]
    sources = torch.tensor([[[ROW, column]] for column in SOURCE_COLUMNS])
    receivers = torch.tensor([[ROW, column] for column in range(columns)]).repeat(shots, 1, 1)
    # OpenFWI's wavelet has 147 samples, the 74th of which is its peak.
    wavelet = deepwave.wavelets.ricker(FREQUENCY, SAMPLES + EARLIER, TIME_STEP, 73 * TIME_STEP)
    recorded = deepwave.scalar(
        velocity, SPACING, TIME_STEP, source_amplitudes=wavelet.repeat(shots, 1, 1), source_locations=sources,
        receiver_locations=receivers, accuracy=4, pml_width=absorbing_cells, pml_freq=FREQUENCY)[-1]
    return -recorded[:, :, EARLIER:].permute(0, 2, 1)


def write_family(folder, output, absorbing_cells, count):
    output.mkdir(parents=True, exist_ok=True)
    info = json.loads((folder / "dataset.json").read_text())
    for path in sorted([*folder.glob("model*.npy"), *folder.glob("vel*.npy")]):
        maps = np.load(path)[:count]
        with torch.no_grad():
            gathers = [gathers_of(torch.from_numpy(one[0]), absorbing_cells).numpy() for one in maps]
        name = path.name.replace("model", "data").replace("vel", "seis")
        np.save(output / path.name, maps)
        np.save(output / name, np.stack(gathers).astype(np.float32))
    scheme = info["modelling"]["scheme"]
    scheme["absorber"], scheme["absorbing_cells"] = "pml", absorbing_cells
    info["decimation"], info["last_sample_ignored"], info["count"] = 1, False, 0
    info.pop("seed", None)
    (output / "dataset.json").write_text(json.dumps(info))


def main():
    data, output, absorbing_cells = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), int(sys.argv[3])
    count = int(sys.argv[4]) if len(sys.argv) > 4 else None
    for folder in sorted(path for path in data.iterdir() if path.is_dir()):
        write_family(folder, output / folder.name, absorbing_cells, count)


main()
