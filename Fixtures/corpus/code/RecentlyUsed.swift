// SPDX-License-Identifier: Apache-2.0

/// A cache that forgets the entry nobody has asked for in the longest time.
///
/// Entries live in an array of nodes that are linked by index, so that a lookup, an insertion and
/// a removal all take constant time and nothing is allocated once the cache is full.
struct RecentlyUsed<Key: Hashable, Value> {
    private struct Node {
        var key: Key
        var value: Value
        var previous: Int?
        var next: Int?
    }

    let capacity: Int
    private var nodes: [Node] = []
    private var places: [Key: Int] = [:]
    private var newest: Int?
    private var oldest: Int?
    private(set) var hits = 0
    private(set) var misses = 0

    init(capacity: Int) {
        precondition(capacity > 0, "a cache needs room for something")
        self.capacity = capacity
        nodes.reserveCapacity(capacity)
    }

    var count: Int { nodes.count }

    /// Keys from the most to the least recently used.
    var keys: [Key] {
        var result: [Key] = []
        var place = newest
        while let index = place {
            result.append(nodes[index].key)
            place = nodes[index].next
        }
        return result
    }

    mutating func value(for key: Key) -> Value? {
        guard let index = places[key] else {
            misses += 1
            return nil
        }
        hits += 1
        moveToFront(index)
        return nodes[index].value
    }

    mutating func value(for key: Key, orInsert make: () throws -> Value) rethrows -> Value {
        if let known = value(for: key) { return known }
        let made = try make()
        insert(made, for: key)
        return made
    }

    mutating func insert(_ value: Value, for key: Key) {
        if let index = places[key] {
            nodes[index].value = value
            moveToFront(index)
            return
        }
        let index: Int
        if nodes.count < capacity {
            index = nodes.count
            nodes.append(Node(key: key, value: value, previous: nil, next: nil))
        } else {
            index = oldest!
            unlink(index)
            places[nodes[index].key] = nil
            nodes[index] = Node(key: key, value: value, previous: nil, next: nil)
        }
        places[key] = index
        linkAtFront(index)
    }

    private mutating func moveToFront(_ index: Int) {
        guard newest != index else { return }
        unlink(index)
        linkAtFront(index)
    }

    private mutating func unlink(_ index: Int) {
        let (before, after) = (nodes[index].previous, nodes[index].next)
        if let before { nodes[before].next = after } else { newest = after }
        if let after { nodes[after].previous = before } else { oldest = before }
        nodes[index].previous = nil
        nodes[index].next = nil
    }

    private mutating func linkAtFront(_ index: Int) {
        nodes[index].next = newest
        if let newest { nodes[newest].previous = index }
        newest = index
        if oldest == nil { oldest = index }
    }
}

extension RecentlyUsed: CustomStringConvertible where Key: CustomStringConvertible {
    var description: String {
        let rate = hits + misses == 0 ? 0 : 100 * hits / (hits + misses)
        return "[" + keys.map(\.description).joined(separator: ", ") + "] \(rate)% hits"
    }
}

@main
enum Demo {
    static func main() {
        var squares = RecentlyUsed<Int, Int>(capacity: 3)
        for number in [4, 9, 16, 4, 25, 9, 4] {
            let square = squares.value(for: number) { number * number }
            print(number, square, squares)
        }
    }
}
