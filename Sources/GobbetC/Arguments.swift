internal import CGobbet
internal import GobbetBPE
internal import GobbetFile
internal import GobbetSystem

#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// The object behind a handle.
///
/// - Throws: ``CallError`` if the handle is null, closed or of another kind.
func object<Object: AnyObject>(
  _ handle: OpaquePointer?, _ kind: Object.Type, _ name: String
) throws(CallError) -> Object {
  guard let object = HandleTable.shared.object(handle, as: kind) else {
    throw .invalid("\(name): no open handle")
  }
  return object
}

/// Where a result goes.
///
/// - Throws: ``CallError`` if it is null.
func result<Value>(
  _ pointer: UnsafeMutablePointer<Value>?, _ name: String
) throws(CallError) -> UnsafeMutablePointer<Value> {
  guard let pointer = pointer else { throw .invalid("\(name): null") }
  return pointer
}

/// Elements that a caller lends for the length of a call.
///
/// - Throws: ``CallError`` if there are some, but nowhere.
func buffer<Element>(
  _ start: UnsafePointer<Element>?, _ count: Int, _ name: String
) throws(CallError) -> UnsafeBufferPointer<Element> {
  guard count >= 0 else { throw .invalid("\(name): more than memory can hold") }
  guard start != nil || count == 0 else { throw .invalid("\(name): null") }
  return UnsafeBufferPointer(start: start, count: count)
}

/// Room that a caller lends for the length of a call.
///
/// - Throws: ``CallError`` if there is some, but nowhere.
func room<Element>(
  _ start: UnsafeMutablePointer<Element>?, _ count: Int, _ name: String
) throws(CallError) -> UnsafeMutableBufferPointer<Element> {
  guard count >= 0 else { throw .invalid("\(name): more than memory can hold") }
  guard start != nil || count == 0 else { throw .invalid("\(name): null") }
  return UnsafeMutableBufferPointer(start: start, count: count)
}

/// A path or a name.
///
/// - Throws: ``CallError`` if it is null or no UTF-8.
func text(_ pointer: UnsafePointer<CChar>?, _ name: String) throws(CallError) -> String {
  guard let pointer = pointer else { throw .invalid("\(name): null") }
  guard let text = String(validatingCString: pointer) else {
    throw .invalid("\(name): not UTF-8")
  }
  return text
}

/// Several paths, whatever their bytes are.
///
/// - Throws: ``CallError`` if there are none, or one of them is null.
func texts(
  _ pointers: UnsafePointer<UnsafePointer<CChar>?>?, _ count: Int, _ name: String
) throws(CallError) -> [String] {
  guard count > 0 else { throw .invalid("\(name): none") }
  var all: [String] = []
  for pointer in try buffer(pointers, count, name) {
    guard let pointer = pointer else { throw .invalid("\(name): null") }
    let bytes = UnsafeRawBufferPointer(start: pointer, count: strlen(pointer))
    all.append(pathText(bytes))
  }
  return all
}

/// A pattern by its name.
///
/// - Throws: ``CallError`` if there isn't one of that name.
func pattern(_ pointer: UnsafePointer<CChar>?) throws(CallError) -> SplitPattern {
  let name = try text(pointer, "pattern")
  guard let pattern = SplitPattern(named: name) else {
    throw .unknown("pattern", name, known: SplitPattern.named.map(\.name))
  }
  return pattern
}

/// A count of the caller's as an `Int`.
///
/// - Throws: ``CallError`` if it is 2^63 or more.
func integer(_ number: UInt64, _ name: String) throws(CallError) -> Int {
  guard let number = Int(exactly: number) else { throw .invalid("\(name): \(number)") }
  return number
}

/// Copies `elements` to a caller, and tells how many there are even if they do not fit.
///
/// - Throws: ``CallError`` (too small).
func deliver<Element>(
  _ elements: Span<Element>, to start: UnsafeMutablePointer<Element>?, _ capacity: Int,
  _ count: UnsafeMutablePointer<Int>?, _ name: String
) throws(CallError) {
  try result(count, "count").pointee = elements.count
  let room = try room(start, capacity, name)
  guard elements.count <= room.count else {
    throw .tooSmall(room.count, needed: elements.count)
  }
  elements.withUnsafeBufferPointer { source in
    if let first = source.baseAddress, let target = room.baseAddress {
      target.update(from: first, count: source.count)
    }
  }
}

/// Gives the caller a handle of a new object.
func deliver(
  _ object: AnyObject, to handle: UnsafeMutablePointer<OpaquePointer?>?, _ name: String
) throws(CallError) {
  try result(handle, name).pointee = HandleTable.shared.add(object)
}

/// Writes the 32 bytes of a digest where the caller wants them, if anywhere.
func deliver(_ digest: ContentDigest, to bytes: UnsafeMutablePointer<UInt8>?) {
  guard let bytes = bytes else { return }
  for (index, byte) in digest.bytes.enumerated() { bytes[index] = byte }
}

extension Span where Element: BitwiseCopyable {
  /// A copy of the elements.
  var array: [Element] { withUnsafeBufferPointer { Array($0) } }
}

extension Pieces {
  /// A copy of piece `index`.
  func array(_ index: Int) -> [Element] { withPiece(index) { $0.array } }
}
