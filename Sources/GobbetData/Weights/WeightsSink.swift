package import GobbetBPE

/// A packed file that is written: what ``WeightsWriter`` writes, as a sink.
package final class WeightsSink: TensorSink {
  /// The tensors, in the order in which they were given.
  package let tensors: [TensorDescription]
  private var writer: WeightsWriter

  /// Begins a file that appears at `path` when it is finished.
  ///
  /// - Throws: as ``WeightsWriter``.
  package init(
    path: String, tensors: [TensorDescription], metadata: [(String, String)],
    vocabulary: Vocabulary?, codec: WeightCodec, base: WeightsReader? = nil, replacing: Bool,
    setPlace: WeightSetPlace? = nil
  ) throws {
    self.tensors = tensors
    writer = try WeightsWriter(
      path: path, metadata: metadata, vocabulary: vocabulary, codec: codec, base: base,
      replacing: replacing, setPlace: setPlace)
  }

  /// Begins a tensor.
  package func begin(_ tensor: TensorDescription) throws { try writer.begin(tensor) }

  /// Adds the next bytes of its data.
  package func append(_ data: Span<UInt8>) throws { try writer.append(data) }

  /// Ends it.
  package func end() throws { try writer.end() }

  /// Writes the tables, and puts the file under its name.
  package func finish() throws { try writer.finish() }
}
