#!/usr/bin/env bash
# Filters of products beside DeepClean's autoencoder, on the two sets of glitch-acceptance: what each removes from the second half, learned from the first.
#   benchmarks/glitch-autoencoder/run.sh [BIN [STEPS]]         RANKS=2, 1500 steps by default
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
bin=${1:-$here/../../.build/release}
steps=${2:-1500}
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
glitchgen() { mpirun -n "${RANKS:-2}" "$bin/glitchgen" "$@" </dev/null 2>"$directory/log" || { cat "$directory/log"; exit 1; }; }
figures() {
    python3 - "$1" "$2" <<'P'
import json, os, sys
run, name = sys.argv[1:]
report = json.load(open(f"{run}/summary-report.json"))
report = report.get("results", report)
train = f"{run}/summary-train.json"
told = ""
if os.path.exists(train):
    whole = json.load(open(train)); results = whole["results"]
    told = f'{results["parameters"]} | {results["best_step"]} | {results["validation_before"]:.3f} | {results["validation_loss"]:.3f} | {whole["wall_seconds"]:.0f}'
else:
    told = " | | | | "
print(f'| {name} | {told} | {report.get("excess_power_removed", float("nan")):.3f} | {100 * report.get("range_gain", float("nan")):.1f} | {report.get("signal_snr_ratio", float("nan")):.4f} |')
P
}
for set in bilinear glitches; do
    base="$directory/$set"
    settings="$here/../glitch-acceptance/$set.yaml"
    options=(--set "inference.frames=[$base/frames.ffl]" --set "report.truth=$base/truth.h5")
    [ "$set" = bilinear ] || options+=(--set 'inference.witnesses=["V1:ENV_CEB_MIC", "V1:LSC_PRCL", "V1:SDB2_B8_PD", "V1:ASC_DIFFp_TX", "V1:SUSP_PR_ACC", "V1:INJ_IMC_TRA"]')
    glitchgen simulate "$settings" --run "$base"
    glitchgen calibrate "$settings" --run "$base" "${options[@]}"
    glitchgen denoise "$settings" --run "$base" "${options[@]}"
    glitchgen report "$settings" --run "$base" "${options[@]}"
    echo "$set:"
    echo "| what is subtracted | parameters | best step | whitened power before | left | training, s | excess power removed | gain in range, % | signals, after over before |"
    echo "|---|---|---|---|---|---|---|---|---|"
    figures "$base" "filters of products, while loud and always"
    while IFS=: read -r name inputs activation normalisation; do
        run="$directory/$set-$name"
        mkdir -p "$run"
        cp "$base/inference.h5" "$run/"
        [ ! -f "$directory/$set-$inputs.series.h5" ] || cp "$directory/$set-$inputs.series.h5" "$run/series.h5"
        glitchgen train "$settings" --run "$run" "${options[@]}" --set network.kind=deepclean --set "network.activation=$activation" \
            --set "network.normalisation=$normalisation" --set "training.inputs=$inputs" --set "training.steps=$steps"
        cp "$run/series.h5" "$directory/$set-$inputs.series.h5"
        glitchgen denoise "$settings" --run "$run" "${options[@]}" --set "denoise.network=$run/autoencoder.h5"
        glitchgen report "$settings" --run "$run" "${options[@]}"
        figures "$run" "autoencoder of $inputs, $activation$([ "$normalisation" = true ] && echo ", normalised")"
        rm -rf "$run"
    done <<'V'
deepclean:sources:tanh:true
sources:sources:leaky:false
products:products:leaky:false
V
    rm -rf "$base"
done
