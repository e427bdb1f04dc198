extension JSONValue {
  /// Checks that no object of the value has a key twice, and that objects and arrays are nested at
  /// most `depth` deep.
  ///
  /// - Throws: ``InterchangeError`` (`damaged`).
  /// - Complexity: linear in the bytes of the value.
  package func checkMembers(depth: Int) throws(InterchangeError) {
    guard isArray || isObject else { return }
    guard depth > 0 else { throw error(.damaged("objects and arrays are nested too deep")) }
    var keys: Set<[UInt8]> = []
    try forEach { (key, member) throws(InterchangeError) in
      guard isArray || keys.insert(key).inserted else {
        throw error(.damaged("the key is there twice"), key: key)
      }
      try member.checkMembers(depth: depth - 1)
    }
  }
}
