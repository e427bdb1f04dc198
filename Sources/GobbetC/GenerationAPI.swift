// Documented in gobbet.h.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

public import CGobbet
internal import Gobbet
internal import GobbetBPE
internal import GobbetGPT
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A prompt being continued, by one call at a time.
private final class GenerationHandle: @unchecked Sendable {
  private final class State {
    var growing: GrowingContinuation
    var text: [UInt8] = []

    init(_ growing: GrowingContinuation) { self.growing = growing }
  }

  // SAFETY: only touched under the lock; retained once, and released by `deinit`. Its pass belongs to one
  // thread at a time, and nobody else has it.
  private let state: Unmanaged<State>
  private let lock = Mutex(())
  /// Its threads are those of the process that it was begun in.
  private let process = getpid()

  init(_ growing: GrowingContinuation) { state = .passRetained(State(growing)) }

  // A child of a fork has none of the threads that ending the pool would wait for.
  deinit { if getpid() == process { state.release() } }

  /// Refuses a child of the process that it was begun in.
  private func checkProcess() throws(CallError) {
    guard getpid() == process else {
      throw .invalid("generation: was begun before this process was forked off")
    }
  }

  /// The next token, the bytes of its text, and why there is no more.
  func next() throws -> gobbet_generation_step {
    try checkProcess()
    return try lock.withLock { _ in
      let state = state.takeUnretainedValue()
      let next = try state.growing.next()
      state.text = Array((next?.text ?? "").utf8)
      var step = gobbet_generation_step()
      step.id = next?.id ?? 0
      step.end = next?.id == nil ? Self.code(state.growing.end) : UInt32(GOBBET_GENERATING)
      step.text_byte_count = UInt64(state.text.count)
      return step
    }
  }

  /// The text of the last step.
  func text() throws(CallError) -> [UInt8] {
    try checkProcess()
    return lock.withLock { _ in state.takeUnretainedValue().text }
  }

  private static func code(_ end: TextGeneration.Continuation.End?) -> UInt32 {
    let code =
      switch end {
      case .stopToken: GOBBET_ENDED_AT_TOKEN
      case .stopText: GOBBET_ENDED_AT_TEXT
      case .context: GOBBET_ENDED_WITH_CONTEXT
      default: GOBBET_ENDED_AT_LIMIT
      }
    return UInt32(code)
  }
}

@c @implementation
public func gobbet_generation_make(
  _ model: OpaquePointer?, _ ids: UnsafePointer<UInt32>?, _ idCount: Int,
  _ options: UnsafePointer<gobbet_generation_options>?,
  _ generation: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let handle = try object(model, ModelHandle.self, "model")
    try handle.model.architecture.requireHead()
    let ids = Array(try buffer(ids, idCount, "ids"))
    let wish = try read(options, or: gobbet_generation_options())
    let (settings, vocabulary) = try handle.settings(
      generationOptions(wish), ignoringEnds: wish.ignore_ends != 0)
    let stopTexts = try stopTexts(wish)
    guard vocabulary != nil || stopTexts.isEmpty else {
      throw CallError.notFound("stop_texts: the model has no vocabulary, and so no text")
    }
    let pass = try ForwardPass(handle.model, threadCount: threadCount(wish.thread_count))
    let growing = try GrowingContinuation(
      pass, prompt: ids, settings, vocabulary, stopTexts: stopTexts)
    try deliver(GenerationHandle(growing), to: generation, "generation")
  }
}

@c @implementation
public func gobbet_generation_next(
  _ generation: OpaquePointer?, _ step: UnsafeMutablePointer<gobbet_generation_step>?,
  _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let handle = try object(generation, GenerationHandle.self, "generation")
    let step = try result(step, "step")
    copy(try handle.next(), to: step)
  }
}

@c @implementation
public func gobbet_generation_text(
  _ generation: OpaquePointer?, _ text: UnsafeMutablePointer<UInt8>?, _ capacity: Int,
  _ count: UnsafeMutablePointer<Int>?, _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let found = try object(generation, GenerationHandle.self, "generation").text()
    try deliver(found.span, to: text, capacity, count, "text")
  }
}

@c @implementation
public func gobbet_generation_close(_ generation: OpaquePointer?) {
  HandleTable.shared.remove(generation, as: GenerationHandle.self)
}

/// What a caller wants of a generation.
private func generationOptions(
  _ wish: gobbet_generation_options
) throws(CallError) -> TextGeneration.Options {
  var options = TextGeneration.Options()
  var sampling = Sampling()
  sampling.temperature = wish.temperature
  if wish.top_k != 0 { sampling.topK = try integer(wish.top_k, "top_k") }
  if wish.top_p != 0 { sampling.topP = wish.top_p }
  if wish.min_p != 0 { sampling.minP = wish.min_p }
  if wish.repetition_penalty != 0 { sampling.repetitionPenalty = wish.repetition_penalty }
  options.settings.sampling = sampling
  options.settings.seed = wish.seed
  if wish.maximum_token_count != 0 {
    options.settings.maximumTokenCount = try integer(
      wish.maximum_token_count, "maximum_token_count")
  }
  options.settings.stopTokens = Set(try buffer(wish.stop_ids, wish.stop_id_count, "stop_ids"))
  return options
}

/// The texts that end a generation.
private func stopTexts(_ wish: gobbet_generation_options) throws(CallError) -> [String] {
  let pieces = try Pieces(
    wish.stop_texts, wish.stop_text_ends, wish.stop_text_count, "stop_text")
  return (0..<pieces.count).map { String(decoding: pieces.array($0), as: UTF8.self) }
}
