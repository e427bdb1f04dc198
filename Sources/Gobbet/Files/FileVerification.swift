internal import GobbetBPE
internal import GobbetData
public import GobbetFile
package import GobbetInterchange
internal import Synchronization

/// A Gobbet file that was read from end to end and found as it was written.
///
/// ```swift
/// let verification = try await FileVerification(path: "corpus.gobbet")
/// print(verification.container.contentID)
/// ```
public struct FileVerification: Sendable {
  /// The file.
  public let container: ContainerReader
  /// Its signature; nil if it has none or it was not looked at.
  public let signature: ContainerSignature?

  /// Sections that are read at a time: more take memory and make nothing faster.
  private static let greatestWidth = 16

  /// Reads everything in the file at `path`: every checksum, every index, every id, the signature.
  ///
  /// A signature must hold, and be by `publicKey` if that is given; a file that is about to be
  /// signed anew need not have a signature that holds. `progress` is told how many bytes of the file, of
  /// all, the tokens or tensors that were read so far take, and ends the reading by answering false.
  /// - Throws: `FormatError` (`overDecodingBudget`) for a file that decodes to more than 4 GiB and than
  ///   256 times its size; the first fault: `FormatError`, `TensorError`, `VocabularyError`,
  ///   ``SignatureError``; or `FileError`; `CancellationError` if `progress` ended it.
  /// - Complexity: O(bytes of the file), in the memory of a block and of its tables.
  public init(
    path: String, signedBy publicKey: [UInt8]? = nil, checkingSignature: Bool = true,
    progress: @escaping @Sendable (_ byteCount: Int, _ all: Int) -> Bool = { _, _ in true }
  ) async throws {
    try await self.init(
      OpenedFile(path), signedBy: publicKey, checkingSignature: checkingSignature,
      progress: progress)
  }

  /// Reads everything in an open file.
  ///
  /// - Throws: as ``init(path:signedBy:checkingSignature:progress:)``.
  package init(
    _ file: OpenedFile, signedBy publicKey: [UInt8]? = nil, checkingSignature: Bool = true,
    progress: @escaping @Sendable (_ byteCount: Int, _ all: Int) -> Bool = { _, _ in true }
  ) async throws {
    let container = try file.container()
    self.container = container
    try container.requireDecoding()
    // Beside the digests, which take the longest; a fault of the container is told before one of
    // the content.
    async let contents: Void = Self.verifyContents(of: container) {
      guard progress($0, $1), !Task.isCancelled else { throw CancellationError() }
    }
    try await container.verify(width: min(processorCount, Self.greatestWidth))
    signature = checkingSignature ? try Self.signature(of: container, publicKey) : nil
    try await contents
  }

  /// Reads everything in an open file by threads that `onThreads` runs, which calls a closure for each
  /// index below a count and waits for all; `progress` ends the reading by throwing.
  ///
  /// - Throws: as ``init(path:signedBy:checkingSignature:progress:)``; what `progress` throws.
  package init(
    _ file: OpenedFile, signedBy publicKey: [UInt8]?,
    onThreads: (_ count: Int, @escaping @Sendable (Int) -> Void) -> Void,
    progress: @escaping @Sendable (_ byteCount: Int, _ all: Int) throws -> Void
  ) throws {
    let container = try file.container()
    self.container = container
    try container.requireDecoding()
    let faults = Mutex<[(any Error)?]>([nil, nil])
    onThreads(2) { index in
      do {
        try index == 0 ? container.verify() : Self.verifyContents(of: container, progress)
      } catch {
        faults.withLock { $0[index] = error }
      }
    }
    let found = faults.withLock { $0 }
    if let fault = found[0] { throw fault }
    signature = try Self.signature(of: container, publicKey)
    if let fault = found[1] { throw fault }
  }

  /// Told how much of all was read; ends the reading by throwing.
  private typealias Report = @Sendable (_ done: Int, _ all: Int) throws -> Void

  /// Reads what the sections mean.
  private static func verifyContents(
    of container: ContainerReader, _ progress: @escaping Report
  ) throws {
    let report: Report = { done, all in
      let share = Double(done) / Double(max(1, all))
      try progress(Int(share * Double(container.byteCount)), container.byteCount)
    }
    let holdings = FileHoldings(container)
    try requireHeads(of: container)
    _ = try container.metadata()
    if holdings.vocabulary { try Vocabulary.verify(container) }
    if holdings.tokens { try verify(try TokenDataset(verifying: container), report) }
    if holdings.counts { try PretokenCountsFile(container).forEachPretoken { _, _ in } }
    if holdings.weights { try verify(try WeightsReader(verifying: container), container, report) }
  }

  private static func signature(
    of container: ContainerReader, _ publicKey: [UInt8]?
  ) throws -> ContainerSignature? {
    guard let signature = try container.signature() else {
      if publicKey == nil { return nil }
      throw SignatureError(path: container.path, reason: "is not signed")
    }
    guard signature.isValid(for: container.contentID) else {
      throw SignatureError(
        path: container.path, reason: "its signature is not one of what it holds")
    }
    if let publicKey, signature.publicKey != publicKey {
      throw SignatureError(path: container.path, reason: "is signed with another key")
    }
    return signature
  }

  private static func verify(_ dataset: TokenDataset, _ report: Report) throws {
    if ![.raw16, .raw32].contains(dataset.codec) {
      let (byteCount, overflow) = dataset.tokenCount.multipliedReportingOverflow(by: 4)
      try dataset.shards[0].container.requireDecoding(
        of: overflow ? .max : byteCount, "tokens.tokenCount")
    }
    for start in stride(from: 0, to: dataset.tokenCount, by: 1 << 20) {
      let end = min(start + (1 << 20), dataset.tokenCount)
      // Reading checks each id against the bound.
      _ = try dataset.tokens(in: start..<end)
      try report(end, dataset.tokenCount)
    }
    _ = try dataset.documentSources()
    _ = try dataset.documentByteCounts()
    _ = try dataset.vocabulary()
  }

  /// The sections that mean nothing without their head: of each kind of content the head, and the
  /// profile of a file that is mainly for it.
  private static let parts: [(head: SectionKind, profile: ContainerProfile, rest: [SectionKind])] =
    [
      (.vocabularyHeader, .vocabulary, [.mergeLeft, .mergeRight, .mergeResult, .tokenStrings]),
      (
        .tokenHeader, .tokens,
        [
          .tokenRanks, .tokens, .tokenBlocks, .documentLengths, .lossMasks, .documentSources,
          .documentByteCounts,
        ]
      ),
      (.countsHeader, .counts, [.counts]),
      (.tensorTable, .weights, [.tensorBlocks, .tensorData]),
    ]

  /// Checks that the heads are there which the profile and the other sections call for.
  ///
  /// - Throws: `FormatError` (`missingSection`).
  package static func requireHeads(of container: ContainerReader) throws(FormatError) {
    for (head, profile, rest) in parts {
      let isNeeded =
        container.profile == profile || container.sections.contains { rest.contains($0.kind) }
      if isNeeded { _ = try container.requiredSection(head) }
    }
  }

  private static func verify(
    _ weights: WeightsReader, _ container: ContainerReader, _ report: Report
  ) throws {
    var byteCount = 0
    for tensor in weights.tensors where weights.codec(ofTensorNamed: tensor.name) != .raw {
      let (sum, overflow) = byteCount.addingReportingOverflow(tensor.byteCount)
      byteCount = overflow ? .max : sum
      try container.requireDecoding(of: byteCount, "tensors.shape")
    }
    let all = weights.tensors.reduce(0) { $0 + $1.byteCount }
    var done = 0
    for tensor in weights.tensors {
      try weights.forEachPiece(of: tensor) { _ in }
      done += tensor.byteCount
      try report(done, all)
    }
    try verifySet(weights)
  }

  /// Of a file of a set, checks that the files before and after it, as far as they are there, are of
  /// the same set.
  private static func verifySet(_ weights: WeightsReader) throws {
    guard let place = try weights.setPlace(), let paths = ShardName(weights.path)?.paths,
      paths.count == place.count
    else { return }
    for number in [place.number - 1, place.number + 1] where paths.indices.contains(number - 1) {
      guard exists(paths[number - 1]) else { continue }
      let neighbour = try WeightsReader(path: paths[number - 1])
      try WeightShards.checkSet([weights, neighbour], isWhole: false)
    }
  }
}

/// A file whose signature is missing, does not hold, or is by another key.
public struct SignatureError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The file's path.
  public let path: String
  /// What is wrong: one lower-case line.
  public let reason: String

  /// One line for a terminal or a log.
  public var description: String { "\(path): \(reason)" }
}
