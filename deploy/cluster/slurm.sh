#!/usr/bin/env bash
# Publish a catalogue with the nodes of one Slurm job:
#
#   sbatch --nodes 8 deploy/cluster/slurm.sh /path/to/catalogue
#
# Needs: Aftertalk with the extra 'cluster' on a file system that all nodes see, and in catalogue.yaml
#   work: /path/that/all/nodes/see
#SBATCH --job-name=aftertalk
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task=16
#SBATCH --time=12:00:00
set -euo pipefail

catalogue=${1:?usage: sbatch slurm.sh CATALOGUE}
venv=${AFTERTALK_VENV:-$HOME/aftertalk/.venv}
work=$("$venv/bin/python" -c 'import sys, yaml; print(yaml.safe_load(open(sys.argv[1]))["work"])' "$catalogue/catalogue.yaml")
port=8786
address="tcp://$(hostname -f):$port"

# A machine that does not answer for a minute loses its work to another.
DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL=60s "$venv/bin/dask" scheduler --port "$port" --no-dashboard &
scheduler=$!
srun "$venv/bin/aftertalk" worker "$address" --work "$work" \
  --slots "$SLURM_CPUS_PER_TASK" --folder "${TMPDIR:-/tmp}/aftertalk-$SLURM_JOB_ID" &
workers=$!
trap 'kill $workers $scheduler 2>/dev/null || true' EXIT

"$venv/bin/aftertalk" publish --catalogue "$catalogue" --engine "$address"
