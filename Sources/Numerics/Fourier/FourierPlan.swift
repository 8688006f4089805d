import CFFTW

/// FFTW's planner keeps one table for the process; this makes it wait in turn on every thread (FFTW manual, section 5.4).
private let plannerIsThreadSafe: Void = fftw_make_planner_thread_safe()

/// Discrete Fourier transforms of one shape in double precision, by FFTW.
///
/// Arrays are in row-major order (the last extent runs fastest), `batch` transforms one after another; a complex number is SIMD2(real, imaginary).
/// `forward` has exp(-2 pi i k x / L) and `backward` the opposite sign; neither is scaled, so forward then backward multiplies by the
/// number of sites. Plans are estimated, never timed, and work on aligned buffers of their own: the same shape
/// gives the same operations, and so the same bits, in every run and on every rank. *Not collective.* Plans may be made on any thread; a plan is used by one thread at a time.
public final class FourierPlan {
    public let extents: [Int]
    public let batch: Int
    /// Sites of one transform.
    public let sites: Int
    /// Complex numbers of one transform's spectrum: the last extent L keeps L/2 + 1 of a real transform.
    public let frequencies: Int
    public let isReal: Bool

    private let space: UnsafeMutablePointer<Double>
    private let spectrum: UnsafeMutablePointer<fftw_complex>
    private let forwardPlan: fftw_plan
    private let backwardPlan: fftw_plan

    /// Real numbers to half a spectrum and back. Rank 1 to 4.
    /// - Throws: `NumericsError` for a shape that FFTW cannot plan.
    public convenience init(real extents: [Int], batch: Int = 1) throws {
        try self.init(extents, batch, isReal: true)
    }

    /// Complex numbers to complex numbers and back. Rank 1 to 4.
    /// - Throws: `NumericsError` for a shape that FFTW cannot plan.
    public convenience init(complex extents: [Int], batch: Int = 1) throws {
        try self.init(extents, batch, isReal: false)
    }

    private init(_ extents: [Int], _ batch: Int, isReal: Bool) throws {
        guard (1...4).contains(extents.count), batch > 0, extents.allSatisfy({ $0 > 0 }),
            let total = extents.reduce(Optional(batch), { Self.product($0, $1) }), total <= 1 << 30, let last = extents.last
        else {
            throw NumericsError("Fourier transform of \(batch) x \(extents); wanted 1 to 4 positive extents and at most 2^30 sites")
        }
        sites = total / batch
        frequencies = isReal ? sites / last * (last / 2 + 1) : sites
        let spaceCount = total * (isReal ? 1 : 2)
        guard let space = fftw_alloc_real(spaceCount) else {
            throw NumericsError("Fourier transform of \(batch) x \(extents): no memory for \(spaceCount) doubles")
        }
        guard let spectrum = fftw_alloc_complex(frequencies * batch) else {
            fftw_free(space)
            throw NumericsError("Fourier transform of \(batch) x \(extents): no memory for \(frequencies * batch) complex numbers")
        }
        _ = plannerIsThreadSafe
        let n = extents.map(Int32.init)
        let rank = Int32(n.count)
        let flags = UInt32(FFTW_ESTIMATE) | UInt32(FFTW_DESTROY_INPUT)
        let (many, inside, outside) = (Int32(batch), Int32(sites), Int32(frequencies))
        let plans: (fftw_plan?, fftw_plan?)
        if isReal {
            plans = (
                fftw_plan_many_dft_r2c(rank, n, many, space, nil, 1, inside, spectrum, nil, 1, outside, flags),
                fftw_plan_many_dft_c2r(rank, n, many, spectrum, nil, 1, outside, space, nil, 1, inside, flags)
            )
        } else {
            let complex = UnsafeMutableRawPointer(space).assumingMemoryBound(to: fftw_complex.self)
            plans = (
                fftw_plan_many_dft(rank, n, many, complex, nil, 1, inside, spectrum, nil, 1, outside, -1, flags),
                fftw_plan_many_dft(rank, n, many, spectrum, nil, 1, outside, complex, nil, 1, inside, 1, flags)
            )
        }
        guard let forward = plans.0, let backward = plans.1 else {
            for plan in [plans.0, plans.1] { if let plan { fftw_destroy_plan(plan) } }
            fftw_free(space)
            fftw_free(spectrum)
            throw NumericsError("FFTW has no plan for a transform of \(batch) x \(extents)")
        }
        (self.extents, self.batch, self.isReal) = (extents, batch, isReal)
        (self.space, self.spectrum, forwardPlan, backwardPlan) = (space, spectrum, forward, backward)
    }

    deinit {
        fftw_destroy_plan(forwardPlan)
        fftw_destroy_plan(backwardPlan)
        fftw_free(space)
        fftw_free(spectrum)
    }

    private static func product(_ a: Int?, _ b: Int) -> Int? {
        guard let (value, overflow) = a?.multipliedReportingOverflow(by: b), !overflow else { return nil }
        return value
    }
}

// MARK: - Transforms

extension FourierPlan {
    /// Real `input` of batch x sites to `output` of batch x frequencies.
    public func forward(_ input: UnsafePointer<Double>, _ output: UnsafeMutablePointer<SIMD2<Double>>) {
        precondition(isReal, "this plan is of complex numbers")
        run(input, output, forwardPlan, from: space, to: spectrum)
    }

    /// Half a spectrum of batch x frequencies to real `output` of batch x sites.
    public func backward(_ input: UnsafePointer<SIMD2<Double>>, _ output: UnsafeMutablePointer<Double>) {
        precondition(isReal, "this plan is of complex numbers")
        run(input, output, backwardPlan, from: spectrum, to: space)
    }

    /// Complex `input` to complex `output`, batch x sites each; they may be the same.
    public func forward(_ input: UnsafePointer<SIMD2<Double>>, _ output: UnsafeMutablePointer<SIMD2<Double>>) {
        precondition(!isReal, "this plan is of real numbers")
        run(input, output, forwardPlan, from: space, to: spectrum)
    }

    /// Complex spectrum to complex `output`, batch x sites each; they may be the same.
    public func backward(_ input: UnsafePointer<SIMD2<Double>>, _ output: UnsafeMutablePointer<SIMD2<Double>>) {
        precondition(!isReal, "this plan is of real numbers")
        run(input, output, backwardPlan, from: spectrum, to: space)
    }

    private func run(
        _ input: UnsafeRawPointer, _ output: UnsafeMutableRawPointer, _ plan: fftw_plan,
        from source: UnsafeMutableRawPointer, to target: UnsafeMutableRawPointer
    ) {
        let spaceBytes = batch * sites * (isReal ? 8 : 16)
        let spectrumBytes = batch * frequencies * 16
        let forward = source == UnsafeMutableRawPointer(space)
        source.copyMemory(from: input, byteCount: forward ? spaceBytes : spectrumBytes)
        fftw_execute(plan)
        output.copyMemory(from: target, byteCount: forward ? spectrumBytes : spaceBytes)
    }
}
