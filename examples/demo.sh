#!/usr/bin/env bash
# The main job in a few minutes: HMC, training that is stopped by a signal and goes on with another number of ranks, sampling, a report.
# Then showers, from a simulation to a generator and its comparison; a pulsar's recording and what a classifier keeps of it; an interferometer's
# glitches, their witnesses and vetoes.
#   examples/demo.sh BIN [RUN]        BIN: where the executables are; RUN: the run directory, default runs/demo
# Commands and options are split into words on purpose.
# shellcheck disable=SC2012,SC2015,SC2086
set -euo pipefail
bin=${1:-.build/release} run=${2:-runs/demo}
configuration=$(dirname "$0")/phi4-8x8.yaml
flowtrain=$bin/flowtrain
mpirun=${MPIRUN:-mpirun}
say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
expect() { # wanted code, then a command
    local wanted=$1 code=0
    shift
    "$@" || code=$?
    [ "$code" -eq "$wanted" ] || { echo "demo: exit code $code of: $*; wanted $wanted" >&2; exit 1; }
}
rm -rf "$run"

say "1. Hybrid Monte Carlo and cluster updates; on one rank, because 64 sites are not worth cutting"
expect 0 $mpirun -n 1 "$flowtrain" hmc "$configuration" --run "$run"

expect 0 $mpirun -n 1 "$flowtrain" cluster "$configuration" --run "$run"

say "2. Training on 2 ranks, stopped by SIGUSR1 after some seconds, as a batch system does before the time limit"
$mpirun -n 2 "$flowtrain" train "$configuration" --run "$run" &
job=$!
for _ in $(seq 1 600); do ls "$run"/checkpoints/train/step-*.h5 >/dev/null 2>&1 && break; sleep 0.1; done
kill -USR1 $job
expect 75 wait $job
echo "exit code 75: stopped early with a good checkpoint, submit the same command again"

say "3. The same command on 1 rank: it goes on from the checkpoint, to the same bits that 2 ranks would have reached"
expect 0 $mpirun -n 1 "$flowtrain" train "$configuration" --run "$run"

say "4. Sampling from the trained flow on 2 ranks, with accept/reject"
expect 0 $mpirun -n 2 "$flowtrain" sample "$configuration" --run "$run"

say "5. The report"
"$flowtrain" report "$run"

say "6. Showers: simulate, preprocess, train, generate and validate on 2 ranks"
showers=$(dirname "$0")/showers.yaml gan3d="$mpirun -n 2 $bin/gan3d" calorimeter=$run/showers
expect 0 $gan3d simulate "$showers" --run "$calorimeter"
expect 0 $gan3d preprocess "$showers" --run "$calorimeter"
expect 0 $gan3d train "$showers" --run "$calorimeter"
expect 0 $gan3d generate "$showers" --run "$calorimeter"
expect 0 $gan3d validate "$showers" "$calorimeter/generated.h5" "$calorimeter/showers-0001.h5" --run "$calorimeter"
echo "the comparison: $calorimeter/validation.html"

say "7. A minute of the Crab pulsar: simulate a recording, train a classifier on the twin, classify"
pulsar=$(dirname "$0")/pulsar-classifier.yaml pulsardt="$mpirun -n 2 $bin/pulsardt" recording=$run/pulsar
expect 0 $pulsardt simulate "$pulsar" --run "$recording"
expect 0 $pulsardt train --configuration "$pulsar" --run "$recording/classifier"
expect 0 $pulsardt classify "$recording/stream.fil" --configuration "$pulsar" --model "$recording/classifier" --run "$recording/kept"
expect 0 "$bin/pulsardt" report "$recording/classifier" "$recording/kept" --output "$recording/report.html"
echo "the classifier: $recording/report.html"

say "8. An interferometer: simulate, scan for witnesses, learn from them, veto and denoise"
glitch=$(dirname "$0")/glitch-veto.yaml glitchgen="$mpirun -n 2 $bin/glitchgen" glitches=$run/glitches
for command in simulate scan calibrate veto denoise; do
    expect 0 $glitchgen $command "$glitch" --run "$glitches" --set "scan.frames=[$glitches/frames.ffl]" --set "inference.frames=[$glitches/frames.ffl]" \
        --set "inference.scan=$glitches/channels.csv"
done
expect 0 "$bin/glitchgen" report "$glitch" --run "$glitches" --set "inference.frames=[$glitches/frames.ffl]" --set "inference.scan=$glitches/channels.csv"
echo "vetoes and cleaned strain: $glitches/report.html"
