import ArgumentParser
import Foundation
import Gobbet
import GobbetSystem

/// Encodes a long stream that never repeats, chunk by chunk, and says how much memory it took.
struct StreamBench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stream", abstract: "Memory and speed of encoding a long stream in chunks.")

  @OptionGroup var input: EncodingInput

  @Option(help: "Megabytes (10^6 bytes) of text, made by a fixed seed.")
  var megabytes = 1000

  private struct Report: Encodable {
    let bytes: Int
    let tokens: Int
    let vocabulary_rss_mb: Int
    let peak_rss_mb: Int
    let mb_per_cpu_s: Double
  }

  func run() async throws {
    let tokenizer = try input.loadedTokenizer()
    _ = tokenizer.encoded("hello")
    let before = peakResidentMegabytes
    var chunked = ChunkedEncoder(tokenizer.makeEncoder())
    var source = EndlessText()
    var ids: [TokenID] = []
    var chunk: [UInt8] = []
    var (byteCount, tokenCount) = (0, 0)
    let seconds = cpuSeconds {
      while byteCount < megabytes * 1_000_000 {
        source.fill(&chunk, byteCount: 1 << 16)
        byteCount += chunk.count
        chunked.append(chunk.span, into: &ids)
        tokenCount += ids.count
        ids.removeAll(keepingCapacity: true)
      }
      chunked.finish(into: &ids)
      tokenCount += ids.count
    }
    try printJSON(
      Report(
        bytes: byteCount, tokens: tokenCount, vocabulary_rss_mb: before,
        peak_rss_mb: peakResidentMegabytes,
        mb_per_cpu_s: (Double(byteCount) / 1_000_000 / seconds).rounded(1)))
  }
}

/// Words of several alphabets, the short ones often, with numbers and symbols between them.
private struct EndlessText {
  private static let alphabets = ["etaoinshrdlu", "оеаинтсрвл", "的一是了我不人在他有", "あいうえおかきくけこ"]
    .map { $0.map { Array(String($0).utf8) } }
  private static let separators = [" ", " ", " ", ", ", ". ", "\n", " 1999 ", "();\n\t"]
    .map { Array($0.utf8) }
  private var state: UInt64 = 1

  /// A number below `bound`.
  private mutating func draw(_ bound: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int(truncatingIfNeeded: (state >> 33) % UInt64(bound))
  }

  mutating func fill(_ chunk: inout [UInt8], byteCount: Int) {
    chunk.removeAll(keepingCapacity: true)
    while chunk.count < byteCount {
      let alphabet = Self.alphabets[draw(8) % Self.alphabets.count]
      for _ in 0...draw(1 + draw(8)) { chunk += alphabet[draw(alphabet.count)] }
      chunk += Self.separators[draw(Self.separators.count)]
    }
  }
}
