import ArgumentParser
import Foundation
import Gobbet

/// Writes ids as a dataset with every codec, reads them in order, in windows from anywhere, and as a
/// shuffled epoch does.
struct TokensBench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokens", abstract: "Size and speed of token datasets, a line for each codec.")

  @OptionGroup var input: EncodedCorpus

  @Option(help: "Where the ids go as 32-bit little-endian numbers, for other programs.")
  var ids: String?

  @Option(help: "Tokens of a window.")
  var windowLength = 1024

  @Option(help: "Windows that are read in one step.")
  var batchSize = 32

  @Option(help: "Only this codec; repeatable.")
  var codec: [String] = []

  func validate() throws {
    guard batchSize >= 1 else { throw ValidationError("--batch-size: at least 1") }
  }

  private struct Report: Encodable {
    let codec: String
    let block_tokens: Int
    let tokens: Int
    let bits_per_token: Double
    let index_bits_per_token: Double
    let write_mtok_per_cpu_s: Double
    let read_mtok_per_cpu_s: Double
    let windows_per_cpu_s: Double
    let single_windows_per_cpu_s: Double
    let epoch_mtok_per_cpu_s: Double
  }

  func run() async throws {
    let loaded = try input.loadedVocabulary()
    let tokenizer = Tokenizer(loaded)
    var encoder = tokenizer.makeEncoder()
    let documents = try documents(input.corpus).map { document in
      var ids: [TokenID] = []
      encoder.encode(document.span, into: &ids)
      return ids
    }
    if let ids { try Self.write(documents, to: ids) }
    let scratch = try Scratch()
    for codec in TokenCodec.allCases
    where (codec != .raw16 || loaded.idBound <= 1 << 16)
      && (self.codec.isEmpty || self.codec.contains(codec.name))
    {
      let path = scratch.file("\(codec.name).gobbet")
      try printJSON(try report(documents, codec, loaded, path))
    }
  }

  private func report(
    _ documents: [[TokenID]], _ codec: TokenCodec, _ vocabulary: Vocabulary, _ path: String
  ) throws -> Report {
    let all = Array(documents.joined())
    let megatokens = Double(all.count) / 1_000_000
    let options = TokenDatasetOptions(codec: codec, embedsVocabulary: false)
    func write() throws {
      var writer = try TokenDatasetWriter(
        path: path, vocabulary: vocabulary, options: options, replacing: true)
      for document in documents { try writer.append(document: document.span) }
      try writer.finish()
    }
    // The highest level of zstd takes its time: once tells enough.
    let writing = try codec == .archive ? cpuSeconds(write) : medianCPUSeconds(write)
    let reading = try medianCPUSeconds {
      let dataset = try TokenDataset(path: path)
      for start in stride(from: 0, to: all.count, by: 1 << 20) {
        let tokens = try dataset.tokens(in: start..<min(start + 1 << 20, all.count))
        try check(tokens.first == all[start], path)
      }
    }
    let dataset = try TokenDataset(path: path)
    return Report(
      codec: codec.name, block_tokens: options.blockTokenCount, tokens: all.count,
      bits_per_token: (Double(try fileByteCount(path)) * 8 / Double(all.count)).rounded(3),
      index_bits_per_token: (try Self.indexBits(path) / Double(all.count)).rounded(4),
      write_mtok_per_cpu_s: (megatokens / writing).rounded(1),
      read_mtok_per_cpu_s: (megatokens / reading).rounded(1),
      windows_per_cpu_s: try windowsPerSecond(dataset, all).rounded(0),
      single_windows_per_cpu_s: try singleWindowsPerSecond(dataset, all).rounded(0),
      epoch_mtok_per_cpu_s: try epochMegatokensPerSecond(dataset, all).rounded(1))
  }

  /// Bits of all that isn't a token: the table of the blocks, and the lengths of the documents.
  private static func indexBits(_ path: String) throws -> Double {
    let container = try ContainerReader(path: path)
    let index = container.sections.filter { ["TOKB", "DOCL"].contains($0.kind.description) }
    return Double(index.reduce(0) { $0 + $1.storedByteCount } * 8)
  }

  /// Windows and their targets from random places, a batch in one step into the same memory, as a
  /// trainer reads them.
  private func windowsPerSecond(_ dataset: TokenDataset, _ all: [TokenID]) throws -> Double {
    let windows = dataset.windows(length: windowLength, stride: 1)
    var inputs = [TokenID](repeating: 0, count: batchSize * windowLength)
    var targets = inputs
    return try randomWindowsPerSecond(windows, all, batchSize: batchSize) { indices in
      var inputSpan = inputs.mutableSpan
      var targetSpan = targets.mutableSpan
      try windows.copy(indices.span, inputs: &inputSpan, targets: &targetSpan)
      return (targets[windowLength - 1], targets[targets.count - 1])
    }
  }

  /// The same one by one, each in arrays of its own.
  private func singleWindowsPerSecond(_ dataset: TokenDataset, _ all: [TokenID]) throws -> Double {
    let windows = dataset.windows(length: windowLength, stride: 1)
    return try randomWindowsPerSecond(windows, all, batchSize: 1) { indices in
      let last = try windows[indices[0]].targets[windowLength - 1]
      return (last, last)
    }
  }

  /// Windows of batches that `read` reads for a second of CPU time; it gives the last targets of the
  /// first and of the last of them.
  private func randomWindowsPerSecond(
    _ windows: TokenWindows, _ all: [TokenID], batchSize: Int,
    _ read: ([Int]) throws -> (first: TokenID, last: TokenID)
  ) throws -> Double {
    guard windows.count > 0 else { return 0 }
    let path = windows.dataset.paths[0]
    // Every block was read, and where it is checked once it has been.
    _ = try windows.dataset.tokens(in: 0..<all.count)
    var state: UInt64 = 1
    var indices = [Int](repeating: 0, count: batchSize)
    var count = 0
    var seconds = 0.0
    while seconds < 1 {
      seconds += try cpuSeconds {
        for _ in 0..<max(1, 256 / batchSize) {
          for index in indices.indices {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            indices[index] = Int(state >> 33) % windows.count
          }
          let (first, last) = try read(indices)
          try check(
            first == all[indices[0] + windowLength]
              && last == all[indices[batchSize - 1] + windowLength], path)
          count += batchSize
        }
      }
    }
    return Double(count) / seconds
  }

  /// Windows side by side, a batch in one step into the same memory; groups of many blocks are
  /// shuffled, so that each block is decoded about once.
  private func epochMegatokensPerSecond(
    _ dataset: TokenDataset, _ all: [TokenID]
  ) throws -> Double {
    let windows = dataset.windows(length: windowLength, stride: windowLength)
    guard windows.count > 0 else { return 0 }
    let perGroup = max(1, 8 * (1 << 14) / windowLength)
    var inputs = [TokenID](repeating: 0, count: batchSize * windowLength)
    var targets = inputs
    let seconds = try medianCPUSeconds {
      var sampler = windows.sampler(
        order: .groupsShuffled(windowsPerGroup: perGroup, groupsTogether: 16), seed: 1)
      var indices: [Int] = []
      while let window = sampler.next() {
        indices.append(window)
        guard indices.count == batchSize || sampler.state.position == sampler.count else {
          continue
        }
        var inputSpan = inputs.mutableSpan
        var targetSpan = targets.mutableSpan
        try windows.copy(indices.span, inputs: &inputSpan, targets: &targetSpan)
        try check(inputs[0] == all[indices[0] * windowLength], dataset.paths[0])
        indices.removeAll(keepingCapacity: true)
      }
    }
    return Double(windows.count * windowLength) / 1_000_000 / seconds
  }

  private func check(_ isRight: Bool, _ path: String) throws {
    guard isRight else { throw ValidationError("\(path): not what was written") }
  }

  private static func write(_ documents: [[TokenID]], to path: String) throws {
    var bytes: [UInt8] = []
    for id in documents.joined() {
      for shift in stride(from: TokenID(0), to: 32, by: 8) {
        bytes.append(UInt8(truncatingIfNeeded: id >> shift))
      }
    }
    try Data(bytes).write(to: URL(filePath: path))
  }
}
