internal import GobbetData

/// The documents seen so far, by their hashes: a table of 16-byte places, of which three eighths to
/// three quarters are in use.
struct DocumentHashSet: Sendable {
  private struct Place {
    var low: UInt64 = 0
    var high: UInt64 = 0
  }

  /// A power of two many; zeros are free.
  private var places = [Place](repeating: Place(), count: 1 << 10)
  private(set) var count = 0
  private var holdsZero = false

  /// Adds a document, and says whether it was there before.
  mutating func insert(_ hash: DocumentHash) -> Bool {
    if hash.low == 0, hash.high == 0 {
      defer { holdsZero = true }
      return holdsZero
    }
    if 4 * (count + 1) > 3 * places.count { grow() }
    let place = Self.place(hash.low, hash.high, in: places)
    if places[place].low != 0 || places[place].high != 0 { return true }
    places[place] = Place(low: hash.low, high: hash.high)
    count += 1
    return false
  }

  /// Where the hash is, or the free place where it would be.
  private static func place(_ low: UInt64, _ high: UInt64, in places: [Place]) -> Int {
    // A SHA-256 needs no further mixing.
    var place = Int(truncatingIfNeeded: low) & (places.count - 1)
    while places[place].low != 0 || places[place].high != 0 {
      if places[place].low == low, places[place].high == high { break }
      place = (place + 1) & (places.count - 1)
    }
    return place
  }

  private mutating func grow() {
    var larger = [Place](repeating: Place(), count: 2 * places.count)
    for place in places where place.low != 0 || place.high != 0 {
      larger[Self.place(place.low, place.high, in: larger)] = place
    }
    places = larger
  }
}
