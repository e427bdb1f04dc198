internal import GobbetData
internal import GobbetSystem

/// A file in which the data of all tensors follows a header, with zeros between.
final class FileSink: TensorSink {
  /// The zeros that follow a tensor, of which the file has that many bytes by then.
  typealias Padding = (_ tensor: TensorDescription, _ byteCount: Int) -> Int

  let tensors: [TensorDescription]
  private let padding: Padding
  private var file: AtomicFile
  private var open: TensorDescription?

  /// Creates a sink that goes on with a file whose header is written.
  init(
    _ tensors: [TensorDescription], _ file: consuming AtomicFile,
    padding: @escaping Padding = { _, _ in 0 }
  ) {
    self.tensors = tensors
    self.padding = padding
    self.file = file
  }

  func begin(_ tensor: TensorDescription) { open = tensor }

  func append(_ data: Span<UInt8>) throws { try file.write(data) }

  func end() throws {
    guard let tensor = open.take() else { return }
    let zeros = [UInt8](repeating: 0, count: padding(tensor, file.byteCount))
    try file.write(zeros.span)
  }

  func finish() throws { try file.commit() }
}
