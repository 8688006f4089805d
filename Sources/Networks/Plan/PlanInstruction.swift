import NetworkKernels

/// One kernel call with everything it needs: plain numbers, so that a step touches no reference.
struct PlanInstruction {
    enum Opcode: UInt8 {
        case chain
        case convolution, convolutionDataGradient, convolutionWeightGradient
        case dense, denseDataGradient, denseWeightGradient
        case upsample, sumPool, maximumPool
        case linearUpsample, linearUpsampleGradient
        case attention, attentionGradient
        case gather, scatter
        case copy, zero
        case uniform
    }
    var opcode: Opcode
    /// Position in the plan's table for this opcode.
    var table = 0
    var a = MemoryLocation(.arena, 0)
    var b = MemoryLocation(.arena, 0)
    /// The third, fourth and fifth input of attention.
    var c = MemoryLocation(.arena, 0)
    var d = MemoryLocation(.arena, 0)
    var e = MemoryLocation(.arena, 0)
    var result = MemoryLocation(.arena, 0)
    /// Whether elements are lanes, for site tables.
    var isBatched = true
    /// Numbers to copy or clear; elements to draw.
    var count = 0
    /// The `draw` of uniform numbers.
    var draw: UInt32 = 0
    /// Parameter ranges whose gradient is final after this instruction, as a part of the plan's list.
    var ready = 0..<0
    /// The node it computes, for the report.
    var node: Int
}
