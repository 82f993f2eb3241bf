#!/usr/bin/env bash
# Ends what cluster/up.sh started, and removes its files. Munge, which others may use, stays.
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
rm -rf "$dir"
