// `Array.span` and `Array.mutableSpan` of the standard library need macOS 26, iOS 26 and their like.
// The properties here need what `Span` needs, and that is less than the package asks for. A file that
// sees them uses them and not the standard library's; `Tests/availability.py` finds a file that does
// not see them. Once the package asks for macOS 26, this target can go, and no caller changes.

extension Array where Element: BitwiseCopyable {
  /// The elements, borrowed: as the standard library's, on every system that this package runs on.
  ///
  /// - Complexity: O(1), no copy.
  @inlinable package var span: Span<Element> {
    @_lifetime(borrow self)
    get {
      // SAFETY: an array whose elements aren't class references is never one of Objective-C's, so
      // that it has its elements in one buffer of its own. The buffer lives as long as any copy of
      // the array and is not written to while this one is borrowed, which the span's lifetime sees to.
      let elements = unsafe withUnsafeBufferPointer { unsafe $0 }
      return unsafe _overrideLifetime(elements.span, borrowing: self)
    }
  }

  /// The elements, to be changed in place: as the standard library's, on every system that this
  /// package runs on.
  ///
  /// - Complexity: O(1); O(n) if other arrays share the elements.
  @inlinable package var mutableSpan: MutableSpan<Element> {
    @_lifetime(&self)
    mutating get {
      // SAFETY: as above; and the call made the buffer this array's alone, which it stays while the
      // span, whose lifetime is an access to the array, can change it.
      let elements = unsafe withUnsafeMutableBufferPointer { unsafe $0 }
      return unsafe _overrideLifetime(elements.mutableSpan, mutating: &self)
    }
  }
}
