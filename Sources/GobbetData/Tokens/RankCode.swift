package import GobbetBPE

/// Ids as ranks in big-endian 16-bit units, with an escape for the ranks that do not fit.
///
/// A unit below `0xFF00` is a rank. Any other is the first of two: its low byte and the unit after
/// it are the upper and lower bits of the rank less `0xFF00`. Units and not bytes of varying
/// number, because every match that zstd finds then begins and ends at a token.
package enum RankCode {
  /// The first unit that is an escape.
  package static let escape: UInt32 = 0xFF00
  /// Ranks are below this bound: 24 bits above the escape.
  package static let rankBound = (1 << 24) + Int(escape)

  /// Ids → units.
  package struct Encoder: Sendable {
    private let ranks: [UInt32]

    /// An encoder for the ids below `table.ids.count`.
    package init(_ table: RankTable) { ranks = table.ranks() }

    /// The units of `ids`.
    ///
    /// - Precondition: every id is one of the table.
    package func encoded(_ ids: Span<TokenID>) -> [UInt8] {
      // SAFETY: an id takes at most two units of two bytes, which is what there is room for; `count`
      // says how many were written. An id is looked up after a check that it is in the table.
      unsafe [UInt8](unsafeUninitializedCapacity: 4 * ids.count) { buffer, count in
        let units = UnsafeMutableRawBufferPointer(buffer)
        count = unsafe ranks.withUnsafeBufferPointer { ranks in
          unsafe ids.withUnsafeBufferPointer { ids in
            unsafe Self.encode(ids, ranks, to: units)
          }
        }
      }
    }

    /// Writes the units of `ids` to `units`, which has room for two each, and says how many bytes.
    private static func encode(
      _ ids: UnsafeBufferPointer<TokenID>, _ ranks: UnsafeBufferPointer<UInt32>,
      to units: UnsafeMutableRawBufferPointer
    ) -> Int {
      var end = 0
      for index in 0..<ids.count {
        let id = unsafe Int(ids[index])
        precondition(id < ranks.count, "RankCode: an id that has no rank")
        let rank = unsafe ranks[id]
        var unit = rank
        if rank >= escape {
          unit = rank - escape
          let first = UInt16(truncatingIfNeeded: escape | unit >> 16).bigEndian
          unsafe units.storeBytes(of: first, toByteOffset: end, as: UInt16.self)
          end &+= 2
        }
        let last = UInt16(truncatingIfNeeded: unit).bigEndian
        unsafe units.storeBytes(of: last, toByteOffset: end, as: UInt16.self)
        end &+= 2
      }
      return end
    }
  }

  /// Units → ids.
  package struct Decoder: Sendable {
    /// What stands in `direct` for units that aren't a rank of the table.
    private static let none = TokenID.max

    /// The id of every 16-bit unit.
    private let direct: [TokenID]
    /// The id at every rank.
    private let ids: [TokenID]

    /// A decoder for the ranks of `table`.
    package init(_ table: RankTable) {
      ids = table.ids
      let small = ids.prefix(Int(escape))
      direct = small + Array(repeating: Self.none, count: 0x1_0000 - small.count)
    }

    /// Puts the ids of all units into `ids`, or says why they are not `ids.count` ids.
    package func decode(_ bytes: Span<UInt8>, into ids: inout MutableSpan<TokenID>) -> Fault? {
      guard bytes.count.isMultiple(of: 2) else { return .cutUnit }
      let units = bytes.count / 2
      var unit = 0
      var done = 0
      while done < ids.count {
        // Until an escape or a rank past the table: as many steps as there are units and ids left.
        let run = directRun(bytes, from: unit, into: &ids, at: done)
        unit += run
        done += run
        if done == ids.count { break }
        guard unit < units else { return .tooFew }
        let first = Self.unit(bytes, unit)
        guard first >= RankCode.escape else { return .rankTooLarge }
        guard unit + 1 < units else { return .cutEscape }
        let high = Int(first & 0xFF) << 16
        let rank = high + Int(Self.unit(bytes, unit + 1)) + Int(RankCode.escape)
        guard rank < self.ids.count else { return .rankTooLarge }
        ids[done] = self.ids[rank]
        unit += 2
        done += 1
      }
      return unit == units ? nil : .tooMany
    }

    /// Decodes units that are ranks of the direct table, and says how many it was.
    private func directRun(
      _ bytes: Span<UInt8>, from unit: Int, into ids: inout MutableSpan<TokenID>, at done: Int
    ) -> Int {
      let limit = min(bytes.count / 2 - unit, ids.count - done)
      // SAFETY: `limit` keeps unit + step below the number of units and done + step below the
      // number of ids, for four of them at a time too; `direct` has an entry for each of the 65,536
      // units.
      return unsafe direct.withUnsafeBufferPointer { direct in
        unsafe bytes.withUnsafeBytes { source in
          unsafe ids.withUnsafeMutableBufferPointer { target in
            var step = 0
            while step + 4 <= limit {
              let raw = unsafe source.loadUnaligned(
                fromByteOffset: 2 * (unit + step), as: UInt64.self)
              let four = UInt64(bigEndian: raw)
              let first = unsafe direct[Int(four >> 48)]
              let second = unsafe direct[Int(four >> 32 & 0xFFFF)]
              let third = unsafe direct[Int(four >> 16 & 0xFFFF)]
              let fourth = unsafe direct[Int(four & 0xFFFF)]
              // No id has the highest bit, `none` does.
              if (first | second | third | fourth) >> 31 != 0 { break }
              let place = done + step
              unsafe target[place] = first
              unsafe target[place + 1] = second
              unsafe target[place + 2] = third
              unsafe target[place + 3] = fourth
              step += 4
            }
            while step < limit {
              let offset = 2 * (unit + step)
              let raw = unsafe source.loadUnaligned(fromByteOffset: offset, as: UInt16.self)
              let id = unsafe direct[Int(UInt16(bigEndian: raw))]
              if id == Self.none { break }
              unsafe target[done + step] = id
              step += 1
            }
            return step
          }
        }
      }
    }

    private static func unit(_ bytes: Span<UInt8>, _ index: Int) -> UInt32 {
      UInt32(bytes[2 * index]) << 8 | UInt32(bytes[2 * index + 1])
    }
  }

  /// Why units are not the ids they should be.
  package enum Fault: String, Sendable {
    case cutUnit = "half a unit at the end"
    case cutEscape = "an escape without its second unit"
    case rankTooLarge = "a rank past the table"
    case tooFew = "fewer tokens than the block should have"
    case tooMany = "more tokens than the block should have"
  }
}
