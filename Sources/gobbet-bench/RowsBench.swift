import ArgumentParser
import Foundation
import Gobbet
import GobbetData

/// Plans packed rows of made-up documents, group by group, as rows of a dataset are planned; then has
/// every plan once more, as an epoch in the order of the groups does.
struct RowsBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rows",
    abstract: "Best-fit plans of many documents: speed, fill, and the memory they take.",
    discussion: """
      Lengths are drawn from the seed: exp(N(6, 1.2)), 20,000 at most. Nothing is stored: plans \
      that do not fit into --plan-bytes are made again from the lengths when an epoch comes to \
      their group. Tests/Peers/compare_rows.py compares speed, fill and rows with trl's.
      """)

  @Option(help: "Documents whose rows are planned.")
  var documents = 10_000_000

  @Option(help: "Tokens of a row.")
  var length = 2048

  @Option(help: "What lengths are drawn from.")
  var seed: UInt64 = 1

  @Option(help: "Bytes of plans that are kept.")
  var planBytes = 64 << 20

  @Option(help: "Documents that are packed together.")
  var groupDocuments = 1 << 18

  @Flag(help: "Leave out what long documents have beyond a row, not split them.")
  var crop = false

  func validate() throws {
    guard documents > 0, PackedRowOptions.lengths.contains(length), planBytes >= 0,
      PackedRowOptions.groups.contains(groupDocuments)
    else { throw ValidationError("a number that rows can't have") }
  }

  private struct Report: Encodable {
    let documents: Int
    let rows: Int
    let fill: Double
    let kept_plan_bytes: Int
    let plan_mdocuments_per_cpu_s: Double
    let epoch_mdocuments_per_cpu_s: Double
    let peak_resident_mb: Int
  }

  func run() throws {
    var options = PackedRowOptions(length: length, longDocuments: crop ? .crop : .split)
    options.groupDocumentCount = groupDocuments
    let plans = RowPlanCache(budget: planBytes)
    var (rowCount, tokenCount, planSeconds, epochSeconds) = (0, 0, 0.0, 0.0)
    forEachGroup { group, lengths in
      planSeconds += cpuSeconds {
        let plan = RowPlan(lengths: lengths, options)
        rowCount += plan.rowCount
        tokenCount += plan.tokenCount
        plans.keep(plan, group)
      }
    }
    var epochRowCount = 0
    forEachGroup { group, lengths in
      epochSeconds += cpuSeconds {
        epochRowCount += plans.plan(ofGroup: group) { RowPlan(lengths: lengths, options) }.rowCount
      }
    }
    precondition(epochRowCount == rowCount, "rows: plans of the same lengths differ")
    try printJSON(
      Report(
        documents: documents, rows: rowCount,
        fill: (Double(tokenCount) / Double(rowCount * length)).rounded(6),
        kept_plan_bytes: plans.byteCount,
        plan_mdocuments_per_cpu_s: (Double(documents) / planSeconds / 1_000_000).rounded(2),
        epoch_mdocuments_per_cpu_s: (Double(documents) / epochSeconds / 1_000_000).rounded(2),
        peak_resident_mb: peakResidentMegabytes))
  }

  /// Draws the lengths of each group, the same each time.
  private func forEachGroup(_ body: (Int, [Int]) -> Void) {
    var random = RandomSource(seed: seed)
    for first in stride(from: 0, to: documents, by: groupDocuments) {
      let count = min(groupDocuments, documents - first)
      body(first / groupDocuments, (0..<count).map { _ in Self.length(&random) })
    }
  }

  /// A length as those of web pages: its logarithm is normal.
  private static func length(_ random: inout RandomSource) -> Int {
    let radius = (-2 * log(1 - random.nextUnit())).squareRoot()
    let normal = radius * cos(2 * Double.pi * random.nextUnit())
    return min(20_000, max(1, Int(exp(6 + 1.2 * normal))))
  }
}
