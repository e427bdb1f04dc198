/// A file of weights that is written: what a ``TensorSource`` is to reading.
///
/// A sink is made with all tensors and what is said of them, so that it can write in front what its
/// format wants there. The data follows tensor by tensor, in the sink's order, a piece at a time.
package protocol TensorSink: AnyObject {
  /// The tensors, in the order in which their data is wanted.
  var tensors: [TensorDescription] { get }
  /// Begins the data of the next tensor.
  func begin(_ tensor: TensorDescription) throws
  /// Adds the next bytes of the tensor's data.
  func append(_ data: Span<UInt8>) throws
  /// Ends the tensor, all of whose data is there.
  func end() throws
  /// Writes what comes last, and gives the file its name.
  func finish() throws
}

extension TensorSink {
  /// Nothing stands in front of a tensor.
  package func begin(_ tensor: TensorDescription) throws {}

  /// Nothing follows a tensor.
  package func end() throws {}
}

extension TensorSource {
  /// Writes the data that `sink` wants, and finishes it; `progress` hears of every piece how many bytes
  /// are written.
  ///
  /// - Precondition: the sink's tensors are of the source.
  /// - Throws: what the source, the sink and `progress` throw; the file then has no name.
  package func write(
    to sink: some TensorSink, progress: (Int) throws -> Void = { _ in }
  ) throws {
    var byteCount = 0
    for tensor in sink.tensors {
      try sink.begin(tensor)
      try forEachPiece(of: tensor) { piece in
        try sink.append(piece)
        byteCount += piece.count
        try progress(byteCount)
      }
      try sink.end()
    }
    try sink.finish()
  }
}
