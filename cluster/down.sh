#!/usr/bin/env bash
# Ends what cluster/up.sh started, and removes its files. Munge stays if it ran before.
set -euo pipefail
dir=${CLUSTER_DIR:-/tmp/retrieval-cluster}
export SLURM_CONF=$dir/slurm.conf
if [ ! -d "$dir" ]; then
    exit 0
fi
scancel --full --state=RUNNING 2> /dev/null || true
for file in slurmd.pid slurmctld.pid run/slurmdbd.pid run/mysql.pid; do
    if [ -s "$dir/$file" ]; then
        pid=$(cat "$dir/$file")
        kill "$pid" 2> /dev/null || true
        for _ in $(seq 100); do
            kill -0 "$pid" 2> /dev/null || break
            sleep 0.1
        done
    fi
done
if [ -e "$dir/munge-is-ours" ]; then
    kill "$(cat /run/munge/munged.pid)" 2> /dev/null || true
fi
rm -rf "$dir"
