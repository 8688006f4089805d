#!/usr/bin/env python3
"""Writes a SIGPROC filterbank file of noise with dispersed pulses, the same bytes on any machine.

usage: make-recording.py OUTPUT [SAMPLES [CHANNELS]]     327680 samples of 64 us, 128 channels from 1530 to 1210 MHz, 8 bits
"""
import random
import struct
import sys

if len(sys.argv) < 2:
    sys.exit(__doc__)
samples = int(sys.argv[2]) if len(sys.argv) > 2 else 327_680
channels = int(sys.argv[3]) if len(sys.argv) > 3 else 128
top, width, sampling = 1530.0, 320.0 / channels, 64e-6


def text(value):
    return struct.pack("<i", len(value)) + value.encode()


header = text("HEADER_START") + text("source_name") + text("noise with pulses")
for name, value in [("machine_id", 0), ("telescope_id", 0), ("data_type", 1), ("nchans", channels), ("nbits", 8), ("nifs", 1)]:
    header += text(name) + struct.pack("<i", value)
for name, value in [("fch1", top), ("foff", -width), ("tstart", 60000.0), ("tsamp", sampling)]:
    header += text(name) + struct.pack("<d", value)
header += text("HEADER_END")

data = bytearray(random.Random(7).randbytes(samples * channels))
# Every 20,000 samples a pulse of 4 samples, of DM 15, 30 or 45 pc/cm3.
for number, start in enumerate(range(10_000, samples - 10_000, 20_000)):
    measure = (15, 30, 45)[number % 3]
    for channel in range(channels):
        delay = 4148.808 * measure * ((top - channel * width) ** -2 - top ** -2) / sampling
        for sample in range(start + round(delay), start + round(delay) + 4):
            place = sample * channels + channel
            data[place] = min(255, data[place] + 80)

with open(sys.argv[1], "wb") as file:
    file.write(header + data)
