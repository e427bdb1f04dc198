/// Some pretokens of one document that are counted together.
struct PretokenBatch {
  /// One pretoken.
  struct Item {
    /// Where it is in the document.
    var range: Range<Int>
    var key: CountKey
    /// What the index of the table has in the slot of the key.
    var numberPlusOne: UInt32 = 0
  }

  private var items = [Item](repeating: Item(range: 0..<0, key: .empty), count: 32)
  private(set) var count = 0

  /// Whether there is no room for another.
  var isFull: Bool { count == items.count }

  /// Adds a pretoken.
  ///
  /// - Precondition: the batch is not full.
  mutating func append(_ range: Range<Int>, _ key: CountKey) {
    items[count] = Item(range: range, key: key)
    count += 1
  }

  /// The pretoken at a position below `count`.
  subscript(position: Int) -> Item {
    get { items[position] }
    set { items[position] = newValue }
  }

  /// Forgets all pretokens.
  mutating func removeAll() { count = 0 }
}
