import Foundation
import GobbetData
import GobbetInterchange
import GobbetSystem
import TestSupport
import Testing

/// `GOBBET_PICKLE_RUNS` says how many changed checkpoints of each kind are read, and has what was refused
/// printed, with how often.
@Suite("Changed checkpoints") struct ChangedPickleTests {
  /// A checkpoint, and where in it a pickle is.
  private struct Seed {
    let bytes: [UInt8]
    let pickle: Range<Int>
    /// Where the directory has the checksum of the pickle; nil in files that have none.
    let checksum: Int?
  }

  private static let runs = ChangedFiles(runs: "GOBBET_PICKLE_RUNS", else: 4000)

  private static func seeds() throws -> [Seed] {
    try PyTorchTests.files.map { name in
      let bytes = try readFile("\(fixturesFolder)/pytorch/\(name)")
      guard bytes.starts(with: [0x50, 0x4B, 3, 4]) else {
        return Seed(bytes: bytes, pickle: 0..<bytes.count, checksum: nil)
      }
      // The entry of the directory: its checksum, size and name.
      let entry = try #require(
        bytes.indices.first { place in
          place + 46 < bytes.count && bytes[place...].starts(with: [0x50, 0x4B, 1, 2])
            && bytes[(place + 46)...].prefix(Int(bytes[place + 28])).suffix(8)
              .elementsEqual("data.pkl".utf8)
        })
      func number(_ place: Int, _ count: Int) -> Int {
        (0..<count).reduce(0) { $0 | Int(bytes[place + $1]) << (8 * $1) }
      }
      let header = number(entry + 42, 4)
      let start = header + 30 + number(header + 26, 2) + number(header + 28, 2)
      return Seed(
        bytes: bytes, pickle: start..<(start + number(entry + 24, 4)), checksum: entry + 16)
    }
  }

  private static let table: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { sum, _ in sum >> 1 ^ (sum & 1 == 1 ? 0xEDB8_8320 : 0) }
  }

  /// The CRC-32 of ZIP files.
  private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    ~bytes.reduce(~0) { $0 >> 8 ^ table[Int(($0 ^ UInt32($1)) & 0xFF)] }
  }

  /// The seed with some changes, its checksum right again.
  private static func changed(_ seed: Seed, _ generator: inout SeededGenerator) -> [UInt8] {
    var bytes = seed.bytes
    ChangedFiles.change(&bytes, in: seed.pickle, &generator)
    if let place = seed.checksum {
      let sum = checksum(bytes[seed.pickle])
      for byte in 0..<4 { bytes[place + byte] = UInt8(truncatingIfNeeded: sum >> (8 * byte)) }
    }
    return bytes
  }

  @Test("a checkpoint whose pickle was changed is read or refused, soon and in little memory")
  func changedPickles() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("changed.pt")
    let seeds = try Self.seeds()
    var generator = SeededGenerator(2026)
    var files = Self.runs
    for _ in 0..<files.runCount {
      let seed = try #require(seeds.randomElement(using: &generator))
      try writeFile(path, Self.changed(seed, &generator))
      files.read { try PyTorchReader(path) }
    }
    files.check("checkpoints")
  }

  @Test(
    "a distributed checkpoint whose plan was changed is read or refused, soon and in little memory")
  func changedPlans() throws {
    let folder = try TemporaryFolder()
    let source = fixturesFolder + "/pytorch/distributed/"
    for name in ["__0_0.distcp", "__1_0.distcp"] {
      try writeFile(folder.file(name), readFile(source + name))
    }
    let path = folder.file(".metadata")
    let plan = try readFile(source + ".metadata")
    var generator = SeededGenerator(1126)
    var files = Self.runs
    for _ in 0..<files.runCount {
      var bytes = plan
      ChangedFiles.change(&bytes, in: 0..<bytes.count, &generator)
      try writeFile(path, bytes)
      files.read { try DistributedCheckpoint(plan: path) }
    }
    files.check("plans")
  }

  @Test("a pickle of more values than memory should hold is refused")
  func tooManyValues() throws {
    let folder = try TemporaryFolder()
    // Before PyTorch 1.6: three pickles, then one that is nothing but empty lists.
    let legacy = try readFile(fixturesFolder + "/pytorch/legacy.pt")
    let magic = legacy.prefix(15)
    let version: [UInt8] = [0x80, 2, 0x4D, 0xE9, 3, 0x2E]
    let end = try #require(legacy[21...].firstIndex(of: 0x2E))
    var bytes = Array(magic) + version + legacy[21...end] + [0x80, 2]
    bytes += [UInt8](repeating: 0x5D, count: (1 << 23) + 2)
    let path = try folder.write("many.pt", bytes)
    let error = #expect(throws: InterchangeError.self) { _ = try PyTorchReader(path) }
    #expect(error?.description.contains("8388608 values") == true)
  }
}
