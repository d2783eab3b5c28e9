# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# First program of a new mount namespace: builds the view, then becomes a program inside the root.
#   inside.sh <root> <own /proc: 1|0> [<host path> <path inside>]... -- <command...>
set -euo pipefail
root=$1 own_proc=$2
shift 2

mkdir -p "$root/proc" "$root/sys" "$root/dev" "$root/tmp"
# First /tmp, a checkout may lie in it; the kernel's own last, so that no binding repeats them.
mount --rbind /tmp "$root/tmp"
while [[ $1 != -- ]]; do
    if [[ -d $1 ]]; then
        mkdir -p "$root$2"
    else
        mkdir -p "$(dirname "$root$2")"
        [[ ! -L $root$2 ]] || rm "$root$2"
        [[ -e $root$2 ]] || : > "$root$2"
    fi
    mount --rbind "$1" "$root$2"
    shift 2
done
shift
if [[ $own_proc == 1 ]]; then
    mount -t proc proc "$root/proc"
else
    mount --rbind /proc "$root/proc"
fi
for folder in sys dev; do mount --rbind "/$folder" "$root/$folder"; done
exec chroot "$root" "$@"
