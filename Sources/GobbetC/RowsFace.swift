// Documented in gobbet.h.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

public import CGobbet
internal import GobbetBPE
internal import GobbetData
internal import GobbetFile

/// Packed rows of a dataset.
final class RowsHandle: Sendable {
  let rows: PackedRows

  init(_ rows: PackedRows) { self.rows = rows }
}

@c @implementation
public func gobbet_rows_make(
  _ dataset: OpaquePointer?, _ options: UnsafePointer<gobbet_row_options>?,
  _ rows: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let dataset = try object(dataset, DatasetHandle.self, "dataset").dataset
    let wish = try read(options, or: gobbet_row_options())
    let length = try integer(wish.length, "length")
    guard PackedRowOptions.lengths.contains(length) else {
      throw CallError.invalid("length: \(length) is not from 1 to 16777216")
    }
    var options = PackedRowOptions(length: length)
    if wish.long_documents != 0 {
      let code = UInt8(clamping: wish.long_documents)
      guard let long = PackedRowOptions.LongDocuments(rawValue: code) else {
        throw CallError.invalid("long_documents: \(wish.long_documents)")
      }
      options.longDocuments = long
    }
    if wish.gaps != 0 {
      guard let gaps = PackedRowOptions.Gaps(rawValue: UInt8(clamping: wish.gaps)) else {
        throw CallError.invalid("gaps: \(wish.gaps)")
      }
      options.gaps = gaps
    }
    if wish.group_document_count != 0 {
      options.groupDocumentCount = try integer(wish.group_document_count, "group_document_count")
      guard PackedRowOptions.groups.contains(options.groupDocumentCount) else {
        throw CallError.invalid("group_document_count: more than 2^30")
      }
    }
    let budget =
      wish.plan_byte_budget == 0 ? 64 << 20 : try integer(wish.plan_byte_budget, "plan_byte_budget")
    try deliver(
      RowsHandle(PackedRows(dataset, options, planByteBudget: budget)), to: rows, "rows")
  }
}

@c @implementation
public func gobbet_rows_describe(
  _ rows: OpaquePointer?, _ info: UnsafeMutablePointer<gobbet_rows_info>?,
  _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let rows = try object(rows, RowsHandle.self, "rows").rows
    var value = gobbet_rows_info()
    value.row_count = UInt64(rows.count)
    value.token_count = UInt64(rows.tokenCount)
    value.cropped_token_count = UInt64(rows.croppedTokenCount)
    value.padding_count = UInt64(rows.paddingCount)
    fill(&value.content_id, with: rows.contentID)
    copy(value, to: try result(info, "info"))
  }
}

@c @implementation
public func gobbet_rows_read(
  _ rows: OpaquePointer?, _ indices: UnsafePointer<UInt64>?, _ indexCount: Int,
  _ padding: UInt32, _ type: gobbet_integer_type, _ inputs: UnsafeMutableRawPointer?,
  _ targets: UnsafeMutableRawPointer?, _ positions: UnsafeMutableRawPointer?,
  _ bounds: UnsafeMutablePointer<Int32>?, _ capacity: Int, _ count: UnsafeMutablePointer<Int>?,
  _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let rows = try object(rows, RowsHandle.self, "rows").rows
    let type = try IntegerType(type)
    guard type.isSigned else { throw CallError.invalid("type: targets of -100 need a sign") }
    let indices = try buffer(indices, indexCount, "indices")
    for index in indices where index >= UInt64(rows.count) {
      throw CallError.invalid("there is no row \(index)")
    }
    guard rows.length.multipliedReportingOverflow(by: indices.count).partialValue <= Int32.max,
      indices.count <= Int32.max
    else { throw CallError.invalid("indices: more than 2^31 - 1 tokens at once") }
    guard padding < UInt32(1) << 31 else { throw CallError.invalid("padding: \(padding)") }
    let writer = RowWriter(rows, type, padding)
    let parts = indices.map { rows.parts(ofRow: Int($0)) }
    try deliver(writer.bounds(of: parts).span, to: bounds, capacity, count, "bounds")
    guard !indices.isEmpty else { return }
    guard let inputs = inputs, let targets = targets else {
      throw CallError.invalid("inputs or targets: null")
    }
    try writer.write(parts, inputs, targets)
    if let positions = positions { writer.writePositions(parts, positions) }
  }
}

/// Writes rows where a caller wants them, without another copy of them.
private struct RowWriter {
  private let dataset: TokenDataset
  private let length: Int
  private let type: IntegerType
  private let padding: UInt32

  init(_ rows: PackedRows, _ type: IntegerType, _ padding: UInt32) {
    dataset = rows.dataset
    length = rows.length
    self.type = type
    self.padding = padding
  }

  /// Where the parts begin among the inputs of all rows, the padding of a row being one, and the number
  /// of inputs.
  func bounds(of rows: [[PackedRows.Part]]) -> [Int32] {
    var bounds: [Int32] = [0]
    for (row, parts) in rows.enumerated() {
      var place = row * length
      for part in parts {
        place += part.tokens.count
        bounds.append(Int32(place))
      }
      let end = (row + 1) * length
      if place < end { bounds.append(Int32(end)) }
    }
    return bounds
  }

  func write(
    _ rows: [[PackedRows.Part]], _ inputs: UnsafeMutableRawPointer,
    _ targets: UnsafeMutableRawPointer
  ) throws {
    var tokens = [TokenID](repeating: 0, count: length + 1)
    let filler = [TokenID](repeating: padding, count: length)
    for (row, parts) in rows.enumerated() {
      var place = row * length
      for part in parts {
        let count = part.tokens.count
        let end = dataset.document(part.document).upperBound
        // The token after the part too, where the document goes on.
        let known = part.tokens.lowerBound..<min(part.tokens.upperBound + 1, end)
        try tokens.withUnsafeMutableBufferPointer { buffer in
          var span = MutableSpan(
            _unsafeElements: UnsafeMutableBufferPointer(rebasing: buffer[..<known.count]))
          try dataset.copyTokens(in: known, to: &span)
        }
        type.store(tokens.span.extracting(..<count), to: inputs, at: place)
        type.store(tokens.span.extracting(1..<known.count), to: targets, at: place)
        if known.count == count { type.ignore((place + count - 1)..<(place + count), in: targets) }
        let learned = (known.lowerBound + 1)..<known.upperBound
        if dataset.hasLossMask, !learned.isEmpty {
          for ignored in try dataset.uncountedRanges(in: learned) {
            let first = place + ignored.lowerBound - learned.lowerBound
            type.ignore(first..<(first + ignored.count), in: targets)
          }
        }
        place += count
      }
      let end = (row + 1) * length
      type.store(filler.span.extracting(..<(end - place)), to: inputs, at: place)
      type.ignore(place..<end, in: targets)
    }
  }

  /// Writes how many tokens of its part come before each.
  func writePositions(_ rows: [[PackedRows.Part]], _ positions: UnsafeMutableRawPointer) {
    let steps = (0..<TokenID(length)).map { $0 }
    for (row, parts) in rows.enumerated() {
      var place = row * length
      for part in parts {
        type.store(steps.span.extracting(..<part.tokens.count), to: positions, at: place)
        place += part.tokens.count
      }
      let left = (row + 1) * length - place
      type.store(steps.span.extracting(..<left), to: positions, at: place)
    }
  }
}

@c @implementation
public func gobbet_rows_close(_ rows: OpaquePointer?) {
  HandleTable.shared.remove(rows, as: RowsHandle.self)
}
