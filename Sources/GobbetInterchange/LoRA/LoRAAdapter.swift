public import GobbetData

/// A low-rank adapter: for some linear layers two matrices, whose scaled product is added to the weight.
///
/// Beside them PEFT keeps the lengths of rows (DoRA), whole layers, and rows of embeddings.
///
/// Names and layouts are PEFT's (`….lora_A.weight` [r, inputs], `….lora_B.weight` [outputs, r]) or those
/// of the book's appendix E (`….lora.A` [inputs, r], `….lora.B` [r, outputs]).
public struct LoRAAdapter: Sendable {
  /// The matrices for one layer.
  struct Update: Sendable {
    /// The layer's name, without what wrappers put in front.
    let module: String
    /// [inputs, r] or, if transposed, [r, inputs].
    let down: TensorDescription
    /// [r, outputs] or, if transposed, [outputs, r].
    let up: TensorDescription
    /// Whether they are in PEFT's layouts.
    let isTransposed: Bool
    /// What their product is multiplied by.
    let scale: Float
    /// The lengths that the outputs' rows get after the sum; nil where they are left.
    let magnitudes: TensorDescription?
    /// What is added to the layer's biases after it is scaled; nil if nothing is.
    var bias: TensorDescription?
    /// Whether the layer is an embedding, whose weight is [inputs, outputs].
    var isOfEmbedding = false
    /// What of the matrices counts, where they are those of several experts.
    var part: ExpertShare?

    var rank: Int { down.shape[isTransposed ? 0 : 1] / (part?.expertCount ?? 1) }
    var inputCount: Int { down.shape[isTransposed ? 1 : 0] }
    var outputCount: Int { part?.outputs.count ?? up.shape[isTransposed ? 0 : 1] }
  }

  /// One expert of those that matrices in PEFT's layouts are for, and some of its outputs.
  struct ExpertShare: Sendable {
    let expert: Int
    let expertCount: Int
    let outputs: Range<Int>
  }

  /// Some rows of an embedding that were trained.
  struct Rows: Sendable {
    /// The embedding's name, without what wrappers put in front.
    let module: String
    /// The rows as they are now.
    let rows: TensorDescription
    /// Which ones they are.
    let indices: [Int]
  }

  /// The updates of layers, in the order of the source.
  let updates: [Update]
  /// The updates of parameters that aren't layers.
  let parameterUpdates: [ParameterUpdate]
  /// Tensors that were trained as a whole, by their names without what wrappers put in front.
  let replacements: [(name: String, tensor: TensorDescription)]
  /// Rows of embeddings.
  let rows: [Rows]
  /// Whether the layers' weights are [inputs, outputs]; nil where nothing says so.
  let isInputMajor: Bool?
  /// What says how matrices are scaled.
  let configuration: LoRAConfiguration
  let source: any TensorSource

  private static let endings: [(down: String, up: String, isTransposed: Bool)] = [
    (".lora_A.weight", ".lora_B.weight", true),
    (".lora_A.default.weight", ".lora_B.default.weight", true),
    (".lora_embedding_A", ".lora_embedding_B", true),
    (".lora_embedding_A.default", ".lora_embedding_B.default", true),
    (".lora.A", ".lora.B", false),
  ]

  /// The adapter in `source`; tensors that aren't part of one are passed over if
  /// `allowingOthers`, as in a whole model of the book's.
  ///
  /// - Throws: `InterchangeError` if there is none, a matrix lacks its other half or does not fit it,
  ///   a tensor is left over, or nothing says alpha.
  public init(
    _ source: some TensorSource, _ configuration: LoRAConfiguration, path: String,
    allowingOthers: Bool = false
  ) throws {
    let names = TensorNames(source)
    var updates: [Update] = []
    var parameterUpdates: [ParameterUpdate] = []
    var rest = LoRAExtras(configuration, path: path)
    for tensor in source.tensors where Self.ending(of: tensor.name) == nil {
      guard try rest.take(tensor) || allowingOthers else {
        throw InterchangeError(
          .unsupported("a tensor that isn't a matrix of a low-rank adapter"), path: path,
          field: tensor.name)
      }
    }
    for tensor in source.tensors {
      guard let ending = Self.ending(of: tensor.name) else { continue }
      guard tensor.name.hasSuffix(ending.down) else {
        let down = tensor.name.dropLast(ending.up.count) + ending.down
        guard names[String(down)] != nil else {
          throw InterchangeError(.damaged("without its other half"), path: path, field: tensor.name)
        }
        continue
      }
      let name = String(tensor.name.dropLast(ending.down.count))
      guard let up = names[name + ending.up] else {
        throw InterchangeError(.damaged("without its other half"), path: path, field: tensor.name)
      }
      let (first, second) = ending.isTransposed ? (up, tensor) : (tensor, up)
      guard tensor.shape.count == 2, up.shape.count == 2, first.shape[1] == second.shape[0],
        first.shape[1] > 0
      else {
        throw InterchangeError(
          .damaged("\(tensor.shape) and \(up.shape) do not make a product"), path: path,
          field: tensor.name)
      }
      let module = Self.module(name)
      if let parameter = try configuration.parameter(ofMatricesNamed: module) {
        let layer = Self.layer(name)
        parameterUpdates.append(
          ParameterUpdate(
            module: parameter.module, parameter: parameter.parameter,
            layer: String(layer.dropLast(module.utf8.count - parameter.module.utf8.count)),
            down: tensor, up: up))
        continue
      }
      guard let scale = try configuration.scale(of: Self.layer(name), rank: first.shape[1]) else {
        throw InterchangeError(.damaged("nothing says alpha"), path: path, field: tensor.name)
      }
      updates.append(
        Update(
          module: module, down: tensor, up: up, isTransposed: ending.isTransposed,
          scale: Float(scale),
          magnitudes: try rest.magnitudes(
            of: name, count: ending.isTransposed ? up.shape[0] : up.shape[1]),
          bias: try rest.bias(of: name, count: ending.isTransposed ? up.shape[0] : up.shape[1]),
          isOfEmbedding: ending.down.hasPrefix(".lora_embedding")))
    }
    try rest.requireAllUsed()
    guard
      !updates.isEmpty || !parameterUpdates.isEmpty || !rest.replacements.isEmpty
        || !rest.rows.isEmpty
    else {
      throw InterchangeError(.damaged("no low-rank adapter"), path: path)
    }
    self.updates = updates
    self.parameterUpdates = parameterUpdates
    self.configuration = configuration
    replacements = rest.replacements
    rows = rest.rows
    isInputMajor = configuration.isInputMajor
    self.source = source
  }

  private static func ending(
    of name: String
  ) -> (down: String, up: String, isTransposed: Bool)? {
    endings.first { name.hasSuffix($0.down) || name.hasSuffix($0.up) }
  }

  /// Whether a tensor is a matrix of an adapter.
  static func isPart(_ name: String) -> Bool { ending(of: name) != nil }

  /// A layer's name without what wrappers put in front.
  static func module(_ name: String) -> String {
    var name = name[...]
    for prefix in ["base_model.model.", "_orig_mod.", "module.", "transformer."] {
      if name.hasPrefix(prefix) { name = name.dropFirst(prefix.count) }
    }
    return String(name)
  }

  /// A layer's name as PEFT knows it in the base model, which its patterns are about.
  private static func layer(_ name: String) -> String {
    let prefix = "base_model.model."
    return name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : name
  }

  /// Adds an update to the columns of a weight [inputs, width] from `firstColumn` on, or of one
  /// [outputs, inputs] if `isOutputMajor`.
  ///
  /// - Throws: an error of the source.
  func add(
    _ update: Update, to weight: inout [Float], width: Int, firstColumn: Int, isOutputMajor: Bool,
    _ matrices: inout LoadedMatrices
  ) throws {
    var (down, up) = try matrices.load(update, from: source)
    let (rank, inputs, outputs) = (update.rank, update.inputCount, update.outputCount)
    // Both by rows that the loop below takes in order: one of coefficients, one of what they scale.
    let coefficients: [Float]
    if isOutputMajor {
      // Row o of W is the sum over k of B[o, k] A[k, :].
      coefficients = update.isTransposed ? up : transposed(up, rank, outputs)
      if !update.isTransposed { down = transposed(down, inputs, rank) }
      swap(&down, &up)
    } else {
      coefficients = update.isTransposed ? transposed(down, rank, inputs) : down
      if update.isTransposed { up = transposed(up, outputs, rank) }
    }
    let (rows, columns) = isOutputMajor ? (outputs, inputs) : (inputs, outputs)
    var sums = [Float](repeating: 0, count: columns)
    for row in 0..<rows {
      for column in 0..<columns { sums[column] = 0 }
      for k in 0..<rank {
        let coefficient = coefficients[row * rank + k]
        let start = k * columns
        for column in 0..<columns { sums[column] += coefficient * up[start + column] }
      }
      let start = row * width + firstColumn
      for column in 0..<columns { weight[start + column] += update.scale * sums[column] }
    }
    guard let magnitudes = update.magnitudes else { return }
    let lengths = try source.floats(of: magnitudes)
    // An output is a row here, or a column.
    let (step, outputStep) = isOutputMajor ? (1, width) : (width, 1)
    for output in 0..<outputs {
      let first = firstColumn + output * outputStep
      var sum = 0.0
      for input in 0..<inputs {
        let element = Double(weight[first + input * step])
        sum += element * element
      }
      let factor = lengths[output] / Float(sum.squareRoot())
      for input in 0..<inputs { weight[first + input * step] *= factor }
    }
  }
}

/// The matrices of an update, which those of other experts share.
struct LoadedMatrices {
  private var last: (down: TensorDescription, up: TensorDescription)?
  private var down: [Float] = []
  private var up: [Float] = []

  /// The two matrices; of several experts, those of the update's.
  mutating func load(
    _ update: LoRAAdapter.Update, from source: any TensorSource
  ) throws -> (down: [Float], up: [Float]) {
    if last?.down != update.down || last?.up != update.up {
      down = try source.floats(of: update.down)
      up = try source.floats(of: update.up)
      last = (update.down, update.up)
    }
    guard let part = update.part else { return (down, up) }
    let (rank, count) = (update.rank, update.inputCount)
    let first = part.expert * rank * count
    var own: [Float] = []
    for output in part.outputs {
      for k in 0..<rank {
        own.append(up[output * rank * part.expertCount + k * part.expertCount + part.expert])
      }
    }
    return (Array(down[first..<(first + rank * count)]), own)
  }
}

/// The transpose of a matrix [rows, columns].
private func transposed(_ matrix: [Float], _ rows: Int, _ columns: Int) -> [Float] {
  var result = [Float](repeating: 0, count: matrix.count)
  for row in 0..<rows {
    for column in 0..<columns { result[column * rows + row] = matrix[row * columns + column] }
  }
  return result
}
