/// What files of SU(3) links in four dimensions are verified by, eight sites at a time.
public enum LinkCheckKernel {
    /// Numbers of a site's four links, and lanes of room for `here` and for `ahead`.
    public static let hereLanes = 4 * SU3Lanes.components
    public static let aheadLanes = 4 * 4 * SU3Lanes.components
    /// Lanes of `scratch`.
    public static let scratchLanes = 2 * SU3Lanes.components

    /// Sums over a site's planes and links; in single numbers so that a site adds the same whoever has it.
    public struct Result {
        /// Re tr of the plaquettes of the planes without mu = 3, and with it.
        public var space = SiteLane.zero
        public var time = SiteLane.zero
        /// Re tr of the links.
        public var trace = SiteLane.zero
        /// The largest |(U U† - 1)_ij| or |det U - 1|; NaN where a number is none.
        public var defect = SiteLane.zero
    }

    /// - Parameters:
    ///   - here: `[mu][18]`, the links of the sites.
    ///   - ahead: `[mu][nu][18]`, links nu of the sites one step along mu.
    public static func evaluate(here: UnsafePointer<SiteLane>, ahead: UnsafePointer<SiteLane>, scratch: UnsafeMutablePointer<SiteLane>) -> Result {
        var result = Result()
        let corner = scratch, other = scratch + SU3Lanes.components
        for mu in 0..<4 {
            let link = here + mu * SU3Lanes.components
            result.trace += SU3Lanes.realTrace(link)
            let defect = SU3Lanes.defect(link)
            result.defect = defect.replacing(with: result.defect, where: defect .<= result.defect)
            for nu in mu + 1..<4 {
                SU3Lanes.multiply(corner, link, ahead + (mu * 4 + nu) * SU3Lanes.components)
                SU3Lanes.multiply(other, here + nu * SU3Lanes.components, ahead + (nu * 4 + mu) * SU3Lanes.components)
                let plaquette = SU3Lanes.realTraceAdjoint(corner, other)
                if nu == 3 { result.time += plaquette } else { result.space += plaquette }
            }
        }
        return result
    }
}
