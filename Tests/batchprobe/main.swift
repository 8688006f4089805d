// A job that only counts: mpirun -n N batchprobe RUN CONFIGURATION [key=value ...]
//
// Each step adds the step's number to a sum; the checkpoint is a text file. It can be told to fail in every way a job can.

import Batch
import Glibc
import MessagePassing

struct ProbeFailure: Error, CustomStringConvertible { let description: String }

let words = CommandLine.arguments
guard words.count >= 3 else {
    Job.refuse(name: "batchprobe", message: "usage: batchprobe RUN CONFIGURATION [key=value ...]")
}

/// What the configuration asks to go wrong on this rank at this step.
func failure(_ kind: String) throws {
    switch kind {
    case "throw": throw ProbeFailure(description: "the action is NaN")
    case "input": throw BatchError(.badInput, "field.h5: the lattice is 8x8, wanted 16x16")
    case "kill": kill(getpid(), SIGKILL)
    case "trap":
        let empty = CommandLine.arguments.dropFirst(1000)
        print(empty[empty.startIndex + 1])
    default: break
    }
}

/// Works for a while, whatever signals come.
func work(milliseconds: Int) {
    let end = ContinuousClock.now + .milliseconds(milliseconds)
    while ContinuousClock.now < end { usleep(500) }
}

Job.run(
    name: "batchprobe count", configuration: words[2], overrides: Array(words.dropFirst(3)), runDirectory: words[1]
) { job in
    let steps = try job.configuration.int("steps", in: 1...1_000_000)
    let milliseconds = try job.configuration.int("step_milliseconds", default: 0, in: 0...10_000)
    let fail = try job.configuration.section("fail")
    let kind = try fail.string("kind", default: "never", oneOf: ["never", "throw", "input", "kill", "trap"])
    let failingStep = try fail.int("step", default: 0)
    let failingRank = try fail.int("rank", default: -1)
    try job.configuration.finish()

    let state = job.directory.path("state")
    let saved = try job.communicator.broadcast(
        job.communicator.isRoot && Files.exists(state) ? String(decoding: Files.read(state), as: UTF8.self) : "", root: 0)
    var (step, sum) = (0, 0)
    let fields = saved.split(separator: " ").compactMap { Int($0) }
    if fields.count == 2 { (step, sum) = (fields[0], fields[1]) }
    try job.metrics.truncate(afterStep: step)
    let progress = job.progress(total: steps, unit: "steps", label: "counting")
    while step < steps {
        step += 1
        if step == failingStep, failingRank < 0 || failingRank == job.communicator.rank { try failure(kind) }
        job.phases.measure(.compute) { work(milliseconds: milliseconds) }
        sum += try job.phases.measure(.allreduce) {
            try job.communicator.allReduce(job.communicator.isRoot ? step : 0, .sum)
        }
        try job.metrics.record(step: step, ["sum": Double(sum), "reciprocal": 1 / Double(step)], wall: ["steps_per_second": 1])
        progress.advance(to: step, ["sum": Double(sum)])
        let reason = try job.stop.shouldStop(after: step)
        if reason != nil || step == steps {
            try job.communicator.agree {
                if job.communicator.isRoot { try job.directory.writeAtomically("state", text: "\(step) \(sum)") }
            }
        }
        if step < steps, let reason { return reason }
    }
    progress.finish()
    job.summary.set("sum", sum)
    job.summary.set("mean", Double(sum) / Double(steps), error: 0.5)
    return nil
}
