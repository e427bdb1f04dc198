// Documented in gobbet.h.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

public import CGobbet
internal import GobbetBPE
internal import GobbetData

// Rules of loss masks, as the header lays them out in an array.

@c @implementation
public func gobbet_dataset_loss_rule(
  _ dataset: OpaquePointer?, _ rule: UnsafeMutablePointer<UInt32>?, _ capacity: Int,
  _ count: UnsafeMutablePointer<Int>?, _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let dataset = try object(dataset, DatasetHandle.self, "dataset").dataset
    guard let found = dataset.lossRule else {
      throw CallError.notFound("\(dataset.paths[0]): has no rule of loss masks")
    }
    try deliver(found.numbers.span, to: rule, capacity, count, "rule")
  }
}

extension LossRule {
  /// The numbers that the header describes.
  fileprivate var numbers: [UInt32] {
    [UInt32(openings.count)] + openings.flatMap { [UInt32($0.count)] + $0 }
      + closings.flatMap { [$0.id, $0.isCounted ? 1 : 0] }
  }

  /// The rule of these numbers; nil if there are none.
  ///
  /// - Throws: ``CallError`` if they are not those of a rule.
  static func of(_ start: UnsafePointer<UInt32>?, _ count: Int) throws(CallError) -> LossRule? {
    var numbers = Array(try buffer(start, count, "loss_rule"))[...]
    guard let openingCount = numbers.popFirst() else { return nil }
    var openings: [[TokenID]] = []
    while openings.count < openingCount, let length = numbers.popFirst() {
      guard length <= numbers.count else { throw .invalid("loss_rule: ends in an opening") }
      openings.append(Array(numbers.prefix(Int(length))))
      numbers = numbers.dropFirst(Int(length))
    }
    guard openings.count == openingCount, numbers.count.isMultiple(of: 2) else {
      throw .invalid("loss_rule: ends in its openings, or in a closing")
    }
    var closings: [Closing] = []
    while let id = numbers.popFirst(), let isCounted = numbers.popFirst() {
      guard isCounted <= 1 else { throw .invalid("loss_rule: \(isCounted) after a closing") }
      closings.append(Closing(id, isCounted: isCounted == 1))
    }
    guard let rule = LossRule(openings: openings, closings: closings) else {
      throw .invalid(
        "loss_rule: a rule has 1 to \(maximumCount) openings of 1 to \(maximumOpeningLength) ids,"
          + " and at most \(maximumCount) closings, all different")
    }
    return rule
  }
}
