internal import GobbetBPE
internal import GobbetFile

/// Which tokens of a document count in a loss, as a file stores it.
package enum DocumentMask: Hashable, Sendable {
  /// As the rule of the file says; without one, all of them.
  case byRule
  /// Runs that in turn don't count and do, the first of which may be empty, without the last.
  case runs([Int])

  /// The mask of a document of `count` tokens of which those in `counted` count.
  ///
  /// - Precondition: the ranges rise, are not empty, don't overlap, and lie in `0..<count`.
  package init(counted: [Range<Int>], count: Int) {
    var bounds = counted.flatMap { [$0.lowerBound, $0.upperBound] }
    // Ranges that touch are one.
    var index = 1
    while index + 1 < bounds.count {
      if bounds[index] == bounds[index + 1] {
        bounds.removeSubrange(index...(index + 1))
      } else {
        index += 2
      }
    }
    precondition(
      zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 } && bounds.first ?? 0 >= 0
        && bounds.last ?? 0 <= count, "DocumentMask: no such ranges")
    if bounds.last == count { bounds.removeLast() }
    var lengths: [Int] = []
    var start = 0
    for bound in bounds {
      lengths.append(bound - start)
      start = bound
    }
    self = count == 0 ? .byRule : .runs(lengths)
  }
}

/// What a dataset in the making says of which tokens count.
struct LossMaskColumn: Sendable {
  private let rule: LossRule?
  private var content = ByteWriter()
  /// Whether the file says anything that a reader without masks would not assume.
  private var isNeeded: Bool

  /// A column of a file with that rule.
  init(_ rule: LossRule?) {
    self.rule = rule
    isNeeded = rule != nil
    guard let rule else {
      content.write([0, 0])
      return
    }
    content.writeVariable(rule.openings.count)
    for opening in rule.openings {
      content.writeVariable(opening.count)
      for id in opening { content.writeVariable(Int(id)) }
    }
    content.writeVariable(rule.closings.count)
    for closing in rule.closings {
      content.writeVariable(Int(closing.id) << 1 | (closing.isCounted ? 1 : 0))
    }
  }

  /// Adds the mask of the next document.
  mutating func append(_ mask: DocumentMask) {
    switch mask {
    case .byRule: content.writeVariable(0)
    case .runs([0]) where rule == nil: content.writeVariable(0)
    case .runs(let runs):
      isNeeded = true
      content.writeVariable(runs.count + 1)
      for run in runs { content.writeVariable(run) }
    }
  }

  /// Adds the section, if any document needs one.
  func write(to container: inout ContainerWriter) throws {
    guard isNeeded else { return }
    container.require(readerOfMinor: 1)
    try container.add(.lossMasks, content.bytes, level: 19)
  }
}
