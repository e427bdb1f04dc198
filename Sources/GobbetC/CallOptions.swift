internal import GobbetData

/// The options of a call: the members of one flat JSON object, each of which the call asks for.
struct CallOptions {
  private var members: [String: FlatJSON.Value] = [:]

  /// Reads a caller's text; null stands for none.
  ///
  /// - Throws: ``CallError`` if it isn't a flat JSON object.
  init(_ pointer: UnsafePointer<CChar>?) throws(CallError) {
    guard pointer != nil else { return }
    let bytes = Array(try text(pointer, "options").utf8)
    do throws(FlatJSON.Fault) {
      for member in try FlatJSON(bytes.span).members { members[member.key] = member.value }
    } catch {
      throw .invalid("options: byte \(error.offset): \(error.reason)")
    }
  }

  /// The text of an option; nil if it is null or wasn't given.
  ///
  /// - Throws: ``CallError`` for another value.
  mutating func string(_ name: String) throws(CallError) -> String? {
    switch members.removeValue(forKey: name) {
    case nil, .null: return nil
    case .text(let text): return text
    default: throw .invalid("\(name): not a text")
    }
  }

  /// Whether an option is true.
  ///
  /// - Throws: ``CallError`` for a value that is neither true nor false.
  mutating func flag(_ name: String) throws(CallError) -> Bool {
    switch members.removeValue(forKey: name) {
    case nil, .null: return false
    case .flag(let flag): return flag
    default: throw .invalid("\(name): neither true nor false")
    }
  }

  /// Refuses what the call didn't ask for.
  ///
  /// - Throws: ``CallError``.
  func finish() throws(CallError) {
    if let name = members.keys.min() { throw .invalid("options: there is no option \(name)") }
  }
}
