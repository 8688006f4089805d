import PulsarFrames
import Testing

@Suite struct LabelledFrameTests {
    @Test("eight classes and other, in the order of the published networks' mixtures") func classes() {
        #expect(FrameContents([]).classIndex == 0)
        #expect(FrameContents([.pulse, .narrowBand, .broadBand]).classIndex == 7)
        #expect(FrameContents([.pulse, .other]).classIndex == 8)
        #expect(Set((0..<8).map { FrameContents(rawValue: $0).classIndex }).count == 8)
    }
}
