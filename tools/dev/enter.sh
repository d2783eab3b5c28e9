# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The way into the root file system: what is shown there, with which environment, in which mode.

inner_home=$cache/home
inner_path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
ca_inside=/etc/ssl/certs/ca-certificates.crt

# Runs a command inside and returns its exit code.
enter_root() {
    mkdir -p "$inner_home" "$cache/run"
    list_bindings
    local folder=$PWD
    is_shown "$folder/" || folder=$checkout
    # The environment is changed in this process, not passed in a command line: it may hold secrets.
    filter_environment
    local setting=(/usr/bin/env "--chdir=$folder" -u LD_LIBRARY_PATH "PATH=$inner_path" "HOME=$inner_home")
    if [[ ${3:-} == shell ]]; then interactive=1; fi
    local pids=(--pid --fork --kill-child)
    case $mode in
        chroot) enter=(unshare --mount "${pids[@]}" -- bash "$checkout/tools/dev/inside.sh" "$root" 1) ;;
        userns)
            enter=(unshare "${user_namespace[@]}" --mount "${pids[@]}" --
                bash "$checkout/tools/dev/inside.sh" "$root" 1)
            # In a container whose /proc has hidden parts no other /proc can be mounted.
            if ! unshare "${user_namespace[@]}" --mount "${pids[@]}" -- mount -t proc proc /proc 2> /dev/null; then
                enter=(unshare "${user_namespace[@]}" --mount --fork --kill-child --
                    bash "$checkout/tools/dev/inside.sh" "$root" 0)
            fi
            ;;
        proot)
            find_proot
            local i
            for ((i = 0; i < ${#bindings[@]}; i += 2)); do
                proot+=(-b "${bindings[i]}:${bindings[i + 1]}")
            done
            death_signal=KILL forward=children grace=20 supervise "${proot[@]}" "${setting[@]}" \
                GLIBC_TUNABLES=glibc.malloc.hugetlb=2 setpriv --pdeathsig KILL "$@"
            return
            ;;
    esac
    death_signal=KILL forward=children grace=20 supervise "${enter[@]}" "${bindings[@]}" -- "${setting[@]}" "$@"
}

# $proot: the command, up to what it shall run. Its own emulation of brk() goes wrong when a program
# starts others with posix_spawn, as ninja does: the tunable above keeps malloc away from brk().
find_proot() {
    need_tool proot proot libtalloc2
    mkdir -p "$cache/run"
    proot=(env "PROOT_TMP_DIR=$cache/run" "PATH=${tool_path:+$tool_path:}$PATH"
        "LD_LIBRARY_PATH=$tool_libraries" perl "$checkout/tools/dev/syscalls.pl" old-kernel
        proot -r "$root" -w / -b /proc -b /sys -b /dev -b /tmp)
    if [[ $EUID != 0 ]]; then proot+=(-0); fi
    "${proot[@]}" /usr/bin/env -u LD_LIBRARY_PATH /bin/true 2> /dev/null ||
        die "neither mounts, user namespaces nor ptrace are allowed here: run ./dev on Debian 13 or in a container of it"
}

# ---- what is shown

# $bindings: pairs of a path here and its path inside.
list_bindings() {
    bindings=()
    local parent git_folder
    parent=$(dirname "$checkout")
    case $parent in
        / | /usr | /etc | /bin | /sbin | /lib | /lib64 | /var | /dev | /proc | /sys | /run) parent=$checkout ;;
    esac
    if [[ "$parent$cache" == *:* && $mode == proot ]]; then
        die "proot cannot show a path with a colon in it: move the checkout or set GANTRY_CACHE"
    fi
    show "$cache" "$cache"
    show "$parent" "$parent"
    git_folder=$(cd "$checkout" && git rev-parse --path-format=absolute --git-common-dir 2> /dev/null) || git_folder=""
    if [[ -d $git_folder ]] && ! is_shown "$git_folder/"; then show "$git_folder" "$git_folder"; fi

    show "$(readlink -f /etc/resolv.conf)" /etc/resolv.conf
    show /etc/hosts /etc/hosts
    write_ca_bundle
    show "$ca_bundle" "$ca_inside"

    # Client settings. They are bound, not copied: they may hold tokens.
    local home=${HOME:-/root}
    show "$(first_file "${NPM_CONFIG_USERCONFIG:-}" "${npm_config_userconfig:-}" "$home/.npmrc")" "$inner_home/.npmrc"
    show "$(first_file "${NPM_CONFIG_GLOBALCONFIG:-}" "${npm_config_globalconfig:-}" \
        /etc/npmrc /usr/etc/npmrc /usr/local/etc/npmrc)" /etc/npmrc
    show "$(first_file "${PIP_CONFIG_FILE:-}" "$home/.config/pip/pip.conf" "$home/.pip/pip.conf")" \
        "$inner_home/.config/pip/pip.conf"
    show /etc/pip.conf /etc/pip.conf
    show "$(first_file "${CARGO_HOME:-$home/.cargo}/config.toml" "${CARGO_HOME:-$home/.cargo}/config")" \
        "$cache/cargo/config.toml"
    show "$home/.m2/settings.xml" "$inner_home/.m2/settings.xml"
}

show() {
    [[ -n $1 && -e $1 ]] || return 0
    bindings+=("$1" "$2")
}

first_file() {
    local file
    for file in "$@"; do
        if [[ -f $file ]]; then echo "$file" && return; fi
    done
}

# Whether a path of the host leads to the same file inside.
is_shown() {
    local i
    [[ $1 != /tmp/* ]] || return 0
    for ((i = 0; i < ${#bindings[@]}; i += 2)); do
        [[ ${bindings[i]} != "${bindings[i + 1]}" || $1/ != "${bindings[i]}"/* ]] || return 0
    done
    return 1
}

# $ca_bundle: the certificates that the host trusts, in one file; empty when it has none.
write_ca_bundle() {
    local files=() file
    file=$(first_file /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt \
        /etc/ssl/ca-bundle.pem /etc/ssl/cert.pem "$root$ca_inside")
    [[ -z $file ]] || files+=("$file")
    for file in "${SSL_CERT_FILE:-}" "${NODE_EXTRA_CA_CERTS:-}" "${CURL_CA_BUNDLE:-}" "${REQUESTS_CA_BUNDLE:-}" \
        "${PIP_CERT:-}" "${NPM_CONFIG_CAFILE:-}" "${npm_config_cafile:-}" "$(npm_settings_cafile)"; do
        if [[ -f $file ]] && ! same_as_any "$file" "${files[@]}"; then files+=("$file"); fi
    done
    ca_bundle=""
    ((${#files[@]} > 0)) || return 0
    ca_bundle=$cache/run/ca-certificates.crt
    cat "${files[@]}" > "$ca_bundle.$$"
    if same_as_any "$ca_bundle.$$" "$ca_bundle"; then rm "$ca_bundle.$$"; else mv "$ca_bundle.$$" "$ca_bundle"; fi
}

npm_settings_cafile() {
    sed -n 's/^ *cafile *= *//p' "${HOME:-/root}/.npmrc" /etc/npmrc 2> /dev/null | head -n 1 || true
}

same_as_any() {
    local one=$1 other
    shift
    for other in "$@"; do
        ! cmp -s "$one" "$other" || return 0
    done
    return 1
}

# ---- the environment

filter_environment() {
    local name
    while read -r name; do
        case $name in
            TERM | COLORTERM | NO_COLOR | FORCE_COLOR | CI | TZ | LINES | COLUMNS | GITHUB_ACTIONS) ;;
            GANTRY_* | CTEST_* | GTEST_* | NINJA_STATUS | CMAKE_BUILD_PARALLEL_LEVEL | PYTEST_ADDOPTS) ;;
            ASAN_OPTIONS | UBSAN_OPTIONS | TSAN_OPTIONS | LSAN_OPTIONS | MAVEN_OPTS | MAVEN_ARGS) ;;
            http_proxy | https_proxy | ftp_proxy | all_proxy | no_proxy) ;;
            HTTP_PROXY | HTTPS_PROXY | FTP_PROXY | ALL_PROXY | NO_PROXY) ;;
            PATH) ;; # the program that enters is still found by it
            NPM_CONFIG_USERCONFIG | NPM_CONFIG_GLOBALCONFIG | NPM_CONFIG_CAFILE | NPM_CONFIG_CACHE) unset "$name" ;;
            npm_config_userconfig | npm_config_globalconfig | npm_config_cafile | npm_config_cache) unset "$name" ;;
            PIP_CONFIG_FILE | PIP_CERT) unset "$name" ;;
            NPM_CONFIG_* | npm_config_* | PIP_*)
                # A path of the host that does not exist inside would only be in the way.
                if [[ ${!name} == /* ]] && ! is_shown "${!name}"; then unset "$name"; fi
                ;;
            *) unset "$name" ;;
        esac
    done < <(compgen -e)
    export GANTRY_CACHE=$cache GANTRY_DEV_ENTERED=$mode
    export LANG=C.UTF-8 USER=root LOGNAME=root SHELL=/bin/bash XDG_CACHE_HOME=$cache/home/.cache
    export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0="*"
    local variable
    for variable in SSL_CERT_FILE NODE_EXTRA_CA_CERTS REQUESTS_CA_BUNDLE CURL_CA_BUNDLE GIT_SSL_CAINFO \
        PIP_CERT NPM_CONFIG_CAFILE CARGO_HTTP_CAINFO; do
        export "$variable=$ca_inside"
    done
    export NPM_CONFIG_GLOBALCONFIG=/etc/npmrc
}
