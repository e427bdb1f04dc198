internal import GobbetSystem

/// How an input is compressed, told by its first bytes.
///
/// The numbers are those of `gobbet_corpus_input`.
package enum InputCoding: UInt32, Sendable {
  case plain = 0
  case gzip = 1
  case zstd = 2
  case bzip2 = 3
  case xz = 4
  case lz4 = 5

  /// The compressions that are read here. The C library goes without some, to stay small.
  #if GOBBET_SMALL
    static let decoded: [Self] = [.gzip, .zstd]
  #else
    static let decoded: [Self] = [.gzip, .zstd, .bzip2, .xz, .lz4]
  #endif

  /// Bytes that tell every compression.
  static let startByteCount = 10

  /// The compression of a file with these first bytes, ``startByteCount`` of them or all.
  init(start: [UInt8]) { self = Self.decoded.first { $0.begins(start) } ?? .plain }

  /// The compression that the name of a file ends with; nil if it says none that is read here.
  init?(ofFileNamed path: String) {
    let name = path.lowercased()
    guard let coding = Self.decoded.first(where: { $0.endings.contains { name.hasSuffix($0) } })
    else { return nil }
    self = coding
  }

  /// The compression of which a file without its name, or with it, is a beginning too short to tell.
  ///
  /// A name that says so is enough; without one, as many bytes are needed as begin no text.
  init?(cut whole: [UInt8], path: String) {
    let said = Self(ofFileNamed: path)
    let found = Self.decoded.first { coding in
      let leastByteCount = coding == said ? 1 : coding == .bzip2 ? 4 : 2
      return whole.count >= leastByteCount && coding.isBeginning(whole)
    }
    guard let found else { return nil }
    self = found
  }

  /// The name of the compression, as errors have it.
  var name: String {
    switch self {
    case .plain: "plain"
    case .gzip: "gzip"
    case .zstd: "zstd"
    case .bzip2: "bzip2"
    case .xz: "xz"
    case .lz4: "lz4"
    }
  }

  /// What the names of such files end with.
  var endings: [String] {
    switch self {
    case .plain: []
    case .gzip: [".gz", ".gzip"]
    case .zstd: [".zst", ".zstd"]
    case .bzip2: [".bz2"]
    case .xz: [".xz"]
    case .lz4: [".lz4"]
    }
  }

  /// The program that writes the decompressed bytes of a file, or of its input, to its output.
  var program: String {
    switch self {
    case .plain: "cat"
    case .gzip: "zcat"
    case .zstd: "zstdcat"
    case .bzip2: "bzcat"
    case .xz: "xzcat"
    case .lz4: "lz4cat"
    }
  }

  /// Bytes that every such file begins with; bzip2 has a digit and a block or the end after them.
  private var magic: [UInt8] {
    switch self {
    case .plain: []
    case .gzip: [0x1F, 0x8B]
    case .zstd: [0x28, 0xB5, 0x2F, 0xFD]
    case .bzip2: Array("BZh".utf8)
    case .xz: [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]
    case .lz4: [0x04, 0x22, 0x4D, 0x18]
    }
  }

  private func begins(_ start: [UInt8]) -> Bool {
    switch self {
    case .bzip2:
      // Letters that a text may have. What isn't text after them is a stream that is damaged.
      start.count > 3 && start.starts(with: magic) && (0x31...0x39).contains(start[3])
        && (start.count >= Self.startByteCount
          && isBeginning(Array(start.prefix(Self.startByteCount)))
          || SampledContent(start, isWhole: false) != .utf8)
    case .zstd: start.starts(with: magic) || Self.beginsSkippableFrame(start)
    default: start.starts(with: magic)
    }
  }

  private static func beginsSkippableFrame(_ start: [UInt8]) -> Bool {
    start.count >= 4 && start[0] & 0xF0 == 0x50 && start[1..<4].elementsEqual([0x2A, 0x4D, 0x18])
  }

  /// Whether `bytes`, up to ``startByteCount``, are the first of some such file.
  private func isBeginning(_ bytes: [UInt8]) -> Bool {
    guard self == .bzip2 else {
      return bytes.count < magic.count && magic.starts(with: bytes)
    }
    guard bytes.count > magic.count else { return magic.starts(with: bytes) }
    let blocks: [[UInt8]] = [
      [0x31, 0x41, 0x59, 0x26, 0x53, 0x59], [0x17, 0x72, 0x45, 0x38, 0x50, 0x90],
    ]
    return bytes.starts(with: magic) && (0x31...0x39).contains(bytes[3])
      && blocks.contains { $0.starts(with: bytes.dropFirst(4)) }
  }
}
