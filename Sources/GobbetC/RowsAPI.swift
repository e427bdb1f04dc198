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
    value.too_long_count = UInt64(rows.tooLongCount)
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
    let rowCount = UInt64(rows.count)
    if let index = indices.first(where: { $0 >= rowCount }) {
      throw CallError.invalid("there is no row \(index)")
    }
    guard rows.length.multipliedReportingOverflow(by: indices.count).partialValue <= Int32.max,
      indices.count <= Int32.max
    else { throw CallError.invalid("indices: more than 2^31 - 1 tokens at once") }
    guard padding < UInt32(1) << 31 else { throw CallError.invalid("padding: \(padding)") }
    let layout = rows.layout(ofRows: indices.map { Int($0) })
    let starts = layout.bounds
    try deliver(starts.span, to: bounds, capacity, count, "bounds")
    guard !indices.isEmpty else { return }
    guard let inputs = inputs, let targets = targets else {
      throw CallError.invalid("inputs or targets: null")
    }
    try rows.dataset.withReader { reader in
      try type.fillRows(
        layout.rowCount, length: rows.length, inputs: inputs, targets: targets
      ) { row, inputs, targets in
        try reader.copy(row, of: layout, padding: padding, inputs: &inputs, targets: &targets)
      }
    }
    guard let positions = positions else { return }
    for (start, end) in zip(starts, starts.dropFirst()) {
      type.storeSteps(Int(end - start), to: positions, at: Int(start))
    }
  }
}

@c @implementation
public func gobbet_rows_close(_ rows: OpaquePointer?) {
  HandleTable.shared.remove(rows, as: RowsHandle.self)
}
