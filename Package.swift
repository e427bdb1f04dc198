// swift-tools-version: 6.3
import PackageDescription

/// What every Swift target is compiled with.
let settings: [SwiftSetting] = [
  .strictMemorySafety(),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableExperimentalFeature("Lifetimes"),
]

/// Whether the package is built for the C library, which is to be small.
let isSmall = Context.environment["GOBBET_SMALL"] != nil

/// What targets are compiled with whose speed matters little, where the C library asks for it: less code.
let smallSettings = settings + (isSmall ? [.unsafeFlags(["-Osize"])] : [])

/// The compressions of corpora that the C library leaves out.
let compressions: [Target.Dependency] = isSmall ? [] : ["CBzip2", "CLZMA", "CLZ4"]

let system: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let arguments: Target.Dependency = .product(
  name: "ArgumentParser", package: "swift-argument-parser")

/// The plugin behind `swift package generate-documentation`, for whoever asks for it: users of the package
/// needn't fetch it.
let documentationPlugin: [Package.Dependency] =
  Context.environment["GOBBET_DOCUMENTATION"] == nil
  ? [] : [.package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.4.3")]

/// A library target of this package, from `Sources/` and the name.
func library(
  _ name: String, _ dependencies: [Target.Dependency] = [], _ settings: [SwiftSetting] = settings
) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

/// The tests of one target, from `Tests/`, the name and `Tests`.
func tests(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: [.byName(name: name), "TestSupport"] + dependencies,
    swiftSettings: settings)
}

// Debian's simdjson.pc carries a -D flag that SwiftPM refuses with a warning, and its headers lie
// on the compiler's own path; Homebrew's do not.
#if os(macOS)
  let simdjsonPackage: String? = "simdjson"
#else
  let simdjsonPackage: String? = nil
#endif

let package = Package(
  name: "gobbet",
  platforms: [.macOS(.v15), .iOS(.v18), .tvOS(.v18), .watchOS(.v11), .visionOS(.v2)],
  products: [
    .library(name: "Gobbet", targets: ["Gobbet"]),
    .library(name: "GobbetBPE", targets: ["GobbetBPE"]),
    .library(name: "GobbetTokenizers", targets: ["GobbetTokenizers"]),
    .library(name: "GobbetFile", targets: ["GobbetFile"]),
    .library(name: "GobbetCorpus", targets: ["GobbetCorpus"]),
    .library(name: "GobbetData", targets: ["GobbetData"]),
    .library(name: "GobbetInterchange", targets: ["GobbetInterchange"]),
    .library(name: "GobbetGPT", targets: ["GobbetGPT"]),
    .library(name: "GobbetReport", targets: ["GobbetReport"]),
    .library(name: "GobbetRemote", targets: ["GobbetRemote"]),
    .library(name: "GobbetC", type: .dynamic, targets: ["GobbetC"]),
    .executable(name: "gobbet", targets: ["gobbet-cli"]),
    .executable(name: "gobbet-bench", targets: ["gobbet-bench"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
  ] + documentationPlugin,
  targets: [
    // The leaves.
    library("GobbetSpans"),
    library("GobbetBPE", ["GobbetSpans", "CGobbetScan"]),
    library("GobbetSystem", ["GobbetSpans", system], smallSettings),
    library("GobbetPage", ["GobbetSystem"]),
    // What an app needs to read a tokenizer: no library of the system.
    library(
      "GobbetTokenizers", ["GobbetSpans", "GobbetBPE", "GobbetSystem", "CGobbetScan"], smallSettings
    ),
    // The container and the documents.
    library(
      "GobbetFile", ["GobbetSpans", "GobbetSystem", "CGobbetZstd", "CGobbetKernels", crypto],
      smallSettings),
    library(
      "GobbetCorpus",
      ["GobbetSpans", "GobbetSystem", "CGobbetZstd", "CGobbetZlib", "CGobbetJSON"] + compressions,
      settings + (isSmall ? [.define("GOBBET_SMALL")] : [])),
    // What the files hold, and the files of others.
    library(
      "GobbetData", ["GobbetSpans", "GobbetBPE", "GobbetFile", "GobbetSystem", "CGobbetKernels"]),
    library(
      "GobbetInterchange",
      ["GobbetSpans", "GobbetTokenizers", "GobbetData", "GobbetSystem", "CGobbetZlib"],
      smallSettings),
    library("GobbetGPT", ["GobbetData", "GobbetSystem", "CGobbetKernels"], smallSettings),
    // The pipelines, and the programs.
    library("Gobbet", ["GobbetGPT", "GobbetInterchange", "GobbetCorpus"], smallSettings),
    library("GobbetReport", ["Gobbet", "GobbetPage", "CGobbetKernels"]),
    // Files behind HTTP: nothing else needs libcurl.
    library("GobbetRemote", ["GobbetInterchange", "CGobbetCurl"]),
    .executableTarget(
      name: "gobbet-cli", dependencies: ["GobbetReport", "GobbetPage", arguments, crypto],
      swiftSettings: settings),
    .executableTarget(
      name: "gobbet-bench", dependencies: ["Gobbet", arguments], swiftSettings: settings),
    // What other languages call.
    // Every line of the C face handles pointers of others, so that marking each would mark nothing.
    .target(
      name: "GobbetC", dependencies: ["GobbetSpans", "Gobbet", "CGobbet"],
      swiftSettings: Array(smallSettings.dropFirst())),
    .systemLibrary(name: "CGobbet"),
    // C and C++, and the libraries of the system.
    .target(name: "CGobbetKernels"),
    .target(name: "CGobbetScan"),
    .target(
      name: "CGobbetJSON", dependencies: ["CSimdjson"],
      linkerSettings: [.linkedLibrary("simdjson")]),
    .systemLibrary(
      name: "CSimdjson", pkgConfig: simdjsonPackage,
      providers: [.apt(["libsimdjson-dev"]), .brew(["simdjson"])]),
    .systemLibrary(
      name: "CGobbetZstd", pkgConfig: "libzstd",
      providers: [.apt(["libzstd-dev"]), .brew(["zstd"])]),
    .systemLibrary(
      name: "CGobbetZlib", pkgConfig: "zlib",
      providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
    .systemLibrary(name: "CBzip2", providers: [.apt(["libbz2-dev"]), .brew(["bzip2"])]),
    .systemLibrary(
      name: "CLZMA", pkgConfig: "liblzma", providers: [.apt(["liblzma-dev"]), .brew(["xz"])]),
    .systemLibrary(
      name: "CLZ4", pkgConfig: "liblz4", providers: [.apt(["liblz4-dev"]), .brew(["lz4"])]),
    .target(name: "CGobbetCurl", dependencies: ["CCurl"]),
    .systemLibrary(
      name: "CCurl", pkgConfig: "libcurl",
      providers: [.apt(["libcurl4-openssl-dev"]), .brew(["curl"])]),
    // Tests.
    .target(name: "CTerminal", path: "Tests/CTerminal"),
    .target(
      name: "TestSupport", dependencies: ["GobbetSystem", "GobbetFile", "CTerminal"],
      path: "Tests/TestSupport", swiftSettings: settings),
    tests("GobbetBPE"),
    tests("GobbetPage"),
    .executableTarget(
      name: "TokenizerApp", dependencies: ["GobbetTokenizers"], path: "Tests/TokenizerApp",
      swiftSettings: settings),
    tests("GobbetTokenizers", ["GobbetInterchange", "CGobbetJSON", "TokenizerApp", crypto]),
    tests("GobbetSystem"),
    tests("GobbetFile", ["CGobbetKernels"]),
    tests("GobbetCorpus", compressions),
    .executableTarget(
      name: "gobbet-conformance", dependencies: ["Gobbet", "GobbetInterchange"],
      path: "Tests/Conformance",
      swiftSettings: settings),
    tests("GobbetData", ["CGobbetKernels", "gobbet-conformance"]),
    tests("GobbetInterchange"),
    tests("GobbetGPT", ["CGobbetKernels"]),
    tests("Gobbet", [crypto]),
    tests("GobbetReport", ["GobbetPage"]),
    tests("GobbetRemote"),
    .target(name: "CGobbetRound", dependencies: ["CGobbet"], path: "Tests/CGobbetRound"),
    tests("GobbetC", ["CGobbet", "CGobbetRound"]),
    .testTarget(
      name: "CommandTests", dependencies: ["TestSupport", "Gobbet", "gobbet-cli"],
      swiftSettings: settings),
  ],
  cxxLanguageStandard: .cxx17
)
