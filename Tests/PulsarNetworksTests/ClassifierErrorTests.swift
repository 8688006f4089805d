import PulsarNetworks
import Testing

@Suite struct ClassifierErrorTests {
    @Test("data that cannot be used end a job with the code of bad data") func exitCode() {
        #expect(ClassifierError("x").exitCode == 65)
    }
}
