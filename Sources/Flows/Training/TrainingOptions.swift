import Training

extension TrainingSettings {
    /// Optimiser, schedule and batch as the trainer takes them, for flows of other modules. *Not collective.*
    public var options: TrainerOptions { trainerOptions }
}
