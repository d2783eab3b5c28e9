# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What every part of ./dev uses: messages, the cache, and running a program so that it never outlives us.

cache=${GANTRY_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/gantry}
suite=trixie
verbose=0

say() { printf 'dev: %s\n' "$*" >&2; }
die() { say "$*" && exit 1; }
usage_error() { say "$*" && exit 2; }

# 75 -> "1 min 15 s"
duration() {
    if (($1 < 60)); then echo "$1 s"; else echo "$(($1 / 60)) min $(($1 % 60)) s"; fi
}

# A path as people write it.
short() { if [[ -n ${HOME:-} && $1 == "$HOME"/* ]]; then echo "~${1#"$HOME"}"; else echo "$1"; fi; }

has() { command -v "$1" > /dev/null 2>&1; }

# Runs a program to its end. A signal to us becomes a signal to it; if it has not ended $grace seconds
# later, or if we die, it is killed with all its children. More settings by variable:
#   limit=<seconds>    it may take no longer
#   forward=children   it only watches over the real program (unshare, proot): signal its child
#   interactive=1      it deals with Ctrl-C itself
supervise() {
    local launch=() status=0
    # A program started in the background of a script ignores Ctrl-C unless told otherwise.
    if env --default-signal=INT true 2> /dev/null; then launch+=(env "--default-signal=INT,QUIT"); fi
    if has setpriv; then launch+=(setpriv "--pdeathsig" "${death_signal:-TERM}"); fi
    "${launch[@]}" "$@" <&0 &
    supervised=$!
    stopped=""
    watchdogs=()
    if ((${limit:-0} > 0)); then
        (sleep "$limit" && kill_tree TERM "$supervised" && sleep 10 && kill_tree KILL "$supervised") &
        watchdogs+=($!)
    fi
    trap 'stop_supervised TERM' TERM HUP
    trap 'stop_supervised INT' INT
    # wait also returns when a signal came; the program has ended only when its process is gone.
    while [[ -d /proc/$supervised ]]; do
        wait "$supervised" && status=0 || status=$?
    done
    trap - TERM HUP INT
    local watchdog
    for watchdog in "${watchdogs[@]}"; do
        disown "$watchdog"
        kill_tree KILL "$watchdog"
    done
    return "$status"
}

stop_supervised() {
    if [[ -n $stopped || ($1 == INT && -n ${interactive:-}) ]]; then return 0; fi
    stopped=$1
    # Ctrl-C reaches the whole foreground process group, the program too: do not send it twice.
    if [[ $1 != INT ]] || ! in_foreground; then
        local pid=$supervised
        if [[ ${forward:-} == children ]]; then pid=$(children_of "$supervised"); fi
        # shellcheck disable=SC2086  # several words are several processes
        kill "-$1" ${pid:-$supervised} 2> /dev/null || true
    fi
    (sleep "${grace:-10}" && kill_tree KILL "$supervised") &
    watchdogs+=($!)
}

# Whether we belong to the process group that the terminal sends its signals to.
in_foreground() {
    local stat fields
    stat=$(< "/proc/$BASHPID/stat")
    read -ra fields <<< "${stat##*) }"
    [[ ${fields[2]} == "${fields[5]}" ]]
}

children_of() { cat "/proc/$1/task/"*/children 2> /dev/null || true; }

# kill_tree SIGNAL PID: the process and all below it, children first.
kill_tree() {
    local child
    for child in $(children_of "$2"); do kill_tree "$1" "$child"; done
    kill "-$1" "$2" 2> /dev/null || true
}

# Ends this script as a program that the signal ended would.
exit_if_stopped() {
    case ${stopped:-} in
        INT) exit 130 ;;
        TERM) exit 143 ;;
    esac
}
