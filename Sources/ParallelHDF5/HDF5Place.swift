import CParallelHDF5

/// Where in which file: what an error message starts with.
struct HDF5Place {
    let file: HDF5OpenFile
    /// Path of an object in the file, empty for the file itself.
    let object: String

    /// The member `name` of the group at this place.
    func member(_ name: String) -> HDF5Place {
        HDF5Place(file: file, object: name.hasPrefix("/") ? name : object.hasSuffix("/") ? object + name : "\(object)/\(name)")
    }

    /// The attribute `name` of the object at this place.
    func attribute(_ name: String) -> HDF5Place { HDF5Place(file: file, object: "\(object)@\(name)") }

    /// A file or a request that is not what it should be.
    func wrong(_ reason: String) -> HDF5Error { HDF5Error(file: file.path, object: object, reason: reason) }

    /// The result of an HDF5 call, or its error.
    @discardableResult
    func check<T: SignedInteger>(_ result: T, _ call: StaticString) throws -> T {
        if result < 0 { throw HDF5Error.failed(call, file: file.path, object: object) }
        return result
    }

    /// Throws if the file was closed, or is needed for writing and cannot be written.
    func requireOpen(writable: Bool = false) throws {
        guard file.isOpen else { throw wrong("the file is closed") }
        if writable, !file.isWritable { throw wrong("the file is open for reading only; open it with writable: true") }
    }

    /// A number that HDF5 gives, or a refusal if it does not fit.
    func integer(_ value: hsize_t) throws -> Int {
        guard let result = Int(exactly: value) else { throw wrong("holds the number \(value), beyond \(Int.max)") }
        return result
    }
}
