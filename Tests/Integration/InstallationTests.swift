import Foundation
import TestSupport
import Testing

/// What `make install` puts under a prefix, after that prefix has been moved; the executables are those of the tests.
@Suite("An installation: found by its module, wherever it has been moved")
struct InstallationTests {
    /// The environment module systems that are here: path of the program that a shell's `module` runs.
    private static let lmod = firstFile(
        [ProcessInfo.processInfo.environment["LMOD_CMD"]] + versions(of: "/usr/share/lmod").map { "\($0)/libexec/lmod" })
    /// Debian installs only one of both; the other may lie unpacked, in `.build-peers` or where `MODULES_CMD` says.
    private static let environmentModules = firstFile([
        ProcessInfo.processInfo.environment["MODULES_CMD"], "/usr/lib/x86_64-linux-gnu/modulecmd.tcl", "/usr/share/Modules/libexec/modulecmd.tcl",
        "\(SlurmCluster.repository)/.build-peers/environment-modules/usr/lib/x86_64-linux-gnu/modulecmd.tcl",
    ])

    private static func firstFile(_ paths: [String?]) -> String? { paths.compactMap(\.self).first { FileManager.default.fileExists(atPath: $0) } }

    private static func versions(of directory: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []).sorted().map { "\(directory)/\($0)" }
    }

    private static let programs = ["flowtrain", "gan3d"]
    private let directory: TemporaryDirectory
    private let prefix: String

    /// Installs, with a module that it needs, and moves what was installed.
    init() throws {
        directory = try TemporaryDirectory()
        prefix = directory.path("moved/here")
        let built = URL(fileURLWithPath: MPIRun.product("flowtrain")).deletingLastPathComponent().path
        let first = directory.path("first")
        let result = try ChildProcess(
            ["\(SlurmCluster.repository)/Tools/install.sh", built, first] + Self.programs, environment: ["MODULE_REQUIRES": "some-mpi/4.1"]
        ).wait(timeout: 60)
        guard result.status == 0 else { throw ProcessError(description: result.stderr) }
        try FileManager.default.createDirectory(atPath: directory.path("moved"), withIntermediateDirectories: true)
        try FileManager.default.moveItem(atPath: first, toPath: prefix)
        try FileManager.default.createDirectory(atPath: directory.path("modules/some-mpi"), withIntermediateDirectories: true)
        try "#%Module1.0\nsetenv SOME_MPI loaded\n".write(toFile: directory.path("modules/some-mpi/4.1"), atomically: true, encoding: .utf8)
    }

    /// What a shell in another directory says after `module load didymos`, and after `module unload didymos`.
    private func load(with command: String, from tree: String) throws -> [String] {
        let script = """
            cd /
            eval "$("$1" bash load didymos)"
            echo "root $DIDYMOS_ROOT, jobs $DIDYMOS_JOBS, needed $SOME_MPI"
            command -v flowtrain
            flowtrain --version
            flowtrain plan "$DIDYMOS_ROOT/share/didymos/examples/phi4-8x8.yaml" | head -n 1
            gan3d plan | head -n 1
            didymos-submit --help 2>&1 | grep '^systems:'
            man -w flowtrain gan3d
            eval "$("$1" bash unload didymos)"
            command -v flowtrain || echo "gone $DIDYMOS_ROOT$DIDYMOS_JOBS$MANPATH"
            """
        let result = try ChildProcess(
            ["env", "-i", "HOME=\(directory.path)", "PATH=/usr/bin:/bin", "MODULEPATH=\(prefix)/share/\(tree):\(directory.path("modules"))", "bash", "-c", script, "bash", command]
        ).wait(timeout: 60)
        #expect(result.status == 0, "\(result.stderr)")
        return result.lines
    }

    private func check(_ lines: [String]) throws {
        try #require(lines.count >= 7, "\(lines)")
        #expect(lines[0] == "root \(prefix), jobs \(prefix)/share/didymos/jobs, needed loaded")
        #expect(lines[1] == "\(prefix)/bin/flowtrain")
        #expect(lines[2].hasPrefix("didymos "))
        #expect(lines[3].hasPrefix("lattice       8x8, 64 sites"))
        #expect(lines[4].hasPrefix("networks "))
        #expect(lines[5].contains("lumi-c") && lines[5].contains("generic"))
        #expect(lines.contains("\(prefix)/share/man/man1/flowtrain.1") && lines.contains("\(prefix)/share/man/man1/gan3d.1"), "\(lines)")
        #expect(lines.last == "gone ")
    }

    @Test("the Lua modulefile in Lmod", .enabled(if: lmod != nil, "Lmod is not installed"))
    func lua() throws { try check(load(with: #require(Self.lmod), from: "lmod")) }

    @Test("the Tcl modulefile in Lmod", .enabled(if: lmod != nil, "Lmod is not installed"))
    func tclInLmod() throws { try check(load(with: #require(Self.lmod), from: "modulefiles")) }

    @Test("the Tcl modulefile in Environment Modules", .enabled(if: environmentModules != nil, "Environment Modules is not installed"))
    func tcl() throws { try check(load(with: #require(Self.environmentModules), from: "modulefiles")) }

    @Test("a second build of didymos and this one are not loaded together", .enabled(if: lmod != nil, "Lmod is not installed"))
    func family() throws {
        let other = directory.path("other/share/lmod/didymos")
        try FileManager.default.createDirectory(atPath: other, withIntermediateDirectories: true)
        let files = try FileManager.default.contentsOfDirectory(atPath: "\(prefix)/share/lmod/didymos")
        try FileManager.default.copyItem(atPath: "\(prefix)/share/lmod/didymos/\(files[0])", toPath: "\(other)/9.lua")
        let script = """
            eval "$("$1" bash load didymos/\(files[0].dropLast(4)))"
            eval "$("$1" bash load didymos/9)"
            echo "$LOADEDMODULES $DIDYMOS_ROOT"
            """
        let trees = "\(prefix)/share/lmod:\(directory.path("other/share/lmod")):\(directory.path("modules"))"
        let result = try ChildProcess(
            ["env", "-i", "HOME=\(directory.path)", "PATH=/usr/bin:/bin", "MODULEPATH=\(trees)", "bash", "-c", script, "bash", #require(Self.lmod)]
        ).wait(timeout: 60)
        #expect(result.lines.last == "some-mpi/4.1:didymos/9 \(directory.path("other"))", "\(result.stdout)\(result.stderr)")
    }

    @Test("manual pages without a complaint of groff, and completions that shells read")
    func manual() throws {
        for program in Self.programs {
            let page = "\(prefix)/share/man/man1/\(program).1"
            let text = try String(contentsOfFile: page, encoding: .utf8)
            for section in [".SH NAME\n\(program) \\- ", ".SH SYNOPSIS", ".SH DESCRIPTION", ".SH COMMANDS", ".SS \(program) train"] { #expect(text.contains(section)) }
            let groff = try ChildProcess(["sh", "-c", "command -v groff >/dev/null || exit 0; groff -man -ww -z \"$1\"", "sh", page]).wait(timeout: 30)
            #expect(groff.status == 0 && groff.stderr.isEmpty, "\(groff.stderr)")
            let bash = try ChildProcess(["bash", "-c", ". \"$1\" && complete -p \"$2\"", "bash", "\(prefix)/share/bash-completion/completions/\(program)", program]).wait(timeout: 30)
            #expect(bash.stdout.contains(program), "\(bash.stderr)")
            #expect(FileManager.default.fileExists(atPath: "\(prefix)/share/zsh/site-functions/_\(program)"))
            #expect(FileManager.default.fileExists(atPath: "\(prefix)/share/fish/vendor_completions.d/\(program).fish"))
        }
    }

    @Test("shellcheck finds nothing in the scripts of jobs, tools, tests, benchmarks and examples", .enabled(if: has("shellcheck"), "shellcheck is not installed"))
    func scripts() throws {
        let find = "git ls-files -z 'jobs/*.sh' 'jobs/*.sbatch' jobs/submit 'Tools/*.sh' 'Tests/*.sh' 'benchmarks/*.sh' 'examples/*.sh' .ci/run | xargs -0 shellcheck -x"
        let result = try ChildProcess(["bash", "-c", find], workingDirectory: SlurmCluster.repository).wait(timeout: 60)
        #expect(result.status == 0, "\(result.stdout)")
    }

    private static func has(_ program: String) -> Bool { (try? ChildProcess(["sh", "-c", "command -v \(program)"]).wait(timeout: 30).status) == 0 }
}
