internal import CGobbetKernels
internal import GobbetData

/// The tensors of a model, found in a source and checked.
///
/// Matrices get their place when they are asked for and their weights all together, by ``pack()``.
/// Biases may be missing if they are in every layer; the head may have any width, and a bias.
struct Parameters {
  private let source: any TensorSource
  private let precision: Precision
  private let threads: ThreadPool
  private let architecture: Architecture
  private let byName: [String: TensorDescription]
  private let panels: LargeMemory
  /// Words of the panels that are taken.
  private var wordCount = 0
  private var packingList: PackingList

  /// Bytes of the matrices whose weights multiply floats.
  private(set) var floatByteCount = 0

  /// Bytes of all matrices in memory.
  var matrixByteCount: Int { panels.count * 4 }
  /// What the tensors are called.
  let names: ParameterNames
  /// Outputs of the head.
  let headWidth: Int
  /// Whether the head is a tensor of its own.
  let hasOwnHead: Bool

  /// Finds the tensors of a model of that architecture; the threads share the packing.
  ///
  /// - Throws: ``GPTError`` for the first tensor that is missing, misshapen or surplus.
  init(
    _ source: any TensorSource, _ architecture: Architecture, _ names: ParameterNames,
    _ precision: Precision, _ threads: ThreadPool, partByteCount: Int
  ) throws(GPTError) {
    if let flaw = architecture.flaw { throw GPTError(.invalidConfiguration(flaw)) }
    self.source = source
    self.architecture = architecture
    self.names = names
    packingList = PackingList(partByteCount: partByteCount)
    self.precision = precision
    self.threads = threads
    var byName: [String: TensorDescription] = [:]
    for tensor in source.tensors { byName[tensor.name] = tensor }
    let head = byName["\(names.head).weight"]
    hasOwnHead = head != nil && !architecture.hasTiedHead
    if hasOwnHead, let head, head.shape.count == 2, head.shape[0] > 0 {
      headWidth = head.shape[0]
    } else {
      headWidth = architecture.vocabularySize
    }
    self.byName = byName
    let expected = ExpectedTensors(architecture, names, headWidth: headWidth)
    try expected.check(source, byName)
    var wordCount = 0
    for tensor in expected.tensors {
      guard let found = byName[tensor.name], let order = tensor.order else { continue }
      let shape = order == .byInput ? tensor.shape : tensor.shape.reversed()
      let words = PackedMatrix.wordCount(
        inputCount: shape[0], outputCount: shape[1],
        (tensor.precision ?? precision).element(of: found, order))
      let (sum, overflow) = wordCount.addingReportingOverflow(words ?? .max)
      guard !overflow else { throw GPTError(.outOfMemory(byteCount: .max)) }
      wordCount = sum
    }
    panels = try LargeMemory(wordCount: wordCount)
  }

  /// A tensor's elements, checked to be finite; zeros if the model does without it.
  func vector(_ name: String, count: Int) throws -> [Float] {
    guard let tensor = byName[name] else { return [Float](repeating: 0, count: count) }
    let values = try source.floats(of: tensor)
    guard values.allSatisfy(\.isFinite) else { throw GPTError(.notFinite(name)) }
    return values
  }

  /// The norm of that name, of rows of `size` floats.
  func norm(_ name: String, _ size: Int) throws -> Norm {
    let epsilon = architecture.norm.epsilon
    switch architecture.norm.kind {
    case .layer:
      return Norm(
        gain: try vector("\(name).weight", count: size),
        shift: try vector("\(name).bias", count: size), epsilon: epsilon)
    case .rms:
      return Norm(gain: try vector("\(name).weight", count: size), shift: nil, epsilon: epsilon)
    case .rmsOffset:
      let gain = try vector("\(name).weight", count: size).map { 1 + $0 }
      return Norm(gain: gain, shift: nil, epsilon: epsilon)
    case .rmsPlain:
      return Norm(gain: [Float](repeating: 1, count: size), shift: nil, epsilon: epsilon)
    }
  }

  /// The weights and bias of a linear layer.
  mutating func linear(
    _ name: String, _ inputCount: Int, _ outputCount: Int, inputs: InputRounding = .sixteenBits,
    precision: Precision? = nil
  ) throws -> Linear {
    let weights = try matrix(
      "\(name).weight", names.order, inputCount, outputCount, precision: precision)
    return Linear(
      weights, bias: try vector("\(name).bias", count: outputCount), inputs: inputs)
  }

  /// A matrix whose weights come with ``pack()``.
  mutating func matrix(
    _ name: String, _ order: PackedMatrix.Order, _ inputCount: Int, _ outputCount: Int,
    precision: Precision? = nil
  ) throws(GPTError) -> PackedMatrix {
    let precision = precision ?? self.precision
    guard let tensor = byName[name] else { throw GPTError(.missingTensor(name)) }
    let element = precision.element(of: tensor, order)
    let matrix = PackedMatrix(
      inputCount: inputCount, outputCount: outputCount, element, panels, offset: wordCount)
    if gobbet_reads_floats(element) { floatByteCount += matrix.byteCount }
    wordCount += matrix.byteCount / 4
    packingList.append(tensor, order, matrix, from: source)
    return matrix
  }

  /// Reads and packs the weights of all matrices.
  ///
  /// - Throws: ``GPTError`` (`notFinite`), else an error of the source.
  func pack() throws {
    panels.take(threads)
    try packingList.pack(from: source, threads)
  }
}
