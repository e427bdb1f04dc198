import Foundation
import GobbetData
import GobbetInterchange
import GobbetSystem
import TestSupport
import Testing

/// `GOBBET_PICKLE_RUNS` says how many changed checkpoints are read; `GOBBET_PICKLE_LIST` has what was
/// refused printed, with how often.
@Suite("Changed checkpoints") struct ChangedPickleTests {
  /// A checkpoint, and where in it a pickle is.
  private struct Seed {
    let bytes: [UInt8]
    let pickle: Range<Int>
    /// Where the directory has the checksum of the pickle; nil in files that have none.
    let checksum: Int?
  }

  private static let environment = ProcessInfo.processInfo.environment
  private static let runCount = environment["GOBBET_PICKLE_RUNS"].flatMap(Int.init) ?? 4000

  /// Opcodes, and bytes that mean much as lengths and numbers.
  private static let telling: [UInt8] =
    Array(
      "(.0123FGIJKLMNPQRSTUVX]abcdeghijlopqrstu}\u{0}\u{1}".utf8)
    + (0x80...0x98).map { $0 } + [0x7F, 0xFF, 0xFE]

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

  /// The seed with one to six changes, its checksum right again.
  private static func changed(_ seed: Seed, _ generator: inout SeededGenerator) -> [UInt8] {
    var bytes = seed.bytes
    let (first, last) = (seed.pickle.lowerBound, seed.pickle.upperBound)
    for _ in 0..<Int.random(in: 1...6, using: &generator) {
      let place = Int.random(in: seed.pickle, using: &generator)
      let count = min(Int.random(in: 1...12, using: &generator), last - place)
      switch Int.random(in: 0..<6, using: &generator) {
      case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      case 1: bytes[place] = telling.randomElement(using: &generator) ?? 0
      case 2: bytes[place] = UInt8.random(in: 0...255, using: &generator)
      case 3:
        // Bytes from elsewhere.
        let source = Int.random(in: first...(last - count), using: &generator)
        bytes.replaceSubrange(place..<(place + count), with: bytes[source..<(source + count)])
      case 4:
        // Telling ones between the others, of which the last go.
        let new = (0..<count).map { _ in telling.randomElement(using: &generator) ?? 0 }
        bytes.replaceSubrange(place..<last, with: (new + bytes[place..<(last - count)]))
      default:
        // Some taken out, and zeros at the end.
        bytes.replaceSubrange(
          place..<last,
          with: bytes[(place + count)..<last] + [UInt8](repeating: 0, count: count))
      }
    }
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
    var (readCount, slowest) = (0, Duration.zero)
    var refusals: [String: Int] = [:]
    for _ in 0..<Self.runCount {
      let seed = try #require(seeds.randomElement(using: &generator))
      let bytes = Self.changed(seed, &generator)
      try writeFile(path, bytes)
      let start = ContinuousClock.now
      do {
        let reader = try PyTorchReader(path)
        for tensor in reader.tensors where tensor.byteCount <= 1 << 20 {
          _ = try? reader.bytes(of: tensor)
        }
        readCount += 1
      } catch let error as InterchangeError {
        refusals[Self.kind(error), default: 0] += 1
      } catch {
        #expect(error is TensorError || error is FileError, "\(error)")
      }
      slowest = max(slowest, ContinuousClock.now - start)
    }
    #expect(readCount > Self.runCount / 100 && readCount < Self.runCount)
    // By the clock of a machine that may have other work.
    #expect(slowest < .seconds(10))
    // Other tests may run beside this one, unless somebody asked for it.
    guard Self.environment["GOBBET_PICKLE_LIST"] != nil else { return }
    #expect(peakResidentByteCount() < 1 << 30)
    print("\(Self.runCount) changed checkpoints, \(readCount) read, the slowest in \(slowest)")
    for (kind, count) in refusals.sorted(by: { $0.value > $1.value }) { print(count, kind) }
  }

  /// What an error says, without names and numbers.
  private static func kind(_ error: InterchangeError) -> String {
    let reason =
      switch error.code {
      case .damaged(let reason): "damaged: \(reason)"
      case .unsupported(let reason): "not supported: \(reason)"
      default: "\(error.code)"
      }
    let words = reason.prefix(60).split(separator: " ").map { word in
      word.contains(where: \.isNumber) || word.contains(".") ? "…" : String(word)
    }
    return words.joined(separator: " ")
  }

  private func peakResidentByteCount() -> Int {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return 1024 * (line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0)
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
