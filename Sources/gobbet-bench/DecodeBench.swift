import ArgumentParser
import Gobbet

/// Decodes the ids of a corpus, document by document.
struct DecodeBench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "decode", abstract: "Decoding speed over the ids of a corpus.")

  @OptionGroup var input: EncodingInput

  private struct Report: Encodable {
    let bytes: Int
    let tokens: Int
    let decode_mb_per_cpu_s: Double
    let peak_rss_mb: Int
  }

  func run() async throws {
    let documents = try input.loadedDocuments()
    let byteCount = documents.reduce(0) { $0 + $1.count }
    let tokenizer = try input.loadedTokenizer()
    var encoder = tokenizer.makeEncoder()
    let ids = documents.map { document in
      var ids: [TokenID] = []
      encoder.encode(document.span, into: &ids)
      return ids
    }
    let decoder = TokenDecoder(tokenizer.vocabulary)
    var passes: [Double] = []
    var bytes: [UInt8] = []
    for _ in 0..<5 {
      passes.append(
        try cpuSeconds {
          for document in ids {
            bytes.removeAll(keepingCapacity: true)
            try decoder.decode(document.span, into: &bytes)
          }
        })
    }
    try printJSON(
      Report(
        bytes: byteCount, tokens: ids.reduce(0) { $0 + $1.count },
        decode_mb_per_cpu_s: (Double(byteCount) / 1_000_000 / median(passes)).rounded(1),
        peak_rss_mb: peakResidentMegabytes))
  }
}
