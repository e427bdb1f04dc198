/// What a pickle builds, as data: nothing that it names is ever called.
///
/// Values refer to each other by their places, so that loops and depths of any kind are harmless.
struct PickleHeap {
  /// A value of the pickle.
  enum Value {
    case none
    case bool(Bool)
    case integer(Int)
    case float(Double)
    case text(String)
    /// Bytes: where they are in what was read.
    case bytes(Range<Int>)
    /// An integer that does not fit.
    case largeInteger
    case list([Int])
    case tuple([Int])
    case dictionary([(key: Int, value: Int)])
    /// The name of a class or function.
    case global(module: String, name: String)
    /// What a function or a class would have made of its arguments.
    case call(function: Int, arguments: Int)
    /// An object that is stored outside of the pickle.
    case persistent(Int)
  }

  private(set) var values: [Value] = []
  /// The states that objects were given, by the places of the objects.
  private var states: [Int: Int] = [:]

  subscript(place: Int) -> Value { values[place] }

  /// Adds a value; its place.
  mutating func add(_ value: Value) -> Int {
    values.append(value)
    return values.count - 1
  }

  /// Gives an object a state.
  mutating func setState(of place: Int, to state: Int) { states[place] = state }

  /// The state that an object was given; nil if it was given none.
  func state(of place: Int) -> Int? { states[place] }

  /// Adds elements to a list; an object of another class takes them unseen.
  mutating func append(_ elements: ArraySlice<Int>, to place: Int) {
    guard case .list(var list) = values[place] else { return }
    values[place] = .none
    list.append(contentsOf: elements)
    values[place] = .list(list)
  }

  /// Adds pairs to a dictionary; an object of another class takes them unseen.
  mutating func set(_ pairs: ArraySlice<Int>, in place: Int) {
    guard case .dictionary(var dictionary) = values[place] else { return }
    values[place] = .none
    var index = pairs.startIndex
    while index + 1 < pairs.endIndex {
      dictionary.append((pairs[index], pairs[index + 1]))
      index += 2
    }
    values[place] = .dictionary(dictionary)
  }

  /// The elements of a tuple or a list; nil for anything else.
  func elements(_ place: Int) -> [Int]? {
    switch values[place] {
    case .tuple(let elements), .list(let elements): elements
    default: nil
    }
  }

  /// The integer that a value is; nil for anything else.
  func integer(_ place: Int) -> Int? {
    if case .integer(let value) = values[place] { value } else { nil }
  }

  /// The text that a value is; nil for anything else.
  func text(_ place: Int) -> String? {
    if case .text(let value) = values[place] { value } else { nil }
  }

  /// The full name of a class or function; nil for anything else.
  func globalName(_ place: Int) -> String? {
    if case .global(let module, let name) = values[place] { "\(module).\(name)" } else { nil }
  }

  /// The full names of all classes and functions but those that `isUnderstood`, each once, in order.
  func globalNames(except isUnderstood: (String) -> Bool) -> [String] {
    Set(values.indices.compactMap(globalName)).filter { !isUnderstood($0) }.sorted()
  }

  /// The pairs of a dictionary, a key as often as it was set; nil for anything else.
  func pairs(_ place: Int) -> [(key: Int, value: Int)]? {
    if case .dictionary(let pairs) = values[place] { pairs } else { nil }
  }
}
