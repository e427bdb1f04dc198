/// Values that come in any order and leave in that of their numbers.
struct Reordering<Value: Sendable>: Sendable {
  private var waiting: [Int: Value] = [:]
  /// The number of the value that leaves next.
  private(set) var next = 0

  /// Values that came before their turn.
  var count: Int { waiting.count }

  mutating func add(_ value: Value, _ number: Int) { waiting[number] = value }

  /// The value whose turn it is, if it has come.
  mutating func pop() -> Value? {
    guard let value = waiting.removeValue(forKey: next) else { return nil }
    next += 1
    return value
  }
}
