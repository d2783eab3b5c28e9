# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# How ./dev gets to a Debian 13: in place, or one of three ways into a root file system of its own.
#
#   native   this is Debian 13, or the inside of the root file system
#   chroot   root, who may mount
#   userns   no root rights: a user namespace in which we are root
#   proot    mounts are refused (a plain container): every system call of a path is rewritten
#
# choose_mode sets $mode, $mode_reason and $user_namespace, the flags of unshare.

choose_mode() {
    user_namespace=(--user --map-root-user)
    if [[ -n ${GANTRY_DEV_MODE:-} ]]; then
        mode=$GANTRY_DEV_MODE
        mode_reason="GANTRY_DEV_MODE says so"
        if [[ -e /etc/gantry-root ]]; then mode=native; fi
        case $mode in
            native | chroot | proot) ;;
            userns) add_subordinate_ids ;;
            *) usage_error "GANTRY_DEV_MODE is native, chroot, userns or proot, not '$mode'" ;;
        esac
    elif [[ -e /etc/gantry-root ]]; then
        mode=native
        mode_reason="inside the root file system of ./dev, $(< /etc/gantry-root)"
    elif is_debian_13; then
        mode=native
        mode_reason="this is Debian 13"
    elif [[ $EUID == 0 ]] && can_mount unshare --mount; then
        mode=chroot
        mode_reason="not Debian 13; root, who may mount"
    elif can_mount unshare "${user_namespace[@]}" --mount; then
        mode=userns
        add_subordinate_ids
        mode_reason="not Debian 13; may not mount, but user namespaces are allowed, $ids_reason"
    else
        mode=proot
        mode_reason="not Debian 13; may not mount, user namespaces are refused"
    fi
    if [[ $mode != native && $(uname -m) != x86_64 ]]; then
        die "Gantry is built on x86-64 only, this is $(uname -m)"
    fi
}

is_debian_13() {
    # shellcheck disable=SC2154  # the file sets them
    [[ -r /etc/os-release ]] &&
        (. /etc/os-release && [[ ${ID:-} == debian && ${VERSION_ID:-} == 13 ]])
}

can_mount() { "$@" -- mount --bind /tmp /tmp 2> /dev/null; }

# With a range of ids of our own (/etc/subuid), files can belong to others than root, as on a real
# system; with one id, changes of ownership are pretended while the root file system is made.
add_subordinate_ids() {
    ids_reason="with one user id"
    if has newuidmap && unshare --user --map-root-user --map-auto true 2> /dev/null; then
        user_namespace+=(--map-auto)
        ids_reason="with subordinate ids"
    fi
}
