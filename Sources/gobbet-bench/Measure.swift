import Foundation
import Gobbet
import GobbetSystem

/// Seconds of CPU time, user and system over all threads, that `body` took.
func cpuSeconds(_ body: () throws -> Void) rethrows -> Double {
  let start = ProcessUsage().cpuSeconds
  try body()
  return ProcessUsage().cpuSeconds - start
}

/// CPU time from when it was made on, over all threads.
struct ProcessTime {
  private let start = ProcessUsage().cpuSeconds

  /// Seconds so far.
  var seconds: Double { ProcessUsage().cpuSeconds - start }
}

/// The middle one of `values`.
func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

/// The largest resident memory of the process so far, in megabytes as `getrusage` counts them.
var peakResidentMegabytes: Int { ProcessUsage().peakResidentByteCount >> 20 }

extension Double {
  /// The number with `places` digits after the point.
  func rounded(_ places: Int) -> Double {
    let scale = pow(10, Double(places))
    return (self * scale).rounded() / scale
  }
}

/// One JSON object on one line of standard output, its keys sorted.
func printJSON(_ report: some Encodable) throws {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  print(String(decoding: try encoder.encode(report), as: UTF8.self))
}

/// The documents of `corpora` in memory, up to `limit` bytes in all but never none.
func documents(_ corpora: [String], limit: Int? = nil) throws -> [[UInt8]] {
  var reader = try CorpusReader(inputs: corpora, options: CorpusOptions())
  var documents: [[UInt8]] = []
  var byteCount = 0
  while let document = try reader.next() {
    byteCount += document.text.count
    if let limit, byteCount > limit, !documents.isEmpty { break }
    documents.append(document.text)
  }
  return documents
}

/// An order-sensitive sum over ids, by which two programs can be seen to agree.
///
/// The sum of (id + 1) × (2 × index + 1), modulo 2^64.
struct Checksum {
  private(set) var value: UInt64 = 0
  private var weight: UInt64 = 1

  mutating func add(_ ids: [TokenID]) {
    for id in ids {
      value &+= (UInt64(id) &+ 1) &* weight
      weight &+= 2
    }
  }
}
