import Batch
import Glibc

/// What an application left in its run directory.
enum FileTree {
    /// Bytes of all files at and below `path`; links are not followed.
    static func bytes(_ path: String) -> Double {
        var status = stat()
        guard lstat(path, &status) == 0 else { return 0 }
        guard status.st_mode & S_IFMT == S_IFDIR else { return Double(status.st_size) }
        return ((try? Files.list(path)) ?? []).reduce(0) { $0 + bytes("\(path)/\($1)") }
    }

    /// Removes `path` and all below it; links are not followed.
    static func remove(_ path: String) throws {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFDIR else { return try Files.remove(path) }
        for name in try Files.list(path) { try remove("\(path)/\(name)") }
        guard rmdir(path) == 0 else { throw ScalingError("cannot remove \(path): \(String(cString: strerror(errno)))", code: .inputOutput) }
    }
}
