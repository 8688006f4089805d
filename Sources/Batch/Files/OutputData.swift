import Glibc
import MessagePassing
import ParallelHDF5

extension JobContext {
    /// Writes an HDF5 output of the run: under a temporary name first, with the provenance as attributes, and renamed when it is complete
    /// and on the disk. A failure leaves an older file of that name as it was. *Collective.*
    public func writeData(_ name: String, _ body: (HDF5File) throws -> Void) throws {
        let final = directory.path(name)
        let temporary = final + ".tmp"
        do {
            try HDF5File.with(HDF5File.create(temporary, communicator: communicator)) { file in
                for (key, value) in provenance.attributes { try file.root.setAttribute(key, value) }
                try body(file)
            }
            try communicator.agree {
                guard communicator.isRoot else { return }
                try Files.synchronize(temporary)
                guard rename(temporary, final) == 0 else { throw BatchError.system("rename to", final, number: errno) }
            }
        } catch {
            // Whichever rank comes here: the first may be waiting inside HDF5.
            unlink(temporary)
            throw error
        }
    }
}
