internal import CGobbetKernels
internal import GobbetData

extension Kernels {
  /// Puts the keys and values of every segment's rows into its cache, and what the heads of the chosen
  /// rows see of their sequence, side by side, into `output`.
  ///
  /// Where a cache holds no more than a window, some of a segment's rows go in, and see what is there,
  /// before the next.
  ///
  /// Shapes: `projected` [T, (H + 2 K) D]: queries, keys from `keyColumn` on, values; `output`
  /// [chosen, H D].
  func rememberAndAttend(
    _ projected: FloatMatrix, _ segments: [Segment], _ chosen: [Segment], layer: Int,
    keyColumn: Int, _ scores: Attention.Scores, into output: inout FloatMatrix,
    weights: inout AttentionWeights?
  ) {
    output.resize(rowCount: chosen.last?.rows.upperBound ?? 0)
    var rest = segments
    var rounds = 0
    while !rest.isEmpty {
      rounds += 1
      var now: [Segment] = []
      var later: [Segment] = []
      for segment in rest {
        let end = segment.cache.makeRoom(layer, from: segment.position, to: segment.endPosition)
        now.append(segment.part(segment.position..<end))
        if end < segment.endPosition { later.append(segment.part(end..<segment.endPosition)) }
      }
      remember(projected, now, layer: layer, keyColumn: keyColumn)
      // Else a cache holds the next rows only when these have seen what goes.
      let isAll = later.isEmpty && rounds == 1
      attend(
        projected, isAll ? chosen : Self.parts(of: chosen, in: now), layer: layer, scores,
        into: &output, weights: &weights)
      rest = later
    }
  }

  /// The parts of the chosen rows that stand in some segments of their sequences.
  private static func parts(of chosen: [Segment], in segments: [Segment]) -> [Segment] {
    chosen.compactMap { run in
      guard let segment = segments.first(where: { $0.cache === run.cache }) else { return nil }
      let positions = (run.position..<run.endPosition).clamped(
        to: segment.position..<segment.endPosition)
      return positions.isEmpty ? nil : run.part(positions)
    }
  }

  /// Puts the keys and values of every segment's rows into its cache.
  ///
  /// Shapes: `projected` [T, (H + 2 K) D]: queries, keys from `keyColumn` on, values.
  private func remember(_ projected: FloatMatrix, _ segments: [Segment], layer: Int, keyColumn: Int)
  {
    for segment in segments {
      let cache = segment.cache
      precondition(
        projected.width == keyColumn + 2 * cache.width, "remember: rows of another width")
      precondition(segment.rows.upperBound <= projected.rowCount, "remember: no such rows")
      let first = cache.firstPosition(layer)
      precondition(
        segment.position >= first && segment.endPosition <= first + cache.capacity(layer),
        "remember: past the cache")
      unsafe projected.elements.withUnsafeBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return }
        var layer = unsafe Self.memory(cache, layer)
        // SAFETY: the preconditions keep rows and positions inside matrix and cache.
        unsafe gobbet_remember(
          threads.pool, &layer, base + segment.rows.lowerBound * projected.width + keyColumn,
          projected.width, segment.rows.count, segment.position - first)
      }
    }
  }

  /// What every row's heads see of their sequence, side by side.
  ///
  /// Shapes: `projected` [T, (H + 2 K) D], of which the queries are read; `output` [T, H D].
  private func attend(
    _ projected: FloatMatrix, _ segments: [Segment], layer: Int, _ scores: Attention.Scores,
    into output: inout FloatMatrix, weights: inout AttentionWeights?
  ) {
    let width = output.width
    precondition(
      width == scores.headCount * scores.headDimension && projected.width >= width,
      "attend: rows of another width")
    guard let cache = segments.first?.cache else { return }
    let capacity = segments.reduce(0) { max($0, $1.cache.capacity(layer)) }
    reserveScratch(unsafe gobbet_attention_scratch(threads.pool, capacity, cache.headWidth))
    // SAFETY: segments lie inside the rows, of which queries and output have the same number, and
    // the cache holds the positions up to the last of each; a group is a part of a segment.
    unsafe projected.elements.withUnsafeBufferPointer { inputs in
      unsafe output.elements.withUnsafeMutableBufferPointer { outputs in
        let rowCount = outputs.count / max(width, 1)
        let keptCount = weights?.positionCount ?? 0
        unsafe AttentionWeights.withPointer(&weights, sinks: scores.sinks) { kept, sinks in
          guard let from = inputs.baseAddress, let to = outputs.baseAddress else { return }
          var groups = unsafe [gobbet_attention]()
          for segment in segments {
            let start = segment.cache.firstPosition(layer)
            precondition(
              segment.rows.upperBound <= rowCount
                && segment.queryRow + segment.rows.count <= projected.rowCount,
              "attend: no such rows")
            precondition(
              (scores.isCausal ? segment.endPosition : segment.sequenceEnd)
                <= start + segment.cache.capacity(layer) && segment.position >= start,
              "attend: past the cache")
            precondition(
              segment.cache.headCount == scores.keyValueHeadCount
                && segment.cache.headWidth == scores.headDimension, "attend: other heads")
            let memory = unsafe Self.memory(segment.cache, layer)
            for first in stride(from: 0, to: segment.rows.count, by: Self.queriesAtOnce) {
              let row = segment.rows.lowerBound + first
              let queryRow = segment.queryRow + first
              let position = segment.position + first
              unsafe groups.append(
                gobbet_attention(
                  cache: memory, queries: from + queryRow * projected.width,
                  query_stride: projected.width, query_head_count: scores.headCount,
                  scale: scores.scale, cap: scores.softcap ?? 0, sinks: sinks,
                  window: scores.window ?? 0,
                  row_count: min(Self.queriesAtOnce, segment.rows.count - first),
                  position: position - start,
                  sequence_end: scores.isCausal ? 0 : segment.sequenceEnd, output: to + row * width,
                  output_stride: width,
                  weights: unsafe kept.map { unsafe $0 + position * keptCount + start },
                  weight_rows: keptCount, weight_stride: keptCount))
            }
          }
          unsafe gobbet_attend(functions, threads.pool, groups, groups.count, &scratch)
        }
      }
    }
  }

  private static let queriesAtOnce = Int(gobbet_queries_at_once)

  private static func memory(_ cache: KeyValueCache, _ layer: Int) -> gobbet_layer_cache {
    unsafe gobbet_layer_cache(
      element: cache.precision.cacheCode, keys: cache.keys(layer), values: cache.values(layer),
      capacity: cache.capacity(layer),
      head_count: cache.headCount, head_width: cache.headWidth)
  }
}
