#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Packs a folder into a dated archive and thins out the old ones: everything from the last
# seven days is kept, then one archive a week for two months, then one a month.
#
#   keep_backups.sh [-n] SOURCE DESTINATION
#
# With -n nothing is written or removed; the script only says what it would do.
set -euo pipefail

usage() {
    echo "usage: ${0##*/} [-n] SOURCE DESTINATION" >&2
    exit 64
}

dry_run=false
while getopts ":nh" option; do
    case "$option" in
        n) dry_run=true ;;
        h | *) usage ;;
    esac
done
shift $((OPTIND - 1))
[ "$#" -eq 2 ] || usage

source_folder=$1
destination=$2
today=$(date +%Y-%m-%d)
now=$(date +%s)

if [ ! -d "$source_folder" ]; then
    echo "${0##*/}: no such folder: $source_folder" >&2
    exit 66
fi

run() {
    if "$dry_run"; then
        printf 'would run:'
        printf ' %q' "$@"
        printf '\n'
    else
        "$@"
    fi
}

make_archive() {
    local name target partial
    name=$(basename "$source_folder")
    target="$destination/$name-$today.tar.gz"
    partial="$target.partial"
    if [ -e "$target" ]; then
        echo "already there: $target"
        return
    fi
    run mkdir -p "$destination"
    run tar -czf "$partial" -C "$(dirname "$source_folder")" "$name"
    run mv "$partial" "$target"
    echo "packed: $target"
}

# Prints the bucket a date belongs to; the newest archive in each bucket survives.
bucket_of() {
    local day=$1 seconds age
    seconds=$(date -d "$day" +%s 2>/dev/null || date -j -f %Y-%m-%d "$day" +%s)
    age=$(((now - seconds) / 86400))
    if [ "$age" -le 7 ]; then
        echo "day $day"
    elif [ "$age" -le 62 ]; then
        echo "week $((seconds / 604800))"
    else
        echo "month ${day%-*}"
    fi
}

thin_out() {
    local seen='' archive day bucket
    # Newest first, so that the first one met in a bucket is the one to keep.
    while IFS= read -r archive; do
        day=$(basename "$archive" .tar.gz)
        day=${day: -10}
        case "$day" in
            [0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]) ;;
            *)
                echo "left alone: $archive"
                continue
                ;;
        esac
        bucket=$(bucket_of "$day")
        case "$seen" in
            *"|$bucket|"*) run rm -- "$archive" ;;
            *) seen="$seen|$bucket|" ;;
        esac
    done < <(find "$destination" -maxdepth 1 -name '*.tar.gz' | sort -r)
}

make_archive
if [ -d "$destination" ]; then
    thin_out
fi
