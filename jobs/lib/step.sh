# shellcheck shell=bash
# What every job does: the system's modules, one step on all ranks, and another turn if it was stopped before it was finished.

# Runs PROGRAM with its arguments as one step of the job and ends the job with its exit code. `%a` in an argument becomes the index of
# the array. Exit code 75 puts the job back into the queue, DIDYMOS_RESTARTS (20) times at most.
run_step() {
    local program=$1 jobs argument run="" option="" step="" signalled="" interrupted="" code
    local -a arguments=() mpi=() srun_options=()
    shift
    # The batch shell gets the signal (--signal=B:...), srun hands it to all ranks; there may be none yet.
    trap 'interrupted=1 signalled=1; [ -z "$step" ] || kill -USR1 "$step"' USR1
    jobs=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
    for argument in "$@"; do
        argument=${argument//%a/${SLURM_ARRAY_TASK_ID:-0}}
        [ "$option" = --run ] && run=$argument
        case $argument in --run=*) run=${argument#--run=} ;; esac
        option=$argument
        arguments+=("$argument")
    done
    if [ -z "$run" ]; then
        echo "didymos: a job names its run directory: --run DIRECTORY" >&2
        exit 64
    fi

    # shellcheck source=/dev/null
    . "$jobs/${DIDYMOS_SYSTEM:-generic}/env.sh" || exit 64
    load_modules || { echo "didymos: the modules of $jobs/${DIDYMOS_SYSTEM:-generic}/env.sh do not load" >&2; exit 69; }
    # A login shell starts with the system's PATH: first what was there at submission, then what this file is installed with.
    if [ -n "${DIDYMOS_BIN:-}" ]; then
        PATH=$DIDYMOS_BIN:$PATH
    elif [[ $jobs == */share/didymos/jobs ]]; then
        PATH=${jobs%/share/didymos/jobs}/bin:$PATH
    fi
    command -v "$program" >/dev/null || { echo "didymos: no $program on PATH; name its directory in DIDYMOS_BIN" >&2; exit 69; }

    # One thread to a rank: the ranks are the parallelism. srun does not inherit --cpus-per-task.
    export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 SRUN_CPUS_PER_TASK=${SLURM_CPUS_PER_TASK:-1}
    [ -n "${DIDYMOS_SRUN_MPI:-}" ] && mpi=(--mpi="$DIDYMOS_SRUN_MPI")

    # --kill-on-bad-exit: without it a rank that dies leaves the others waiting until the time limit.
    srun --kill-on-bad-exit=1 --cpu-bind=cores "${mpi[@]}" "${srun_options[@]}" "$program" "${arguments[@]}" &
    step=$!
    # A wait that a trap interrupts says nothing about the step: wait again.
    while interrupted=""; wait $step; code=$?; [ -n "$interrupted" ]; do :; done

    # A program that had not yet begun to listen is ended by the signal: nothing is lost.
    [ -n "$signalled" ] && [ $code -eq $((128 + $(kill -l USR1))) ] && code=75
    # 75: stopped early with a good checkpoint. Not against a file STOP or NAME.end, and not for ever.
    if [ $code -eq 75 ] && [ ! -e "$run/STOP" ] && [ ! -e "$run/$(basename "$run").end" ]; then
        if [ "${SLURM_RESTART_COUNT:-0}" -lt "${DIDYMOS_RESTARTS:-20}" ]; then
            # The system ends this shell when it takes the job back.
            scontrol requeue "$SLURM_JOB_ID" && sleep 60
        else
            echo "didymos: not finished, ${SLURM_RESTART_COUNT:-0} restarts; the same command goes on from its checkpoint" >&2
        fi
    fi
    exit $code
}
