import Batch
import TestSupport
import Testing

@Suite struct ConfigurationTests {
    let text = """
        # A training run
        seed: 7
        lattice: {extents: [16, 8], kappa: 1e-1, periodic: true}
        training:
          steps: 1e3
          learning_rate: 0.001
          optimizer: adam
          note: "1e3"
        run:
          time_limit: 1:30:00
        """

    private func message(_ body: () throws -> Void) -> String? {
        #expect(throws: ConfigurationError.self, performing: body)?.description
    }

    @Test("values are read with their types, from sections or by dotted keys")
    func read() throws {
        let configuration = try Configuration(text: text, name: "run.yaml")
        #expect(try configuration.int("seed") == 7)
        #expect(try configuration.ints("lattice.extents", in: 1...1024, count: 1...4) == [16, 8])
        let lattice = try configuration.section("lattice")
        #expect(try lattice.double("kappa", in: 0...1) == 0.1)
        #expect(try lattice.bool("periodic"))
        let training = try configuration.section("training")
        #expect(try training.int("steps") == 1000)
        #expect(try training.double("learning_rate") == 0.001)
        #expect(try training.string("optimizer", oneOf: ["adam", "sgd"]) == "adam")
        #expect(try training.string("note") == "1e3")
        #expect(try training.int("missing", default: 5) == 5)
        #expect(try configuration.section("absent").double("x", default: 2.5) == 2.5)
        #expect(try configuration.duration("run.time_limit") == 5400)
        #expect(try configuration.duration("run.other") == nil)
        #expect(configuration.has("seed") && !configuration.has("sed"))
        try configuration.finish()
    }

    @Test("a misspelt key is named with its line and what was meant")
    func misspelt() throws {
        let configuration = try Configuration(text: "training:\n  steps: 5\n  lerning_rate: 0.1\n", name: "run.yaml")
        let training = try configuration.section("training")
        _ = try training.int("steps")
        _ = try training.double("learning_rate", default: 0.01)
        #expect(message { try configuration.finish() } == "run.yaml:3: unknown key 'lerning_rate' in 'training'; did you mean 'learning_rate'?")
    }

    @Test("a misspelt section, a key in the wrong section and one like nothing each get their hint")
    func hints() throws {
        let configuration = try Configuration(text: "trainig: {steps: 5}\nsteps: 6\nqqqq: 1\n", name: "run.yaml")
        _ = try configuration.section("training").int("steps", default: 1)
        _ = try configuration.section("flow").int("couplings", default: 1)
        let lines = try #require(message { try configuration.finish() }).split(separator: "\n")
        #expect(lines == [
            "run.yaml:1: unknown key 'trainig'; did you mean 'training'?",
            "run.yaml:2: unknown key 'steps'; did you mean 'training.steps'?",
            "run.yaml:3: unknown key 'qqqq'; valid here: flow, training",
        ])
    }

    @Test("keys that belong to another command are left alone")
    func leave() throws {
        let configuration = try Configuration(text: "sampling: {count: 5}\ntraining: {steps: 1, rate: 2}")
        configuration.leave("sampling")
        let training = try configuration.section("training")
        training.leave("rate")
        _ = try training.int("steps")
        try configuration.finish()
    }

    @Test("a wrong type says what was found and what is wanted", arguments: [
        ("steps: many", "run.yaml:1: 'steps' is 'many', wanted an integer from 1 to 1000"),
        ("steps: 0", "run.yaml:1: 'steps' is '0', wanted an integer from 1 to 1000"),
        ("steps: 1.5", "run.yaml:1: 'steps' is '1.5', wanted an integer from 1 to 1000"),
        ("steps: \"5\"", "run.yaml:1: 'steps' is the text \"5\", wanted an integer from 1 to 1000"),
        ("steps: [1, 2]", "run.yaml:1: 'steps' is a list of 2, wanted an integer from 1 to 1000"),
        ("\nsteps: {a: 1}", "run.yaml:2: 'steps' is a section with 'a', wanted an integer from 1 to 1000"),
        ("steps: 1e400", "run.yaml:1: 'steps' is '1e400', wanted an integer from 1 to 1000"),
        ("other: 1", "run.yaml:1: 'steps' is missing, wanted an integer from 1 to 1000"),
        ("steps:", "run.yaml:1: 'steps' is missing, wanted an integer from 1 to 1000"),
    ])
    func wrongInteger(text: String, wanted: String) throws {
        let configuration = try Configuration(text: text, name: "run.yaml")
        #expect(message { _ = try configuration.int("steps", in: 1...1000) } == wanted)
    }

    @Test("every typed reader names what it wants")
    func wrongOthers() throws {
        let configuration = try Configuration(text: "a: yes\nb: afine\nc: [1, x]\nd: .nan\ne: text\nf: [1, 2, 3]", name: "run.yaml")
        #expect(message { _ = try configuration.bool("a") } == "run.yaml:1: 'a' is 'yes', wanted true or false")
        #expect(
            message { _ = try configuration.string("b", oneOf: ["affine", "spline"]) }
                == "run.yaml:2: 'b' is 'afine', wanted one of affine, spline; did you mean 'affine'?")
        #expect(message { _ = try configuration.ints("c") } == "run.yaml:3: 'c' is a list of 2, wanted a list of integers")
        #expect(message { _ = try configuration.double("d") } == "run.yaml:4: 'd' is '.nan', wanted a number")
        #expect(message { _ = try configuration.section("e") } == "run.yaml:5: 'e' is 'text', wanted a section of 'key: value' lines")
        #expect(
            message { _ = try configuration.ints("f", in: 0...Int.max, count: 2...2) }
                == "run.yaml:6: 'f' is a list of 3, wanted a list of 2 integers of at least 0")
    }

    @Test("overrides replace and add values, and are named in messages")
    func overrides() throws {
        let configuration = try Configuration(
            text: text, name: "run.yaml", overrides: ["training.steps=20", "lattice.extents=[4,4]", "new.section.key=a b", "training.typo=1"])
        #expect(try configuration.int("training.steps") == 20)
        #expect(try configuration.ints("lattice.extents") == [4, 4])
        #expect(try configuration.string("new.section.key") == "a b")
        configuration.leave("seed", "lattice", "run")
        let training = try configuration.section("training")
        training.leave("learning_rate", "optimizer", "note")
        #expect(message { try configuration.finish() } == "override 'training.typo=1': unknown key 'typo' in 'training'; valid here: learning_rate, note, optimizer, steps")
        #expect(
            message { _ = try Configuration(text: text, overrides: ["training.steps=x"]).int("training.steps") }
                == "override 'training.steps=x': 'training.steps' is 'x', wanted an integer")
    }

    @Test("what is no override is refused", arguments: [
        ("steps", "override 'steps': wanted section.key=value"),
        ("a..b=1", "override 'a..b=1': 'a..b' is not a key, wanted section.key=value"),
        ("seed.x=1", "override 'seed.x=1': 'seed' is '7' at run.yaml:2, not a section"),
        ("a=[1", "override 'a=[1': not valid YAML"),
    ])
    func badOverride(override: String, wanted: String) {
        #expect(message { _ = try Configuration(text: text, name: "run.yaml", overrides: [override]) }?.hasPrefix(wanted) == true)
    }

    @Test("what is not YAML is refused with its line", arguments: [
        ("a: 1\nb: [1, 2", "run.yaml:2: not valid YAML"),
        ("a: 1\na: 2", "run.yaml:1: key 'a' is given twice; remove one"),
        ("a: {x: 1, x: 2}", "run.yaml:1: key 'x' is given twice; remove one"),
        ("just text", "run.yaml:1: found 'just text', wanted 'key: value' lines"),
        ("- 1\n- 2", "run.yaml:1: found a list of 2, wanted 'key: value' lines"),
        ("a: 1\n\tb: 2", "run.yaml:2: not valid YAML"),
        ("a: 1\n---\nb: 2", "run.yaml:2: not valid YAML"),
        ("a: *nowhere", "run.yaml:1: not valid YAML"),
        ("? [1, 2]\n: 3", "run.yaml:1: a key is a list or a section, wanted a name"),
        ("a: 1\nb: \u{7}", "run.yaml:2: not valid YAML"),
    ])
    func notYAML(text: String, wanted: String) {
        #expect(message { _ = try Configuration(text: text, name: "run.yaml") }?.hasPrefix(wanted) == true)
    }

    @Test("an alias repeats its anchor and a merge adds what is missing, but a bomb of aliases is refused")
    func anchors() throws {
        let configuration = try Configuration(
            text: "base: &base {steps: 5, rate: 1}\nfirst: {<<: *base, steps: 6}\nsecond: *base\n")
        #expect(try configuration.int("first.steps") == 6)
        #expect(try configuration.int("first.rate") == 1)
        #expect(try configuration.int("second.steps") == 5)
        let bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
            + (1...9).map { i in "a\(i): &a\(i) [\(Array(repeating: "*a\(i - 1)", count: 10).joined(separator: ","))]\n" }.joined()
        #expect(message { _ = try Configuration(text: bomb, name: "run.yaml") }?.contains("more than 100000 values") == true)
        let deep = "a: " + String(repeating: "[", count: 900) + String(repeating: "]", count: 900)
        #expect(message { _ = try Configuration(text: deep, name: "run.yaml") }?.contains("nested deeper than 60 levels") == true)
    }

    @Test("a list of sections is read item by item")
    func sections() throws {
        let configuration = try Configuration(
            text: "layers:\n  - {kind: affine, width: 8}\n  - kind: spline\n    wdth: 4\n", name: "run.yaml")
        let layers = try configuration.sections("layers")
        #expect(try layers.map { try $0.string("kind") } == ["affine", "spline"])
        #expect(try layers.map { try $0.int("width", default: 1) } == [8, 1])
        #expect(message { try configuration.finish() } == "run.yaml:4: unknown key 'wdth' in 'layers.1'; did you mean 'width'?")
    }

    @Test("the hash knows values, not their spelling, order or comments, and not the section run")
    func hash() throws {
        let one = try Configuration(text: "a: 1e-1\nb: {x: 1, y: [1, 2.0]}\nrun: {time_limit: 10}")
        let same = try Configuration(text: "# other\nb:\n  y: [1, 2.00]\n  x: 1\na: 0.1\nrun: {time_limit: 20}")
        let other = try Configuration(text: "a: 1e-1\nb: {x: 1, y: [1, 2.5]}")
        #expect(one.hash == same.hash)
        #expect(one.hash != other.hash)
        #expect(one.hash.count == 64)
        #expect(try Configuration(text: "a: 1").hash != Configuration(text: "a: \"1\"").hash)
        #expect(try Configuration(text: "a: 1", overrides: ["a=2"]).hash == Configuration(text: "a: 2").hash)
    }

    @Test("the resolved text says every value that was used, defaults included, and reads back")
    func resolved() throws {
        let configuration = try Configuration(text: "training: {steps: 5}\nlayers: [{width: 2}]")
        let training = try configuration.section("training")
        _ = try training.int("steps")
        _ = try training.double("rate", default: 1e-3)
        _ = try training.string("name", default: "true")
        _ = try configuration.ints("extents", default: [4, 4])
        _ = try configuration.sections("layers").map { try $0.int("width") }
        #expect(configuration.resolvedText == """
            extents: [4, 4]
            layers: [{width: 2}]
            training:
              name: "true"
              rate: 0.001
              steps: 5

            """)
        #expect(try Configuration(text: configuration.resolvedText).canonicalText == configuration.resolvedText)
    }

    @Test("a file that is missing, not text, or a directory is refused by name")
    func files() throws {
        let directory = try TemporaryDirectory()
        #expect(message { _ = try Configuration.load(path: directory.path("no.yaml")) }?.contains("no.yaml: No such file") == true)
        #expect(message { _ = try Configuration.load(path: directory.path) }?.contains("Is a directory") == true)
        try Files.writeAtomically(directory.path("x.yaml"), [0x61, 0x3a, 0xff, 0xfe])
        #expect(message { _ = try Configuration.load(path: directory.path("x.yaml")) }?.contains("not UTF-8 text") == true)
    }
}
