#!/usr/bin/env bash
# Starts a one-node SLURM on this machine, for tests: munge, accounting (without which submitit waits
# forever for a killed job), controller and node. Needs root and Debian's packages, which it installs
# if they are missing (exit status 75 if it cannot). Its files are in $CLUSTER_DIR;
# `cluster/down.sh` ends it.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
dir=${CLUSTER_DIR:-/tmp/retrieval-cluster}
export PATH=$PATH:/usr/sbin:/sbin
install() {
    if [ "$(id -u)" != 0 ] || ! command -v apt-get > /dev/null; then return 1; fi
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq && apt-get install -y -qq --no-install-recommends slurm-wlm slurmdbd munge mariadb-server
}
for program in slurmctld slurmd slurmdbd munged mariadbd mariadb-install-db; do
    if ! command -v "$program" > /dev/null; then
        install < /dev/null || { echo "$program is missing and cannot be installed here: that takes root, apt and Debian's packages" >&2; exit 75; }
        break
    fi
done
mkdir -p "$dir"/{state,spool,log,run}
processors=$(nproc --all)
processors=$((processors > 2 ? processors : 2))  # two tasks must fit, and nproc alone would heed OMP_NUM_THREADS
memory=$(awk '/MemTotal/ {print int($2 / 1024 * 0.8)}' /proc/meminfo)
for name in slurm.conf slurmdbd.conf; do
    sed -e "s|@DIR@|$dir|g; s|@HOST@|$(hostname)|g; s|@CPUS@|$processors|g; s|@MEMORY@|$memory|g" "$here/$name" > "$dir/$name"
done
chmod 600 "$dir/slurmdbd.conf"
export SLURM_CONF=$dir/slurm.conf MYSQL_UNIX_PORT=$dir/run/mysql.sock

wait_for() {  # seconds, what, command...
    local seconds=$1 what=$2
    shift 2
    for _ in $(seq "$((seconds * 5))"); do
        if "$@" > /dev/null 2>&1; then return; fi
        sleep 0.2
    done
    echo "$what did not start within $seconds s; logs: $dir/log" >&2
    exit 1
}

for folder in /run/munge /var/log/munge /var/lib/munge; do
    mkdir -p "$folder"
    chown munge:munge "$folder"
done
if ! munge -n > /dev/null 2>&1; then
    su -s /bin/sh munge -c /usr/sbin/munged
    touch "$dir/munge-is-ours"
fi
wait_for 10 munge munge -n
sql() { mariadb --no-defaults -S "$MYSQL_UNIX_PORT" "$@"; }
if [ ! -d "$dir/mysql/mysql" ]; then
    mariadb-install-db --user=root --datadir="$dir/mysql" --auth-root-authentication-method=socket > "$dir/log/mariadb-install.log" 2>&1
fi
if ! sql -e "select 1" > /dev/null 2>&1; then
    setsid mariadbd --no-defaults --user=root --datadir="$dir/mysql" --socket="$MYSQL_UNIX_PORT" --pid-file="$dir/run/mysql.pid" \
        --skip-networking --innodb-buffer-pool-size=64M > "$dir/log/mariadb.log" 2>&1 < /dev/null &
fi
wait_for 30 mariadbd sql -e "select 1"
sql -e "create database if not exists slurm_acct_db; create user if not exists slurm@localhost identified by 'x';
        grant all on slurm_acct_db.* to slurm@localhost"
sacctmgr -n list cluster > /dev/null 2>&1 || slurmdbd
wait_for 30 slurmdbd sacctmgr -n list cluster
sacctmgr -n list cluster | grep -qw local || sacctmgr -i add cluster local > /dev/null
scontrol ping 2> /dev/null | grep -q "is UP" || slurmctld -f "$SLURM_CONF"
wait_for 30 slurmctld sh -c "scontrol ping | grep -q 'is UP'"
[ -e "$dir/slurmd.pid" ] && kill -0 "$(cat "$dir/slurmd.pid")" 2> /dev/null || slurmd -f "$SLURM_CONF"
wait_for 30 slurmd sh -c "sinfo -h -o %t | grep -qE 'idle|mix|alloc'"
echo "SLURM runs: export SLURM_CONF=$SLURM_CONF"
