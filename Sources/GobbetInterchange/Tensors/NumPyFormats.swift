internal import GobbetData

extension FileFormat {
  /// One NumPy array.
  public static let npy: FileFormat = {
    var format = FileFormat("npy", reportName: "numpy")
    format.endings = [".npy"]
    format.recognizes = { $0.begins([0x93] + Array("NUMPY".utf8)) }
    var weights = numPyWeights { file in
      guard file.tensors.count == 1, let tensor = file.tensors.first else {
        throw LoadingError(
          path: file.path, reason: "npy has a place for one tensor, not \(file.tensors.count)")
      }
      return try NumPyWriter.sink(tensor, file.path, replacing: file.replacing)
    }
    weights.holdsOneTensor = true
    format.weights = weights
    return format
  }()

  /// NumPy arrays in an archive that is not compressed.
  public static let npz: FileFormat = {
    var format = FileFormat("npz", reportName: "numpy")
    format.endings = [".npz"]
    format.recognizes = { sample in
      // PyTorch writes its pickle first.
      sample.firstMemberName.map { !$0.suffix(8).elementsEqual("data.pkl".utf8) } ?? false
    }
    var weights = numPyWeights {
      try NumPyWriter.sink($0.tensors, $0.path, replacing: $0.replacing)
    }
    weights.hasNeighbours = true
    format.weights = weights
    return format
  }()

  private static func numPyWeights(
    sink: @escaping @Sendable (TensorFile) throws -> any TensorSink
  ) -> Weights {
    Weights(
      read: { file, choice in
        WeightsInput(
          file, try file.format() ?? .npz, try NumPyReader(file, openType: choice.openType),
          .neighbours(nil))
      },
      sink: sink,
      reasonAgainst: { $0 == .bfloat16 ? "NumPy has no bf16; f32 holds it" : nil })
  }
}
