# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# ./dev test and ./dev nightly: every kind of test is a step; a summary at the end.

task_test() {
    filters=("$@")
    results=$checkout/build/test
    rm -rf "$results"
    mkdir -p "$results"
    : > "$results/steps"
    build_preset dev unit_programs
    # What is tested from outside is the program as it is shipped.
    build_preset release programs
    export GANTRY_BIN=$checkout/build/release/bin GANTRY_CHECKOUT=$checkout
    cd "$checkout"

    # With sanitizers; what is tested from outside comes below, once.
    step_ctest dev -LE system
    if ((${#filters[@]} == 0)); then
        step_format
        # What only the optimiser does to arithmetic shows in the program as shipped.
        step codec-release 300 build/release/bin/codec_test --gtest_brief=1
        install_python_packages tests/system/requirements.txt
        step bench-smoke 600 python3 -B bench/run.py --smoke
    fi
    if [[ -e console/package.json && ${#filters[@]} == 0 ]]; then
        step console-test 900 npm --prefix console test
        step console-check 600 npm --prefix console run check
    fi
    if [[ -d tests/system ]]; then step_system; fi
    if [[ -e tests/browser/package.json ]]; then step_browser; fi
    summarize
}

task_nightly() {
    (($# == 0)) || usage_error "nightly takes no arguments; GANTRY_FUZZ_SECONDS sets the time of a fuzzer"
    export GANTRY_NIGHTLY=1
    filters=()
    results=$checkout/build/test
    rm -rf "$results"
    mkdir -p "$results"
    : > "$results/steps"
    build_preset dev
    if [[ ${GANTRY_DEV_ENTERED:-} == proot ]]; then
        say "ThreadSanitizer cannot run under proot: its tests are left out"
    else
        build_preset tsan
    fi
    build_preset fuzz
    # Warnings are errors, and some only come with the optimiser.
    build_preset release
    cd "$checkout"
    step_ctest dev
    if [[ ${GANTRY_DEV_ENTERED:-} != proot ]]; then
        # Without a fixed memory layout ThreadSanitizer may find its own part of it taken.
        around=(setarch --addr-no-randomize)
        step_ctest tsan
    fi
    # Power cuts of the whole program, and our MQTT broker beside Mosquitto's, with hundreds of seeds.
    export GANTRY_BIN=$checkout/build/release/bin GANTRY_CHECKOUT=$checkout GANTRY_POWER_CUTS=2000
    filters=(test_power_cut test_mqtt_differential)
    step_system
    filters=()
    fuzz_everything
    summarize
}

# ---- steps

# step <name> <seconds it may take> <command...>: runs it, notes how it went, says why it failed.
# Its output goes to $results/<name>.log; a JUnit file $results/<name>.xml, if it writes one, is counted.
step() {
    local name=$1 start=$SECONDS status=0
    local log=$results/$name.log
    limit=$2
    shift 2
    say "test: $name"
    if [[ $verbose == 1 ]]; then
        supervise "$@" > >(tee "$log") 2>&1 || status=$?
    else
        supervise "$@" > "$log" 2>&1 || status=$?
    fi
    exit_if_stopped
    if ((SECONDS - start >= limit && status != 0)); then echo "took more than $limit s" >> "$log"; fi
    unset limit
    printf '%s\t%s\t%s\n' "$name" "$status" $((SECONDS - start)) >> "$results/steps"
}

# What stands before ctest.
around=()

# step_ctest <preset> [option...]: every entry of ctest; with filters those whose name, or whose
# cases' names, have one in them.
step_ctest() {
    local preset=$1 select=() pattern
    shift
    if ((${#filters[@]} > 0)); then
        pattern=$(IFS='|' && echo "${filters[*]}")
        step_cases "$preset"
        select=(-R "$pattern" --no-tests=ignore)
    fi
    export GTEST_OUTPUT=xml:$results/ctest-$preset.cases/ GTEST_COLOR=no
    # The unit tests bring their own time-outs; this is for an entry that forgot.
    step "ctest-$preset" 7200 "${around[@]}" ctest --test-dir "build/$preset" --parallel "$(job_count)" \
        --timeout 900 --output-on-failure --output-junit "$results/ctest-$preset.xml" "${select[@]}" "$@"
    unset GTEST_OUTPUT GTEST_COLOR
}

# Single cases of the unit test programs.
step_cases() {
    local program cases filter
    for program in "build/$1"/bin/*_test; do
        [[ -x $program ]] || continue
        cases=$("$program" --gtest_list_tests |
            awk -v words="${filters[*]}" '
                BEGIN { count = split(words, word, " ") }
                /^[^ ]/ { suite = $1; next }
                { for (i = 1; i <= count; ++i) if (index(suite $1, word[i])) { print suite $1; next } }')
        [[ -n $cases ]] || continue
        filter=$(paste -sd: <<< "$cases")
        step "cases-${program##*/}" 1800 "$program" "--gtest_filter=$filter" --gtest_brief=1 \
            "--gtest_output=xml:$results/cases-${program##*/}.xml"
    done
}

step_format() {
    local status=0
    say "test: format"
    cxx_sources
    check_format > "$results/format.log" || status=1
    printf 'format\t%s\t0\n' "$status" >> "$results/steps"
}

step_system() {
    local select=() names
    if ((${#filters[@]} > 0)); then
        names=$(printf ' or %s' "${filters[@]}")
        select=(-k "${names# or }")
    fi
    install_python_packages tests/system/requirements.txt
    install_node_modules tests/clients
    # Most of them wait for something most of the time: a file at each processor.
    step system 3600 python3 -B -m pytest -q -p no:cacheprovider \
        -n "$(job_count)" --dist loadfile tests/system \
        "--junitxml=$results/system.xml" "${select[@]}"
}

# The browser is Debian's; Playwright shall not fetch one.
step_browser() {
    local select=()
    if ((${#filters[@]} > 0)); then select=(-g "$(IFS='|' && echo "${filters[*]}")" --pass-with-no-tests); fi
    export PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 GANTRY_CHROMIUM=/usr/bin/chromium
    install_node_modules tests/browser
    export PLAYWRIGHT_JUNIT_OUTPUT_NAME=$results/browser.xml
    cd tests/browser
    step browser 1800 npx --no-install playwright test --reporter=line,junit "${select[@]}"
    cd "$checkout"
}

summarize() {
    say ""
    python3 "$checkout/tools/dev/summary.py" "$results" "${filters[@]}" >&2
}

# ---- fuzzing

# Every fuzzer for its time on its corpus. What it finds on the way is kept in the cache, so that the
# next night starts from there; an input that crashes is reported with its path.
fuzz_everything() {
    local seconds=${GANTRY_FUZZ_SECONDS:-600} program subject corpus finds
    for program in build/fuzz/bin/*_fuzz; do
        [[ -x $program ]] || { say "there is no fuzzer yet" && continue; }
        subject=$(basename "$program" _fuzz)
        corpus=$(find src -type d -path "*/corpus/$subject" | head -n 1)
        finds=$cache/fuzz/$subject
        mkdir -p "$finds"
        step "fuzz-$subject" $((seconds + 300)) "$program" "-max_total_time=$seconds" -timeout=25 \
            -rss_limit_mb=4096 -print_final_stats=1 "-artifact_prefix=$finds/crash-" "$finds" ${corpus:+"$corpus"}
    done
}
