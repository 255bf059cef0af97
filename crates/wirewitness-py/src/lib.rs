//! PyO3 bindings of `wirecore`: arguments, errors, Arrow batches. No logic.
