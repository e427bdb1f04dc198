/// Reads a pickle of protocol 2 to 5 into a `PickleHeap`.
///
/// - Source: CPython's `pickletools.py`.
struct PickleMachine {
  private let bytes: [UInt8]
  private let path: String
  private let field: String
  private var offset = 0
  private var heap = PickleHeap()
  private var stack: [Int] = []
  private var marks: [Int] = []
  private var memo: [Int: Int] = [:]

  private static let maximumValueCount = 1 << 23

  private init(_ bytes: [UInt8], from offset: Int, path: String, field: String) {
    self.bytes = bytes
    self.offset = offset
    self.path = path
    self.field = field
  }

  /// The values of the pickle from `offset` on, the place of the outermost, and where the pickle ends.
  ///
  /// - Throws: `InterchangeError` with the byte of the pickle.
  /// - Complexity: O(bytes), in time and memory.
  static func read(
    _ bytes: [UInt8], from offset: Int = 0, path: String, field: String
  ) throws(InterchangeError) -> (heap: PickleHeap, root: Int, end: Int) {
    var machine = PickleMachine(bytes, from: offset, path: path, field: field)
    while true {
      let code = try machine.byte()
      if code == UInt8(ascii: ".") { break }
      try machine.execute(code)
      // Each takes some 40 bytes, and one of the pickle is enough to make it.
      guard machine.heap.values.count <= maximumValueCount else {
        throw machine.error(.unsupported("a pickle of more than \(maximumValueCount) values"))
      }
    }
    let root = try machine.pop()
    return (machine.heap, root, machine.offset)
  }

  private func error(_ code: InterchangeError.Code) -> InterchangeError {
    InterchangeError(code, path: path, offset: offset, field: field)
  }

  // MARK: Bytes

  private mutating func byte() throws(InterchangeError) -> UInt8 {
    guard offset < bytes.count else { throw error(.damaged("the pickle ends inside")) }
    offset += 1
    return bytes[offset - 1]
  }

  private mutating func number(_ byteCount: Int) throws(InterchangeError) -> Int {
    guard byteCount <= bytes.count - offset else {
      throw error(.damaged("the pickle ends inside"))
    }
    var value: UInt64 = 0
    for index in 0..<byteCount { value |= UInt64(bytes[offset + index]) << UInt64(8 * index) }
    offset += byteCount
    guard let number = Int(exactly: value) else { throw error(.damaged("a count of \(value)")) }
    return number
  }

  private mutating func take(_ count: Int) throws(InterchangeError) -> ArraySlice<UInt8> {
    guard count <= bytes.count - offset else { throw error(.damaged("the pickle ends inside")) }
    defer { offset += count }
    return bytes[offset..<(offset + count)]
  }

  private mutating func text(_ count: Int) throws(InterchangeError) -> PickleHeap.Value {
    .text(String(decoding: try take(count), as: UTF8.self))
  }

  private mutating func line() throws(InterchangeError) -> String {
    guard let end = bytes[offset...].firstIndex(of: 0x0A) else {
      throw error(.damaged("the pickle ends inside"))
    }
    defer { offset = end + 1 }
    return String(decoding: bytes[offset..<end], as: UTF8.self)
  }

  // MARK: Stack

  private mutating func push(_ value: PickleHeap.Value) { stack.append(heap.add(value)) }

  private mutating func pop() throws(InterchangeError) -> Int {
    guard let value = stack.last, stack.count > marks.last ?? 0 else {
      throw error(.damaged("nothing on the stack"))
    }
    stack.removeLast()
    return value
  }

  private func top() throws(InterchangeError) -> Int {
    guard let value = stack.last, stack.count > marks.last ?? 0 else {
      throw error(.damaged("nothing on the stack"))
    }
    return value
  }

  /// Takes everything off the stack that lies on the last mark.
  private mutating func popToMark() throws(InterchangeError) -> ArraySlice<Int> {
    guard let mark = marks.popLast() else { throw error(.damaged("no mark on the stack")) }
    let values = Array(stack[mark...])
    stack.removeSubrange(mark...)
    return values[...]
  }

  private mutating func tuple(_ count: Int) throws(InterchangeError) {
    guard stack.count - (marks.last ?? 0) >= count else {
      throw error(.damaged("nothing on the stack"))
    }
    let elements = Array(stack.suffix(count))
    stack.removeLast(count)
    push(.tuple(elements))
  }

  // MARK: Opcodes

  private mutating func execute(_ code: UInt8) throws(InterchangeError) {
    switch code {
    case 0x80:
      let version = try byte()
      guard (2...5).contains(version) else {
        throw error(.unsupported("a pickle of protocol \(version)"))
      }
    case 0x95: _ = try take(8)
    case 0x5D: push(.list([]))
    case 0x7D: push(.dictionary([]))
    case 0x29: push(.tuple([]))
    // Sets are lists whose order nobody knows.
    case 0x8F: push(.list([]))
    case 0x4E: push(.none)
    case 0x88: push(.bool(true))
    case 0x89: push(.bool(false))
    case 0x28: marks.append(stack.count)
    case 0x30: _ = try pop()
    case 0x31: _ = try popToMark()
    case 0x32: stack.append(try top())
    default:
      if try readsLiteral(code) { return }
      if try readsMemo(code) { return }
      if try builds(code) { return }
      throw error(
        .unsupported(
          "opcode 0x\(String(code, radix: 16)) of pickle, or a pickle of protocol 0 or 1"))
    }
  }

  private mutating func readsLiteral(_ code: UInt8) throws(InterchangeError) -> Bool {
    switch code {
    case 0x4A: push(.integer(Int(Int32(truncatingIfNeeded: try number(4)))))
    case 0x4B: push(.integer(try number(1)))
    case 0x4D: push(.integer(try number(2)))
    case 0x8A: push(integer(try take(Int(try byte()))))
    case 0x8B: push(integer(try take(try number(4))))
    case 0x47:
      let bits = try take(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      push(.float(Double(bitPattern: bits)))
    case 0x58: push(try text(try number(4)))
    case 0x8C: push(try text(try number(1)))
    case 0x8D: push(try text(try number(8)))
    // Strings of Python 2.
    case 0x55: push(try text(try number(1)))
    case 0x54: push(try text(try number(4)))
    case 0x43: push(.bytes(try take(try number(1)).indices))
    case 0x42: push(.bytes(try take(try number(4)).indices))
    case 0x8E, 0x96: push(.bytes(try take(try number(8)).indices))
    case 0x63:
      let module = try line()
      push(.global(module: module, name: try line()))
    case 0x93:
      let (name, module) = (try pop(), try pop())
      guard let name = heap.text(name), let module = heap.text(module) else {
        throw error(.damaged("a name that is not text"))
      }
      push(.global(module: module, name: name))
    default: return false
    }
    return true
  }

  /// A little-endian integer of two's complement.
  private func integer(_ digits: ArraySlice<UInt8>) -> PickleHeap.Value {
    guard digits.count <= 8 else { return .largeInteger }
    var value = digits.last.map { $0 >= 0x80 ? -1 : 0 } ?? 0
    for digit in digits.reversed() { value = value << 8 | Int(digit) }
    return .integer(value)
  }

  private mutating func readsMemo(_ code: UInt8) throws(InterchangeError) -> Bool {
    switch code {
    case 0x71: memo[try number(1)] = try top()
    case 0x72: memo[try number(4)] = try top()
    case 0x94: memo[memo.count] = try top()
    case 0x68, 0x6A:
      let key = try number(code == 0x68 ? 1 : 4)
      guard let value = memo[key] else { throw error(.damaged("no value \(key) in the memo")) }
      stack.append(value)
    default: return false
    }
    return true
  }

  private mutating func builds(_ code: UInt8) throws(InterchangeError) -> Bool {
    switch code {
    case 0x85...0x87: try tuple(Int(code) - 0x84)
    case 0x74: push(.tuple(Array(try popToMark())))
    case 0x6C, 0x91: push(.list(Array(try popToMark())))
    case 0x64:
      let pairs = try popToMark()
      push(.dictionary([]))
      heap.set(pairs, in: try top())
    case 0x61:
      let element = try pop()
      heap.append([element], to: try top())
    case 0x65, 0x90:
      let elements = try popToMark()
      heap.append(elements, to: try top())
    case 0x73:
      let (value, key) = (try pop(), try pop())
      heap.set([key, value], in: try top())
    case 0x75:
      let pairs = try popToMark()
      heap.set(pairs, in: try top())
    case 0x51: push(.persistent(try pop()))
    case 0x52, 0x81:
      let (arguments, function) = (try pop(), try pop())
      call(function, arguments)
    case 0x92:
      let (_, arguments, function) = (try pop(), try pop(), try pop())
      call(function, arguments)
    // The state of an object, such as the versions of modules that a state_dict has.
    case 0x62:
      let state = try pop()
      heap.setState(of: try top(), to: state)
    default: return false
    }
    return true
  }

  /// What a function would have made of its arguments: an ordered dictionary is one, all else waits for
  /// somebody who knows it.
  private mutating func call(_ function: Int, _ arguments: Int) {
    let name = heap.globalName(function)
    let isOrdered = name == "collections.OrderedDict"
    // The argument of a defaultdict makes missing values.
    if name == "collections.defaultdict" || isOrdered && heap.elements(arguments)?.isEmpty ?? false
    {
      push(.dictionary([]))
    } else {
      push(.call(function: function, arguments: arguments))
    }
  }
}
