# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# ./dev doctor: is this machine fit for Gantry? A line for each thing; 1 when one of them is wrong.
# What only the host can tell is checked before the root file system is entered, the rest inside.

doctor_failures=${GANTRY_DOCTOR_FAILURES:-0}

ok() { printf 'ok    %-10s %s\n' "$1" "$2"; }
warn() { printf 'warn  %-10s %s\n      %-10s -> %s\n' "$1" "$2" "" "$3"; }
fail() {
    printf 'fail  %-10s %s\n      %-10s -> %s\n' "$1" "$2" "" "$3"
    doctor_failures=$((doctor_failures + 1))
}

doctor_outside() {
    check_host
    check_roots
    export GANTRY_DOCTOR_FAILURES=$doctor_failures
}

task_doctor() {
    if [[ -z ${GANTRY_DEV_ENTERED:-} ]]; then check_host; fi
    check_compilers
    check_registry
    if ((doctor_failures > 0)); then
        echo "$doctor_failures of these must be put right first"
        return 1
    fi
    echo "this machine is ready: ./dev run"
}

check_host() {
    ok mode "$mode: $mode_reason"
    check_machine
    check_disk "cache" "$cache"
    check_disk "checkout" "$checkout"
    check_clock
    check_certificates
    check_port 8080 "the console and the API"
    check_port 5020 "the demo plant's Modbus"
}

check_machine() {
    local memory
    memory=$(awk '/^MemTotal/ { print int($2 / 1048576 + 0.5) }' /proc/meminfo)
    if ((memory < 3)); then
        fail memory "$memory GB" "a compiler needs up to 1.5 GB; use a machine with 4 GB or more"
    elif ((memory < 6)); then
        warn memory "$memory GB" "builds will run one or two compilers at a time"
    else
        ok memory "$memory GB"
    fi
    ok processors "$(nproc)"
}

check_disk() {
    local folder=$2 free
    while [[ ! -d $folder ]]; do folder=$(dirname "$folder"); done
    free=$(($(df --output=avail -k "$folder" | tail -n 1) / 1048576))
    if ((free < 5)); then
        fail "$1" "$free GB free for $(short "$2")" "10 GB are needed: make room, or set GANTRY_CACHE to another disk"
    elif ((free < 10)); then
        warn "$1" "$free GB free for $(short "$2")" "10 GB are comfortable"
    else
        ok "$1" "$free GB free for $(short "$2")"
    fi
}

check_clock() {
    local now commit
    now=$(date +%s)
    commit=$(git -c safe.directory='*' -C "$checkout" log -1 --format=%ct 2> /dev/null || echo 0)
    if ((now < 1735689600)); then
        fail clock "$(date -u +%FT%TZ) is in the past" "set the clock: certificates and builds depend on it"
    elif ((now + 86400 < commit)); then
        fail clock "$(date -u +%FT%TZ) is before the newest commit" "set the clock: make and ninja compare times"
    else
        ok clock "$(date -u +%FT%TZ)"
    fi
}

check_certificates() {
    local file
    file=$(first_file "${SSL_CERT_FILE:-}" /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt \
        /etc/ssl/ca-bundle.pem /etc/ssl/cert.pem)
    if [[ -n $file ]]; then
        ok certs "$(grep -c 'BEGIN CERTIFICATE' "$file") authorities in $file"
    else
        warn certs "this host has no CA bundle" "behind a proxy that opens TLS, set SSL_CERT_FILE to its certificate"
    fi
}

# A port in use on any address; the kernel's table, so that no tool is needed.
check_port() {
    local hex holder
    hex=$(printf ':%04X' "$1")
    if cat /proc/net/tcp /proc/net/tcp6 2> /dev/null | awk '$4 == "0A" { print $2 }' | grep -q "$hex\$"; then
        holder=$( (ss -Hltnp "sport = :$1" 2> /dev/null || true) | sed -n 's/.*users:(("\([^"]*\)".*/\1/p' | head -n 1)
        warn "port $1" "taken${holder:+ by $holder}; $2 would use it" "end what uses it before ./dev run"
    else
        ok "port $1" "free for $2"
    fi
}

# The root file systems in the cache: the one in use, and those of other package lists.
check_roots() {
    local folder current
    current=$cache/root-$(root_hash)
    if [[ -e $current/etc/gantry-root ]]; then
        ok root "$(short "$current"), $(< "$current/etc/gantry-root")"
    else
        ok root "$(short "$current") will now be made, once"
    fi
    for folder in "$cache"/root-*; do
        [[ -d $folder && $folder != "$current" && $folder != *.making ]] || continue
        local remove="rm -rf $folder"
        if [[ $mode == userns ]]; then remove="unshare ${user_namespace[*]} $remove"; fi
        warn root "$(short "$folder") is of another packages.txt, $(du -sh "$folder" 2> /dev/null | cut -f1)" \
            "when no checkout needs it: $remove"
    done
}

check_compilers() {
    local program version
    for program in g++-14 clang++-19 cmake ninja mold ccache node npm python3; do
        if version=$("$program" --version 2> /dev/null | head -n 1) && [[ -n $version ]]; then
            ok "$program" "$version"
        else
            fail "$program" "does not run" "./dev build installs the packages of packages.txt"
        fi
    done
}

check_registry() {
    if timeout 30 npm ping > /dev/null 2> "$cache/run/npm-ping.log"; then
        ok registry "npm's answers"
    else
        fail registry "npm ping: $(grep -m 1 -oE 'code [A-Z_]+|E[A-Z]{4,}|[0-9]{3} .*' "$cache/run/npm-ping.log" || echo 'no answer in 30 s')" \
            "check the proxy variables, ~/.npmrc and the CA bundle (SSL_CERT_FILE)"
    fi
}
