#!/usr/bin/env bash
# A private SLURM on this machine for tests: munged, slurmctld and a slurmd for each of the nodes n1 and n2 (partition test), n3 and n4
# (partition failing, for tests that take a node down) and wide (288 CPUs, for `sbatch --test-only` of jobs that ask for whole nodes).
#   Tests/slurm/cluster.sh DIRECTORY OWNER     as root; everything it writes lies in DIRECTORY
# Prints "ready" when jobs can be submitted with SLURM_CONF=DIRECTORY/slurm.conf. It ends on SIGTERM, or when the process OWNER has
# ended. All its processes live in a process namespace, so that nothing outlives it, not even when it is killed.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# The name that controller and clients know this machine by.
host=$(hostname -s)

configuration() { # directory, first port
    cat <<CONF
ClusterName=didymos-test
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmdUser=root
SlurmctldPort=$2
SlurmdPort=$(($2 + 1))
AuthType=auth/munge
CredType=cred/munge
# A requeued job waits for its credential to expire: 120 s by default, 5 at least.
AuthInfo=socket=$1/munge.socket,cred_expire=5
StateSaveLocation=$1/state
SlurmdSpoolDir=$1/spool-%n
SlurmctldPidFile=$1/slurmctld.pid
SlurmdPidFile=$1/slurmd-%n.pid
SlurmctldLogFile=$1/slurmctld.log
SlurmdLogFile=$1/slurmd-%n.log
# PMIx keeps the sockets of a step here: one folder for each node, or they collide.
TmpFS=$1/tmp-%n
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=pmix
SwitchType=switch/none
SchedulerType=sched/backfill
SchedulerParameters=bf_interval=1,sched_interval=1,batch_sched_delay=0,sched_min_interval=0
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
PriorityType=priority/basic
JobRequeue=1
KillWait=5
MinJobAge=600
ReturnToService=2
SlurmctldTimeout=30
SlurmdTimeout=60
CompleteWait=0
EpilogMsgTime=0
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
SlurmdParameters=config_overrides
NodeName=n1 NodeHostname=$host NodeAddr=127.0.0.1 Port=$(($2 + 2)) CPUs=4 CoresPerSocket=4 RealMemory=2000
NodeName=n2 NodeHostname=$host NodeAddr=127.0.0.1 Port=$(($2 + 3)) CPUs=4 CoresPerSocket=4 RealMemory=2000
NodeName=n3 NodeHostname=$host NodeAddr=127.0.0.1 Port=$(($2 + 4)) CPUs=4 CoresPerSocket=4 RealMemory=2000
NodeName=n4 NodeHostname=$host NodeAddr=127.0.0.1 Port=$(($2 + 5)) CPUs=4 CoresPerSocket=4 RealMemory=2000
NodeName=wide NodeHostname=$host NodeAddr=127.0.0.1 Port=$(($2 + 6)) CPUs=288 CoresPerSocket=288 RealMemory=2000
PartitionName=test Nodes=n1,n2 DefaultTime=00:05:00 MaxTime=UNLIMITED
PartitionName=failing Nodes=n3,n4 DefaultTime=00:05:00 MaxTime=UNLIMITED
CONF
    # MareNostrum chooses by quality of service alone: what it gives by itself; then the partitions that the files of the systems name.
    echo "PartitionName=gpp Nodes=wide Default=YES MaxTime=UNLIMITED"
    sed -n 's/.*--partition=\([A-Za-z0-9_-]*\).*/\1/p' "$here"/../../jobs/*/env.sh | sort -u | while read -r partition; do
        echo "PartitionName=$partition Nodes=wide MaxTime=UNLIMITED"
    done
}

inside() { # directory; the first process of the namespace: when it ends, so do all others
    local directory=$1
    munged --foreground --force --key-file="$directory/munge.key" --socket="$directory/munge.socket" --pid-file="$directory/munged.pid" \
        --log-file="$directory/munged.log" --seed-file="$directory/munge.seed" 2>>"$directory/munged.err" &
    for _ in $(seq 1 100); do [ -S "$directory/munge.socket" ] && break; sleep 0.05; done
    slurmctld -D 2>>"$directory/slurmctld.err" &
    # A host name and a /dev/shm of its own, as a machine would have: Open MPI's segments of two nodes have the same names.
    for node in n1 n2 n3 n4 wide; do
        # shellcheck disable=SC2016
        unshare --uts --mount bash -c 'hostname "$1" && mount -t tmpfs -o mode=1777 none /dev/shm && exec slurmd -D -N "$1"' \
            node "$node" 2>>"$directory/slurmd-$node.err" &
    done
    for _ in $(seq 1 120); do
        if [ "$(sinfo -h -N -t idle -o %N 2>/dev/null | sort -u | wc -l)" -eq 5 ]; then
            echo ready
            wait
        fi
        sleep 0.25
    done
    { sinfo -N -l; tail -n 20 "$directory"/*.log "$directory"/*.err; } >&2
    exit 1
}

if [ "${1:-}" = --inside ]; then
    inside "$2"
fi
[ $# -eq 2 ] || { sed -n '2,6s/^# *//p' "${BASH_SOURCE[0]}" >&2; exit 64; }
directory=$1 owner=$2
export SLURM_CONF=$directory/slurm.conf
mkdir -p "$directory"/{state,{tmp,spool}-{n1,n2,n3,n4,wide}}
chmod 755 "$directory" "$directory"/*/
(umask 077 && head -c 1024 /dev/urandom >"$directory/munge.key")
configuration "$directory" $((20000 + $$ % 1200 * 10)) >"$SLURM_CONF"

# If this shell is killed, so is unshare, and with it the namespace.
setpriv --pdeathsig KILL unshare --pid --fork --kill-child --mount-proc "${BASH_SOURCE[0]}" --inside "$directory" &
namespace=$!
trap 'kill -KILL $namespace 2>/dev/null || true; wait $namespace 2>/dev/null || true' EXIT
trap 'exit 0' TERM INT HUP
while kill -0 "$owner" 2>/dev/null && kill -0 $namespace 2>/dev/null; do sleep 0.5; done
