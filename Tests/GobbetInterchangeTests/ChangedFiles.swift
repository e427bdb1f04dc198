import Foundation
import GobbetData
import GobbetInterchange
import GobbetSystem
import TestSupport
import Testing

/// What becomes of files that were changed at random: each is read, or refused by a typed error.
struct ChangedFiles {
  /// How many are read.
  let runCount: Int
  /// Whether somebody asked for that many, and wants to see what was refused.
  private let isAskedFor: Bool
  private var readCount = 0
  private var slowest = Duration.zero
  private var refusals: [String: Int] = [:]

  /// As many runs as the variable says, or fewer, as one of many tests.
  init(runs variable: String, else count: Int) {
    let asked = ProcessInfo.processInfo.environment[variable].flatMap(Int.init)
    isAskedFor = asked != nil
    runCount = asked ?? count
  }

  /// Opcodes of pickles, and bytes that mean much as lengths and numbers.
  private static let telling: [UInt8] =
    Array(
      "(.0123FGIJKLMNPQRSTUVX]abcdeghijlopqrstu}\u{0}\u{1}".utf8)
    + (0x80...0x98).map { $0 } + [0x7F, 0xFF, 0xFE]

  /// Makes one to six changes to a part of a file.
  static func change(
    _ bytes: inout [UInt8], in part: Range<Int>, _ generator: inout SeededGenerator
  ) {
    let (first, last) = (part.lowerBound, part.upperBound)
    for _ in 0..<Int.random(in: 1...6, using: &generator) {
      let place = Int.random(in: part, using: &generator)
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
  }

  /// Opens a file, and reads its tensors, but large ones.
  mutating func read(_ open: () throws -> any TensorSource) {
    let start = ContinuousClock.now
    do {
      let reader = try open()
      for tensor in reader.tensors where tensor.byteCount <= 1 << 20 {
        _ = try? reader.bytes(of: tensor)
      }
      readCount += 1
    } catch let error as InterchangeError {
      refusals[Self.kind(error), default: 0] += 1
    } catch {
      #expect(
        error is TensorError || error is FileError || error is LoadingError, "\(error)")
    }
    slowest = max(slowest, ContinuousClock.now - start)
  }

  /// Expects what must be so of all files, and prints what was refused if somebody asked for it.
  func check(_ name: String) {
    #expect(readCount > runCount / 100 && readCount < runCount)
    // By the clock of a machine that may have other work.
    #expect(slowest < .seconds(10))
    // Other tests may run beside this one, unless somebody asked for it.
    guard isAskedFor else { return }
    #expect(Self.peakResidentByteCount() < 1 << 30)
    print("\(runCount) changed \(name), \(readCount) read, the slowest in \(slowest)")
    print("at most \(Self.peakResidentByteCount() >> 20) MiB resident; refused, and how often:")
    // The rest are names that the changes made.
    for (kind, count) in refusals.sorted(by: { $0.value > $1.value })
    where count > runCount / 10_000 {
      print(count, kind)
    }
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

  private static func peakResidentByteCount() -> Int {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return 1024 * (line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0)
  }
}
