extension Statistics {
    /// sum over t of x_t x_{t+lag} for lag = 0 ... `maximumLag`, of a series as it stands (subtract the mean first), by FFT:
    /// N log N for all lags together. Zero padding keeps the ends from meeting.
    /// - Throws: `NumericsError` where FFTW makes no plan.
    public static func laggedProducts(_ x: [Double], maximumLag: Int) throws -> [Double] {
        precondition(maximumLag >= 0 && maximumLag < x.count, "a lag is shorter than the series")
        var length = 1
        while length < x.count + maximumLag { length *= 2 }
        let plan = try FourierPlan(real: [length])
        var spectrum = [SIMD2<Double>](repeating: .zero, count: length / 2 + 1)
        var padded = x + [Double](repeating: 0, count: length - x.count)
        plan.forward(padded, &spectrum)
        for k in spectrum.indices { spectrum[k] = SIMD2((spectrum[k] * spectrum[k]).sum(), 0) }
        plan.backward(spectrum, &padded)
        return (0...maximumLag).map { padded[$0] / Double(length) }
    }
}
