internal import GobbetData
internal import GobbetInterchange
internal import GobbetSystem

/// How many rows an embedding gets, for tokens that were added to its vocabulary.
///
/// A head that is a tensor of its own, and its bias, get as many.
public struct EmbeddingResizing: Hashable, Sendable {
  /// What new rows are.
  public enum NewRows: String, Hashable, Sendable, CaseIterable {
    /// The mean of the old rows.
    case mean
    /// Zeros.
    case zero
  }

  /// Rows that are needed: one for each id.
  public var rowCount: Int
  /// There are that many rows, or the next multiple of them.
  public var multiple = 1
  /// What new rows are.
  public var newRows = NewRows.mean

  /// Creates a change to `rowCount` rows, the new ones being the mean of the old.
  public init(rowCount: Int) { self.rowCount = rowCount }

  /// Rows in all.
  ///
  /// - Precondition: ``multiple`` is positive.
  public var total: Int {
    precondition(multiple > 0, "EmbeddingResizing: a multiple of nothing")
    let (sum, isTooLarge) = rowCount.addingReportingOverflow(multiple - 1)
    return isTooLarge ? rowCount : sum / multiple * multiple
  }
}

extension FileConversion {
  /// The tensors with as many rows as are asked for.
  ///
  /// - Throws: `ConversionOptionError` where there are as many or more; `LoadingError` for a model
  ///   whose embedding is not known; `InterchangeError` for one in blocks.
  func resized(
    _ source: some TensorSource, _ input: WeightsInput
  ) throws -> any TensorSource {
    guard let resizing else { return source }
    let names = try VocabularyRows.names(
      among: source.tensors, configuration: try readFamilyConfiguration(of: input))
    guard let first = names.first.flatMap({ source.tensor(named: $0) }) else {
      let reason =
        input.format == .gguf
        ? "has tensors under llama.cpp's names; resize the embedding before it becomes GGUF"
        : "has no known embedding: it isn't a GPT-2, and there is no config.json to say what it is"
      throw LoadingError(path: input.path, reason: reason)
    }
    let rowCount = first.shape.first ?? 0
    for name in names {
      guard let tensor = source.tensor(named: name), tensor.shape.first == rowCount else {
        throw LoadingError(
          path: input.path, reason: "\(name) has another number of rows than \(first.name)")
      }
    }
    guard resizing.total > rowCount else {
      throw ConversionOptionError(
        .resizeEmbeddings,
        resizing.total == rowCount
          ? "\(first.name) has \(rowCount.counted("row")) already"
          : "\(first.name) has \(rowCount.counted("row")), and rows can't be taken away")
    }
    return try ResizedEmbeddings(
      source, names: names, rowCount: resizing.total,
      newRows: resizing.newRows == .mean ? .mean : .zero, path: input.path)
  }
}
