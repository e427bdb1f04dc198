import GobbetData
import GobbetFile
import TestSupport
import Testing

@Suite("Sampling windows") struct WindowSamplerTests {
  static let contentID = ContentDigest(of: [UInt8]([1, 2]).span)
  static let orders: [WindowSampler.Order] = [
    .sequential, .shuffled, .groupsShuffled(windowsPerGroup: 4, groupsTogether: 3),
    .groupsShuffled(windowsPerGroup: 16, groupsTogether: .max),
  ]

  static func sampler(
    _ count: Int, _ order: WindowSampler.Order, rank: Int = 0, of worldSize: Int = 1,
    epoch: UInt64 = 0, position: Int = 0
  ) -> WindowSampler {
    WindowSampler(
      WindowSampler.State(
        windows: WindowSampler.Windows(
          contentID: contentID, length: 1, stride: 1, count: count), order: order, seed: 5,
        epoch: epoch, rank: rank,
        worldSize: worldSize, position: position))
  }

  @Test("a permutation holds every number once", arguments: [0, 1, 2, 3, 4, 5, 64, 65, 1000, 4097])
  func permutation(count: Int) {
    let permutation = Permutation(count: count, key: 42)
    #expect((0..<count).map { permutation[$0] }.sorted() == Array(0..<count))
  }

  @Test("the ranks together visit every window once an epoch", arguments: orders)
  func union(order: WindowSampler.Order) {
    for count in [0, 1, 2, 3, 7, 16, 63, 64, 65, 500] {
      for worldSize in [1, 2, 3, 5, 8, 64] {
        for epoch in [0, 1] as [UInt64] {
          let parts = (0..<worldSize).map {
            Array(Self.sampler(count, order, rank: $0, of: worldSize, epoch: epoch))
          }
          #expect(parts.joined().sorted() == Array(0..<count))
          #expect(parts.map(\.count).max() ?? 0 <= (parts.map(\.count).min() ?? 0) + 1)
        }
      }
    }
  }

  @Test("a sampler stopped anywhere goes on with the same windows", arguments: orders)
  func resume(order: WindowSampler.Order) {
    let whole = Array(Self.sampler(100, order, rank: 1, of: 3))
    for stop in 0...whole.count {
      var sampler = Self.sampler(100, order, rank: 1, of: 3)
      for _ in 0..<stop { _ = sampler.next() }
      #expect(Array(WindowSampler(sampler.state)) == Array(whole[stop...]))
    }
  }

  @Test(
    "ranks of any number go on where those of another stopped, and none misses or repeats a window",
    arguments: orders)
  func otherWorlds(order: WindowSampler.Order) throws {
    var random = SeededGenerator(3)
    for _ in 0..<300 {
      let count = Int(random.next() % 90)
      var worldSize = Int(random.next() % 9) + 1
      var states = (0..<worldSize).map { Self.sampler(count, order, rank: $0, of: worldSize).state }
      var visited: [Int] = []
      for _ in 0..<(random.next() % 4) {
        // All take equally many, but those whose share has ended; one of them saves its state.
        let longest = states.map { WindowSampler($0).count - $0.position }.max() ?? 0
        let step = Int(random.next() % UInt64(longest + 1))
        var reached = states[0]
        for state in states {
          var sampler = WindowSampler(state)
          for _ in 0..<step { if let window = sampler.next() { visited.append(window) } }
          if sampler.state.position >= reached.position { reached = sampler.state }
        }
        worldSize = Int(random.next() % 9) + 1
        states = try (0..<worldSize).map {
          try #require(reached.shared(rank: $0, worldSize: worldSize))
        }
      }
      for state in states { visited += Array(WindowSampler(state)) }
      #expect(visited.sorted() == Array(0..<count))
    }
  }

  @Test("a state tells of so many changes of the world, and the next epoch of none")
  func manyWorlds() throws {
    var state = Self.sampler(100_000, .shuffled, of: 2, position: 5).state
    for worldSize in 3..<(3 + WindowSampler.State.maximumStopCount) {
      state = try #require(state.shared(rank: 1, worldSize: worldSize))
      #expect(state.shared(rank: 0, worldSize: 1)?.earlier == state.earlier)
      state.position = 1
    }
    #expect(state.shared(rank: 0, worldSize: 1) == nil)
    var sampler = WindowSampler(state)
    sampler.beginNextEpoch()
    #expect(sampler.state.earlier.isEmpty && sampler.state.position == 0)
    #expect(sampler.state.shared(rank: 0, worldSize: 1)?.earlier == [])
    state.earlier[0] = WindowSampler.Stop(worldSize: 2, position: 50_001)
    #expect(!state.isPossible)
    state.earlier[0] = WindowSampler.Stop(worldSize: 0, position: 1)
    #expect(!state.isPossible)
  }

  @Test("epochs and seeds differ")
  func epochs() {
    var sampler = Self.sampler(1000, .shuffled)
    let first = Array(sampler)
    sampler.beginNextEpoch()
    #expect(Array(sampler) != first)
    #expect(sampler.state.epoch == 1)
  }

  @Test("shuffled windows are spread over the whole file")
  func spread() {
    // Of 100 tenths of positions × tenths of windows none is far from the 1,000 it should hold.
    let windows = Array(Self.sampler(100_000, .shuffled))
    var cells = [Int](repeating: 0, count: 100)
    for (position, window) in windows.enumerated() {
      cells[position / 10_000 * 10 + window / 10_000] += 1
    }
    #expect(cells.allSatisfy { (850...1150).contains($0) })
  }

  @Test("shuffled groups stay together, so that their blocks are decoded once")
  func locality() {
    let windows = Array(
      Self.sampler(1600, .groupsShuffled(windowsPerGroup: 16, groupsTogether: 4)))
    for start in stride(from: 0, to: 1600, by: 64) {
      // A group that the turn cut touches two neighbouring runs of 16 windows.
      let touched = Set(windows[start..<(start + 64)].map { $0 / 16 })
      #expect(touched.count <= 8)
    }
  }
}
