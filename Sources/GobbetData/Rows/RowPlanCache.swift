internal import Synchronization

/// The plans of groups that were used of late, within a budget of bytes; shared by threads.
package final class RowPlanCache: Sendable {
  private struct State {
    var plans: [Int: (plan: RowPlan, use: Int)] = [:]
    var byteCount = 0
    var useCount = 0
  }

  private let budget: Int
  private let state = Mutex(State())

  /// A cache of plans of at most `budget` bytes.
  package init(budget: Int) { self.budget = budget }

  /// Bytes of the plans that are kept.
  package var byteCount: Int { state.withLock { $0.byteCount } }

  /// The plan of a group: the one that is kept, else the one that `make` makes.
  package func plan(ofGroup group: Int, _ make: () -> RowPlan) -> RowPlan {
    if let plan = kept(group) { return plan }
    let plan = make()
    keep(plan, group)
    return plan
  }

  private func kept(_ group: Int) -> RowPlan? {
    state.withLock { state in
      state.useCount += 1
      state.plans[group]?.use = state.useCount
      return state.plans[group]?.plan
    }
  }

  /// Keeps a plan, and gives up those that were used the longest ago.
  package func keep(_ plan: RowPlan, _ group: Int) {
    guard plan.byteCount <= budget else { return }
    state.withLock { state in
      guard state.plans[group] == nil else { return }
      while state.byteCount + plan.byteCount > budget,
        let oldest = state.plans.min(by: { $0.value.use < $1.value.use })
      {
        state.plans[oldest.key] = nil
        state.byteCount -= oldest.value.plan.byteCount
      }
      state.plans[group] = (plan, state.useCount)
      state.byteCount += plan.byteCount
    }
  }
}
