#!/usr/bin/env bash
# Prints how fast files are checked, read and opened.
set -euo pipefail
source "$(dirname "$0")/common.sh"
swiftc "${options[@]}" -I "$built/Modules" Tests/Fuzz/FileSpeed.swift \
  "${library[@]}" "${imported[@]}" "${libraries[@]}" -o "$work/speed"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$work/speed" "$folder"
