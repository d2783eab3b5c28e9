# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The Debian 13 root file system: one for each set of packages, shared by every clone.

# Raise it when what is done to a root file system here changes.
root_layout=1

root_hash() { { echo "$suite $root_layout" && package_names; } | sha256sum | cut -c1-12; }

# Makes $root unless it is there. It appears under its name only when it is complete.
make_root() {
    root=$cache/root-$(root_hash)
    [[ ! -e $root/etc/gantry-root ]] || return 0
    mkdir -p "$cache"
    exec 9> "$root.lock"
    if ! flock -n 9; then
        say "another ./dev is making the root file system; waiting for it"
        flock 9
    fi
    if [[ -e $root/etc/gantry-root ]]; then
        exec 9>&-
        return 0
    fi
    local free
    free=$(df --output=avail -k "$cache" | tail -n 1)
    ((free > 4 * 1024 * 1024)) ||
        die "making the root file system takes 4 GB of disk in $(short "$cache"); $((free / 1024)) MB are free"
    local making=$root.making log=$root.log start=$SECONDS
    [[ ! -e $making ]] || { say "removing what an interrupted run left" && remove_tree "$making"; }
    need_tool mmdebstrap mmdebstrap debian-archive-keyring
    has perl || die "perl is missing: install it with this system's package manager, then run ./dev again"
    say "making a Debian 13 root file system in $(short "$root")"
    say "this happens once and takes about two minutes and 2.6 GB; everything it says is in $(short "$log")"
    build_root "$making" "$log" || {
        exit_if_stopped
        tail -n 15 "$log" | cut -c1-200 >&2
        die "the root file system could not be made; the reason is above, everything is in $(short "$log")"
    }
    echo "made $(date -u +%F) by mode $mode from $(package_names | wc -l) packages" > "$making/etc/gantry-root"
    mv "$making" "$root"
    exec 9>&-
    say "the root file system is ready after $(duration $((SECONDS - start)))"
}

# What a mode lets us do decides how the packages get their ownership and run their scripts.
build_root() {
    local target=$1 log=$2 way=(--mode=root) namespace=() mirrors
    local names
    names=$(package_names | paste -sd, -)
    local common=(--variant=apt --skip=check/signed-by "--include=$names"
        "--aptopt=APT::Install-Recommends \"false\"" "--aptopt=APT::Sandbox::User \"root\"" --dpkgopt=force-unsafe-io)
    local keyring=${tool_path%/bin}/share/keyrings/debian-archive-keyring.gpg
    [[ -e $keyring ]] || keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    [[ ! -e $keyring ]] || common+=("--keyring=$keyring")
    local setting
    while read -r setting; do common+=("--aptopt=${setting%;}"); done < <(host_apt_proxies)

    local pids=(--mount --pid --fork --kill-child --mount-proc)
    case $mode in
        chroot) namespace=(unshare "${pids[@]}" --) ;;
        userns)
            namespace=(unshare "${user_namespace[@]}" "${pids[@]}" --)
            if [[ " ${user_namespace[*]} " != *" --map-auto "* ]]; then
                namespace+=(perl "$checkout/tools/dev/syscalls.pl" pretend-ownership)
                # One id cannot own a terminal file system: show the host's devices instead.
                # shellcheck disable=SC2016  # mmdebstrap's shell sets $1
                way+=(--skip=chroot/mount/dev '--extract-hook=mount --rbind /dev "$1/dev"'
                    '--customize-hook=umount -l "$1/dev"')
            fi
            ;;
        proot)
            # root in a container may still chroot. Without that the packages are only unpacked.
            if [[ $EUID != 0 ]]; then
                way=(--mode=chrootless --variant=extract "--include=?essential" --include=apt)
            fi
            ;;
    esac
    local command=("${namespace[@]}" env "PATH=${tool_path:+$tool_path:}$PATH:/usr/sbin:/sbin"
        mmdebstrap "${common[@]}" "${way[@]}" --verbose)
    mapfile -t mirrors < <(host_mirrors)
    : > "$log"
    run_mmdebstrap "${command[@]}" "$suite" "$target" "${mirrors[@]}" || {
        # A mirror of the host's may not carry this Debian: then the one that mmdebstrap knows.
        if [[ -n ${stopped:-} || ${#mirrors[@]} == 0 ]] || grep -q 'extracting archives' "$log"; then
            return 1
        fi
        say "the host's mirror did not serve; trying mmdebstrap's own"
        remove_tree "$target"
        run_mmdebstrap "${command[@]}" "$suite" "$target" || return 1
    }
    if [[ $mode == proot && $EUID != 0 ]]; then finish_unpacked "$target"; fi
}

run_mmdebstrap() {
    death_signal=KILL forward=${namespace:+children} grace=20 \
        supervise "$@" > >(tee -a "$log" | show_progress >&2) 2>&1 < /dev/null
}

# Turns what apt and dpkg say into a line for each step and one every ten seconds.
show_progress() {
    awk '
        function report(text) { print "dev:   " text; fflush(); last = systime() }
        function every_ten(text) { if (systime() - last >= 10) report(text) }
        /^I: running apt-get update/ { report("fetching the package lists") }
        / newly installed/ { total = $0; sub(/ newly installed.*/, "", total); sub(/.*, /, "", total) }
        /^Need to get/ { report("fetching packages (" $4 " " $5 ")") }
        /^Get:/ { ++got; every_ten(got " packages fetched") }
        /^I: extracting archives/ { report("unpacking the base system") }
        /^I: installing remaining/ { report("unpacking and setting up the packages") }
        /^Unpacking / { ++unpacked; every_ten(unpacked " packages unpacked") }
        /^Setting up / { ++ready; every_ten(unpacked " packages unpacked, " ready " set up") }
        /^I: cleaning/ { report("cleaning up") }'
}

# Packages that were only unpacked: the few things that their scripts would have done for us.
finish_unpacked() {
    (
        cd "$1" && mkdir -p dev proc sys run tmp etc/ssl/certs &&
            cp usr/share/base-passwd/passwd.master etc/passwd &&
            cp usr/share/base-passwd/group.master etc/group &&
            cp usr/share/libc-bin/nsswitch.conf etc/nsswitch.conf &&
            cat usr/share/ca-certificates/mozilla/*.crt > etc/ssl/certs/ca-certificates.crt &&
            ln -sf mawk usr/bin/awk &&
            ln -sf which.debianutils usr/bin/which &&
            ln -sf gcc usr/bin/cc &&
            ln -sf g++ usr/bin/c++
    ) && root=$1 find_proot && "${proot[@]}" /sbin/ldconfig
}

# Files of a root file system may belong to ids that only its namespace may delete.
remove_tree() {
    local become=()
    if [[ $mode == userns ]]; then become=(unshare "${user_namespace[@]}" --); fi
    "${become[@]}" rm -rf --one-file-system "$1"
}
