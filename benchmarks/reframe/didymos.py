"""The scaling cases of this repository as ReFrame tests (ReFrame 4.10).

    DIDYMOS_BIN=$PWD/.build/release reframe -c benchmarks/reframe/didymos.py -r --performance-report

`DidymosOneRank` runs each case on one rank, `DidymosManyRanks` on more: its check values must be those of one rank to the last bit.
On a system of your own site (`-C site.py`) scheduler, partition and launcher are the site's; where the launcher is `local`, as on ReFrame's
generic system, mpirun is taken. Without DIDYMOS_BIN executables are looked for on PATH, where `module load didymos` puts them.

    -n 'DidymosOneRank.*flow-training'         one case
    -S settings=training.steps=8,seed=2        other settings of the application, as its --set
"""
import os
import sys

import reframe as rfm
import reframe.utility.sanity as sn
import reframe.utility.typecheck as typ
from reframe.core.backends import getlauncher
from reframe.core.builtins import deferrable, parameter, run_after, run_before, sanity_function, variable

BENCHMARKS = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
sys.path.insert(0, BENCHMARKS)
from summary import figures  # noqa: E402


def configuration(*parts):
    return os.path.join(BENCHMARKS, *parts)


# Words of the command, what makes its inputs, steps left out at both ends, values that must be the same on any number of ranks.
CASES = {
    "hmc": dict(
        words=["flowtrain", "hmc", configuration("scaling-hmc", "hmc.yaml")], warm_up=5,
        checks=["acceptance", "exp_minus_dH.value", "exp_minus_dH.error"]),
    "flow-training": dict(
        words=["flowtrain", "train", configuration("scaling-flow-training", "flow.yaml")], warm_up=3, checks=["parameter_hash"]),
    "shower-training": dict(
        words=["gan3d", "train", configuration("scaling-shower-training", "showers.yaml"), "--set", "model.profile=didymos", "--set", "training.batch=64",
               "--set", "data.files=[data/training.h5]"],
        prepare=[["gan3d", "simulate", configuration("scaling-shower-training", "showers.yaml"), "--run", "data", "--set", "simulation.events=448"],
                 ["gan3d", "preprocess", configuration("scaling-shower-training", "showers.yaml"), "--run", "data"]],
        warm_up=1, cool_down=1, checks=["parameter_hash"]),
    "pulsar-search": dict(
        words=["pulsardt", "search", "recording.fil", "--configuration", configuration("scaling-pulsar-search", "search.yaml")],
        prepare=[["python3", configuration("scaling-pulsar-search", "make-recording.py"), "recording.fil"]],
        warm_up=1, checks=["candidates", "strongest_snr", "strongest_dm"]),
}


def program(name):
    folder = os.environ.get("DIDYMOS_BIN")
    return os.path.join(os.path.abspath(folder), name) if folder and name != "python3" else name


class DidymosRun(rfm.RunOnlyRegressionTest):
    """A case on some ranks; figures come from the summary that the application writes."""
    valid_systems = ["*"]
    valid_prog_environs = ["*"]
    sourcesdir = None
    time_limit = "30m"
    case = parameter(sorted(CASES))
    settings = variable(typ.List[str], value=[])
    tags = {"didymos"}

    @run_after("init")
    def choose(self):
        words = CASES[self.case]["words"]
        self.descr = f"didymos: {words[0]} {words[1]}"
        self.executable = program(words[0])
        self.executable_opts = [*words[1:], "--run", "run"] + [word for setting in self.settings for word in ("--set", setting)]
        self.prerun_cmds = [" ".join([program(line[0]), *line[1:]]) for line in CASES[self.case].get("prepare", [])]
        self.env_vars = {"OMP_NUM_THREADS": 1, "OPENBLAS_NUM_THREADS": 1}
        self.keep_files = ["run/summary.json"]

    @run_before("run")
    def use_mpirun(self):
        if self.current_partition.launcher_type.registered_name == "local":
            self.job.launcher = getlauncher("mpirun")()

    def figures(self):
        case = CASES[self.case]
        return figures(os.path.join(self.stagedir, "run", "summary.json"), case.get("warm_up", 0), case.get("cool_down", 0), case["checks"])

    def values(self):
        found = self.figures()
        return {name: found[name] for name in CASES[self.case]["checks"]}

    @deferrable
    def figure(self, name):
        return self.figures()[name]

    @run_before("performance")
    def measure(self):
        units = {"steps_per_second": "steps/s", "wall_seconds": "s", "peak_mebibytes": "MiB"}
        self.perf_variables = {name: sn.make_performance_function(self.figure(name), unit) for name, unit in units.items()}


@rfm.simple_test
class DidymosOneRank(DidymosRun):
    num_tasks = 1

    @sanity_function
    def finished(self):
        return sn.all([
            sn.assert_eq(self.job.exitcode, 0),
            sn.assert_eq(self.figure("ranks"), 1, "it ran on {0} ranks, wanted {1}"),
            sn.assert_eq(sn.count(sn.defer(sorted(self.values()))), len(CASES[self.case]["checks"])),
        ])


@rfm.simple_test
class DidymosManyRanks(DidymosRun):
    ranks = parameter([2, 4])

    @run_after("init")
    def compare_with_one_rank(self):
        self.num_tasks = self.ranks
        names = [DidymosOneRank.variant_name(number) for number in DidymosOneRank.get_variant_nums(case=lambda case: case == self.case)]
        self.one_rank = names[0]
        self.depends_on(self.one_rank)

    @sanity_function
    def same_as_one_rank(self):
        return sn.all([
            sn.assert_eq(self.job.exitcode, 0),
            sn.assert_eq(self.figure("ranks"), self.ranks, "it ran on {0} ranks, wanted {1}"),
            sn.assert_eq(self.values(), self.getdep(self.one_rank).values(), "check values {0}, of one rank {1}"),
        ])
