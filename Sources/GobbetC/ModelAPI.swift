// Documented in gobbet.h.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

public import CGobbet
internal import Gobbet
internal import GobbetBPE
internal import GobbetData
internal import GobbetGPT
internal import GobbetSystem

@c @implementation
public func gobbet_model_open(
  _ path: UnsafePointer<CChar>?, _ options: UnsafePointer<gobbet_model_options>?,
  _ model: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let wish = try read(options, or: gobbet_model_options())
    let vocabulary = try wish.vocabulary.map {
      try object($0, VocabularyHandle.self, "vocabulary").vocabulary
    }
    let handle = try ModelHandle(
      path: try text(path, "path"), vocabulary,
      element: try wish.element.map { try text($0, "element") } ?? "stored",
      threadCount: threadCount(wish.thread_count))
    try deliver(handle, to: model, "model")
  }
}

@c @implementation
public func gobbet_model_describe(
  _ model: OpaquePointer?, _ info: UnsafeMutablePointer<gobbet_model_info>?,
  _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let model = try object(model, ModelHandle.self, "model").model
    let architecture = model.architecture
    var value = gobbet_model_info()
    value.id_bound = UInt32(clamping: architecture.vocabularySize)
    value.logit_count = UInt32(clamping: model.headWidth)
    value.hidden_size = UInt32(clamping: architecture.hiddenSize)
    value.layer_count = UInt32(clamping: architecture.layers.count)
    value.head_count = UInt32(clamping: architecture.headCount)
    value.context_length = UInt64(architecture.contextLength)
    value.weight_byte_count = UInt64(model.weightByteCount)
    copy(value, to: try result(info, "info"))
  }
}

@c @implementation
public func gobbet_model_vocabulary(
  _ model: OpaquePointer?, _ vocabulary: UnsafeMutablePointer<OpaquePointer?>?,
  _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let generation = try object(model, ModelHandle.self, "model").generation()
    try deliver(
      VocabularyHandle(generation.tokenizer.vocabulary), to: vocabulary, "vocabulary")
  }
}

@c @implementation
public func gobbet_model_tokens(
  _ model: OpaquePointer?, _ text: UnsafePointer<UInt8>?, _ byteCount: Int,
  _ specials: UnsafePointer<gobbet_special_tokens>?, _ ids: UnsafeMutablePointer<UInt32>?,
  _ capacity: Int, _ count: UnsafeMutablePointer<Int>?, _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let handle = try object(model, ModelHandle.self, "model")
    let wish = try SpecialTokenWish(specials, handle.generation().tokenizer.vocabulary)
    guard wish.adding == .none else {
      throw CallError.invalid("add_template: a model adds what its texts have")
    }
    let found = try handle.tokens(of: try buffer(text, byteCount, "text").span, wish.policy)
    try deliver(found.span, to: ids, capacity, count, "ids")
  }
}

@c @implementation
public func gobbet_model_logits(
  _ model: OpaquePointer?, _ ids: UnsafePointer<UInt32>?, _ idCount: Int, _ first: Int,
  _ threads: UInt32, _ logits: UnsafeMutablePointer<Float>?, _ capacity: Int,
  _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let model = try object(model, ModelHandle.self, "model").model
    try model.architecture.requireHead()
    let ids = Array(try buffer(ids, idCount, "ids"))
    guard ids.isEmpty || ids.indices.contains(first) else {
      throw CallError.invalid("first: \(first) of \(ids.count.counted("id"))")
    }
    try model.architecture.check(ids)
    var rows = try ResultRoom(
      logits, capacity, "logits", shape: [ids.count - first, model.headWidth])
    let pass = try ForwardPass(model, threadCount: threadCount(threads))
    try pass.forEachPiece(
      of: [.init(ids, KeyValueCache(model))], .chosen(Array(first..<ids.count))
    ) { piece, _ in rows.append(piece.elements) }
  }
}

@c @implementation
public func gobbet_model_states(
  _ model: OpaquePointer?, _ ids: UnsafePointer<UInt32>?, _ idCount: Int, _ allLayers: Int32,
  _ threads: UInt32, _ states: UnsafeMutablePointer<Float>?, _ capacity: Int,
  _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let model = try object(model, ModelHandle.self, "model").model
    let ids = Array(try buffer(ids, idCount, "ids"))
    let layerCount = allLayers == 0 ? 1 : model.architecture.layers.count + 1
    var rows = try ResultRoom(
      states, capacity, "states", shape: [layerCount, ids.count, model.architecture.hiddenSize])
    let pass = try ForwardPass(model, threadCount: threadCount(threads))
    if allLayers == 0 {
      try pass.forEachPieceOfStates(of: [.init(ids, KeyValueCache(model))], .all) { piece, _ in
        rows.append(piece.elements)
      }
    } else {
      for layer in try pass.hiddenStates(of: ids) { rows.append(layer.elements) }
    }
  }
}

@c @implementation
public func gobbet_model_attention(
  _ model: OpaquePointer?, _ ids: UnsafePointer<UInt32>?, _ idCount: Int, _ layer: UInt32,
  _ threads: UInt32, _ weights: UnsafeMutablePointer<Float>?, _ capacity: Int,
  _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let model = try object(model, ModelHandle.self, "model").model
    let ids = Array(try buffer(ids, idCount, "ids"))
    let layerCount = model.architecture.layers.count
    guard layer < layerCount else {
      throw CallError.invalid("layer: \(layer) of \(layerCount)")
    }
    var rows = try ResultRoom(
      weights, capacity, "weights", shape: [model.architecture.headCount, ids.count, ids.count])
    let pass = try ForwardPass(model, threadCount: threadCount(threads))
    rows.append(try pass.attentionWeights(of: ids, layer: Int(layer)).elements)
  }
}

@c @implementation
public func gobbet_model_embed(
  _ model: OpaquePointer?, _ ids: UnsafePointer<UInt32>?, _ idEnds: UnsafePointer<UInt64>?,
  _ textCount: Int, _ pooling: UInt32, _ normalize: Int32, _ threads: UInt32,
  _ vectors: UnsafeMutablePointer<Float>?, _ capacity: Int,
  _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let model = try object(model, ModelHandle.self, "model").model
    let pieces = try Pieces(ids, idEnds, textCount, "id")
    let pooling: Pooling? =
      switch Int(pooling) {
      case GOBBET_POOL_MEAN: .mean
      case GOBBET_POOL_FIRST: .first
      case GOBBET_POOL_LAST: .last
      default: nil
      }
    guard let pooling else { throw CallError.invalid("pooling: unknown") }
    var rows = try ResultRoom(
      vectors, capacity, "vectors", shape: [pieces.count, model.architecture.hiddenSize])
    let pass = try ForwardPass(model, threadCount: threadCount(threads))
    rows.append(
      try pass.pooledEmbeddings(
        of: (0..<pieces.count).map { pieces.array($0) }, pooling, normalizes: normalize != 0
      ).elements)
  }
}

@c @implementation
public func gobbet_model_close(_ model: OpaquePointer?) {
  HandleTable.shared.remove(model, as: ModelHandle.self)
}
