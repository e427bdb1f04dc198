/// The objects behind the handles of the C API.
///
/// A handle is a slot's number and how often the slot was used, so that one which was closed, or
/// never was a handle, finds nothing.
final class HandleTable: @unchecked Sendable {
  private struct Slot {
    var object: AnyObject?
    var generation: UInt32 = 0
  }

  /// The one table of the process.
  static let shared = HandleTable()

  private var slots: [Slot] = []
  private var free: [Int] = []

  /// A handle of `object`, which lives until the handle is closed.
  func add(_ object: AnyObject) -> OpaquePointer? {
    tableLock.withLock {
      let index = free.popLast() ?? slots.count
      if index == slots.count { slots.append(Slot()) }
      slots[index].object = object
      slots[index].generation &+= 1
      // SAFETY: the bits are never used as an address.
      return OpaquePointer(
        bitPattern: UInt(slots[index].generation) << 32 | UInt(index + 1))
    }
  }

  /// The object of a handle; nil if it is none, or one of another kind.
  func object<Object: AnyObject>(_ handle: OpaquePointer?, as kind: Object.Type) -> Object? {
    tableLock.withLock { index(of: handle).flatMap { slots[$0].object } } as? Object
  }

  /// Closes a handle, and gives what it stood for; nil if it isn't one of that kind.
  @discardableResult
  func remove<Object: AnyObject>(_ handle: OpaquePointer?, as kind: Object.Type) -> Object? {
    tableLock.withLock {
      guard let index = index(of: handle), let object = slots[index].object as? Object else {
        return nil
      }
      slots[index].object = nil
      free.append(index)
      return object
    }
  }

  private func index(of handle: OpaquePointer?) -> Int? {
    let bits = UInt(bitPattern: handle)
    let number = Int(bits & 0xFFFF_FFFF)
    guard number > 0, number <= slots.count, slots[number - 1].object != nil,
      UInt(slots[number - 1].generation) == bits >> 32
    else { return nil }
    return number - 1
  }
}
