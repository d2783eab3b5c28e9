# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The commands, as they run on Debian 13 or inside the root file system.

# gantryd with its embedded defaults, and the demo plant. What they keep stays in build/run.
task_run() {
    (($# == 0)) || usage_error "run takes no arguments; GANTRY_PORT, GANTRY_PLANT_PORT and GANTRY_MQTT_PORT choose other ports"
    build_preset release gantryd gantry-plant gantry
    cd "$checkout"
    grace=30 supervise python3 -B tools/dev/run.py build/release/bin build/run
}

task_build() {
    local preset=${1:-dev}
    [[ $# -eq 0 ]] || shift
    build_preset "$preset" "$@"
    say "built preset $preset in $(duration "$SECONDS")"
}

task_format() {
    cxx_sources "$@"
    printf '%s\0' "${sources[@]}" | xargs -0 -r clang-format-19 -i
    say "formatted ${#sources[@]} files"
}

task_lint() {
    local failed=0 scope=changed
    if [[ ${1:-} == --all ]]; then scope=all && shift; fi
    if (($# > 0)); then scope=named; fi
    case $scope in
        changed)
            cd "$checkout"
            mapfile -t changed < <(changed_files)
            set -- "${changed[@]}"
            ;;
    esac
    if [[ $scope == all || $# -gt 0 ]]; then cxx_sources "$@"; else sources=(); fi
    check_format || failed=1
    python3 "$checkout/tools/tidy.py" || failed=1
    run_clang_tidy || failed=1
    ((failed == 0)) || die "lint found something; ./dev format rewrites what clang-format said"
    say "lint is clean: ${#sources[@]} C++ files ($scope) in $(duration "$SECONDS")"
}

task_bench() {
    build_preset release
    cd "$checkout"
    install_python_packages tests/system/requirements.txt
    GANTRY_BIN=$checkout/build/release/bin supervise python3 -B bench/run.py "$@"
}

# Of the gantryd in GANTRY_BIN, or one that is built first.
task_sdk() {
    (($# == 0)) || usage_error "sdk takes no arguments; sdk/generate.py --help knows more ways"
    if [[ -z ${GANTRY_BIN:-} ]]; then
        build_preset dev gantryd
        GANTRY_BIN=$checkout/build/dev/bin
    fi
    python3 -B "$checkout/sdk/generate.py" --bin "$GANTRY_BIN"
}

task_shell() {
    if (($# > 0)); then exec "$@"; fi
    say "a shell on Debian 13; ./dev build works here, 'exit' leaves"
    exec bash
}

# ---- set-up

# The settings that every build shares, in any mode.
prepare_environment() {
    mkdir -p "$cache/ccache" "$cache/npm" "$cache/cargo" "$checkout/build"
    export GANTRY_CACHE=$cache
    export CARGO_HOME=$cache/cargo
    export CCACHE_DIR=$cache/ccache CCACHE_MAXSIZE=5G
    # Precompiled headers need these; the rest lets a clone at another path use what this one compiled.
    export CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
    export CCACHE_BASEDIR=$checkout CCACHE_NOHASHDIR=1
    export NPM_CONFIG_CACHE=$cache/npm NPM_CONFIG_UPDATE_NOTIFIER=false NPM_CONFIG_FUND=false
    preload=""
    configure_options=()
    if [[ ${GANTRY_DEV_ENTERED:-} == proot ]]; then
        # The leak checker needs ptrace, which proot itself uses.
        export ASAN_OPTIONS=detect_leaks=0:${ASAN_OPTIONS:-}
        # It loads programs where AddressSanitizer wants its heap, unless they have a fixed place.
        configure_options=(-DGANTRY_PIE=OFF)
        preload=$cache/run/proot_stack.so
        [[ -e $preload ]] || gcc-14 -O1 -shared -fPIC -o "$preload" "$checkout/tools/dev/proot_stack.c"
    fi
}

# As many compilers as there are processors, but not more than fit into memory at 1.5 GB each.
job_count() {
    local processors memory
    processors=$(nproc)
    memory=$(awk '/^MemAvailable/ { print int($2 / 1500000) }' /proc/meminfo)
    if ((memory < 1)); then memory=1; fi
    echo $((processors < memory ? processors : memory))
}

build_preset() {
    local preset=$1
    shift
    case $preset in
        dev | tsan | release | fuzz) ;;
        *) usage_error "there is no preset '$preset': dev, tsan, release, fuzz" ;;
    esac
    exec 8> "$checkout/build/.lock"
    if ! flock -n 8; then
        say "another ./dev is building here; waiting for it"
        flock 8
    fi
    cd "$checkout"
    install_node_modules third_party/duckdb
    install_open62541
    if [[ -e console/package-lock.json ]]; then build_console; fi
    configure_preset "$preset"
    local command=(cmake --build "build/$preset" --parallel "$(job_count)")
    if (($# > 0)); then command+=(--target "$@"); fi
    if [[ $verbose == 1 ]]; then
        command+=(-- -v)
    elif [[ ! -t 1 ]]; then
        command+=(-- --quiet)
    fi
    supervise env ${preload:+"LD_PRELOAD=$preload"} "${command[@]}" || {
        exit_if_stopped
        die "the build of preset $preset failed; the compiler's words are above"
    }
    exec 8>&-
}

configure_preset() {
    local stamp=build/$1/.configured
    [[ ! -e build/$1/build.ninja || ! CMakePresets.json -ot $stamp ]] || return 0
    quietly "configuring preset $1" cmake --preset "$1" "${configure_options[@]}"
    touch "$stamp"
}

# quietly <what> <command...>: shows what the command says only when it fails, or with -v.
quietly() {
    local what=$1 log=$checkout/build/last.log
    shift
    if [[ $verbose == 1 ]]; then
        say "$what: $*"
        supervise "$@" || { exit_if_stopped && die "$what failed"; }
    else
        supervise "$@" > "$log" 2>&1 || {
            exit_if_stopped
            cat "$log" >&2
            die "$what failed; its words are above"
        }
    fi
}

# What the lock file of a folder says is what is installed there.
install_node_modules() {
    local stamp=$1/node_modules/.gantry-lock
    if [[ -e $stamp && $(< "$stamp") == "$(lock_sum "$1")" ]]; then return 0; fi
    say "installing the npm packages of $1"
    limit=900 quietly "npm ci in $1" npm --prefix "$1" ci --ignore-scripts --no-audit
    lock_sum "$1" > "$stamp"
}

# What a requirements file says is installed in a folder that clones share; build/python leads there,
# and Python looks there from then on.
install_python_packages() {
    local list=$1 folder making
    folder=$cache/python-$(sha256sum < "$list" | cut -c1-12)
    if [[ ! -e $folder ]]; then
        making=$folder.making.$$
        say "installing the Python packages of $list"
        limit=900 quietly "pip install -r $list" python3 -m pip install --quiet --no-cache-dir --no-deps \
            --only-binary :all: --require-hashes --target "$making" -r "$list"
        # Another clone may have been quicker.
        mv -T "$making" "$folder" 2> /dev/null || rm -rf "$making"
    fi
    ln -sfn "$folder" "$checkout/build/python"
    export PYTHONPATH=$checkout/build/python
}

lock_sum() { sha256sum < "$1/package-lock.json"; }

# Builds the console's bundle when any of its sources changed.
build_console() {
    install_node_modules console
    local sum stamp=build/console.stamp
    sum=$(find console -type f -not -path '*/node_modules/*' -not -path 'console/dist/*' -print0 |
        LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum)
    if [[ -d console/dist && -e $stamp && $(< "$stamp") == "$sum" ]]; then return 0; fi
    limit=600 quietly "building the console" npm --prefix console run build
    echo "$sum" > "$stamp"
}

# ---- lint

# $sources: the C++ files among the named ones, or all.
cxx_sources() {
    local found=() file
    if (($# > 0)); then
        for file in "$@"; do
            if [[ $file == *.h || $file == *.cpp || $file == *.c ]] && [[ -f $file ]]; then
                found+=("$(realpath -s --relative-to="$checkout" "$file")")
            fi
        done
        cd "$checkout"
    else
        cd "$checkout"
        mapfile -d '' -t found < <(find src tools cmake tests bench \( -name '*.h' -o -name '*.cpp' -o -name '*.c' \) \
            -not -path '*/node_modules/*' -print0 2> /dev/null | LC_ALL=C sort -z)
    fi
    sources=("${found[@]}")
}

# What differs from the main branch, and what git does not know yet.
changed_files() {
    local base
    base=$(git merge-base HEAD origin/main 2> /dev/null || git merge-base HEAD main 2> /dev/null || echo HEAD)
    { git diff --name-only --diff-filter=d "$base" && git ls-files --others --exclude-standard; } | sort -u
}

# Names each file that clang-format would change, with the first line.
check_format() {
    ((${#sources[@]} > 0)) || return 0
    printf '%s\0' "${sources[@]}" | xargs -0 clang-format-19 --dry-run --Werror 2>&1 |
        awk -F: '/error: code should be/ && !seen[$1]++ { print $1 ":" $2 ": format: ./dev format"; bad = 1 }
                 END { exit bad }'
}

# clang reads the code as g++ compiles it, without precompiled headers (preset lint).
run_clang_tidy() {
    local files=() file
    for file in "${sources[@]}"; do
        case $file in
            src/*.cpp) files+=("$file") ;;
            src/*.h) mapfile -t -O "${#files[@]}" files < <(sources_including "$file") ;;
        esac
    done
    ((${#files[@]} > 0)) || return 0
    install_node_modules third_party/duckdb
    install_open62541
    if [[ -e console/package-lock.json ]]; then build_console; fi
    configure_preset lint
    mapfile -t files < <(printf '%s\n' "${files[@]}" | sort -u)
    local status=0 log=build/lint/findings.log
    # shellcheck disable=SC2016  # the inner bash sets $1
    supervise xargs -0 -a <(printf '%s\0' "${files[@]}") -P "$(job_count)" -n 1 \
        bash -c 'said=$(clang-tidy-19 --quiet -p build/lint "$1" 2>&1) || { echo "$said"; exit 1; }' _ \
        > "$log" || status=1
    exit_if_stopped
    once_each < "$log"
    return "$status"
}

# What is wrong in a header is found by each source that includes it: shows it once.
once_each() {
    awk '/^[^ ].*: (error|warning): / { shown = !seen[$0]++ }
         /^[0-9]+ warnings? (treated|generated)/ { next }
         shown'
}

# A header is checked through the sources of its module that include it.
sources_including() {
    grep -lF "#include \"${1#src/}\"" "$(dirname "$1")"/*.cpp 2> /dev/null || true
}
