# Sourced by the scripts of this folder: builds the package and says how to compile beside it.
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
root=$PWD
work=$root/.build/fuzz
mkdir -p "$work"

swift build -c release --product gobbet
built=$(swift build -c release --show-bin-path)

# The C modules that the library imports, and the objects of all that it links but itself.
maps=()
for map in $(find .build/checkouts/swift-crypto/Sources .build/checkouts/swift-system/Sources \
  -name module.modulemap) Sources/{CGobbetZstd,CGobbetZlib,CBzip2,CLZMA,CLZ4}/module.modulemap \
  "$built"/CGobbet{Kernels,Scan,JSON}.build/module.modulemap; do
  maps+=(-Xcc "-fmodule-map-file=$map")
done
imports='CCryptoBoringSSL|CCryptoBoringSSLShims|CXKCP|CXKCPShims|Crypto|CryptoBoringWrapper'
imports="$imports|CGobbetKernels|CGobbetScan|CGobbetJSON|CSystem|SystemPackage"
mapfile -t imported < <(find "$built" -name '*.o' | grep -E "/($imports)\.build/")
mapfile -t library < <(find "$built/GobbetSystem.build" "$built/GobbetFile.build" -name '*.o')

options=(-O -parse-as-library -swift-version 6 -package-name
  "$(basename "$PWD" | tr '[:upper:]' '[:lower:]')" "${maps[@]}")
libraries=(-lzstd -lz -lbz2 -llzma -llz4 -lsimdjson -lstdc++)
