import Analysis
import ArgumentParser

/// What is looked at beyond the spectra.
struct StudyArguments: ParsableArguments {
  @Flag(help: "Also analyse each weight with its entries in random order (rand_…, num_traps).")
  var randomize = false

  @Flag(help: "Also measure how localised the singular vectors are (bulk_…, tail_…, spike_ipr).")
  var vectors = false

  @Flag(help: "Also tell the phase with all rows and columns scaled to equal norms (phase_whitened).")
  var whiten = false

  var studies: Studies {
    var studies: Studies = []
    if randomize { studies.insert(.randomized) }
    if vectors { studies.insert(.vectors) }
    if whiten { studies.insert(.whitened) }
    return studies
  }
}
