/// The arrays of `MergeTables` as plain pointers, for the time of one call.
@unsafe struct MergePointers {
  let byteTokens: UnsafePointer<TokenID>
  let bytePairs: UnsafePointer<UInt32>
  let slots: UnsafePointer<UInt64>
  let shift: UInt64
  let mask: Int
  /// Nil if ranks are results.
  let results: UnsafePointer<TokenID>?
  /// What `WholeScalars` holds; nil, and then no table of borders either, if it is empty.
  let scalars: UnsafePointer<TokenID>?
  let straddled: UnsafePointer<UInt64>

  /// The rank of a pair; `PairTable.none` if it does not merge.
  @inline(__always) func rank(_ left: TokenID, _ right: TokenID) -> UInt32 {
    let key = PairTable.key(left, right)
    // SAFETY: `firstSlot` is below the slot count, a power of two, and `mask` keeps the rest there;
    // at least a third of the slots are empty, so the search ends.
    var slot = unsafe PairTable.firstSlot(key, shift)
    while true {
      let word = unsafe slots[slot]
      if word >> 21 == key { return UInt32(truncatingIfNeeded: word) & 0x1F_FFFF }
      if word == .max { return PairTable.none }
      slot = unsafe (slot &+ 1) & mask
    }
  }

  /// What the merge of a rank yields.
  @inline(__always) func result(_ rank: UInt32) -> TokenID {
    // SAFETY: every rank in the table is an index of `results`.
    if let results = unsafe results { return unsafe results[Int(rank)] }
    return rank
  }
}
extension MergeTables {
  /// Calls `body` with pointers to all arrays, which are good until it returns.
  @inline(__always) func withPointers<Result, Failure: Error>(
    _ body: (MergePointers) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // SAFETY: the pointers do not outlive the calls that give them, nor those of `pairs` this one.
    try unsafe byteTokens.withUnsafeBufferPointer { byteTokens throws(Failure) in
      try unsafe bytePairs.withUnsafeBufferPointer { bytePairs throws(Failure) in
        try unsafe results.withUnsafeBufferPointer { results throws(Failure) in
          try unsafe scalars.tokens.withUnsafeBufferPointer { scalars throws(Failure) in
            try unsafe self.scalars.straddled.withUnsafeBufferPointer { straddled throws(Failure) in
              guard let bytes = byteTokens.baseAddress, let bytePairs = bytePairs.baseAddress
              else { preconditionFailure("merge tables are never empty") }
              let slots = pairs.slots
              return try unsafe body(
                MergePointers(
                  byteTokens: bytes, bytePairs: bytePairs, slots: slots.base, shift: pairs.shift,
                  mask: slots.count - 1, results: results.isEmpty ? nil : results.baseAddress,
                  scalars: straddled.isEmpty ? nil : scalars.baseAddress,
                  straddled: straddled.baseAddress ?? slots.base))
            }
          }
        }
      }
    }
  }
}
