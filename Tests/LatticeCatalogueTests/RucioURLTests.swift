import LatticeCatalogue
import TestSupport
import Testing

@Suite("Locations in a data lake")
struct RucioURLTests {
    @Test("the deliverable's example, taken apart and put together") func example() throws {
        let text = "rucio://rucio.example.org:8443/LatticeQCD/RAY:my_test_file"
        let url = try RucioURL(text)
        #expect(url.host == "rucio.example.org" && url.port == 8443 && url.organisation == ["LatticeQCD"])
        #expect(url.scope == "RAY" && url.name == "my_test_file")
        #expect(url.description == text)
        #expect(try RucioURL(host: url.host, port: 8443, organisation: ["LatticeQCD"], scope: "RAY", name: "my_test_file") == url)
        #expect(try RucioURL("rucio://host/a/b/s:n").organisation == ["a", "b"])
    }

    @Test(
        "what is not one is refused, with the part that is wrong",
        arguments: [
            ("https://host/a/s:n", "does not begin"), ("rucio://host", "no organisation"), ("rucio://host/s:n", "no organisation"),
            ("rucio://host:x/vo/s:n", "port is 'x'"), ("rucio://host:70000/vo/s:n", "port is 70000"), ("rucio://host/vo/name", "no colon"),
            ("rucio:///vo/s:n", "host is ''"), ("rucio://host//s:n", "organisation is ''"), ("rucio://host/vo/:n", "scope is ''"),
            ("rucio://host/vo/s:a b", "name is 'a b'"), ("rucio://a:1:2/vo/s:n", "server is"),
        ])
    func refused(text: String, reason: String) {
        let error = #expect(throws: CatalogueError.self) { try RucioURL(text) }
        #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
    }

    @Test("100,000 random texts: parsed to themselves, or refused") func random() {
        var random = SplitMix(state: 5)
        let letters = Array("rucio://:.-_ab9/ \u{e9}")
        var parsed = 0
        for _ in 0..<100_000 {
            let text = "rucio://" + String((0..<Int.random(in: 0..<14, using: &random)).map { _ in letters.randomElement(using: &random) ?? "a" })
            guard let url = try? RucioURL(text) else { continue }
            parsed += 1
            // A port may have had zeros before it.
            #expect((try? RucioURL(url.description)) == url)
        }
        #expect(parsed > 0)
    }
}
