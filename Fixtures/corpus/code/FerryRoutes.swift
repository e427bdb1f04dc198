// SPDX-License-Identifier: Apache-2.0
// Finds the quickest way between two islands on a timetable of ferries.

/// Minutes since midnight.
struct TimeOfDay: Comparable, Hashable, CustomStringConvertible {
    let minutes: Int

    init(_ hour: Int, _ minute: Int) {
        precondition((0..<24).contains(hour) && (0..<60).contains(minute))
        minutes = hour * 60 + minute
    }

    init?(parsing text: String) {
        let parts = text.split(separator: ":")
        guard parts.count == 2,
              let hour = Int(parts[0]), (0..<24).contains(hour),
              let minute = Int(parts[1]), (0..<60).contains(minute)
        else { return nil }
        self.init(hour, minute)
    }

    static func < (lhs: TimeOfDay, rhs: TimeOfDay) -> Bool { lhs.minutes < rhs.minutes }

    var description: String {
        let hour = minutes / 60, minute = minutes % 60
        return (hour < 10 ? "0" : "") + "\(hour):" + (minute < 10 ? "0" : "") + "\(minute)"
    }
}

struct Crossing: Hashable {
    let from: String
    let to: String
    let leaves: TimeOfDay
    let arrives: TimeOfDay
}

enum RouteError: Error, Equatable {
    case unknownHarbour(String)
    case noConnection(from: String, to: String)
}

/// A binary heap that hands out the smallest element first.
struct MinHeap<Element> {
    private var storage: [Element] = []
    private let precedes: (Element, Element) -> Bool

    init(by precedes: @escaping (Element, Element) -> Bool) {
        self.precedes = precedes
    }

    var isEmpty: Bool { storage.isEmpty }

    mutating func push(_ element: Element) {
        storage.append(element)
        var child = storage.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard precedes(storage[child], storage[parent]) else { break }
            storage.swapAt(child, parent)
            child = parent
        }
    }

    mutating func pop() -> Element? {
        guard let first = storage.first else { return nil }
        let last = storage.removeLast()
        if !storage.isEmpty {
            storage[0] = last
            sink(from: 0)
        }
        return first
    }

    private mutating func sink(from start: Int) {
        var parent = start
        while true {
            let left = 2 * parent + 1, right = left + 1
            var smallest = parent
            if left < storage.count, precedes(storage[left], storage[smallest]) { smallest = left }
            if right < storage.count, precedes(storage[right], storage[smallest]) { smallest = right }
            if smallest == parent { return }
            storage.swapAt(parent, smallest)
            parent = smallest
        }
    }
}

struct Timetable {
    private let byHarbour: [String: [Crossing]]
    private let harbours: Set<String>
    /// Nobody changes boats in less than this many minutes.
    let minimumChange: Int

    init(_ crossings: [Crossing], minimumChange: Int = 10) {
        byHarbour = Dictionary(grouping: crossings, by: \.from)
        harbours = Set(crossings.flatMap { [$0.from, $0.to] })
        self.minimumChange = minimumChange
    }

    /// The sequence of crossings that arrives earliest, starting not before `start`.
    func route(from origin: String, to target: String, after start: TimeOfDay) throws -> [Crossing] {
        for name in [origin, target] where !harbours.contains(name) {
            throw RouteError.unknownHarbour(name)
        }
        if origin == target { return [] }

        var earliest: [String: Int] = [origin: start.minutes]
        var cameBy: [String: Crossing] = [:]
        var queue = MinHeap<(harbour: String, ready: Int)> { $0.ready < $1.ready }
        queue.push((origin, start.minutes))

        while let (harbour, ready) = queue.pop() {
            if harbour == target { break }
            guard ready <= earliest[harbour, default: .max] else { continue }
            for crossing in byHarbour[harbour] ?? [] where crossing.leaves.minutes >= ready {
                let readyThere = crossing.arrives.minutes + minimumChange
                if readyThere < earliest[crossing.to, default: .max] {
                    earliest[crossing.to] = readyThere
                    cameBy[crossing.to] = crossing
                    queue.push((crossing.to, readyThere))
                }
            }
        }

        var path: [Crossing] = []
        var here = target
        while here != origin {
            guard let crossing = cameBy[here] else {
                throw RouteError.noConnection(from: origin, to: target)
            }
            path.append(crossing)
            here = crossing.from
        }
        return path.reversed()
    }
}

@main
struct Demo {
    static func main() {
        let timetable = Timetable([
            Crossing(from: "Holm", to: "Skerry", leaves: TimeOfDay(7, 15), arrives: TimeOfDay(8, 5)),
            Crossing(from: "Holm", to: "Inner Calf", leaves: TimeOfDay(7, 40), arrives: TimeOfDay(8, 0)),
            Crossing(from: "Inner Calf", to: "Skerry", leaves: TimeOfDay(8, 30), arrives: TimeOfDay(8, 55)),
            Crossing(from: "Skerry", to: "Farther Rock", leaves: TimeOfDay(8, 20), arrives: TimeOfDay(9, 45)),
            Crossing(from: "Skerry", to: "Farther Rock", leaves: TimeOfDay(13, 0), arrives: TimeOfDay(14, 20)),
        ])
        do {
            for leg in try timetable.route(from: "Holm", to: "Farther Rock", after: TimeOfDay(7, 0)) {
                print("\(leg.leaves)  \(leg.from) -> \(leg.to)  \(leg.arrives)")
            }
        } catch RouteError.unknownHarbour(let name) {
            print("There is no harbour called \(name).")
        } catch {
            print("No way today: \(error)")
        }
    }
}
