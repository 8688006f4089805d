import Batch
import Glibc

extension Study {
    /// How a layout's work is shared out and what is sent: the section `model`, or else what the application's `plan --json` says of its
    /// command, for which it is started on this machine, without a launcher.
    ///
    /// Throws a `ScalingError` if there is no such section and the application has no such plan.
    func work(_ layout: Layout) throws -> WorkModel {
        if let model { return model }
        let directory = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var path = Array("\(directory)/didymos-plan-XXXXXX".utf8CString)
        let descriptor = mkstemp(&path)
        guard descriptor >= 0 else { throw ScalingError("cannot make a file in \(directory), which TMPDIR names: \(String(cString: strerror(errno)))", code: .inputOutput) }
        close(descriptor)
        let file = String(decoding: path.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { unlink(file) }
        let settings = try overrides.map { try $0.filled(layout, output: "") }.flatMap { ["--set", $0] }
        let process = try ChildProcess([Launcher(launch).program(application), "plan", configuration, "--json"] + settings, output: file)
        let end = ChildProcess.wait(for: [process], limit: 60)
        let text = String(decoding: try Files.read(file, limit: 16 << 20), as: UTF8.self)
        do {
            guard end == [.exited(0)] else { throw ScalingError(String(text.prefix(400))) }
            let json = Reader(try JSON(parsing: text, name: "plan"))
            return try WorkModel(plan: json.reader("step").reader(command))
        } catch {
            throw ScalingError("'\(name)' has no section 'model', and \(application) plan \(configuration) --json does not say what \(command) needs: \(error)")
        }
    }
}
