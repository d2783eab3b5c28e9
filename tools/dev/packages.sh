# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The packages of packages.txt, and the two tools that a foreign host needs.

# Names only, one a line, sorted: comments and layout do not make another root file system.
package_names() { sed 's/#.*//' "$checkout/packages.txt" | xargs -n1 | LC_ALL=C sort -u; }

# On Debian 13: installs what is missing. Inside our root file system nothing is.
install_packages() {
    [[ ! -e /etc/gantry-root ]] || return 0
    local names missing
    mapfile -t names < <(package_names)
    mapfile -t missing < <(comm -23 <(printf '%s\n' "${names[@]}") <(installed_among "${names[@]}"))
    ((${#missing[@]} > 0)) || return 0
    local become=()
    if [[ $EUID != 0 ]]; then
        if ! has sudo || { ! sudo -n true 2> /dev/null && [[ ! -t 0 ]]; }; then
            die "packages are missing; as root: apt-get install --no-install-recommends ${missing[*]}"
        fi
        become=(sudo)
    fi
    say "installing ${#missing[@]} Debian packages: ${missing[*]}"
    local log=$cache/apt.log
    mkdir -p "$cache"
    apt_get "${become[@]}" -- install -y --no-install-recommends "${missing[@]}" > "$log" 2>&1 ||
        { tail -n 20 "$log" >&2 && die "apt-get could not install them; all it said is in $(short "$log")"; }
}

installed_among() {
    dpkg-query -W -f '${db:Status-Abbrev}|${Package}\n' "$@" 2> /dev/null |
        sed -n 's/^ii *|//p' | LC_ALL=C sort -u
}

# apt_get [sudo] -- arguments: asks nothing, and tries once more with fresh package lists.
apt_get() {
    local become=()
    while [[ $1 != -- ]]; do become+=("$1") && shift; done
    shift
    local run=("${become[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q)
    "${run[@]}" "$@" || { "${run[@]}" update && "${run[@]}" "$@"; }
}

# need_tool program package...: makes the program runnable: installed for root, else unpacked from
# the packages into the cache, where $tool_path and $tool_libraries then lead.
need_tool() {
    local program=$1 folder=$cache/tools/$1
    shift
    tool_path="" tool_libraries=""
    ! has "$program" || return 0
    if [[ $EUID == 0 ]] && has apt-get; then
        say "installing $program on this machine"
        apt_get -- install -y --no-install-recommends "$@" > /dev/null 2>&1 || true
        ! has "$program" || return 0
    fi
    if [[ ! -e $folder/usr/bin/$program ]] && has apt-get && has dpkg-deb; then
        say "fetching $program into $(short "$folder")"
        fetch_packages "$folder" "$@"
    fi
    [[ -e $folder/usr/bin/$program ]] ||
        die "$program is missing: install it with this system's package manager, then run ./dev again"
    tool_path=$folder/usr/bin
    tool_libraries=$folder/usr/lib/x86_64-linux-gnu
}

# Without root rights apt needs package lists of its own.
fetch_packages() {
    local folder=$1 making=$1.making
    shift
    rm -rf "$making"
    mkdir -p "$making/lists/partial" "$making/apt/archives/partial" "$making/root"
    local apt=(apt-get -q -o "Dir::State::lists=$making/lists" -o "Dir::Cache=$making/apt")
    (cd "$making" && "${apt[@]}" update && "${apt[@]}" download "$@") > "$making/log" 2>&1 || return 0
    local package
    for package in "$making"/*.deb; do dpkg-deb -x "$package" "$making/root"; done
    rm -rf "$folder"
    mv "$making/root" "$folder"
    rm -rf "$making"
}

# The host's own Debian mirror, as lines of a sources list for $suite; nothing when it has none.
host_mirrors() {
    if [[ -n ${GANTRY_DEBIAN_MIRROR:-} ]]; then
        echo "deb $GANTRY_DEBIAN_MIRROR $suite main"
        return
    fi
    # shellcheck disable=SC1091
    [[ -r /etc/os-release ]] && . /etc/os-release
    [[ ${ID:-} == debian && -n ${VERSION_CODENAME:-} ]] || return 0
    apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
        awk -v host="$VERSION_CODENAME" -v suite="$suite" '
            $3 == "main" && index($2, host) == 1 && !seen[$2]++ {
                part = substr($2, length(host) + 1)
                if (part == "" || part == "-updates" || part == "-security")
                    print "deb " $1 " " suite part " main"
            }'
}

# Proxies that apt's own configuration names.
host_apt_proxies() {
    apt-config dump 2> /dev/null | grep -E '^Acquire::(http|https)::Proxy[^;]*;$' || true
}
