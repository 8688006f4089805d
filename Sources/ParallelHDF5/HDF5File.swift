import CParallelHDF5
import Glibc
import MessagePassing
import Synchronization

/// An open HDF5 file, shared by the ranks of a communicator or read by one process.
///
/// With a communicator, every call on the file and on what it holds is *Collective* unless it says otherwise: all ranks
/// make it, in the same order, with the same arguments. A call that fails on one rank throws the same error on all.
/// HDF5 is not thread-safe: use it from one thread, or by `with` alone. Close every file before `MessagePassing.finish()`.
public final class HDF5File {
    /// Alignment of large objects in a file unless told otherwise, the usual stripe of a parallel file system, bytes.
    public static let defaultAlignment = 1 << 20

    let state: HDF5OpenFile
    /// The group `/`.
    public let root: HDF5Group

    public var path: String { state.path }
    public var communicator: Communicator? { state.communicator }
    public var isOpen: Bool { state.isOpen }
    /// Bytes of the file that have been taken on the disk, or more.
    package var promisedBytes: Int { state.promisedBytes }
    var place: HDF5Place { HDF5Place(file: state, object: "") }

    /// Creates a file, replacing one of that name, to be written by the ranks of `communicator` or by this process alone. *Collective.*
    ///
    /// Objects of 1 MiB and more start at multiples of `alignment` bytes. `hints` go to the MPI library's file layer, for
    /// example `["romio_cb_write": "enable"]`. Objects carry no time stamps, so equal runs write equal files.
    ///
    /// Room on the disk is taken before anything is written; where there is none, this and every call that makes something larger
    /// throws with exit code 74, the same on all ranks.
    public static func create(
        _ path: String, communicator: Communicator?, alignment: Int = defaultAlignment, hints: [String: String] = [:]
    ) throws -> HDF5File {
        let state = HDF5OpenFile(path: path, communicator: communicator, isWritable: true, alignment: alignment)
        let place = HDF5Place(file: state, object: "")
        guard alignment > 0 else { throw place.wrong("alignment \(alignment), wanted at least 1 byte") }
        try state.together { try probe(place, O_RDWR | O_CREAT) }
        try state.together {
            let access = try accessProperties(place, hints: hints)
            // 1.10 format: every piece of metadata carries a checksum, and HDF5 2.0, h5py and netCDF-4 read it.
            try place.check(H5Pset_libver_bounds(access.id, H5F_LIBVER_V110, H5F_LIBVER_V110), "H5Pset_libver_bounds")
            try place.check(H5Pset_alignment(access.id, 1 << 20, hsize_t(alignment)), "H5Pset_alignment")
            let creation = try HDF5Handle.properties(phdf5_class_file_create(), at: place)
            try place.check(H5Pset_obj_track_times(creation.id, false), "H5Pset_obj_track_times")
            state.id = try place.check(H5Fcreate(path, phdf5_truncate(), creation.id, access.id), "H5Fcreate")
        }
        do {
            // Again: creating gives back what `probe` took.
            try state.reserve(HDF5OpenFile.baseBytes)
            return try HDF5File(state)
        } catch {
            state.abandon()
            throw error
        }
    }

    /// Opens a file on the ranks of `communicator`, or for this process alone. *Collective.*
    public static func open(
        _ path: String, communicator: Communicator?, writable: Bool = false, hints: [String: String] = [:]
    ) throws -> HDF5File {
        let state = HDF5OpenFile(path: path, communicator: communicator, isWritable: writable)
        let place = HDF5Place(file: state, object: "")
        try state.together { try probe(place, writable ? O_RDWR : O_RDONLY) }
        try state.together {
            let access = try accessProperties(place, hints: hints)
            let mode = writable ? phdf5_read_write() : phdf5_read_only()
            state.id = try place.check(H5Fopen(path, mode, access.id), "H5Fopen")
            var size: hsize_t = 0
            if writable { try place.check(H5Fget_filesize(state.id, &size), "H5Fget_filesize") }
            state.promisedBytes = try place.integer(size)
            state.reservedBytes = state.promisedBytes
        }
        return try HDF5File(state)
    }

    /// Threads that open files by `with` take turns.
    private static let turn: HDF5Turn = HDF5Turn()

    /// Opens or creates a file, runs `body` and closes the file, also if `body` throws an error that all ranks share; other threads of the process that come
    /// here wait. *Collective.*
    public static func with<R>(_ opened: @autoclosure () throws -> HDF5File, _ body: (HDF5File) throws -> R) throws -> R {
        try alone {
            let file = try opened()
            return try closing(file, body)
        }
    }

    /// Runs `body` while no other thread of the process is in here or in `with`. *Not collective.*
    package static func alone<R>(_ body: () throws -> R) rethrows -> R {
        turn.take()
        defer { turn.give() }
        return try body()
    }

    private static func closing<R>(_ file: HDF5File, _ body: (HDF5File) throws -> R) throws -> R {
        let result: R
        do {
            result = try body(file)
        } catch {
            // One rank alone must not close: the others wait for it elsewhere, and its caller ends the job.
            if file.state.isBroken {
                file.state.abandon()
            } else if file.communicator == nil || error is AgreedError {
                try? file.close()
            }
            throw error
        }
        try file.close()
        return result
    }

    private init(_ state: HDF5OpenFile) throws {
        self.state = state
        root = try state.together { try HDF5Group(opening: "/", from: state.id, at: HDF5Place(file: state, object: "/")) }
    }

    /// Hands everything written so far to the operating system. *Collective.*
    public func flush() throws {
        try state.together {
            try place.requireOpen()
            try place.check(H5Fflush(state.id, H5F_SCOPE_GLOBAL), "H5Fflush")
        }
    }

    /// Closes the file and all that is open in it; a second call does nothing. *Collective.*
    public func close() throws {
        guard state.isOpen else { return }
        let id = state.id
        state.id = -1
        do {
            try state.together { _ = try place.check(H5Fclose(id), "H5Fclose") }
        } catch {
            if state.isBroken { state.noteFailedClose() }
            throw error
        }
        try state.requireRoomWasLeft()
        // Without it the file is whole, only larger on the disk.
        if state.isWritable, state.isFirst { _ = phdf5_release(path) }
    }

    /// Whether a file of this process could not be written and was left open, so that MPI would hang or crash as it ends: end by
    /// `MessagePassing.abort`. *Not collective.*
    public static var isAnyAbandoned: Bool { HDF5OpenFile.anyAbandoned.load(ordering: .relaxed) }

    /// Version of the HDF5 library in use, for example `1.10.8`. *Not collective.*
    public static var libraryVersion: String {
        var version: [UInt32] = [0, 0, 0]
        _ = phdf5_version(&version)
        return version.map(String.init).joined(separator: ".")
    }

    /// One rank asks the operating system, whose answer ("No such file or directory") is plainer than HDF5's.
    private static func probe(_ place: HDF5Place, _ flags: Int32) throws {
        guard place.file.isFirst else { return }
        let isNew = access(place.file.path, F_OK) != 0
        let descriptor = Glibc.open(place.file.path, flags | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else {
            let verb = flags & O_CREAT != 0 ? "create" : "open"
            throw HDF5Error(
                file: place.file.path, object: "", reason: "cannot \(verb): \(String(cString: strerror(errno)))", exitCode: 74)
        }
        Glibc.close(descriptor)
        guard flags & O_CREAT != 0 else { return }
        do {
            _ = try DiskSpace.reserve(place.file.path, from: 0, to: HDF5OpenFile.baseBytes + HDF5OpenFile.slackBytes)
        } catch {
            if isNew { unlink(place.file.path) }
            throw error
        }
    }

    private static func accessProperties(_ place: HDF5Place, hints: [String: String]) throws -> HDF5Handle {
        try place.check(phdf5_start(), "H5open")
        let access = try HDF5Handle.properties(phdf5_class_file_access(), at: place)
        try place.check(H5Pset_fclose_degree(access.id, H5F_CLOSE_STRONG), "H5Pset_fclose_degree")
        if let communicator = place.file.communicator {
            let text = hints.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ";")
            try place.check(phdf5_set_communicator(access.id, communicator.fortranHandle, text), "H5Pset_fapl_mpio")
        }
        return access
    }
}
