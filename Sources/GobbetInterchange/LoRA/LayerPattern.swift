/// A regular expression for the names of layers, as PEFT's `rank_pattern` and `alpha_pattern` have them.
///
/// PEFT asks Python for `re.match(r"(.*\.)?(KEY)$", name)`: the key must match the end of a name from
/// its beginning or from after a dot on. Characters, `.`, `\d`, `\w`, `\s` and their opposites, sets,
/// groups, alternatives, `^`, `$` and repetitions are understood; the rest of Python's syntax is not.
/// - Source: PEFT's `get_pattern_key`; `Tests/GobbetInterchangeTests/LayerPatternTests.swift`.
package struct LayerPattern: Hashable, Sendable {
  /// A part of an expression.
  private indirect enum Node: Hashable, Sendable {
    case scalars(Set<UInt32>, isNegated: Bool)
    case any
    case start
    case end
    case sequence([Node])
    case choice([Node])
    case repetition(Node, Int, Int?)
  }

  /// The key as the configuration has it.
  let key: String
  private let root: Node

  /// Longer keys are refused, and so is matching that takes more steps.
  private static let maximumByteCount = 4096
  private static let maximumStepCount = 1 << 15

  /// Parses a key; nil for syntax that is not understood.
  package init?(_ key: String) {
    guard key.utf8.count <= Self.maximumByteCount else { return nil }
    var parser = Parser(rest: Array(key.unicodeScalars.map(\.value))[...])
    guard let root = parser.choice(), parser.rest.isEmpty else { return nil }
    self.key = key
    self.root = root
  }

  /// Whether PEFT takes the key for a layer of this name; nil if that is not known: for a name that is
  /// not ASCII, or after too many steps.
  package func matches(_ name: String) -> Bool? {
    let name = Array(name.utf8)
    guard name.allSatisfy({ (0x20...0x7E).contains($0) }) else { return nil }
    var starts: Set<Int> = [0]
    for (index, byte) in name.enumerated() where byte == UInt8(ascii: ".") {
      starts.insert(index + 1)
    }
    var matcher = Matcher(name: name, stepsLeft: Self.maximumStepCount)
    let ends = matcher.ends(of: root, from: starts)
    return matcher.stepsLeft > 0 ? ends.contains(name.count) : nil
  }

  /// Follows all ways through an expression at once, so that time does not explode.
  private struct Matcher {
    let name: [UInt8]
    var stepsLeft: Int

    /// Where a match of `node` can end that begins at one of `starts`.
    mutating func ends(of node: Node, from starts: Set<Int>) -> Set<Int> {
      stepsLeft -= starts.count + 1
      guard stepsLeft > 0, !starts.isEmpty else { return [] }
      switch node {
      case .scalars(let scalars, let isNegated):
        return advanced(starts) { scalars.contains(UInt32($0)) != isNegated }
      case .any: return advanced(starts) { _ in true }
      case .start: return starts.filter { $0 == 0 }
      case .end: return starts.filter { $0 == name.count }
      case .sequence(let nodes):
        return nodes.reduce(starts) { ends(of: $1, from: $0) }
      case .choice(let nodes):
        return nodes.reduce([]) { $0.union(ends(of: $1, from: starts)) }
      case .repetition(let node, let least, let most):
        var new = starts
        for _ in 0..<least { new = ends(of: node, from: new) }
        var all = new
        var count = least
        while !new.isEmpty, most.map({ count < $0 }) ?? true {
          new = ends(of: node, from: new).filter { !all.contains($0) }
          all.formUnion(new)
          count += 1
        }
        return all
      }
    }

    private func advanced(_ starts: Set<Int>, _ isWanted: (UInt8) -> Bool) -> Set<Int> {
      Set(starts.filter { $0 < name.count && isWanted(name[$0]) }.map { $0 + 1 })
    }
  }

  /// Reads an expression from the front of `rest`; nil for what is not understood.
  private struct Parser {
    var rest: ArraySlice<UInt32>
    private var depth = 0

    init(rest: ArraySlice<UInt32>) { self.rest = rest }

    private static func code(_ scalar: Unicode.Scalar) -> UInt32 { scalar.value }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
      guard rest.first == scalar.value else { return false }
      rest.removeFirst()
      return true
    }

    mutating func choice() -> Node? {
      depth += 1
      defer { depth -= 1 }
      guard depth < 32 else { return nil }
      var branches: [Node] = []
      repeat {
        guard let branch = sequence() else { return nil }
        branches.append(branch)
      } while take("|")
      return branches.count == 1 ? branches[0] : .choice(branches)
    }

    private mutating func sequence() -> Node? {
      var nodes: [Node] = []
      while let next = rest.first, next != Self.code("|"), next != Self.code(")") {
        guard let atom = atom(), let node = repeated(atom) else { return nil }
        nodes.append(node)
      }
      return .sequence(nodes)
    }

    private mutating func atom() -> Node? {
      guard let next = rest.popFirst() else { return nil }
      switch Unicode.Scalar(next) {
      case ".": return .any
      case "^": return .start
      case "$": return .end
      case "(":
        if take("?"), !take(":") { return nil }
        guard let inner = choice(), take(")") else { return nil }
        return inner
      case "[": return set()
      case "\\": return escape()
      case "*", "+", "?", "{", "}", "]", ")", "|": return nil
      default: return .scalars([next], isNegated: false)
      }
    }

    /// What stands after an atom and says how often it comes.
    private mutating func repeated(_ atom: Node) -> Node? {
      let (least, most): (Int, Int?)
      if take("*") {
        (least, most) = (0, nil)
      } else if take("+") {
        (least, most) = (1, nil)
      } else if take("?") {
        (least, most) = (0, 1)
      } else if take("{") {
        guard let first = number() else { return nil }
        least = first
        if take(",") { most = number() } else { most = first }
        guard take("}"), most.map({ $0 >= least }) ?? true else { return nil }
      } else {
        return atom
      }
      // A lazy repetition matches the same names; a possessive one, or a second one, is another thing.
      _ = take("?")
      switch rest.first.flatMap(Unicode.Scalar.init) {
      case "*", "+", "?", "{": return nil
      default: break
      }
      if atom == .start || atom == .end { return nil }
      return .repetition(atom, least, most)
    }

    private mutating func number() -> Int? {
      let digits = rest.prefix { (0x30...0x39).contains($0) }
      guard (1...3).contains(digits.count) else { return nil }
      rest = rest.dropFirst(digits.count)
      return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    /// The members of a set, after its bracket.
    private mutating func set() -> Node? {
      let isNegated = take("^")
      var scalars: Set<UInt32> = []
      var isFirst = true
      while isFirst || rest.first != Self.code("]") {
        isFirst = false
        guard let first = member() else { return nil }
        guard rest.first == Self.code("-"), rest.dropFirst().first != Self.code("]") else {
          scalars.formUnion(first)
          continue
        }
        rest.removeFirst()
        guard first.count == 1, let low = first.first, let last = member(), last.count == 1,
          let high = last.first, low <= high, high < 0x80
        else { return nil }
        scalars.formUnion(low...high)
      }
      return take("]") ? .scalars(scalars, isNegated: isNegated) : nil
    }

    private mutating func member() -> Set<UInt32>? {
      guard let next = rest.popFirst(), next != Self.code("[") else { return nil }
      guard next == Self.code("\\") else { return [next] }
      guard case .scalars(let scalars, false)? = escape() else { return nil }
      return scalars
    }

    /// What a backslash means, by the letter after it.
    private mutating func escape() -> Node? {
      guard let next = rest.popFirst(), let scalar = Unicode.Scalar(next) else { return nil }
      let digits = Set<UInt32>(0x30...0x39)
      let spaces: Set<UInt32> = Set(9...13).union(28...32)
      let words = digits.union(0x41...0x5A).union(0x61...0x7A).union([0x5F])
      switch scalar {
      case "d": return .scalars(digits, isNegated: false)
      case "D": return .scalars(digits, isNegated: true)
      case "w": return .scalars(words, isNegated: false)
      case "W": return .scalars(words, isNegated: true)
      case "s": return .scalars(spaces, isNegated: false)
      case "S": return .scalars(spaces, isNegated: true)
      default:
        // Letters and digits have meanings of their own, or will have.
        return scalar.isASCII && !words.contains(next) ? .scalars([next], isNegated: false) : nil
      }
    }
  }
}
