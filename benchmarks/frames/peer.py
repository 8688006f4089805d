"""Reads the files that `didymos-bench frames DIRECTORY keep` left, with frameCPP (gwframe) and FrameL (gwpy over LALFrame)."""
import glob
import statistics
import sys
import time


def median(body, repeats=7):
    times = []
    for _ in range(repeats):
        start = time.process_time()
        body()
        times.append(time.process_time() - start)
    return statistics.median(times)


def main():
    files = sorted(glob.glob(sys.argv[1] + "/V-DIDYMOS_*-1266624018-16.gwf"))
    if not files:
        sys.exit("peer.py: no files; run `didymos-bench frames DIRECTORY keep` first")
    print("\n| file | peer | read all MB/s | one channel ms | strain ms |\n|---|---|---|---|---|")
    one, strain = "V1:AUX_102", "V1:Hrec_hoft_16384Hz"
    try:
        import gwframe
        for path in files:
            size = sum(series.array.nbytes for series in gwframe.read(path).values()) / 1e6
            row = [size / median(lambda: gwframe.read(path)), 1e3 * median(lambda: gwframe.read(path, one)), 1e3 * median(lambda: gwframe.read(path, strain))]
            print("| " + " | ".join([path.split("_")[-1].split("-126")[0], "frameCPP"] + [f"{x:.4g}" for x in row]) + " |")
    except ImportError:
        print("skipped: frameCPP (pip install gwframe)")
    try:
        import lalframe  # noqa: F401
        from gwpy.timeseries import TimeSeries
        for path in files:
            row = [1e3 * median(lambda: TimeSeries.read(path, name, format="gwf"), 3) for name in (one, strain)]
            print("| " + " | ".join([path.split("_")[-1].split("-126")[0], "FrameL", ""] + [f"{x:.4g}" for x in row]) + " |")
    except ImportError:
        print("skipped: FrameL (pip install lalsuite gwpy)")


main()
