import Glibc

/// Whole-file operations on POSIX files; every error names the file and the system's reason. *Not collective.*
public enum Files {
    /// Whether something has this name.
    public static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// The bytes of a file. Throws if it cannot be read or is larger than `limit` bytes.
    public static func read(_ path: String, limit: Int = 1 << 31) throws -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw BatchError.system("read", path, number: errno) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw BatchError.system("read", path, number: errno) }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
            guard bytes.count <= limit else {
                throw BatchError(.badInput, "\(path) is larger than \(limit) bytes")
            }
        }
    }

    /// Replaces the file at `path`: readers see the old bytes or the new ones, never a part, also after a crash.
    ///
    /// Writes a temporary name beside it, flushes it to the disk, renames it, and flushes the directory.
    public static func writeAtomically(_ path: String, _ bytes: some Collection<UInt8>) throws {
        let temporary = "\(path).tmp-\(getpid())"
        do {
            let file = try OutputFile(temporary, mode: .create)
            try file.write(Array(bytes))
            try file.synchronize()
            try file.close()
        } catch {
            unlink(temporary)
            throw error
        }
        guard rename(temporary, path) == 0 else {
            let number = errno
            unlink(temporary)
            throw BatchError.system("write", path, number: number)
        }
        synchronizeDirectory(of: path)
    }

    /// Returns when the file's bytes are on the disk.
    package static func synchronize(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw BatchError.system("read", path, number: errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw BatchError.system("write", path, number: errno) }
    }

    /// Makes the name of a file that was created or renamed survive a crash.
    static func synchronizeDirectory(of path: String) {
        let descriptor = open(parent(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        // Some parallel file systems refuse to flush a directory; they commit names by themselves.
        fsync(descriptor)
        close(descriptor)
    }

    /// Makes a directory and those above it; one that exists is fine.
    public static func makeDirectories(_ path: String) throws {
        var made = path.hasPrefix("/") ? "/" : ""
        for part in path.split(separator: "/") {
            made += (made.isEmpty || made.hasSuffix("/") ? "" : "/") + part
            if mkdir(made, 0o777) != 0 {
                // What exists may be refused for another reason first: a read-only file system above, for example.
                let number = errno
                if !exists(made) { throw BatchError.system("make directory", made, number: number) }
            }
        }
        var status = stat()
        guard stat(path, &status) == 0 else { throw BatchError.system("make directory", path, number: errno) }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw BatchError.system("make directory", path, number: ENOTDIR)
        }
    }

    /// The names in a directory, sorted, without `.` and `..`.
    public static func list(_ path: String) throws -> [String] {
        guard let directory = opendir(path) else { throw BatchError.system("list", path, number: errno) }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Removes a file; one that is not there is fine.
    public static func remove(_ path: String) throws {
        if unlink(path) != 0, errno != ENOENT { throw BatchError.system("remove", path, number: errno) }
    }

    /// The directory part of `path`.
    static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
