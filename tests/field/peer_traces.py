#!/usr/bin/env python3
"""Reads field files with an independent reader and writes what they hold.

Usage: peer_traces.py READER FOLDER FILE ENDIAN [FILE ENDIAN ..], READER segyio or obspy, ENDIAN big or little. Writes for
file number k, from 0, FOLDER/k.samples.npy, float32 [traces, samples], and, of segyio, k.words.npy, int32 [traces,
words], with the words of WORDS; k.refused, with the reason, for a file that the reader does not take. Exit status 77:
skipped, because the reader or NumPy is not installed.
"""

import sys

try:
    import numpy as np
except ModuleNotFoundError as error:
    print(f"skipped: {error}")
    sys.exit(77)

# Bytes of header words, in the order of the C++ test.
WORDS = (9, 13, 29, 37, 41, 45, 49, 69, 71, 73, 77, 81, 85, 109, 117)


def read_segyio(path, endian):
    import segyio

    if path.endswith(".su"):
        file = segyio.su.open(path, ignore_geometry=True, endian=endian)
    else:
        file = segyio.open(path, ignore_geometry=True, endian=endian)
    with file:
        samples = np.stack([np.asarray(trace) for trace in file.trace.raw[:]])
        words = np.array([[header[word] for word in WORDS] for header in file.header[:]], dtype=np.int32)
    return samples, words


def read_obspy(path, endian):
    import warnings

    import obspy
    from obspy.io.segy.segy import _read_segy, _read_su

    warnings.simplefilter("ignore")
    order = ">" if endian == "big" else "<"
    if path.endswith((".dat", ".sg2")):
        traces = obspy.read(path, format="SEG2")
        # DESCALING_FACTOR makes amplitudes of counts.
        factors = [float(trace.stats.seg2.get("DESCALING_FACTOR", 1.0)) for trace in traces]
        return np.stack([trace.data.astype(np.float64) * factor for trace, factor in zip(traces, factors)]), None
    reader = _read_su if path.endswith(".su") else _read_segy
    return np.stack([trace.data for trace in reader(path, endian=order).traces]), None


def read(reader, path, endian, output):
    try:
        samples, words = reader(path, endian)
    except ModuleNotFoundError:
        raise
    except Exception as error:  # whatever a reader throws for a file that it does not take
        with open(output + ".refused", "w", encoding="utf-8") as file:
            file.write(f"{type(error).__name__}: {error}")
        return
    np.save(output + ".samples.npy", samples.astype(np.float32))
    if words is not None:
        np.save(output + ".words.npy", words)


def main():
    reader, folder, *files = sys.argv[1:]
    for number, (path, endian) in enumerate(zip(files[::2], files[1::2])):
        try:
            read({"segyio": read_segyio, "obspy": read_obspy}[reader], path, endian, f"{folder}/{number}")
        except ModuleNotFoundError as error:
            print(f"skipped: {error}")
            return 77
    return 0


sys.exit(main())
