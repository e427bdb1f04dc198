internal import CGobbetKernels

/// The kernels for one set of instructions; every variant gives the same bits.
@safe package struct KernelVariant: Sendable, CustomStringConvertible {
  // SAFETY: points to a constant of the C target.
  nonisolated(unsafe) let functions: UnsafePointer<gobbet_kernels>

  /// What this machine can run, the fastest first.
  package static var available: [KernelVariant] {
    var variants: [KernelVariant] = []
    while let functions = unsafe gobbet_kernels_at(variants.count) {
      unsafe variants.append(KernelVariant(functions: functions))
    }
    return variants
  }

  /// The fastest that this machine can run.
  package static var fastest: KernelVariant { available[0] }

  /// `avx512`, `avx2`, `neon` or `plain`.
  package var description: String { unsafe String(cString: functions.pointee.name) }
}
