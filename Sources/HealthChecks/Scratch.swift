import Glibc
import MessagePassing

/// Runs `body` with an empty directory that all ranks see, removed when `body` succeeds. *Collective.*
///
/// `DIDYMOS_SELFCHECK_SCRATCH` names a directory to use and keep instead.
func withScratch<R>(_ world: Communicator, _ body: (String) throws -> R) throws -> R {
    if let kept = getenv("DIDYMOS_SELFCHECK_SCRATCH") { return try body(String(cString: kept)) }
    let made = try world.agree { () throws -> String in
        guard world.isRoot else { return "" }
        let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(base)/selfcheck-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw CheckFailure("cannot make a directory in \(base): \(String(cString: strerror(errno)))")
        }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
    let path = try world.broadcast(made, root: 0)
    let result = try body(path)
    try world.barrier()
    if world.isRoot { removeDirectory(path) }
    return result
}

/// The whole content of a file.
func readBytes(_ path: String) throws -> [UInt8] {
    guard let file = fopen(path, "rb") else { throw CheckFailure("cannot open \(path): \(String(cString: strerror(errno)))") }
    defer { fclose(file) }
    fseek(file, 0, SEEK_END)
    let size = ftell(file)
    rewind(file)
    var bytes = [UInt8](repeating: 0, count: size)
    guard fread(&bytes, 1, size, file) == size else { throw CheckFailure("cannot read \(path)") }
    return bytes
}

/// Makes `path` hold exactly `bytes`.
func writeBytes(_ path: String, _ bytes: [UInt8]) throws {
    guard let file = fopen(path, "wb") else { throw CheckFailure("cannot create \(path): \(String(cString: strerror(errno)))") }
    let written = fwrite(bytes, 1, bytes.count, file)
    guard fclose(file) == 0, written == bytes.count else { throw CheckFailure("cannot write \(path)") }
}

/// Removes a directory and the files in it.
private func removeDirectory(_ path: String) {
    guard let directory = opendir(path) else { return }
    while let entry = readdir(directory) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) { UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self) }
        unlink("\(path)/\(String(cString: name))")
    }
    closedir(directory)
    rmdir(path)
}
