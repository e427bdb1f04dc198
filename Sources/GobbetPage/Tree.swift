/// Things whose names have parts, as a tree whose branches open and close without a script.
public struct Tree: Sendable {
  private struct Node: Sendable {
    var children: [(name: String, node: Node)] = []
    var places: [String: Int] = [:]
    var leaf: HTML?
    var leafCount = 0
    var weight = 0
  }

  private var root = Node()
  private let describe: @Sendable (_ leafCount: Int, _ weight: Int) -> String

  /// Creates an empty tree; `describe` says what a branch holds: its leaves and their weight.
  public init(_ describe: @escaping @Sendable (_ leafCount: Int, _ weight: Int) -> String) {
    self.describe = describe
  }

  /// Puts a leaf in its place; parts beyond the sixteenth are one name.
  public mutating func insert(_ parts: [String], weight: Int, _ leaf: HTML) {
    let names =
      parts.prefix(15) + [parts.dropFirst(15).joined(separator: ".")].filter { !$0.isEmpty }
    Self.insert(names[...], weight, leaf, into: &root)
  }

  private static func insert(
    _ names: ArraySlice<String>, _ weight: Int, _ leaf: HTML, into node: inout Node
  ) {
    node.leafCount += 1
    node.weight += weight
    guard let first = names.first else {
      node.leaf = HTML([node.leaf ?? HTML(), leaf])
      return
    }
    let place = node.places[first] ?? node.children.count
    if place == node.children.count {
      node.places[first] = place
      node.children.append((first, Node()))
    }
    insert(names.dropFirst(), weight, leaf, into: &node.children[place].node)
  }

  /// The tree.
  public var html: HTML { HTML("ul", [.class("tree")], items(root, isTop: true)) }

  private func items(_ node: Node, isTop: Bool) -> [HTML] {
    node.children.map { name, child in
      var (name, child) = (name, child)
      // A branch with one branch is one.
      while child.leaf == nil, child.children.count == 1, let only = child.children.first {
        (name, child) = ("\(name).\(only.name)", only.node)
      }
      let leaf = child.leaf.map { [HTML.code(name), HTML(text: "  "), $0] } ?? []
      if child.children.isEmpty { return HTML("li", [], leaf) }
      let branch = HTML(
        "details", isTop ? [HTML.Attribute("open", "")] : [],
        HTML(
          "summary", [], .code(name),
          HTML(text: "  " + describe(child.leafCount, child.weight))),
        HTML("ul", [], items(child, isTop: false)))
      return HTML("li", [], leaf + [branch])
    }
  }
}
