import ArgumentParser
import Foundation
import Gobbet

/// Writes ids as a dataset with every codec, reads them in order, and in windows from anywhere.
struct TokensBench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokens", abstract: "Size and speed of token datasets, a line for each codec.")

  @Option(help: "Ids as 32-bit little-endian numbers, one after the other.")
  var input: String

  @Option(help: "All ids are below this; the largest of the input + 1 if not given.")
  var vocabularySize: Int?

  private struct Report: Encodable {
    let codec: String
    let block_tokens: Int
    let bits_per_token: Double
    let write_mtok_per_cpu_s: Double
    let read_mtok_per_cpu_s: Double
    let windows_per_cpu_s: Double
  }

  func run() async throws {
    let ids = try loadedIDs()
    let idBound = max(257, vocabularySize ?? Int(ids.max() ?? 0) + 1)
    let vocabulary = try Self.vocabulary(idBound: idBound)
    let scratch = try Scratch()
    for codec in TokenCodec.allCases where codec != .raw16 || idBound <= 1 << 16 {
      let path = scratch.file("\(codec.name).gobbet")
      try printJSON(try report(ids, codec, vocabulary, path))
    }
  }

  private func report(
    _ ids: [TokenID], _ codec: TokenCodec, _ vocabulary: Vocabulary, _ path: String
  ) throws -> Report {
    let megatokens = Double(ids.count) / 1_000_000
    let options = TokenDatasetOptions(codec: codec, embedsVocabulary: false)
    func write() throws {
      var writer = try TokenDatasetWriter(
        path: path, vocabulary: vocabulary, options: options, replacing: true)
      for start in stride(from: 0, to: ids.count, by: 1 << 16) {
        let end = min(start + 1 << 16, ids.count)
        try writer.append(document: ids.span.extracting(start..<end))
      }
      try writer.finish()
    }
    // The highest level of zstd takes its time: once tells enough.
    let writing = try codec == .archive ? cpuSeconds(write) : medianCPUSeconds(write)
    let reading = try medianCPUSeconds {
      let dataset = try TokenDataset(path: path)
      for start in stride(from: 0, to: ids.count, by: 1 << 20) {
        let tokens = try dataset.tokens(in: start..<min(start + 1 << 20, ids.count))
        guard tokens.first == ids[start], tokens.count == min(1 << 20, ids.count - start) else {
          throw ValidationError("\(path): not what was written")
        }
      }
    }
    return Report(
      codec: codec.name, block_tokens: options.blockTokenCount,
      bits_per_token: (Double(try fileByteCount(path)) * 8 / Double(ids.count)).rounded(3),
      write_mtok_per_cpu_s: (megatokens / writing).rounded(1),
      read_mtok_per_cpu_s: (megatokens / reading).rounded(1),
      windows_per_cpu_s: try windowsPerSecond(TokenDataset(path: path), ids).rounded(0))
  }

  /// Windows of 1,024 tokens and their targets, from random places, for a second of CPU time.
  private func windowsPerSecond(_ dataset: TokenDataset, _ ids: [TokenID]) throws -> Double {
    let windows = dataset.windows(length: 1024, stride: 1)
    guard windows.count > 0 else { return 0 }
    var state: UInt64 = 1
    var count = 0
    var seconds = 0.0
    while seconds < 1 {
      seconds += try cpuSeconds {
        for _ in 0..<32 {
          state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
          let start = Int(state >> 33) % windows.count
          guard try windows[start].targets.last == ids[start + 1024] else {
            throw ValidationError("\(dataset.paths): not what was written")
          }
        }
      }
      count += 32
    }
    return Double(count) / seconds
  }

  private func loadedIDs() throws -> [TokenID] {
    let data = try Data(contentsOf: URL(filePath: input))
    guard !data.isEmpty, data.count.isMultiple(of: 4) else {
      throw ValidationError("\(input): not 32-bit ids")
    }
    let bytes = [UInt8](data)
    return stride(from: 0, to: bytes.count, by: 4).map { start in
      (0..<4).reduce(0) { $0 | TokenID(bytes[start + $1]) << TokenID(8 * $1) }
    }
  }

  /// A vocabulary of so many ids: the bytes and one special token with the last id.
  private static func vocabulary(idBound: Int) throws -> Vocabulary {
    try Vocabulary(
      byteOrder: Array(0...255), pairs: [], pattern: .cl100k,
      specialTokens: SpecialTokens([SpecialToken("<|end|>", id: TokenID(idBound - 1))]))
  }
}
