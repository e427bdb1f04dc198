internal import GobbetData
internal import GobbetSystem

extension FileFormat {
  /// A pickle of PyTorch's, alone or in an archive, or the plan of a distributed checkpoint.
  public static let pyTorch: FileFormat = {
    var format = FileFormat("pytorch")
    format.noun = "a pickle of Python or PyTorch"
    format.advice =
      "a pickle is a program and is never run here; load it where it was made, and save it as "
      + "safetensors, or a tokenizer as tokenizer.json"
    format.recognizes = { sample in
      if let name = sample.firstMemberName { return name.suffix(8).elementsEqual("data.pkl".utf8) }
      return sample.begins([0x80, 2]) || sample.begins([0x80, 4]) || sample.begins([0x80, 5])
    }
    format.weights = Weights(
      read: { file, choice in
        if try DistributedCheckpoint.isPlan(file) {
          let checkpoint = try DistributedCheckpoint(plan: file, key: choice.key)
          return WeightsInput(file, .pyTorch, checkpoint, .neighbours(nil))
        }
        if file.path.hasSuffix(".distcp") {
          throw LoadingError(
            path: file.path,
            reason:
              "holds pieces of a distributed checkpoint; give the folder that it is in, or the "
              + ".metadata there")
        }
        let reader = try PyTorchReader(file, key: choice.key)
        return WeightsInput(file, .pyTorch, reader, .neighbours(reader.gpt2Configuration))
      }, isWritten: false)
    return format
  }()
}
