# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# open62541, which Debian does not have: its C sources come out of a crate, and are built once for all
# clones. Why so: docs/decisions/open62541.md.

# Library and headers in a folder of the cache; build/open62541 leads there. Made again only when what
# third_party/open62541 says changes.
install_open62541() {
    local from=third_party/open62541 folder making
    folder=$cache/open62541-$(cat "$from"/{crate,unused,CMakeLists.txt,gantry.patch} | sha256sum | cut -c1-12)
    if [[ ! -e $folder ]]; then
        making=$folder.making.$$
        say "building open62541, which happens once"
        rm -rf "$making"
        mkdir -p "$making"
        fetch_crate "$from" "$making"
        quietly "patching open62541" patch -d "$making/crates/$crate/open62541" -p1 -i "$checkout/$from/gantry.patch"
        quietly "configuring open62541" cmake -S "$from" -B "$making/build" -G Ninja -DCMAKE_BUILD_TYPE=Release \
            "-DOPEN62541_SOURCE=$making/crates/$crate/open62541" "-DCMAKE_INSTALL_PREFIX=$making/out" \
            -DCMAKE_INSTALL_LIBDIR=lib
        limit=1800 quietly "building open62541" cmake --build "$making/build" --parallel "$(job_count)" --target install
        # Another clone may have been quicker.
        mv -T "$making/out" "$folder" 2> /dev/null || true
        rm -rf "$making"
    fi
    ln -sfn "$folder" "$checkout/build/open62541"
}

# fetch_crate <folder that names it> <to>: the crate of the file `crate` into <to>/crates/$crate, if its
# checksum is the one that is written there. What it would need to be compiled is replaced by nothing.
fetch_crate() {
    local from=$1 manifest=$2/fetch version checksum found name
    read -r crate version checksum < "$from/crate"
    mkdir -p "$manifest"
    : > "$manifest/nothing.rs"
    crate_manifest gantry-fetch 0.0.0 > "$manifest/Cargo.toml"
    printf '[dependencies]\n%s = "=%s"\n[patch.crates-io]\n' "$crate" "$version" >> "$manifest/Cargo.toml"
    while read -r name version; do
        mkdir -p "$manifest/$name"
        : > "$manifest/$name/nothing.rs"
        crate_manifest "$name" "$version" > "$manifest/$name/Cargo.toml"
        printf '%s = { path = "%s" }\n' "$name" "$name" >> "$manifest/Cargo.toml"
    done < "$from/unused"
    limit=900 quietly "cargo vendor $crate" cargo vendor --quiet --manifest-path "$manifest/Cargo.toml" "$2/crates"
    found=$(jq -r .package "$2/crates/$crate/.cargo-checksum.json")
    [[ $found == "$checksum" ]] || die "the crate $crate has checksum $found instead of $checksum"
}

crate_manifest() {
    printf '[package]\nname = "%s"\nversion = "%s"\nedition = "2021"\n[lib]\npath = "nothing.rs"\n' "$1" "$2"
}
